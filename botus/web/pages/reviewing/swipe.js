// A card pushed to the right or left with a finger: what will happen is seen before the finger is lifted.
//
// Up and down stay the browser's (`touch-action: pan-y`). A second finger, Escape, or pushing back cancels.

const SLOP = 10;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * @param {HTMLElement} card
 * @param {(verdict: "keep" | "drop") => void} decided called when a finger is lifted far enough
 */
export function swipes(card, decided) {
  let start = null; // where the finger came down
  let moved = 0; // how far the card is pushed, once it is
  const reach = () => Math.min(150, Math.max(80, card.clientWidth * 0.3));

  function show(by) {
    moved = by;
    const share = Math.min(1, Math.abs(by) / reach());
    card.classList.toggle("swiping", by !== 0);
    card.classList.toggle("armed", share === 1);
    card.dataset.way = by > 0 ? "keep" : by < 0 ? "drop" : "";
    card.style.setProperty("--push", calm.matches ? "0px" : `${by}px`);
    card.style.setProperty("--turn", calm.matches ? "0deg" : `${by / 40}deg`);
    card.style.setProperty("--share", share.toFixed(3));
  }

  function end() {
    start = null;
    show(0);
  }

  card.addEventListener("pointerdown", (event) => {
    if (start) return end(); // a second finger
    if (event.pointerType === "mouse" || !event.isPrimary) return;
    start = { x: event.clientX, y: event.clientY, id: event.pointerId, moving: false };
  });
  card.addEventListener("pointermove", (event) => {
    if (!start || event.pointerId !== start.id) return;
    const x = event.clientX - start.x;
    const y = event.clientY - start.y;
    if (!start.moving) {
      if (Math.hypot(x, y) < SLOP) return;
      if (Math.abs(x) < 1.5 * Math.abs(y)) return end();
      start.moving = true;
      card.setPointerCapture(start.id);
    }
    show(x);
  });
  card.addEventListener("pointerup", (event) => {
    if (!start || event.pointerId !== start.id) return;
    const verdict = start.moving && Math.abs(moved) >= reach() ? (moved > 0 ? "keep" : "drop") : null;
    const by = moved;
    if (verdict) away(card, by);
    end();
    if (verdict) atOnce(card);
    if (verdict) decided(verdict);
  });
  card.addEventListener("pointercancel", end);
  addEventListener("keydown", (event) => event.key === "Escape" && start && end());
}

/** Let the next card stand where it belongs, without coming back from where this one was pushed to. */
function atOnce(card) {
  card.style.transition = "none";
  card.getBoundingClientRect();
  card.style.transition = "";
}

/** Let a picture of the card fly off, while the next one is there already. */
function away(card, by) {
  if (calm.matches || !card.animate) return;
  const ghost = card.cloneNode(true);
  ghost.setAttribute("aria-hidden", "true");
  for (const one of [ghost, ...ghost.querySelectorAll("[id]")]) one.removeAttribute("id");
  ghost.classList.add("ghost");
  card.parentElement.append(ghost);
  const to = `translateX(${Math.sign(by) * (card.clientWidth + 120)}px) rotate(${by / 20}deg)`;
  const flight = ghost.animate([{ transform: `translateX(${by}px) rotate(${by / 40}deg)` }, { transform: to, opacity: 0 }], { duration: 220, easing: "ease-in" });
  flight.onfinish = flight.oncancel = () => ghost.remove();
}

// Paints one card: the post as large as it fits, and what is known about it.

import { $, h, marked, plain } from "../parts/dom.js";

export const DONE = { keep: "kept", star: "starred", drop: "dropped", answer: "for answers", later: "later", edit: "edited" };
export const OUT = new Set(["drop", "answer"]); // such a card has left the queue
const SIZES = [32, 28, 25, 22, 19.5, 17.5, 16];

let painted = "";

/** Show a card; does nothing where it is on the screen already. */
export function paintCard(card) {
  const written = JSON.stringify(card);
  if (written === painted) return;
  painted = written;
  $("card").classList.toggle("dropped", OUT.has(card.verdict));
  $("badges").replaceChildren(...badges(card));
  $("text").replaceChildren(...marked(card.text, card.sought));
  $("facts").replaceChildren(...facts(card));
  $("text-box").scrollTop = 0;
  $("facts").scrollTop = 0;
  fit();
}

/** Make the text as large as its box allows; a very long one scrolls in there. */
export function fit() {
  const box = $("text-box");
  if (!box.clientHeight) return;
  const long = $("text").textContent.length;
  for (const size of long > 800 ? SIZES.slice(-1) : SIZES) {
    $("text").style.setProperty("--size", `${size}px`);
    if (box.scrollHeight <= box.clientHeight) break;
  }
  reachable(box);
  reachable($("facts"));
}

/** Let a keyboard scroll what is longer than its place. */
function reachable(box) {
  if (box.scrollHeight > box.clientHeight) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

function badges(card) {
  const made = [];
  if (card.verdict in DONE && card.verdict !== null) made.push(h("span", { class: `badge ${card.verdict}` }, card.verdict === "later" ? "left for later" : DONE[card.verdict]));
  if (card.saving) made.push(h("span", { class: "badge later" }, "being saved"));
  return made;
}

function facts(card) {
  const lines = [];
  const add = (kind, label, words) => words && lines.push(h("li", { class: kind }, label && h("b", {}, `${label} `), ...plain(words)));
  add("bad", card.is_answer ? "Never said:" : "Held until kept:", card.held);
  add("bad", "Too long:", card.set_aside);
  add("bad", "Flagged:", card.flags?.join(", "));
  lines.push(h("li", { class: "lengths" }, ...lengths(card)));
  add("near", "", card.nearest);
  if (card.reasons?.length) {
    lines.push(h("li", { class: "score" }, ...card.reasons.map((one) => h("span", { class: "reason" }, plain(one)))));
  }
  add("about", "", card.about);
  return lines;
}

function lengths(card) {
  const found = card.lengths ?? [];
  if (!found.length) return [`${[...card.text].length} characters`];
  return found.map(({ name, length, most }) => {
    const over = length - most;
    return h("span", { class: over > 0 ? "over" : "" }, plain(name), h("b", {}, ` ${length}`), `/${most}`, over > 0 ? `, ${over} over` : "");
  });
}

// Paints a page of posts, each with its whole text: as many as fit, ten at most, one at least.

import { $, h, shown } from "../parts/dom.js";

export const PAGE = 10;
const SIGNS = { keep: "+", star: "★" };
const WORDS = { keep: "marked to keep", star: "marked as a star" };

let painted = "";

/**
 * Show a page of `cards`, the marks being a Map from post to "keep" or "star"; `mark` is called with a post.
 * Returns the posts that are on it.
 */
export function paintList(cards, marks, mark, again = false) {
  const list = $("list");
  const there = cards.slice(0, PAGE);
  const written = JSON.stringify([there.map((card) => [card.post, card.text]), [...marks], list.clientHeight]);
  if (written !== painted || again) {
    const focused = [...list.children].findIndex((entry) => entry.contains(document.activeElement));
    list.replaceChildren(...there.map((card, at) => entry(card, at, marks.get(card.post), mark)));
    while (list.children.length > 1 && list.scrollHeight > list.clientHeight) list.lastChild.remove();
    if (list.scrollHeight > list.clientHeight) list.tabIndex = 0;
    else list.removeAttribute("tabindex");
    list.scrollTop = 0;
    if (focused >= 0) list.children[focused]?.firstChild.focus();
    painted = JSON.stringify([there.map((card) => [card.post, card.text]), [...marks], list.clientHeight]);
  }
  return there.slice(0, list.children.length);
}

/** Say what each button would do with a page, before it is pressed. */
export function intentions(page, marks) {
  const kept = page.filter((card) => marks.has(card.post)).length;
  const rest = page.length - kept;
  const held = page.filter((card) => doubt(card) && doubt(card) !== "too long").length;
  const all = page.length === 1 ? "it" : `all ${page.length}`;
  return {
    drop: kept === 0 ? `Drop ${all}` : rest ? `Keep ${kept}, drop ${rest}` : `Keep ${kept === 1 ? "it" : `all ${kept}`}`,
    keep: `Keep ${all}${held ? ` (${held} held)` : ""}`,
    answer: kept === 0 ? `${page.length === 1 ? "It" : `All ${page.length}`} for answers` : `Keep ${kept}, ${rest} for answers`,
    later: page.length === 1 ? "Later" : "All later",
  };
}

/** What speaks against a post at the door of `post`, in few words. */
function doubt(card) {
  if (card.held) return `held, ${card.held.split(":")[0]}`;
  if (card.set_aside) return "too long";
  return card.flags?.length && !["keep", "star"].includes(card.verdict) ? "flagged" : "";
}

function entry(card, at, mark, pressed) {
  const button = h(
    "button",
    { type: "button", class: `entry ${mark ?? ""}`, "aria-pressed": mark ? "true" : "false", onclick: () => pressed(card.post) },
    h("span", { class: "digit", "aria-hidden": "true" }, String((at + 1) % 10)),
    h("span", { class: "mark", "aria-hidden": "true" }, mark ? SIGNS[mark] : ""),
    h("span", { class: "vh" }, mark ? `${WORDS[mark]}: ` : ""),
    h("span", { class: "post", dir: "auto" }, doubt(card) && h("em", {}, `${doubt(card)}: `), shown(card.text)),
  );
  return h("li", {}, button);
}

// The keys of a review, the terminal's: what each does, and what the help says of it.
//
// Tab opens and leaves the list only while nothing has the focus but the card; Shift+Tab goes to the buttons,
// and among them Tab moves as it does everywhere.

import { $, h } from "../parts/dom.js";

const KEYS = [
  ["d ←", "drop: it leaves the queue", ["d", "ArrowLeft"], (review) => review.verdict("drop")],
  ["k →", "keep: it stays in the queue", ["k", "ArrowRight"], (review) => review.verdict("keep")],
  ["space", "later: it comes again at the end", [" "], (review) => review.verdict("later")],
  ["s", "star: keep, and it is a sure hit", ["s"], (review) => review.verdict("star")],
  ["a", "answer: it moves to answers.txt, for replies", ["a"], (review) => review.verdict("answer")],
  ["e", "edit; Ctrl+Enter saves, Esc leaves", ["e"], (review) => review.edit()],
  ["Tab", "list: a page of posts at once; 1 to 9 and 0 mark", ["Tab"], (review) => review.list(!review.listing)],
  ["m", "everything like this post, at once", ["m"], (review) => review.showLike()],
  ["u ⌫", "undo, back to the very first", ["u", "Backspace"], (review) => review.undo()],
  ["r", "do again what was undone", ["r"], (review) => review.redo()],
  ["↑ ↓", "look back and forward", ["ArrowUp"], (review) => review.look({ look: "back" })],
  ["", "", ["ArrowDown"], (review) => review.look({ look: "forward" })],
  ["/ n", "search; the next one found", ["/"], (review) => review.menu.open("search")],
  ["", "", ["n"], (review) => review.menu.again()],
  ["f o", "filter what is shown; order it", ["f"], (review) => review.menu.open("filters")],
  ["", "", ["o"], (review) => review.menu.open("orders")],
  ["c", "compare with the corpus", ["c"], (review) => review.compare()],
  ["?", "this page", ["?"], (review) => review.menu.help()],
  ["q", "all is saved already: the page may be closed", ["q"], (review) => review.quit()],
];
const ACTIONS = new Map(KEYS.flatMap(([, , keys, action]) => keys.map((key) => [key, action])));
const LOOKING = new Set(["ArrowUp", "ArrowDown"]); // those that may be held down

/** Write the table of the help. */
export function writeKeys() {
  const rows = KEYS.filter(([names]) => names);
  $("keys").replaceChildren(...rows.map(([names, help]) => h("tr", {}, h("th", { scope: "row" }, names.split(" ").map((name) => h("kbd", {}, name))), h("td", {}, help))));
}

/** Let the keyboard drive a review, while its tab is open. */
export function listenTo(review) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if ($("review").hidden || document.querySelector("dialog[open]")) return;
    const focused = document.activeElement;
    if (review.editing || focused.matches("input, textarea, select")) return;
    const free = focused === document.body || focused === $("card") || focused === $("list");
    if (!free && (["Tab", "Enter"].includes(event.key) || (event.key === " " && focused.matches("button, a")))) return;
    if (event.key === "Tab" && event.shiftKey) return;
    if (LOOKING.has(event.key) && focused.scrollHeight > focused.clientHeight && focused !== document.body && focused !== $("card")) return;
    if (press(review, event)) event.preventDefault();
  });
}

function press(review, event) {
  const digit = "1234567890".indexOf(event.key);
  if (event.repeat && !LOOKING.has(event.key)) return ACTIONS.has(event.key);
  if (review.listing && event.key.length === 1 && digit >= 0) review.markNumber(digit);
  else if (event.key === "Escape" && review.listing) review.list(false);
  else if (ACTIONS.has(event.key)) ACTIONS.get(event.key)(review);
  else if (event.key === "Enter") review.tell("Enter does nothing here: k keeps, d drops, space is for later");
  else if (event.key.length === 1) review.tell("That key does nothing: ? shows the keys");
  else return false;
  return true;
}

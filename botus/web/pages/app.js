// Starts the page: the tabs, the buttons, the review.

import * as api from "./parts/api.js";
import { $, h, rest, say } from "./parts/dom.js";
import { listenTo } from "./reviewing/keys.js";
import { ANSWERS, QUEUE, Review } from "./reviewing/review.js";
import { swipes } from "./reviewing/swipe.js";

const TABS = ["review", "queue", "posts", "state"];
let leave = null;
let opened = 0;

const review = new Review();
const ACTS = {
  undo: () => review.undo(),
  edit: () => review.edit(),
  later: () => review.point("later"),
  star: () => review.point("star"),
  drop: () => review.point("drop"),
  keep: () => review.point("keep"),
  answer: () => (review.listing ? review.tell("In the list a sends the whole page to the answers: go back to one post first") : review.verdict("answer")),
  "page-drop": () => review.point("drop"),
  "page-keep": () => review.point("keep"),
  "page-later": () => review.point("later"),
  "page-answer": () => review.point("answer"),
  "cancel-edit": () => review.endEdit(false),
  "save-edit": () => review.endEdit(true),
  unfilter: () => review.look({ filter: "undecided" }),
  like: () => review.showLike(),
  compare: () => review.compare(),
  back: () => review.look({ look: "back" }),
  forward: () => review.look({ look: "forward" }),
  redo: () => review.redo(),
  pool: () => review.turnTo(ANSWERS),
  queue: () => review.turnTo(QUEUE),
  help: () => review.menu.help(),
};

document.addEventListener("pointerdown", (event) => event.target.closest?.("[data-act], #card") && review.touched(), true);
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-act]");
  if (!button) return;
  $("menu").close();
  ACTS[button.dataset.act]();
  // After a touch the keys belong to the card again: a space is not to press this button once more.
  if (event.detail > 0 && !review.editing && !document.querySelector("dialog[open]")) rest();
});
$("open-list").addEventListener("click", () => review.list(!review.listing));
$("open-menu").addEventListener("click", () => review.menu.open());
$("connection-retry").addEventListener("click", () => (review.model ? review.outbox.wake() : review.takeUp(false)));
$("editor").addEventListener("submit", (event) => event.preventDefault());
$("wording").addEventListener("keydown", (event) => {
  if (event.key === "Escape") review.endEdit(false);
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) review.endEdit(true);
  else return;
  event.preventDefault();
});
swipes($("card"), (verdict) => review.point(verdict));
listenTo(review);

/** Open the tab that the address names. */
async function route() {
  const name = TABS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "review";
  const mine = ++opened;
  leave?.();
  leave = null;
  for (const tab of TABS) $(tab).hidden = tab !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.tab = name;
  if (name === "review") return review.returned();
  const section = $(name);
  section.replaceChildren(h("p", { class: "dim" }, "One moment…"));
  try {
    const { show } = await import(`./bot/${name}.js`);
    if (mine !== opened) return;
    section.replaceChildren();
    leave = (await show(section, api)) ?? null;
  } catch (problem) {
    section.replaceChildren(h("p", {}, problem.message));
    say("This page could not be opened");
  }
}

addEventListener("hashchange", route);
route();
review.start();

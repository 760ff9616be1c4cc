// Paints what stands around the card: progress, what was decided last, the buttons, the connection, and the panel
// that stands in the card's place where there is none.

import { $, h, plain, shown } from "../parts/dom.js";
import { DONE } from "./card.js";

const SIGNS = { keep: "+", star: "★", drop: "−", answer: "»", later: "~", edit: "=" };
const number = (count) => count.toLocaleString("en");

/** Say what was decided: `2 kept, 8 dropped`, or of one post just `kept`. */
export function words(verdicts) {
  const counts = new Map();
  for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  if (verdicts.length === 1) return DONE[verdicts[0]];
  return [...counts].map(([verdict, count]) => `${count} ${DONE[verdict]}`).join(", ");
}

function span(minutes) {
  const hours = minutes / 60;
  return hours >= 1 ? `${hours.toFixed(hours < 10 ? 1 : 0)} h` : `${Math.max(1, Math.round(minutes))} min`;
}

function days(view) {
  if (typeof view.days !== "number") return "";
  const rounded = view.days >= 10 ? Math.round(view.days) : Math.round(10 * view.days) / 10;
  return rounded === 1 ? "1 day" : `${number(rounded)} days`;
}

export function paintProgress(view) {
  const place = Math.min(view.place + 1, view.of);
  const parts = [h("b", {}, view.of ? `${number(place)} of ${number(view.of)}` : "Nothing to review")];
  if (view.file !== "tweets.txt") parts.push(h("button", { type: "button", class: "filtered", "data-act": "queue", "aria-label": "Review the queue again" }, "answers ×"));
  if (view.filter) parts.push(h("button", { type: "button", class: "filtered", "data-act": "unfilter", "aria-label": `End the filter: ${view.filter}` }, plain(view.filter), " ×"));
  parts.push(h("span", { class: "kept" }, `${number(view.kept)} kept`));
  if (view.pace) parts.push(h("span", { class: "pace" }, `${Math.round(view.pace)}/min`));
  if (days(view)) parts.push(h("span", { title: "so long the queue lasts" }, `queue ${days(view)}`));
  $("progress-words").replaceChildren(...parts);
  $("progress-bar").max = Math.max(1, view.of);
  $("progress-bar").value = view.of ? place : 0;
}

export function paintSide(review) {
  const { view, steps } = review.now;
  const mine = steps.slice(-5).reverse().map((step) => ({
    verdict: step.edited ? "edit" : step.verdicts[0],
    text: step.cards.length > 1 ? `${step.cards.length} at once: ${words(step.verdicts)}` : step.cards[0].text,
  }));
  const recent = [...mine, ...(view.recent ?? []).slice(steps.length)].slice(0, 5);
  const line = ({ verdict, text }) => [h("b", { class: verdict }, `${SIGNS[verdict] ?? ""} ${DONE[verdict] ?? ""} `), h("span", { dir: "auto" }, shown(text, true))];
  $("recent").replaceChildren(...recent.map((one) => h("li", {}, line(one))));
  $("last").replaceChildren(...(recent.length ? line(recent[0]) : []));
  const made = view.made ?? {};
  const seen = ["keep", "star", "drop", "answer", "later"].reduce((sum, kind) => sum + (made[kind] ?? made[DONE[kind]] ?? 0), 0);
  const rows = [
    ["Seen", number(seen)],
    ["Kept in the queue", number(view.kept)],
    ["Still to come", number(view.left)],
    ["Pace", view.pace ? `${Math.round(view.pace)} a minute` : ""],
    ["Time left", typeof view.minutes_left === "number" ? span(view.minutes_left) : ""],
    ["The queue lasts", days(view)],
    ["Order", view.ordered_by ?? ""],
  ];
  $("tally").replaceChildren(...rows.filter(([, said]) => said).flatMap(([label, said]) => [h("dt", {}, label), h("dd", {}, plain(said))]));
}

export function paintActions(review, hasPanel, listed) {
  const can = Boolean(review.now) && !review.taken;
  $("card-actions").hidden = !can || listed || Boolean(review.editing);
  $("list-actions").hidden = !can || !listed;
  $("edit-actions").hidden = !review.editing;
  for (const button of document.querySelectorAll("#card-actions button, #list-actions button")) {
    const undoes = button.dataset.act === "undo";
    button.disabled = undoes ? !(review.now?.steps.length || review.now?.view.can_undo) : hasPanel;
  }
  const isPool = review.now?.view.file === "answers.txt";
  for (const [act, isHidden] of [["answer", isPool], ["page-answer", isPool], ["pool", isPool], ["queue", !isPool]]) {
    for (const button of document.querySelectorAll(`.entries [data-act=${act}], .actions [data-act=${act}]`)) button.hidden = isHidden;
  }
  $("open-list").setAttribute("aria-pressed", String(review.listing));
  paintConnection(review);
}

function paintConnection(review) {
  const { trouble, entries, keeps } = review.outbox;
  const count = keeps ? entries.filter((entry) => entry.isKept).length : entries.length;
  const where = keeps ? "here" : "in this tab, which has to stay open";
  const waiting = count ? ` ${count === 1 ? "One change waits" : `${count} changes wait`} ${where}.` : "";
  let said = "";
  if (trouble && trouble.what !== "taken" && trouble.what !== "busy") {
    said = trouble.what === "offline" ? `Offline.${waiting}` : `${trouble.message}.${waiting}`.replace("..", ".");
  }
  $("connection").hidden = !said;
  $("connection").classList.toggle("login", trouble?.what === "login");
  if ($("connection-words").textContent !== said) $("connection-words").replaceChildren(...plain(said));
}

/** Show what stands in the card's place; false where a card is to be shown. */
export function paintPanel(review) {
  const made = panel(review);
  $("panel").hidden = !made;
  const written = made ? JSON.stringify(made.slice(0, 2)) : "";
  if (written !== $("panel").dataset.written) {
    $("panel").dataset.written = written;
    const [title, text, buttons = []] = made ?? ["", ""];
    $("panel").replaceChildren(h("h1", {}, title), h("p", {}, plain(text)), ...buttons.map(([label, act]) => h("button", { type: "button", class: "solid", onclick: act }, label)));
  }
  return Boolean(made);
}

function panel(review) {
  if (review.taken) {
    const waiting = review.outbox.entries.length;
    const kept = waiting ? ` What you decided here (${waiting}) waits, and goes out then.` : "";
    return ["Somebody else reviews", `${review.taken.message}.${kept}`.replace("..", "."), [["Review here", () => review.takeUp(true)]]];
  }
  if (!review.now) {
    const problem = review.problem;
    return problem ? ["Nothing to show yet", problem.message, [["Try now", () => review.takeUp(false)]]] : ["botus", "One moment…"];
  }
  if (review.card || review.editing) return null;
  if (review.outbox.entries.length && review.outbox.trouble) return ["All that was here is decided", "More posts come as soon as there is a connection. What you decided is kept here until then."];
  if (review.outbox.entries.length) return ["botus", "One moment…"];
  const { view } = review.now;
  if (view.like) return ["Nothing like it is left", "All posts of this group are decided.", [["Back to the review", () => review.list(false)]]];
  if (view.filter) return ["Nothing more is found", `All that the filter “${view.filter}” shows has been looked at.`, [["Show everything", () => review.look({ filter: "undecided" })]]];
  return ["Nothing is left to review", `${number(view.kept)} ${view.kept === 1 ? "post is" : "posts are"} kept.${days(view) ? ` The queue lasts ${days(view)}.` : ""} New ${view.file === "tweets.txt" ? "posts come with botus generate" : "answers come with botus generate --answers"}.`];
}

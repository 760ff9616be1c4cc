// The review: what a touch or a key does, and what is on the screen then.
//
// Everything is shown at once, as if botus had answered already (`model.js`); the outbox sees to it that it does.

import { clientId, get, post } from "../parts/api.js";
import { $, plain, rest, say } from "../parts/dom.js";
import { DONE, OUT, fit, paintCard } from "./card.js";
import { intentions, paintList } from "./list.js";
import { Menu } from "./menu.js";
import { begin, confirm, foresee, pinned } from "./model.js";
import { Outbox } from "../parts/outbox.js";
import { paintActions, paintPanel, paintProgress, paintSide, words } from "./frame.js";

export const QUEUE = "tweets.txt";
export const ANSWERS = "answers.txt";
const COUNT = 20;
const LOOK_EVERY_MS = 20_000;
const AWAKE_MS = 300_000; // how long after the last touch the page still looks for what others do

export class Review {
  file = QUEUE; // what is reviewed
  model = null; // what botus has confirmed
  now = null; // what is shown
  taken = null; // why somebody else reviews: a Problem
  listing = false;
  marks = new Map();
  page = []; // the cards of the list's page
  editing = null; // the card under edit
  #seen = null; // the post under a finger when it came down
  #touched = Date.now();

  constructor() {
    this.outbox = new Outbox({
      answered: (entry, answer) => this.#answered(entry.op, answer),
      refused: (entry, problem) => this.#refused(entry.op, problem),
      changed: () => this.paint(),
    });
    this.menu = new Menu(this);
    new ResizeObserver(() => this.paint(true)).observe($("review"));
    setInterval(() => this.#lookAgain(), LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", () => this.#lookAgain());
  }

  async start() {
    await this.outbox.open();
    await this.takeUp(false);
  }

  /** Begin to review here; `over` takes the review from whoever has it. */
  async takeUp(over) {
    try {
      this.model = begin(await post("/review", { ...this.#who, take_over: over, count: COUNT }));
      if (this.model.view.notice) say(this.model.view.notice);
      this.taken = this.problem = null;
      this.listing = false;
      this.outbox.clear();
    } catch (problem) {
      if (problem.what === "busy" || problem.what === "taken") this.taken = problem;
      else if (!this.model) setTimeout(() => this.model || this.takeUp(over), 2000);
      this.problem = problem;
    }
    this.paint();
  }

  /** What every request says: who asks, and of which file. */
  get #who() {
    return { client: clientId(), file: this.file };
  }

  /** Review the queue, or the lines to answer people with, once what was decided in the other one is out. */
  async turnTo(file) {
    if (this.outbox.entries.length) return say("What was decided here has to go out first");
    this.file = file;
    this.model = null;
    this.marks = new Map();
    await this.takeUp(false);
  }

  get card() {
    return this.now?.view.cards[0] ?? null;
  }

  get #onScreen() {
    return this.listing ? this.page : [this.card].filter(Boolean);
  }

  /** Remember what a finger came down on: a card that changes beneath it is not decided. */
  touched() {
    this.#touched = Date.now();
    this.#seen = this.#onScreen.map((card) => card.post).join();
  }

  /** Whether the screen is still as it was when the finger came down. */
  #changed() {
    const seen = this.#seen;
    this.#seen = null;
    if (seen === null || seen === (this.#onScreen.map((card) => card.post).join())) return false;
    say("The post had just changed: nothing was decided");
    return true;
  }

  /** Decide as `verdict` does, with a finger: what has changed since it came down is left alone. */
  point(kind) {
    if (!this.#changed()) this.verdict(kind);
  }

  /** Decide the card, or in the list its page. */
  verdict(kind) {
    this.#touched = Date.now();
    if (!this.model || this.taken) return;
    if (this.listing) return this.#decidePage(kind);
    const card = this.card;
    if (kind === "answer" && this.file === ANSWERS) return say("These are the answers: Keep keeps one, Drop drops it");
    if (!card) return say(this.outbox.entries.length ? "More posts come with the connection" : "Nothing is left to decide: Undo takes back");
    if (card.saving) return say("Its new wording is just being saved");
    if (card.verdict === kind && kind !== "later") {
      say(`Already ${DONE[kind]}`);
      return this.look({ look: "forward" });
    }
    this.#decide([card], [kind]);
  }

  #decidePage(kind) {
    if (!this.page.length) return say("Nothing is left to decide: Undo takes back");
    if (kind === "star") return say("In the list a post is touched twice for a star");
    const marks = kind === "later" ? new Map() : this.marks;
    this.#decide(this.page, this.page.map((card) => marks.get(card.post) ?? kind));
  }

  #decide(cards, verdicts) {
    const decisions = cards.map((card, at) => ({ post: card.post, verdict: verdicts[at], was: card.verdict ?? null }));
    this.marks = new Map();
    say("");
    this.outbox.add("/decide", { ...this.#who, decisions }, { kind: "decide", cards, verdicts });
  }

  undo() {
    this.#touched = Date.now();
    if (!this.now || this.taken) return;
    const step = this.now.steps.at(-1);
    if (!step && !this.now.view.can_undo) return say("Nothing to take back");
    this.marks = new Map(step?.verdicts && this.listing ? step.cards.map((card, at) => [card.post, step.verdicts[at]]).filter(([, kind]) => kind === "keep" || kind === "star") : []);
    if (step) say(`Taken back: ${step.edited ? "edited" : words(step.verdicts)}`, ["Redo", () => this.redo()]);
    else if (this.outbox.trouble) say("Older decisions are taken back when the connection is there again");
    this.outbox.add("/undo", this.#who, { kind: "undo", said: Boolean(step) });
  }

  redo() {
    if (!this.now || this.taken) return;
    if (!this.now.undone.length && !this.now.view.can_redo) return say("Nothing to do again");
    this.outbox.add("/redo", this.#who, { kind: "redo" });
  }

  /** Ask for other cards: look back, filter, search, order. */
  async look(wanted) {
    this.#touched = Date.now();
    if (this.taken) return;
    try {
      this.#take(await this.outbox.ask(() => post("/look", { ...this.#who, count: COUNT, ...wanted })));
      if (!("list" in wanted)) say(this.model.view.notice);
    } catch (problem) {
      this.#failed(problem);
    }
    this.paint();
  }

  list(on) {
    this.listing = on;
    this.marks = new Map();
    this.paint();
    rest();
    return this.look({ list: on });
  }

  async showLike() {
    const card = this.card;
    if (!card) return say("Nothing is left to compare with");
    await this.look({ like: card.post });
    this.listing = Boolean(this.model?.view.like);
    this.marks = new Map();
    this.paint();
  }

  mark(marked) {
    const next = { undefined: "keep", keep: "star", star: undefined }[this.marks.get(marked)];
    if (next) this.marks.set(marked, next);
    else this.marks.delete(marked);
    this.paint();
  }

  markNumber(at) {
    if (at < this.page.length) this.mark(this.page[at].post);
    else say(`There is no number ${(at + 1) % 10} on this page`);
  }

  async compare() {
    const card = this.card;
    if (!card) return say("Nothing is left to compare");
    try {
      const answer = await get(`/compare?${new URLSearchParams({ ...this.#who, post: card.post })}`);
      say(answer.said);
    } catch (problem) {
      this.#failed(problem);
    }
  }

  edit(text = null) {
    const card = this.card;
    if (!card || this.taken || card.saving) return say("Nothing is left to edit");
    if (OUT.has(card.verdict)) return say(`${DONE[card.verdict][0].toUpperCase()}${DONE[card.verdict].slice(1)}: Keep brings it back first`);
    if (this.listing) return say("In the list nothing is edited: go back to one post first");
    this.editing = card;
    $("wording").value = text ?? card.text;
    $("wording-note").textContent = "";
    this.paint();
    $("wording").focus();
  }

  endEdit(save) {
    const card = this.editing;
    if (!card) return;
    const text = $("wording").value;
    this.editing = null;
    if (save && text !== card.text) {
      this.outbox.add("/edit", { ...this.#who, post: card.post, text }, { kind: "edit", card, text });
      if (this.outbox.trouble) say("The new wording waits here, and is saved when the connection is there again");
    } else say(save ? "Not changed" : "Edit cancelled");
    this.paint();
    rest();
  }

  quit() {
    const waiting = this.outbox.entries.length;
    say(waiting ? `${waiting} wait here for the connection; they are kept, also if this page is closed` : "All is saved: this page may be closed");
  }

  tell(sentence) {
    say(sentence);
  }

  /** Whether a request is about the file on the screen: what a closed tab has left may be about the other one. */
  #isMine(body) {
    return (body.file ?? QUEUE) === this.file;
  }

  #answered(op, answer) {
    if (answer.view.file !== this.file) return this.#lookAgain(true);
    const { notice: before, like } = this.model?.view ?? {};
    const step = op.kind === "undo" && this.model?.steps.at(-1);
    if (step && !step.cards.some((card) => card.post === answer.view.cards[0]?.post)) {
      this.model = begin(answer.view); // somebody else had decided meanwhile, and that was taken back
      if (answer.notice) say(answer.notice);
    } else {
      const onScreen = this.now?.waiting || op.kind === "edit" ? [] : this.#onScreen;
      this.model = confirm(this.model ?? begin(answer.view), op, answer);
      this.model.view = pinned(this.model.view, onScreen);
    }
    if (op.kind === "decide" && !answer.done.length) this.#keepUndos();
    if (op.kind === "decide" && like && !answer.view.like) this.listing = false; // the group is done with
    if (answer.stale?.length) say(answer.stale.length === 1 ? `Not decided: ${answer.stale[0].why}` : `${answer.stale.length} not decided: ${answer.stale[0].why}`);
    else if (op.kind === "edit" && answer.problem) this.#rejected(op, answer.problem);
    else if (op.kind === "edit") say("Edited, and still to be decided");
    else if (answer.notice && !(op.said && step)) say(answer.notice);
    else if (op.kind === "decide" && answer.view.notice !== before) say(answer.view.notice);
  }

  #refused(op, problem) {
    if (op.kind === "decide" || op.kind === "edit") this.#keepUndos();
    if (op.kind === "edit") this.#rejected(op, problem.message);
    else say(`${op.kind === "decide" ? "Not decided" : "Not done"}: ${problem.message}`);
    this.#lookAgain(true);
  }

  /** Nothing came of a change: an undo that was meant for it must not take back what was before it. */
  #keepUndos() {
    let depth = 0;
    for (const entry of this.outbox.entries) {
      depth += entry.op.kind === "undo" ? -1 : 1;
      if (depth < 0) return this.outbox.drop(entry);
    }
  }

  /** Give back what the person wrote, with the reason why it could not be saved. */
  #rejected(op, why) {
    this.editing = op.card;
    $("wording").value = op.text;
    $("wording-note").replaceChildren(...plain(why));
  }

  #failed(problem) {
    if (problem.what === "taken" || problem.what === "busy") this.taken = problem;
    else say(problem.what === "offline" ? "There is no connection now, and this needs one" : problem.message);
  }

  /** Show the review again, with what was done on another tab. */
  returned() {
    this.paint(true);
    this.#lookAgain(true);
  }

  async #lookAgain(anyway = false) {
    if (!this.model || this.taken || document.hidden || this.outbox.entries.length) return;
    if (!anyway && ($("review").hidden || Date.now() - this.#touched > AWAKE_MS)) return;
    try {
      const view = await this.outbox.ask(() => get(`/review?${new URLSearchParams({ ...this.#who, count: COUNT })}`));
      const shownBefore = this.card?.post;
      this.#take(view.cards.length ? pinned(view, this.#onScreen) : view);
      this.paint();
      if (this.card?.post !== shownBefore && view.notice) say(view.notice);
    } catch (problem) {
      if (problem.what === "taken" || problem.what === "busy") this.#failed(problem);
      this.paint();
    }
  }

  #take(view) {
    this.model = this.model ? { ...this.model, view } : begin(view);
  }

  /** Bring the screen up to date. */
  paint(resized = false) {
    const trouble = this.outbox.trouble;
    if (trouble?.what === "taken" || trouble?.what === "busy") this.taken = trouble;
    const mine = this.outbox.entries.filter((entry) => this.#isMine(entry.body));
    this.now = this.model && mine.reduce((model, entry) => foresee(model, entry.op), this.model);
    $("review").dataset.waiting = this.outbox.isOpen ? this.outbox.entries.length : "";
    const panel = paintPanel(this);
    const listed = this.listing && !panel && !this.editing;
    $("card").hidden = Boolean(panel || listed || this.editing);
    $("list").hidden = !listed;
    $("editor").hidden = !this.editing;
    $("last").hidden = Boolean(this.editing);
    paintActions(this, Boolean(panel), listed);
    $("side").hidden = !this.now || Boolean(this.taken);
    if (this.now) {
      paintProgress(this.now.view);
      paintSide(this);
    }
    if (listed) {
      this.page = paintList(this.now.view.cards, this.marks, (one) => this.mark(one), resized);
      const offer = intentions(this.page, this.marks);
      for (const [kind, said] of Object.entries(offer)) document.querySelector(`[data-act=page-${kind}] span`).textContent = said;
    } else if (this.card && !this.editing && !panel) {
      this.page = [];
      paintCard(this.card);
      if (resized) fit();
    }
  }
}

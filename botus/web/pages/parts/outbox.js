// The outbox: every change waits here, on disk, until botus has answered it; then the next one goes out, in order.
//
// A change keeps its id, so that sending it once more (after a reload, a crash, from a second tab) changes nothing
// twice. What a closed tab left behind is taken over by the next one that opens. Each bot has a store of its own:
// another one may be at the same address tomorrow, and an undo would take back what was decided there. What merely
// asks (`ask`) goes through the same queue, so that its answer knows all changes before it, but it is not kept.

import { BOT, newId, post, Problem } from "./api.js";

const STORE = "changes";
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
const TAB = newId();

export class Outbox {
  #database = null;
  #asked = []; // what only asks: {path: null, run, resolve, reject}
  #running = false;
  #retry = FIRST_RETRY_MS;
  #waking = () => {};
  #last = 0; // when the newest change was made: no two are of one moment, their order is that of `at`

  /** Changes that botus has not answered, oldest first. */
  entries = [];
  /** Whether what closed tabs left is among them. */
  isOpen = false;
  /** Why nothing goes out: null or a Problem. */
  trouble = null;

  /**
   * @param {{answered: (entry, answer) => void, refused: (entry, problem) => void, changed: () => void}} told
   *   answered, refused: of a change, once; changed: the queue or its trouble is another one.
   */
  constructor(told) {
    this.told = told;
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.#inTrouble(new Problem("No connection to botus", "offline", 0)));
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  /** Open the store and take over what closed tabs left. */
  async open() {
    navigator.locks?.request(`botus-tab-${TAB}`, () => new Promise(() => {})); // held as long as this tab lives
    try {
      this.#database = await opened();
      const living = (await navigator.locks?.query())?.held.map((lock) => lock.name) ?? [];
      const left = (await this.#all()).filter((entry) => !living.includes(`botus-tab-${entry.tab}`));
      for (const entry of left) await this.#put({ ...entry, tab: TAB });
      this.entries = left.map((entry) => ({ ...entry, tab: TAB, isKept: true }));
    } catch {
      this.#database = null; // a browser that keeps nothing: what waits is lost with the tab
    }
    this.isOpen = true;
    this.told.changed();
    this.wake();
  }

  /** Let a change go out: `path` and `body` of the request, `op` is what the page makes of it meanwhile. */
  add(path, body, op) {
    this.#last = Math.max(Date.now(), this.#last + 1);
    const entry = { id: newId(), tab: TAB, at: this.#last, path, body, op };
    this.entries.push(entry);
    this.#keep(entry);
    this.told.changed();
    this.wake();
    return entry;
  }

  /** Whether this browser keeps what waits, also when it is closed. */
  get keeps() {
    return this.#database !== null && !this.entries.some((entry) => entry.isKept === false);
  }

  /** Run a request after all changes so far; rejects with a Problem, at once where nothing goes out. */
  ask(run) {
    if (this.trouble?.what === "offline") {
      this.wake();
      return Promise.reject(this.trouble);
    }
    return new Promise((resolve, reject) => {
      this.#asked.push({ run, resolve, reject, after: this.entries.at(-1)?.id });
      this.wake();
    });
  }

  /** Try now. */
  wake() {
    this.#waking();
    this.#run();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    while (this.entries.length || this.#asked.length) {
      const asking = this.#asked.findIndex((one) => !this.entries.some((entry) => entry.id === one.after));
      const fine = asking >= 0 ? await this.#answerTo(this.#asked.splice(asking, 1)[0]) : await this.#send(this.entries[0]);
      if (!fine) await this.#pause();
    }
    this.#running = false;
  }

  async #answerTo(asked) {
    try {
      const answer = await asked.run();
      this.#well();
      asked.resolve(answer);
    } catch (problem) {
      if (["offline", "login", "bot"].includes(problem.what)) this.#inTrouble(problem);
      asked.reject(problem);
    }
    return true;
  }

  /** Send the oldest change; false if it has to wait. */
  async #send(entry) {
    let answer = null, problem = null;
    try {
      const request = () => post(entry.path, { ...entry.body, id: entry.id });
      answer = await (navigator.locks ? navigator.locks.request("botus-sending", request) : request());
    } catch (caught) {
      problem = caught;
    }
    if (problem?.mayPass) {
      this.#inTrouble(problem);
      return false;
    }
    this.entries.shift();
    this.#delete(entry).catch(() => {});
    if (problem) this.told.refused(entry, problem);
    else this.told.answered(entry, answer);
    this.#well();
    return true;
  }

  /** Give up a change that was not sent yet. */
  drop(entry) {
    this.entries = this.entries.filter((one) => one !== entry);
    this.#delete(entry).catch(() => {});
  }

  /** Forget what was in the way, and go on. */
  clear() {
    this.trouble = null;
    this.wake();
  }

  #well() {
    this.#retry = FIRST_RETRY_MS;
    this.trouble = null;
    this.told.changed();
  }

  #inTrouble(problem) {
    this.trouble = problem;
    for (const one of this.#asked.splice(0)) one.reject(problem);
    this.told.changed();
  }

  /** Wait longer and longer, but no longer than until somebody wakes it. */
  async #pause() {
    await new Promise((resolve) => {
      this.#waking = resolve;
      setTimeout(resolve, this.#retry);
    });
    this.#waking = () => {};
    this.#retry = Math.min(LAST_RETRY_MS, 2 * this.#retry);
  }

  #all() {
    return this.#database ? done(this.#database.transaction(STORE).objectStore(STORE).index("at").getAll()) : [];
  }

  async #keep(entry) {
    try {
      await this.#put(entry);
      entry.isKept = this.#database !== null;
    } catch {
      entry.isKept = false; // the store is full
    }
    this.told.changed();
  }

  #put(entry) {
    return this.#write((store) => store.put(entry));
  }

  #delete(entry) {
    return this.#write((store) => store.delete(entry.id));
  }

  async #write(change) {
    if (!this.#database) return;
    const transaction = this.#database.transaction(STORE, "readwrite", { durability: "strict" });
    change(transaction.objectStore(STORE));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve; // not before: a disk that is full is noticed only then
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function opened() {
  const request = indexedDB.open(BOT, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("at", "at");
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

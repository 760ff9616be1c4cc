// The tab Queue: what comes next, and every line of tweets.txt: searched, edited, removed, added, posted now.

import { clientId, newId } from "../parts/api.js";
import { h, marked, plain, say, shown } from "../parts/dom.js";
import { changed, failure, outcomes, until } from "./asking.js";

const PAGE = 50;
const STATES = { starred: "Starred", kept: "Kept", "by hand": "Written by hand", unreviewed: "Nobody has kept it yet", held: "Held", used: "Posted before", "too long": "Too long" };
const KEEPABLE = ["held", "unreviewed", "dropped"];

export function show(main, api) {
  const next = h("div", { class: "next" }, h("p", { class: "dim" }, "One moment…"));
  const search = h("input", { id: "queue-search", type: "search", autocomplete: "off", enterkeyhint: "search", oninput: () => later() });
  const count = h("p", { class: "dim", id: "queue-count", role: "status" });
  const lines = h("ol", { class: "lines", id: "queue-lines" });
  const more = h("button", { type: "button", class: "more", hidden: true, onclick: () => load(false) }, "Show more");
  const added = h("textarea", { id: "queue-text", rows: "3", dir: "auto" });
  const adding = h("details", {}, h("summary", {}, "Add a post"), h("form", { class: "adding", onsubmit: add }, h("label", { for: "queue-text" }, "A new post"), added, h("button", { class: "solid" }, "Add to the queue")));
  const field = h("form", { role: "search", onsubmit: (event) => { event.preventDefault(); load(true); } }, h("label", { for: "queue-search" }, "Search the queue"), search);
  main.append(h("h1", {}, "Queue"), next, adding, field, count, lines, more);

  let timer = 0;
  let looking = 0;
  let asked = 0;
  let first = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => load(true), 150);
  };

  async function load(anew) {
    clearTimeout(timer);
    const mine = ++asked;
    const from = anew ? 0 : first;
    try {
      const found = await api.get(`/queue?search=${encodeURIComponent(search.value)}&from=${from}&count=${PAGE}`);
      if (mine !== asked) return;
      if (anew) lines.replaceChildren();
      lines.append(...found.lines.map(entry));
      first = from + found.lines.length;
      more.hidden = first >= found.of;
      const words = found.of ? `${found.of.toLocaleString("en")} ${found.of === 1 ? "line" : "lines"}` : "";
      const none = search.value.trim() ? "No line has this" : "The queue is empty: botus generate writes into it, and so does Add a post";
      count.replaceChildren(...plain(found.problem ? `${words}. ${found.problem}` : words || none));
    } catch (problem) {
      if (mine === asked) count.replaceChildren(...plain(problem.message));
    }
  }

  async function look() {
    try {
      next.replaceChildren(...coming(await api.get("/queue/next")));
    } catch (problem) {
      next.replaceChildren(h("p", {}, plain(problem.message)));
    }
  }

  /** Show what has changed; what comes next is counted anew only once nothing more is changed. */
  function refresh() {
    load(true);
    clearTimeout(looking);
    looking = setTimeout(look, 1500);
  }

  /** One line of the queue, with what can be done with it. */
  function entry(line) {
    const item = h("li", { class: "line", "data-post": line.post });
    const text = h("p", { class: "post", dir: "auto" }, marked(line.text, search.value.trim()));
    const state = h("p", { class: line.ready ? "dim" : "waits" }, plain(says(line)));
    const button = (label, act, kind = "") => h("button", { type: "button", class: kind, onclick: act, "aria-label": `${label}: line ${line.line}` }, label);
    const buttons = h("div", { class: "buttons" });
    if (line.post) {
      if (KEEPABLE.includes(line.state)) buttons.append(button("Keep", () => change("keep", line)));
      if (line.state !== "used") buttons.append(button("Edit", () => edit(item, line)));
      buttons.append(button("Remove", () => change("remove", line)));
      if (line.ready) buttons.append(button("Post now", () => ask(item, line)));
    }
    item.replaceChildren(text, state, buttons);
    return item;
  }

  function edit(item, line) {
    const name = `edit-${line.post}`;
    const wording = h("textarea", { id: name, rows: "4", dir: "auto" });
    wording.value = line.text;
    const back = () => item.replaceWith(entry(line));
    const save = (event) => {
      event.preventDefault();
      if (wording.value === line.text) return back();
      change("edit", line, { text: wording.value });
    };
    item.replaceChildren(
      h("form", { class: "editing", onsubmit: save }, h("label", { for: name }, "New wording"), wording, h("div", { class: "buttons" }, h("button", { type: "button", onclick: back }, "Cancel"), h("button", { class: "yes" }, "Save"))),
    );
    wording.focus();
  }

  /** Ask once more before something goes out that cannot be called back. */
  function ask(item, line) {
    const buttons = item.querySelector(".buttons");
    const yes = h("button", { type: "button", class: "yes", onclick: () => postNow(item, line) }, "Post it now");
    buttons.replaceChildren(h("span", {}, "This goes out at once."), h("button", { type: "button", onclick: () => item.replaceWith(entry(line)) }, "Not now"), yes);
    yes.focus();
  }

  async function postNow(item, line) {
    const told = h("p", { role: "status", class: "dim" }, "Being posted…");
    item.querySelector(".buttons").replaceChildren(told);
    try {
      const answer = await until(api, "/queue/post", { id: newId(), post: line.post });
      told.replaceChildren(...plain(answer.said));
      told.after(outcomes(answer.targets));
      say(answer.said);
      look();
    } catch (problem) {
      told.replaceChildren(...plain(problem.message));
      told.className = "waits";
      say(problem.message);
    }
  }

  async function change(what, line, fields = {}) {
    const id = newId();
    await changed(api, `/queue/${what}`, { id, client: clientId(), post: line.post, ...fields }, (answer) => {
      say(answer.said, ["Undo", () => undo(id)]);
      refresh();
    });
  }

  async function undo(id) {
    await changed(api, "/queue/undo", { id: newId(), client: clientId(), post: id }, (answer) => {
      say(answer.said);
      refresh();
    });
  }

  async function add(event) {
    event.preventDefault();
    try {
      const answer = await until(api, "/queue/add", { id: newId(), text: added.value });
      say(answer.said);
      added.value = "";
      refresh();
    } catch (problem) {
      failure(problem);
    }
  }

  load(true);
  look();
  return () => {
    clearTimeout(timer);
    clearTimeout(looking);
  };
}

/** What becomes of a line, and why. */
function says(line) {
  const named = STATES[line.state] ?? "";
  if (line.state === "used" || !line.why) return named;
  const why = named && line.state !== "unreviewed" ? `${named}: ${line.why}` : line.why;
  return why[0].toUpperCase() + why.slice(1);
}

/** When the next post goes out, and which one it is, where that is known. */
function coming(found) {
  const when = found.when_words ? [h("p", {}, h("b", {}, "Next post "), plain(found.when_words))] : [];
  if (!found.when_words) when.push(h("p", {}, plain(found.schedule_problem || "No schedule is set: CRON says when botus run posts")));
  if (found.dry_run) when.push(h("p", { class: "waits" }, "No account is set up: nothing is sent, whatever is posted here"));
  if (found.ready === 0) when.push(h("p", { class: "waits" }, "No line may go out now"));
  if (found.words) when.push(h("p", { class: "dim" }, plain(found.words)));
  if (found.posts.length) when.push(h("ol", { class: "coming" }, found.posts.map((one) => h("li", { class: "post", dir: "auto" }, shown(one.text)))));
  return when;
}

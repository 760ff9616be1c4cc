// The tab Posts: what needs a person, and the last posts with their links.

import { newId } from "../parts/api.js";
import { h, plain, say, shown } from "../parts/dom.js";
import { failure, outcomes, until } from "./asking.js";

const PAGE = 30;

export function show(main, api) {
  const open = h("div", { id: "attention" });
  const count = h("p", { class: "dim", role: "status" }, "One moment…");
  const list = h("ol", { class: "lines", id: "posts-list" });
  const more = h("button", { type: "button", class: "more", hidden: true, onclick: load }, "Show more");
  main.append(h("h1", {}, "Posts"), open, count, list, more);
  let first = 0;

  async function load() {
    try {
      const found = await api.get(`/posts?from=${first}&count=${PAGE}`);
      list.append(...found.posts.map(entry));
      first += found.posts.length;
      more.hidden = first >= found.of;
      count.textContent = found.of ? `${found.of.toLocaleString("en")} posted, newest first` : "Nothing was posted yet";
    } catch (problem) {
      count.replaceChildren(...plain(problem.message));
    }
  }

  async function look() {
    try {
      open.replaceChildren(...attention(await api.get("/attention"), api, look));
    } catch (problem) {
      open.replaceChildren(h("p", {}, plain(problem.message)));
    }
  }

  load();
  look();
}

const entry = (one) => h("li", { class: "line" }, h("p", { class: "post", dir: "auto" }, shown(one.text)), h("p", { class: "dim" }, plain(`${one.at} · ${one.post}`)), outcomes(one.targets));

/** What waits for a person, with the buttons that `botus resolve` has for it. */
function attention(found, api, again) {
  const told = [...found.damage, ...found.stopped].map((words) => h("p", { class: "waits" }, plain(words)));
  const posts = found.posts.map((one, number) => lost(one, number, api, again));
  if (!told.length && !posts.length) return [];
  return [h("h2", {}, "Needs attention"), ...told, h("ul", { class: "lines" }, posts)];
}

function lost(one, number, api, again) {
  const name = `address-${number}`;
  const address = h("input", { id: name, type: "text", inputmode: "url", autocomplete: "off", placeholder: "https://" });
  const field = h("div", { class: "address", hidden: true }, h("label", { for: name }, "Its address, if you have it"), address);
  const buttons = h("div", { class: "buttons" }, one.choices.map((choice) => h("button", { type: "button", "data-how": choice.action, onclick: () => choose(choice) }, choice.label)));
  async function choose(choice) {
    if (choice.action === "posted" && field.hidden) {
      field.hidden = false;
      buttons.replaceChildren(h("button", { type: "button", onclick: again }, "Cancel"), h("button", { type: "button", class: "yes", onclick: () => choose(choice) }, "It is there"));
      return address.focus();
    }
    try {
      const answer = await until(api, "/resolve", { id: newId(), post: one.post, target: one.target, how: choice.action, url: address.value });
      say(answer.said);
    } catch (problem) {
      return failure(problem);
    }
    again();
  }
  return h("li", { class: "line" }, h("p", { class: "post", dir: "auto" }, shown(one.text)), h("p", { class: "waits" }, h("b", {}, plain(one.target)), " ", plain(one.said)), field, buttons);
}

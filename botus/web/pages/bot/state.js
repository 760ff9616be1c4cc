// The tab State: whether the bot is well, what it has, and pictures of it.

import { h, plain } from "../parts/dom.js";
import { bars } from "./figures.js";

const REFUSED = { "not UTF-8": "not UTF-8", invalid: "without text", used: "posted before", dropped: "dropped", held: "held until you keep them", unreviewed: "wait for a keep", "too long": "too long", unfinished: "being written", double: "there twice" };

export async function show(main, api) {
  main.append(h("h1", {}, "State"));
  const pictures = h("div", { class: "figures" });
  const state = h("div", {}, h("p", { class: "dim" }, "One moment…"));
  main.append(state, pictures);
  const told = api.get("/status.json").then((found) => state.replaceChildren(...status(found)), (problem) => state.replaceChildren(h("p", {}, plain(problem.message))));
  const drawn = api.get("/figures").then((found) => pictures.replaceChildren(...figures(found, pictures.clientWidth || 640)), (problem) => pictures.replaceChildren(h("p", {}, plain(problem.message))));
  await Promise.allSettled([told, drawn]);
}

function status(found) {
  const { health, queue } = found;
  const parts = [h("p", { class: health.well ? "well" : "waits", id: "health" }, health.well ? "All is well" : "Something needs attention")];
  const says = [...new Set([...health.says, ...found.damage])];
  if (found.needs_a_person.length) parts.push(h("p", {}, h("a", { href: "#posts" }, "Posts has the buttons for that")));
  if (says.length) parts.push(h("ul", { class: "says" }, says.map((one) => h("li", {}, plain(one)))));
  const facts = [["Posts", found.schedule || found.schedule_problem || "no schedule (CRON is not set)"]];
  if (found.next_words) facts.push(["Next", found.next_words]);
  facts.push(["Queue", queue ? `${about(queue)}${queue.ready.toLocaleString("en")} ready` : "cannot be read"]);
  if (queue?.ready) facts.push(["Of these", kinds(queue)]);
  for (const [kind, count] of Object.entries(queue?.refused ?? {})) facts.push(["", `${count.toLocaleString("en")} ${REFUSED[kind] ?? kind}`]);
  if (found.days_left !== null) facts.push(["Lasts", `${found.days_left.toLocaleString("en")} days`]);
  facts.push(["Posted", found.posted === null ? "cannot be read" : found.posted.toLocaleString("en")]);
  for (const [name, words] of Object.entries(found.targets)) facts.push(["Posts to", `${name} ${words}`]);
  if (found.dry_run) facts.push(["Posts to", "nowhere: no account is set up"]);
  for (const [name, when] of Object.entries(found.pauses)) facts.push(["Pauses", `${name} until ${when}`]);
  for (const [name, count] of Object.entries(found.unconfirmed)) facts.push(["Not confirmed", `${count} by ${name}`]);
  parts.push(h("dl", { class: "facts-of-bot" }, facts.flatMap(([name, words]) => [h("dt", {}, name), h("dd", {}, plain(words))])));
  return parts;
}

const about = (queue) => (queue.looked_at === null ? "" : "about ");

function kinds(queue) {
  const words = { kept: queue.kept, "by hand": queue.by_hand, unreviewed: queue.unreviewed };
  return Object.entries(words).filter(([, count]) => count).map(([kind, count]) => `${count.toLocaleString("en")} ${kind}`).join(", ");
}

function figures(found, room) {
  const days = found.posts_per_day?.map((one) => ({ label: one.day.slice(5), value: one.count, words: `${one.day}: ${one.count}` }));
  const lengths = found.lengths?.map((one) => ({ label: `${one.from}`, value: one.count, words: one.to === null ? `over ${found.most}: ${one.count}` : `${one.from} to ${one.to} characters: ${one.count}`, over: one.to === null }));
  const heats = found.kept_by_temperature.map((one) => ({ label: `${one.temperature}`, value: Math.round(one.share * 100), words: `temperature ${one.temperature}: ${one.kept} kept of ${one.reviewed}, ${one.written} written` }));
  const made = [];
  if (days) made.push(bars("Posts a day, the last thirty days", days, { unit: "", room }));
  if (heats.length) made.push(bars("Kept, by temperature", heats, { unit: "%", room, most: 100 }), heatTable(found.kept_by_temperature));
  if (lengths?.some((one) => one.value)) made.push(bars("How long the lines of the queue are, in characters", lengths, { unit: "", room }));
  return made;
}

function heatTable(rows) {
  const head = h("tr", {}, ["Temperature", "Written", "Reviewed", "Kept"].map((name) => h("th", { scope: "col" }, name)));
  const body = rows.map((one) => h("tr", {}, [`${one.temperature}`, `${one.written}`, `${one.reviewed}`, `${one.kept} (${Math.round(one.share * 100)} %)`].map((value) => h("td", {}, value))));
  return h("table", { class: "heats" }, h("caption", {}, "Candidates by temperature"), h("thead", {}, head), h("tbody", {}, body));
}

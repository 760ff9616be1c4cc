// The tab State.

import { h } from "./parts/dom.js";

export function show(main) {
  main.append(h("h1", {}, "State"), h("p", { class: "dim" }, "In a terminal, botus status says how the bot is."));
}

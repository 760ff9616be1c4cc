// The tab Posts.

import { h } from "./parts/dom.js";

export function show(main) {
  main.append(h("h1", {}, "Posts"), h("p", { class: "dim" }, "In a terminal, botus log show lists what was posted."));
}

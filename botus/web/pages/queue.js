// The tab Queue.

import { h } from "./parts/dom.js";

export function show(main) {
  main.append(h("h1", {}, "Queue"), h("p", { class: "dim" }, "In a terminal, botus queue list shows the queue, and botus queue next what comes next."));
}

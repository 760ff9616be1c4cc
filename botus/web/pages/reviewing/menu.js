// The sheet with search, filters, order and what has no button of its own; the page of help.

import { $, h, plain, say } from "../parts/dom.js";
import { writeKeys } from "./keys.js";

const keyOf = (name) => (name === "by regex" ? "/" : name[0]);

export class Menu {
  #group = ""; // the choices that the next key picks from: "filters" or "orders", where a key has opened the sheet
  #sought = "";

  constructor(review) {
    this.review = review;
    writeKeys();
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (event) => (event.target === dialog || event.target.closest("[data-close]")) && dialog.close());
    }
    $("search-form").addEventListener("submit", (event) => this.#search(event, $("search").value));
    $("regex-form").addEventListener("submit", (event) => this.#do(event, { regex: $("regex").value }));
    $("learning").addEventListener("change", (event) => this.#do(event, { learning: event.target.checked }));
    $("menu").addEventListener("keydown", (event) => this.#pick(event));
  }

  /** Open the sheet; `at` is what one came for: search, filters or orders. */
  open(at = "") {
    const view = this.review.now?.view;
    if (!view || this.review.editing) return;
    this.#group = at;
    this.#choices("filters", "Show", view.filters, view.filter ?? "undecided", (name) => ({ filter: name }));
    this.#choices("orders", "Order by", view.orders, view.order, (name) => ({ order: name }));
    $("learning").checked = view.learning;
    $("menu").showModal();
    if (at === "search") $("search").select();
    else if (at) $(at).querySelector("button")?.focus();
  }

  /** Find the next post with what was searched for last. */
  again() {
    if (this.#sought) this.review.look({ search: this.#sought });
    else say("Nothing to look for: / searches");
  }

  help() {
    $("menu").close();
    const about = this.review.now?.view.about_order ?? [];
    $("about-order").hidden = $("order-title").hidden = !about.length;
    $("about-order").replaceChildren(...about.map((sentence) => h("p", {}, plain(sentence))));
    $("help").showModal();
  }

  #choices(id, legend, names, chosen, wanted) {
    const known = (names ?? []).filter((name) => name !== "by regex");
    const button = (name) => h("button", { type: "button", "aria-pressed": String(name === chosen), "data-key": keyOf(name), onclick: (event) => this.#do(event, wanted(name)) }, name, h("kbd", {}, keyOf(name)));
    $(id).replaceChildren(h("legend", {}, legend), ...known.map(button));
  }

  #pick(event) {
    if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#group === "filters" && event.key === "/") $("regex").focus();
    else if (this.#group === "orders" && event.key === "l") $("learning").click();
    else if (this.#group && event.key.length === 1) $(this.#group).querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
    else return;
    if (event.key !== " ") event.preventDefault();
  }

  #search(event, text) {
    this.#sought = text || this.#sought;
    if (this.#sought) this.#do(event, { search: this.#sought });
    else event.preventDefault();
  }

  #do(event, wanted) {
    if (event.type === "submit") event.preventDefault();
    $("menu").close();
    this.review.listing &&= !("search" in wanted);
    this.review.look(wanted);
  }
}

// Elements without markup: what is shown is always text, and a post's hidden characters are visible signs.

const HIDDEN = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/g;

export const $ = (id) => document.getElementById(id);

/** Make an element; attributes that start with `on` are listeners, strings become text. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Return a post as nodes: controls and what hides or turns text round as signs (`␛`, `‹U+202E›`), breaks marked. */
export function shown(text, inOneLine = false) {
  const nodes = [];
  let start = 0;
  const sign = (end, written, kind) => {
    if (end > start) nodes.push(text.slice(start, end));
    nodes.push(h("span", { class: kind }, written));
  };
  for (const found of text.matchAll(new RegExp(`\\n|${HIDDEN.source}`, "g"))) {
    const code = found[0].charCodeAt(0);
    if (code === 10) {
      sign(found.index, inOneLine ? " ↵ " : " ↵", "break");
      if (!inOneLine) nodes.push("\n");
    } else {
      const named = code === 0x7f ? "␡" : `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
      sign(found.index, code < 0x20 ? String.fromCharCode(0x2400 + code) : named, "sign");
    }
    start = found.index + 1;
  }
  if (start < text.length) nodes.push(text.slice(start));
  return nodes;
}

/** Return a post as nodes in which what was searched for is marked. */
export function marked(text, sought) {
  if (!sought) return shown(text);
  const nodes = [];
  let start = 0;
  const wanted = sought.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+");
  for (const found of text.matchAll(new RegExp(wanted, "giu"))) {
    nodes.push(...shown(text.slice(start, found.index)), h("mark", {}, shown(found[0])));
    start = found.index + found[0].length;
  }
  return [...nodes, ...shown(text.slice(start))];
}

/** Return any other words that came from a file, on one line and without what could disturb the page. */
export const plain = (words) => shown(String(words), true);

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(svg.namespaceURI, "use"));
  svg.firstChild.setAttribute("href", `#i-${name}`);
  return svg;
}

let hiding = 0;

/** Tell the person something: seen for a while, and read out. `action` is [label, function] for a button beside it. */
export function say(words, action = null) {
  const notice = $("notice");
  clearTimeout(hiding);
  notice.replaceChildren();
  notice.classList.toggle("there", Boolean(words));
  if (!words) return;
  notice.append(h("span", {}, plain(words)));
  if (action) notice.append(h("button", { type: "button", onclick: () => { say(""); action[1](); } }, action[0]));
  hiding = setTimeout(() => notice.classList.remove("there"), Math.max(4000, 70 * words.length));
}

/** Give the keys back to the card: no button is to be pressed once more by a space that was meant for it. */
export function rest() {
  if ($("card").hidden) document.activeElement?.blur();
  else $("card").focus({ preventScroll: true });
}

// Pictures made of bars: SVG by the DOM, each with a title and with words for who cannot see it.

const SPACE = "http://www.w3.org/2000/svg";
const WIDEST = 640;
const HEIGHT = 190;
const FOOT = 26;
const HEAD = 22;
const SIDE = 44;
const LABEL = 62; // the room of a label

function s(tag, attributes, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Draw bars: of each its `label` below, its `value` as height, its `words` as title; `over` is one that is too much.
 * `most` is the top of the scale, of the highest bar where it is not given; `room` is how wide it may be.
 */
export function bars(title, rows, { unit, room, most = 0 }) {
  const width = Math.min(WIDEST, room);
  const top = most || Math.max(1, ...rows.map((row) => row.value));
  const step = (width - SIDE) / rows.length;
  const thick = Math.min(step * 0.72, 56);
  const high = HEIGHT - HEAD - FOOT;
  const every = Math.ceil((rows.length * LABEL) / (width - SIDE));
  const named = rows.filter((row) => row.value).map((row) => row.words).join("; ") || "nothing yet";
  const drawn = s("svg", { class: "bars", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${title}. ${named}` }, s("title", {}, title));
  for (const [share, value] of [[0, 0], [1, top]]) {
    const y = HEIGHT - FOOT - share * high;
    drawn.append(s("line", { class: "rule", x1: SIDE, x2: width, y1: y, y2: y }), s("text", { x: SIDE - 6, y: y + 5, "text-anchor": "end" }, `${value}${unit}`));
  }
  rows.forEach((row, at) => {
    const x = SIDE + (at + 0.5) * step;
    const height = row.value ? Math.max(2, (row.value / top) * high) : 0;
    drawn.append(s("rect", { class: row.over ? "bar-over" : "bar-of", x: x - thick / 2, y: HEIGHT - FOOT - height, width: thick, height, rx: 3 }, s("title", {}, row.words)));
    if (at % every === 0) drawn.append(s("text", { x, y: HEIGHT - 7, "text-anchor": "middle" }, row.label));
  });
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = title;
  figure.append(caption, drawn);
  return figure;
}

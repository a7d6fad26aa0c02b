/* ==== 10 dom: elements without markup strings, numbers, shapes ==== */
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/** h("button", {class: "x", onclick: f, "aria-label": "y"}, child, "text"): strings only ever become text nodes. */
function h(tag, attributes, ...kids) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "css") for (const [property, v] of Object.entries(value)) element.style.setProperty(property, v);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return add(element, kids);
}

function add(element, kids) {
  for (const kid of kids.flat(4)) {
    if (kid === null || kid === undefined || kid === false) continue;
    element.append(kid.nodeType ? kid : document.createTextNode(kid));
  }
  return element;
}

function fill(element, ...kids) {
  element.replaceChildren();
  return add(element, kids);
}

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function icon(path) {
  const picture = svg("svg", { viewBox: "0 0 16 16", class: "ico", "aria-hidden": "true" });
  picture.append(svg("path", { d: path }));
  return picture;
}

/* A shape for each kind, so that no one needs the colours; corners on a circle of radius 1 or a little more. */
const corners = (n, turn, radius) =>
  Array.from({ length: n }, (_, i) => {
    const r = Array.isArray(radius) ? radius[i % radius.length] : radius;
    return [Math.cos(turn + (i * 2 * Math.PI) / n) * r, Math.sin(turn + (i * 2 * Math.PI) / n) * r];
  });
const PLUS = [
  [-0.42, -1.15],
  [0.42, -1.15],
  [0.42, -0.42],
  [1.15, -0.42],
  [1.15, 0.42],
  [0.42, 0.42],
  [0.42, 1.15],
  [-0.42, 1.15],
  [-0.42, 0.42],
  [-1.15, 0.42],
  [-1.15, -0.42],
  [-0.42, -0.42],
];
const SHAPES = {
  disease: null,
  task: corners(4, Math.PI / 4, 1.24),
  modality: corners(4, 0, 1.26),
  method: corners(3, -Math.PI / 2, 1.4),
  biomarker: corners(6, 0, 1.1),
  anatomy: corners(5, -Math.PI / 2, 1.16),
  dataset: corners(3, Math.PI / 2, 1.4),
  metric: PLUS,
  challenge: corners(8, -Math.PI / 2, [1.5, 0.62]),
};

function glyph(kind) {
  const picture = svg("svg", { viewBox: "-7 -7 14 14", class: "glyph", "aria-hidden": "true" });
  const points = SHAPES[kind]?.map(([x, y]) => `${(x * 4.8).toFixed(1)},${(y * 4.8).toFixed(1)}`).join(" ");
  const mark = points ? svg("polygon", { points }) : svg("circle", { r: "4.8" });
  mark.style.fill = `var(--${kind})`;
  picture.append(mark);
  return picture;
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const by = (key) => (a, b) => {
  const x = key(a),
    y = key(b);
  return x < y ? -1 : x > y ? 1 : 0;
};
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

/* Data may hold controls that reorder or hide what is read; shown text never does. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const plain = (text) => text.replace(UNSEEN, "");

/** A worker that runs this code; null where the browser or the page's policy refuses one. */
function workerOf(code) {
  try {
    return new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  } catch {
    return null;
  }
}

/* ==== 80 graph: one canvas, three pictures: a concept in focus, all concepts by kind, the whole network ==== */
const G = {
  canvas: null,
  pen: null,
  w: 0,
  h: 0,
  mode: "",
  zoom: 1,
  px: 0,
  py: 0,
  frame: 0,
  started: 0,
  colour: {},
  nodes: new Map(),
  order: [],
  heads: [],
  hover: -1,
  key: -1,
  drag: null,
  moved: false,
  touched: 0,
  goal: null,
  painted: 0,
  fingers: new Map(),
  expanded: null,
  line: 19,
};
const PICTURES = {
  focus: { place: placeFocus, paint: paintFocus, pick: pickRow, zoom: [0.6, 5] },
  kinds: { place: placeKinds, paint: paintKinds, pick: pickRow, zoom: [0.6, 5] },
  network: { place: placeNetwork, pick: pickDot, zoom: [0.005, 8] },
};
const pictureNow = () => (S.focus !== null ? "focus" : S.whole ? "network" : "kinds");
const TINTS = [
  "ink",
  "ink-2",
  "ink-3",
  "faint",
  "line",
  "line-2",
  "edge",
  "bg",
  "surface",
  "sunk",
  "stroke",
  "focus",
  "accent",
  "font",
];

function drawGraph(stage) {
  const mode = pictureNow();
  if (mode !== G.mode) Object.assign(G, { zoom: 1, px: 0, py: 0, goal: null, expanded: null });
  Object.assign(G, { mode, hover: -1, key: -1, drag: null, fingers: new Map() });
  const box = h(
    "div",
    { class: "graph", id: "graph", role: "listbox", tabindex: 0, "aria-label": T().graphName },
    h("canvas", { "aria-hidden": "true" }),
    h("div", { class: "sr", id: "glist", role: "presentation" }),
    graphKeysShown(mode),
  );
  const head = h("div", { class: "head" });
  fill(stage, head, box);
  G.canvas = box.firstChild;
  G.pen = G.canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  for (const k of [...KINDS, ...TINTS]) G.colour[k] = style.getPropertyValue("--" + k).trim();
  placeGraph(box);
  fill(head, graphHead(mode));
  graphEvents(box);
}
function graphHead(mode) {
  const t = T();
  const view = (whole, name) =>
    h(
      "button",
      {
        "aria-pressed": String(S.focus === null && S.whole === whole),
        onclick: () => set({ whole, focus: null }, true),
      },
      name,
    );
  const seg = h(
    "div",
    { class: "seg", role: "group", "aria-label": t.graph },
    view("", t.overview),
    view("network", t.whole),
  );
  if (mode !== "focus") {
    const words = mode === "kinds" ? t.pick : t.pickWhole(G.order.length, linksShown());
    return [
      h("h1", { class: "sr" }, mode === "kinds" ? t.overview : t.whole),
      seg,
      mode === "network" && hopButtons(),
      h("span", { class: "say", title: words }, words),
      h("div", { class: "right" }, saveButtons()),
    ];
  }
  const above = headings(S.focus).map((i) => [
    h("button", { title: label(i), onclick: () => openConcept(i) }, cap(label(i))),
    h("span", null, "›"),
  ]);
  const says = `${t.claims(claimsOf(S.focus).length)} · ${t.neighbours(neighbours(S.focus).size)}`;
  return [
    seg,
    h("div", { class: "crumbs" }, above, h("h1", null, cap(label(S.focus)))),
    h("span", { class: "say" }, says),
    h("div", { class: "right" }, saveButtons()),
  ];
}
/** How far from the opened concept the network reaches; without one there is nothing to reach from. */
function hopButtons() {
  const t = T(),
    one = chosenNode() !== -1;
  const button = (hops) =>
    h(
      "button",
      {
        "data-key": "hops" + hops,
        "aria-pressed": String(S.hops === hops),
        disabled: !one,
        onclick: () => set({ hops }, true),
      },
      hops ? t.hops(hops) : t.all,
    );
  return h(
    "div",
    { class: "seg", role: "group", "aria-label": t.reach, title: one ? t.reach : t.reachNone },
    HOPS.map(button),
  );
}
function graphKeysShown(mode) {
  const t = T(),
    key = (names, word) =>
      h(
        "span",
        null,
        names.map((k) => h("kbd", null, k)),
        word,
      );
  return h(
    "div",
    { class: "keys", "aria-hidden": "true" },
    key(["↑", "↓", "←", "→"], t.walk),
    key(["Enter"], t.open),
    key(["⌫"], t.back),
    key(["0"], t.all),
    mode === "network" && h("span", null, t.zoom),
  );
}
function placeGraph(box) {
  const ratio = Math.min(2, devicePixelRatio || 1),
    old = G.nodes;
  Object.assign(G, { w: box.clientWidth, h: box.clientHeight, ratio, nodes: new Map(), order: [], heads: [] });
  G.canvas.width = G.w * ratio;
  G.canvas.height = G.h * ratio;
  PICTURES[G.mode].place();
  const still = G.mode === "network" || withoutMotion();
  for (const [i, n] of G.mode === "network" ? [] : G.nodes) {
    const from = old.get(i);
    Object.assign(n, { x0: from ? from.x : G.w / 2, y0: from ? from.y : G.h / 2, faint: from ? 1 : 0 });
  }
  G.started = still ? -1e9 : performance.now();
  fill($("glist"), G.order.slice(0, 400).map(nodeOption));
  repaint();
}
const nodeOption = (i) => h("div", { role: "option", id: "g" + i, "aria-selected": "false" }, nodeName(i));
const nodeName = (i) => `${label(i)}, ${T().kinds[kindOf(i)]}, ${T().claims(G.nodes.get(i).n)}`;

const withoutMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/* ---- painting ---- */
function repaint() {
  G.frame ||= requestAnimationFrame(() => {
    G.frame = 0;
    if (G.canvas?.isConnected) paintFrame(G.pen);
  });
}
function paintFrame(pen) {
  glide();
  const progress = clamp((performance.now() - G.started) / 320, 0, 1),
    ease = 1 - (1 - progress) ** 3;
  pen.setTransform(G.ratio, 0, 0, G.ratio, 0, 0);
  pen.clearRect(0, 0, G.w, G.h);
  paintPicture(pen, ease);
  if (progress < 1) repaint();
  G.canvas.dataset.drawn = progress < 1 || (G.mode === "network" && !isSharp()) ? "moving" : "sharp";
}
function paintPicture(pen, ease) {
  if (G.mode === "network") return paintNetwork(pen); // it stands where it stands
  for (const n of G.nodes.values()) {
    n.dx = n.x0 + (n.x - n.x0) * ease;
    n.dy = n.y0 + (n.y - n.y0) * ease;
    n.alpha = n.faint + (1 - n.faint) * ease;
  }
  pen.translate(G.px, G.py);
  pen.scale(G.zoom, G.zoom);
  PICTURES[G.mode].paint(pen, ease);
}
const FONT = (size, weight = 400) => `${weight} ${size}px ${G.colour.font}`;
const outline = (pen, kind, x, y, r) => outlineOf(pen, SHAPES[kind], x, y, r);
function dot(pen, n, on, ringed) {
  const kind = kindOf(n.i);
  pen.beginPath();
  outline(pen, kind, n.dx, n.dy, n.r);
  pen.globalAlpha = on ? n.alpha : 0.22;
  pen.fillStyle = G.colour[kind];
  pen.fill();
  pen.lineWidth = 0.9;
  pen.strokeStyle = kind === "anatomy" ? G.colour["ink-3"] : G.colour.stroke;
  pen.stroke();
  if (ringed) {
    pen.beginPath();
    outline(pen, kind, n.dx, n.dy, n.r + 3.5);
    pen.lineWidth = 2;
    pen.strokeStyle = G.colour[G.key === n.i ? "focus" : "ink"];
    pen.stroke();
  }
  pen.globalAlpha = 1;
}
function fitted(pen, text, room) {
  if (text.length < 400 && pen.measureText(text).width <= room) return text;
  let low = 0,
    high = Math.min(text.length, 400);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(text.slice(0, middle) + "…").width <= room) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low) + "…";
}
/** The area of a dot tells its claims; in a large corpus the fullest has the largest dot, in a small one a step is a claim. */
function radiusFor(n, fullest, least, most) {
  const step = Math.min(1.15, (most - least) / Math.sqrt(fullest));
  return clamp(least + (Math.sqrt(n) - 1) * step, least, most);
}
const activeNode = () => (typeof G.hover === "number" && G.hover !== -1 ? G.hover : G.key);
/** What shares a claim with node k (and with the focus, where there is one). */
function together(k) {
  const mates = new Set([k, S.focus].filter((x) => x !== null));
  for (const cl of S.focus === null ? claimsOf(k) : claimsOf(S.focus, k)) for (const i of cl.parts) mates.add(i);
  return mates;
}

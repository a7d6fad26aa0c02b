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
  return h("div", { class: "seg", role: "group", "aria-label": t.reach, title: one ? t.reach : t.reachNone }, HOPS.map(button));
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

/* ---- pointing and keys ---- */
function graphEvents(box) {
  const canvas = G.canvas,
    spot = (e) => {
      const b = canvas.getBoundingClientRect();
      return [e.clientX - b.left, e.clientY - b.top];
    };
  const pick = (e) => {
    const [x, y] = spot(e);
    return PICTURES[G.mode].pick((x - G.px) / G.zoom, (y - G.py) / G.zoom);
  };
  box.addEventListener("keydown", graphKeys);
  box.addEventListener("blur", () => {
    G.key = -1;
    repaint();
  });
  canvas.addEventListener("pointerdown", (e) => {
    G.goal = null;
    G.fingers.set(e.pointerId, [e.clientX, e.clientY]);
    G.drag = [e.clientX - G.px, e.clientY - G.py, e.clientX, e.clientY];
    G.moved = G.fingers.size > 1;
    canvas.setPointerCapture(e.pointerId);
  });
  canvas.addEventListener("pointermove", (e) => {
    if (G.fingers.size > 1) return pinch(e, ...spot(e));
    if (G.drag) {
      G.touched = performance.now();
      G.px = e.clientX - G.drag[0];
      G.py = e.clientY - G.drag[1];
      G.moved ||= Math.hypot(e.clientX - G.drag[2], e.clientY - G.drag[3]) > 4;
      return repaint();
    }
    const k = pick(e);
    if (k === G.hover) return;
    G.hover = k;
    canvas.classList.toggle("pick", k !== -1);
    repaint();
  });
  const lift = (e) => {
    G.fingers.delete(e.pointerId);
    if (!G.drag) return;
    G.drag = null;
    if (e.type === "pointerup" && !G.moved) return act(pick(e));
    G.touched = 0; // it rests
    repaint();
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => {
    G.hover = -1;
    repaint();
  });
  canvas.addEventListener("dblclick", (e) => {
    const k = pick(e);
    if (G.mode === "network" && typeof k === "number" && k >= 0) set({ focus: k, sel: { t: "ids", ids: [k] } }, true);
  });
  canvas.addEventListener(
    "wheel",
    (e) => {
      e.preventDefault();
      zoomAt(...spot(e), Math.exp(-e.deltaY * 0.0015));
    },
    { passive: false },
  );
}
/** Zooms about a spot; the camera glides there, as a wheel turns in steps that the eye would see. */
function zoomAt(x, y, factor) {
  G.goal = { x, y, zoom: clamp((G.goal?.zoom ?? G.zoom) * factor, ...PICTURES[G.mode].zoom) };
  G.painted = G.touched = performance.now();
  repaint();
}
/** The camera with another zoom, such that a spot of the window shows what it showed. */
const zoomed = (zoom, x, y) => ({ zoom, px: x - ((x - G.px) * zoom) / G.zoom, py: y - ((y - G.py) * zoom) / G.zoom });
const GLIDES_FOR = 35;
function glide() {
  if (!G.goal) return;
  const now = performance.now(),
    { x, y, zoom: goal } = G.goal,
    elapsed = Math.max(4, now - G.painted), // the first frame moves too
    share = withoutMotion() ? 1 : 1 - Math.exp(-elapsed / GLIDES_FOR);
  const there = Math.abs(Math.log(goal / G.zoom)) * (1 - share) < 0.004;
  Object.assign(G, zoomed(there ? goal : G.zoom * (goal / G.zoom) ** share, x, y), { painted: now });
  if (there) Object.assign(G, { goal: null, touched: 0 });
  repaint();
}
/** Two fingers: the spot between them stays, what is between them grows as they part. */
function pinch(e, x, y) {
  const [ox, oy] = [...G.fingers].find(([id]) => id !== e.pointerId)[1],
    [lx, ly] = G.fingers.get(e.pointerId);
  G.fingers.set(e.pointerId, [e.clientX, e.clientY]);
  const zoom = clamp((G.zoom * Math.hypot(e.clientX - ox, e.clientY - oy)) / (Math.hypot(lx - ox, ly - oy) || 1), ...PICTURES[G.mode].zoom);
  const [mx, my] = [x + (ox - e.clientX) / 2, y + (oy - e.clientY) / 2];
  Object.assign(G, zoomed(zoom, mx, my), { touched: performance.now(), drag: null, goal: null });
  G.px += (e.clientX - lx) / 2;
  G.py += (e.clientY - ly) / 2;
  repaint();
}
/** A choice: "disease:more" unfolds a block; a concept is opened, and outside the network it becomes the focus. */
function act(k) {
  if (k === -1) return;
  if (typeof k === "string") {
    const [kind] = k.split(":");
    G.expanded = G.expanded === kind ? null : kind;
    placeGraph($("graph"));
    return;
  }
  const sel = { t: "ids", ids: [k] };
  set(G.mode === "network" ? { sel } : { focus: k, sel }, true);
}
function pickRow(x, y) {
  let best = -1,
    nearest = 5;
  for (const n of G.nodes.values()) {
    const dx = x - n.x,
      dy = y - n.y,
      inLine = Math.abs(dy) < G.line / 2;
    if (n.side && inLine && dx * n.side > -10 && dx * n.side < 190) return n.i;
    if (n.room && inLine && dx > -12 && dx < n.room) return n.i;
    const distance = Math.hypot(dx, dy) - n.r;
    if (distance < nearest) [nearest, best] = [distance, n.i];
  }
  const more = G.heads.find(
    (s) => s.more && Math.abs(y - s.more.y) < 9 && (x - s.more.x) * s.side > -4 && (x - s.more.x) * s.side < 110,
  );
  return more ? more.more.key : best;
}
const DIRECTIONS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
/** The nearest node that way; what lies off the line counts as farther. */
function nearestThat(way, from) {
  let best = null,
    least = Infinity;
  for (const n of G.nodes.values()) {
    const dx = n.x - from.x,
      dy = n.y - from.y,
      along = dx * way[0] + dy * way[1],
      off = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (n.i !== from.i && along > 2 && along + off * 2.2 < least) [least, best] = [along + off * 2.2, n];
  }
  return best;
}
function graphKeys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const way = DIRECTIONS[e.key];
  if (way) {
    e.preventDefault();
    const middle = { i: -1, x: (G.w / 2 - G.px) / G.zoom, y: (G.h / 2 - G.py) / G.zoom };
    const next = nearestThat(way, G.nodes.get(G.key) || G.nodes.get(S.focus) || middle);
    if (!next) return;
    G.key = next.i;
    if (!$("g" + next.i)) $("glist").append(nodeOption(next.i)); // the list starts with the fullest
    $("graph").setAttribute("aria-activedescendant", "g" + next.i);
    say(nodeName(next.i));
    if (G.mode === "network") bringIntoSight(next);
    repaint();
  } else if (e.key === "Enter" && G.key !== -1) {
    e.preventDefault();
    act(G.key);
    $("graph").focus();
  } else if (e.key === "Backspace") {
    e.preventDefault();
    history.back();
  } else if (e.key === "0") {
    G.mode = "";
    set({ focus: null, sel: null, hops: 0 }, true);
  } else if (e.key === "+" || e.key === "=" || e.key === "-") zoomAt(G.w / 2, G.h / 2, e.key === "-" ? 1 / 1.3 : 1.3);
}

/* ==== 86 graph, the whole network: islands of disease families at the places that the build computed ==== */
const N = {
  key: "",
  place: "",
  camera: [1, 0, 0],
  layer: null,
  settling: 0,
  many: 0,
  from: [],
  to: [],
  count: [],
  beside: new Map(),
  grid: new Map(),
  widths: new Map(),
  fitted: "",
};
const CELL = 64;
const NAMES_AT_MOST = 260;

function placeNetwork() {
  const key = [...S.off].sort().join(),
    fresh = N.key !== key || !N.nodes;
  const turned = G.h > G.w * 1.2;
  if (fresh || N.turned !== turned) buildNetwork(key, turned);
  G.nodes = N.nodes;
  G.order = N.order;
  const size = `${G.w}x${G.h}`;
  if (N.fitted !== size || G.zoom === 1) fitNetwork(size);
  if (S.sel?.t === "ids" && S.sel.ids.length === 1 && G.nodes.has(S.sel.ids[0]))
    bringIntoSight(G.nodes.get(S.sel.ids[0]));
}
/** In a tall window the picture lies on its side. Nodes with their claims, edges merged with counts, who is beside whom, and the grid that pointing looks in. */
function buildNetwork(key, turned) {
  const claims = new Map(),
    pairs = new Map();
  for (const cl of shown) {
    const parts = cl.fillers.filter((i) => !S.off.has("k" + kindOf(i))).sort((a, b) => a - b);
    for (const i of parts) claims.set(i, (claims.get(i) || 0) + 1);
    for (let a = 0; a < parts.length; a++) {
      for (let b = a + 1; b < parts.length; b++)
        pairs.set(parts[a] * C.length + parts[b], (pairs.get(parts[a] * C.length + parts[b]) || 0) + 1);
    }
  }
  const edges = [...pairs].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  N.islands = turned ? D.islands.map(([top, x, y, r]) => [top, y, x, r]) : D.islands;
  Object.assign(N, { key, turned, many: edges.length, nodes: new Map(), beside: new Map(), grid: new Map() });
  N.from = Int32Array.from(edges, ([pair]) => Math.floor(pair / C.length));
  N.to = Int32Array.from(edges, ([pair]) => pair % C.length);
  N.count = Int32Array.from(edges, ([, n]) => n);
  const fullest = Math.max(0, ...claims.values());
  for (const [i, n] of [...claims].sort(byCount)) {
    const node = {
      i,
      n,
      x: turned ? C[i].y : C[i].x,
      y: turned ? C[i].x : C[i].y,
      r: radiusFor(n, fullest, 3.4, 16),
      side: 0,
    };
    const cell = gridKey(node.x, node.y);
    N.nodes.set(i, node);
    if (N.grid.has(cell)) N.grid.get(cell).push(node);
    else N.grid.set(cell, [node]);
  }
  N.order = [...N.nodes.keys()];
  N.byKind = new Map(KINDS.map((kind) => [kind, [...N.nodes.values()].filter((n) => kindOf(n.i) === kind)]));
  for (let e = 0; e < N.many; e++) {
    beside(N.from[e]).push(N.to[e]);
    beside(N.to[e]).push(N.from[e]);
  }
}
function beside(i) {
  if (!N.beside.has(i)) N.beside.set(i, []);
  return N.beside.get(i);
}
const gridKey = (x, y) => Math.floor(x / CELL) * 100003 + Math.floor(y / CELL);

function fitNetwork(size) {
  N.fitted = size;
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [, x, y, r] of N.islands)
    [x0, y0, x1, y1] = [Math.min(x0, x - r), Math.min(y0, y - r), Math.max(x1, x + r), Math.max(y1, y + r)];
  if (x0 > x1) return;
  G.zoom = clamp(Math.min((G.w - 24) / (x1 - x0), (G.h - 60) / (y1 - y0)), 0.02, 2);
  G.px = G.w / 2 - ((x0 + x1) / 2) * G.zoom;
  G.py = (G.h - 24) / 2 - ((y0 + y1) / 2) * G.zoom;
}
function bringIntoSight(n) {
  const x = n.x * G.zoom + G.px,
    y = n.y * G.zoom + G.py;
  if (x < 40 || x > G.w - 40) G.px += G.w / 2 - x;
  if (y < 40 || y > G.h - 60) G.py += G.h / 2 - y;
}
function pickDot(x, y) {
  const reach = 7 / G.zoom,
    around = Math.ceil((16 + reach) / CELL);
  let best = -1,
    nearest = Infinity;
  if (around > 12) return -1;
  for (let a = -around; a <= around; a++) {
    for (let b = -around; b <= around; b++) {
      for (const n of N.grid.get(gridKey(x + a * CELL, y + b * CELL)) || []) {
        const distance = Math.hypot(x - n.x, y - n.y) - radiusOf(n) / G.zoom;
        if (distance < reach && distance < nearest) [nearest, best] = [distance, n.i];
      }
    }
  }
  return best;
}
/** Radius on the screen: dots shrink with the picture, yet never below what can be seen. */
const radiusOf = (n) => Math.max(1.1, n.r * Math.min(1.6, G.zoom));
const inSight = (x, y, edge = 20) => x > -edge && y > -edge && x < G.w + edge && y < G.h + edge;

function paintNetwork(pen) {
  for (const n of N.nodes.values()) {
    n.dx = n.x * G.zoom + G.px;
    n.dy = n.y * G.zoom + G.py;
    n.alpha = 1;
  }
  const chosen = S.sel?.t === "ids" && S.sel.ids.length === 1 && N.nodes.has(S.sel.ids[0]) ? S.sel.ids[0] : -1;
  const k = activeNode() !== -1 ? activeNode() : chosen,
    mates = k === -1 ? null : new Set([k, ...beside(k)]);
  paintIslands(pen);
  paintEdges(pen, k, mates);
  paintDots(pen, mates);
  if (k !== -1) ring(pen, N.nodes.get(k));
  paintNames(pen, k, mates);
}
function paintIslands(pen) {
  pen.lineWidth = 1;
  for (const [top, x, y, r] of N.islands) {
    const sx = x * G.zoom + G.px,
      sy = y * G.zoom + G.py,
      sr = r * G.zoom;
    if (top === -1 || sr < 6 || !inSight(sx, sy, sr)) continue;
    pen.beginPath();
    pen.arc(sx, sy, sr - 2, 0, 2 * Math.PI);
    pen.fillStyle = G.colour.surface;
    pen.fill();
    pen.strokeStyle = G.colour.line;
    pen.stroke();
  }
}
/** All links faint, and those of the active concept over them. */
function paintEdges(pen, k, mates) {
  pen.globalAlpha = mates ? 0.25 : 1;
  if (pen === G.pen) paintEdgeLayer(pen);
  else strokeLevels(pen, pen.globalAlpha);
  pen.globalAlpha = 0.75;
  pen.lineWidth = 1.2;
  for (const j of k === -1 ? [] : beside(k)) {
    pen.strokeStyle = G.colour[kindOf(j)];
    strokeEdges(pen, [N.nodes.get(k), N.nodes.get(j)]);
  }
  pen.globalAlpha = 1;
}
/* The links are drawn once into a picture of their own; while the camera moves that picture is moved and scaled, and
   drawn afresh when it rests. */
const RESTS_AFTER = 140;
function paintEdgeLayer(pen) {
  const place = [G.w, G.h, G.ratio, N.key, N.turned, G.colour.edge].join(),
    camera = [G.zoom, G.px, G.py];
  const still = performance.now() - G.touched > RESTS_AFTER && !G.drag;
  if (N.place !== place || (still && N.camera.join() !== camera.join())) {
    const layer = (N.layer ||= document.createElement("canvas"));
    layer.width = G.w * G.ratio;
    layer.height = G.h * G.ratio;
    const ink = layer.getContext("2d");
    ink.scale(G.ratio, G.ratio);
    strokeLevels(ink, 1);
    Object.assign(N, { place, camera });
  }
  const [zoom, px, py] = N.camera,
    scale = G.zoom / zoom;
  pen.drawImage(N.layer, G.px - px * scale, G.py - py * scale, G.w * scale, G.h * scale);
  if (still) return;
  clearTimeout(N.settling);
  N.settling = setTimeout(repaint, RESTS_AFTER + 20);
}
/** Far out only the strongest links, near by all in sight; a step of strength is a step of width and darkness. */
function strokeLevels(pen, alpha) {
  const limit = G.zoom > 0.9 ? 12000 : 3000,
    levels = [[], [], [], []];
  for (let e = 0, drawn = 0; e < N.many && drawn < limit; e++) {
    const a = N.nodes.get(N.from[e]),
      b = N.nodes.get(N.to[e]);
    if (!inSight(a.dx, a.dy) && !inSight(b.dx, b.dy)) continue;
    levels[Math.min(3, Math.floor(Math.log2(N.count[e])))].push(a, b);
    drawn++;
  }
  pen.strokeStyle = G.colour.edge;
  levels.forEach((ends, level) => {
    pen.globalAlpha = alpha * [0.07, 0.14, 0.24, 0.34][level];
    pen.lineWidth = [0.7, 1, 1.6, 2.4][level];
    strokeEdges(pen, ends);
  });
}
/** Short paths: a renderer without a GPU takes many times longer for one path with thousands of crossings. */
const EDGES_A_PATH = 24;
function strokeEdges(pen, ends) {
  pen.beginPath();
  for (let m = 0; m < ends.length; m += 2) {
    if (m % (2 * EDGES_A_PATH) === 0 && m) {
      pen.stroke();
      pen.beginPath();
    }
    const a = ends[m],
      b = ends[m + 1],
      far = Math.hypot(a.x - b.x, a.y - b.y) > 240 ? 0.72 : 1;
    pen.moveTo(a.dx, a.dy);
    pen.quadraticCurveTo(((a.x + b.x) / 2) * far * G.zoom + G.px, ((a.y + b.y) / 2) * far * G.zoom + G.py, b.dx, b.dy);
  }
  pen.stroke();
}
const DOTS_A_PATH = 16;
function paintDots(pen, mates) {
  const rim = G.zoom > 0.35;
  KINDS.forEach((kind) => {
    for (const lit of [false, true]) {
      const dots = (N.byKind.get(kind) || []).filter(
        (n) => (mates ? mates.has(n.i) : true) === lit && inSight(n.dx, n.dy),
      );
      pen.globalAlpha = lit ? 1 : 0.22;
      pen.fillStyle = G.colour[kind];
      pen.lineWidth = 0.8;
      pen.strokeStyle = kind === "anatomy" ? G.colour["ink-3"] : G.colour.stroke;
      for (let m = 0; m < dots.length; m += DOTS_A_PATH) {
        pen.beginPath();
        for (const n of dots.slice(m, m + DOTS_A_PATH)) outline(pen, kind, n.dx, n.dy, radiusOf(n));
        pen.fill();
        if (rim) pen.stroke();
      }
    }
  });
  pen.globalAlpha = 1;
}
function ring(pen, n) {
  pen.beginPath();
  outline(pen, kindOf(n.i), n.dx, n.dy, radiusOf(n) + 4);
  pen.lineWidth = 2;
  pen.strokeStyle = G.colour[G.key === n.i ? "focus" : "ink"];
  pen.stroke();
}
/** Names that fit: those of islands first, then of the active node and its neighbours, then the fullest in sight. */
function paintNames(pen, k, mates) {
  const taken = new Map();
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  for (const [top, x, y, r] of N.islands) {
    if (r * G.zoom < 34 || mates) continue;
    const text = top >= 0 ? cap(label(top)) : top === -1 ? T().shared : T().others,
      size = Math.round(clamp(r * G.zoom * 0.12, 11, 17));
    pen.font = FONT(size, 650);
    nameAt(
      pen,
      taken,
      text,
      r * G.zoom * 1.8,
      x * G.zoom + G.px,
      (y - r) * G.zoom + G.py + size * 0.9,
      size,
      G.colour["ink-2"],
    );
  }
  const candidates = mates ? [N.nodes.get(k), ...beside(k).map((j) => N.nodes.get(j))] : N.nodes.values();
  let put = 0;
  for (const n of candidates) {
    if (put >= NAMES_AT_MOST) break;
    if (!mates && radiusOf(n) < 2.6) continue;
    if (!inSight(n.dx, n.dy, 0)) continue;
    const size = n.i === k ? 13.5 : Math.round(clamp(10 + radiusOf(n) * 0.25, 11, 13) * 2) / 2;
    pen.font = FONT(size, n.i === k ? 650 : 400);
    put += nameAt(
      pen,
      taken,
      label(n.i),
      190,
      n.dx,
      n.dy + radiusOf(n) + size * 0.75 + 1,
      size,
      G.colour.ink,
      n.i === k,
    );
  }
}
/** The width of a text in the pen's font; measuring is slow, and names come again in every frame. */
function widthOf(pen, text) {
  const key = pen.font + text;
  if (N.widths.size > 20000) N.widths.clear();
  if (!N.widths.has(key)) N.widths.set(key, pen.measureText(text).width);
  return N.widths.get(key);
}
/** Draws a name where no other stands; 1 when it did. */
function nameAt(pen, taken, name, room, x, y, size, colour, always = false) {
  const text = widthOf(pen, name) > room ? fitted(pen, name, room) : name;
  const half = widthOf(pen, text) / 2 + 3,
    tall = size * 0.62;
  const strips = [];
  for (let s = Math.floor((y - tall) / 12); s <= Math.floor((y + tall) / 12); s++) strips.push(s);
  const clash = strips.some((s) => (taken.get(s) || []).some(([a, b]) => x - half < b && x + half > a));
  if (clash && !always) return 0;
  for (const s of strips) taken.set(s, [...(taken.get(s) || []), [x - half, x + half]]);
  halo(pen, text, x, y);
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
  return 1;
}

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
  ends: null,
  within: null,
  grid: null,
  widths: new Map(),
  fitted: "",
};
const CELL = 64;
const NAMES_AT_MOST = 260;
const HOPS = [0, 1, 2, 3];

function placeNetwork() {
  const key = [[...S.off].sort().join(), S.source].join("|"),
    fresh = N.key !== key || !N.all;
  const turned = G.h > G.w * 1.2;
  if (fresh || N.turned !== turned) buildNetwork(key, turned);
  const chosen = chosenNode();
  N.within = S.hops && chosen !== -1 ? reached(chosen, S.hops) : null;
  G.nodes = N.within ? new Map([...N.within.keys()].map((i) => [i, N.all.get(i)])) : N.all;
  G.order = N.within ? N.order.filter((i) => N.within.has(i)) : N.order;
  N.kinds = N.within ? byKinds(G.nodes.values()) : N.allKinds;
  const frame = `${G.w}x${G.h}|${N.within ? [chosen, S.hops] : ""}`;
  if (N.fitted !== frame || G.zoom === 1) fitNetwork(frame);
  if (chosen !== -1 && !N.within) bringIntoSight(N.all.get(chosen));
}
/** The one opened concept, if the network has it, else -1. */
const chosenNode = () => (S.sel?.t === "ids" && S.sel.ids.length === 1 && N.all.has(S.sel.ids[0]) ? S.sel.ids[0] : -1);
/** Nodes with their claims, edges merged with counts, the strongest first. In a tall window the picture lies on its side. */
function buildNetwork(key, turned) {
  const claims = new Uint32Array(C.length),
    off = KINDS.map((kind) => S.off.has("k" + kind));
  const rows = shown.map((cl) => cl.fillers.filter((i) => !off[C[i].kind]).sort((a, b) => a - b));
  const pairs = new Float64Array(rows.reduce((sum, parts) => sum + (parts.length * (parts.length - 1)) / 2, 0));
  let at = 0;
  for (const parts of rows) {
    for (let a = 0; a < parts.length; a++) {
      claims[parts[a]]++;
      for (let b = a + 1; b < parts.length; b++) pairs[at++] = parts[a] * C.length + parts[b];
    }
  }
  mergeEdges(pairs.sort());
  N.islands = turned ? D.islands.map(([top, x, y, r]) => [top, y, x, r]) : D.islands;
  Object.assign(N, { key, turned, ends: null, grid: null });
  const fullest = claims.reduce((a, b) => Math.max(a, b), 0);
  N.order = Array.from(
    Float64Array.from(C.filter((c) => claims[c.i]), (c) => (fullest - claims[c.i]) * C.length + c.i).sort(),
    (rank) => rank % C.length,
  );
  N.all = new Map();
  for (const i of N.order) {
    const [x, y] = turned ? [C[i].y, C[i].x] : [C[i].x, C[i].y];
    N.all.set(i, { i, n: claims[i], kind: C[i].kind, x, y, r: radiusFor(claims[i], fullest, 3.4, 16), side: 0 });
  }
  N.allKinds = byKinds(N.all.values());
}
/** Sorted pairs to edges: equal ones are one with its count, and those of the highest count come first. */
function mergeEdges(pairs) {
  const firsts = [];
  for (let k = 0; k < pairs.length; k++) if (!k || pairs[k] !== pairs[k - 1]) firsts.push(k);
  const countAt = (n) => (firsts[n + 1] ?? pairs.length) - firsts[n];
  const strong = [],
    single = [];
  firsts.forEach((_, n) => (countAt(n) > 1 ? strong : single).push(n));
  const order = strong.sort((a, b) => countAt(b) - countAt(a) || a - b).concat(single);
  N.many = order.length;
  N.from = Int32Array.from(order, (n) => Math.floor(pairs[firsts[n]] / C.length));
  N.to = Int32Array.from(order, (n) => pairs[firsts[n]] % C.length);
  N.count = Int32Array.from(order, countAt);
}
function byKinds(nodes) {
  const kinds = KINDS.map(() => []);
  for (const n of nodes) kinds[n.kind].push(n);
  return kinds;
}
/** The edges at a concept as [other, claims], the strongest first; the index over all is made when first asked for. */
function beside(i) {
  if (!N.ends) {
    N.ends = new Map();
    const end = (a, e) => (N.ends.has(a) ? N.ends.get(a).push(e) : N.ends.set(a, [e]));
    for (let e = 0; e < N.many; e++) {
      end(N.from[e], e);
      end(N.to[e], e);
    }
  }
  return (N.ends.get(i) || []).map((e) => [N.from[e] === i ? N.to[e] : N.from[e], N.count[e]]);
}
/** Every concept within so many links of one, with its distance. */
function reached(start, hops) {
  const found = new Map([[start, 0]]);
  for (const [i, far] of found) {
    if (far === hops) continue;
    for (const [j] of beside(i)) if (!found.has(j)) found.set(j, far + 1);
  }
  return found;
}
/** How many links there are between the concepts shown. */
function linksShown() {
  return N.within ? N.from.reduce((sum, a, e) => sum + (isThere(a) && isThere(N.to[e])), 0) : N.many;
}
const isThere = (i) => !N.within || N.within.has(i);
const gridKey = (x, y) => Math.floor(x / CELL) * 100003 + Math.floor(y / CELL);
/** The cell of the spatial index that pointing looks in. */
function cellAt(key) {
  if (!N.grid) {
    N.grid = new Map();
    for (const n of N.all.values()) {
      const at = gridKey(n.x, n.y);
      if (N.grid.has(at)) N.grid.get(at).push(n);
      else N.grid.set(at, [n]);
    }
  }
  return N.grid.get(key) || [];
}

function fitNetwork(size) {
  N.fitted = size;
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  const discs = N.within ? [...G.nodes.values()].map((n) => [n.i, n.x, n.y, 40]) : N.islands;
  for (const [, x, y, r] of discs)
    [x0, y0, x1, y1] = [Math.min(x0, x - r), Math.min(y0, y - r), Math.max(x1, x + r), Math.max(y1, y + r)];
  if (x0 > x1) return;
  G.zoom = clamp(Math.min((G.w - 24) / (x1 - x0), (G.h - 60) / (y1 - y0)), 0.005, 2);
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
      for (const n of cellAt(gridKey(x + a * CELL, y + b * CELL))) {
        if (!isThere(n.i)) continue;
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

function locate(n) {
  n.dx = n.x * G.zoom + G.px;
  n.dy = n.y * G.zoom + G.py;
  return n;
}
/** So many dots are drawn afresh in every frame; more move as a picture until the camera rests. */
const DOTS_A_FRAME = 4000;
function paintNetwork(pen) {
  const chosen = chosenNode(),
    active = activeNode();
  const k = active !== -1 && G.nodes.has(active) ? active : chosen;
  const near = k === -1 || (N.within && active === -1) ? null : beside(k).filter(([j]) => isThere(j));
  const mates = near && new Set([k, ...near.map(([j]) => j)]);
  const layered = pen === G.pen,
    afresh = !layered || G.order.length <= DOTS_A_FRAME;
  paintIslands(pen);
  pen.globalAlpha = mates ? 0.25 : 1;
  if (layered) paintLayer(pen, !afresh);
  else strokeLevels(pen, pen.globalAlpha);
  if (mates) paintEdgesOf(pen, k, near);
  pen.globalAlpha = 1;
  if (afresh) paintDots(pen, N.kinds, mates);
  else if (mates) paintDots(pen, byKinds([...mates].map((j) => N.all.get(j))), null);
  if (k !== -1) ring(pen, locate(N.all.get(k)));
  paintNames(pen, k, near);
}
function paintIslands(pen) {
  if (N.within) return;
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
/** The links of the active concept, as wide as they have claims. */
function paintEdgesOf(pen, k, near) {
  pen.globalAlpha = 0.75;
  const from = locate(N.all.get(k));
  for (const [j, n] of near) {
    pen.lineWidth = Math.min(5, 1 + Math.log2(n) * 0.8);
    pen.strokeStyle = G.colour[kindOf(j)];
    strokeEdges(pen, [from, locate(N.all.get(j))]);
  }
}
/* Links, and dots where there are many, are drawn once into a picture of their own, somewhat larger than the window; while
   the camera moves that picture is moved and scaled, and it is drawn afresh when the camera rests or leaves it. */
const RESTS_AFTER = 140;
const MARGIN = 0.25;
function paintLayer(pen, withDots) {
  const place = [G.w, G.h, G.ratio, N.key, N.turned, G.colour.edge, N.fitted, withDots].join(),
    camera = [G.zoom, G.px, G.py];
  const still = performance.now() - G.touched > RESTS_AFTER && !G.drag;
  if (N.place !== place || (still && N.camera.join() !== camera.join()) || leftBehind()) {
    const layer = (N.layer ||= document.createElement("canvas"));
    layer.width = G.w * G.ratio * (1 + 2 * MARGIN);
    layer.height = G.h * G.ratio * (1 + 2 * MARGIN);
    const ink = layer.getContext("2d");
    ink.scale(G.ratio, G.ratio);
    ink.translate(G.w * MARGIN, G.h * MARGIN);
    strokeLevels(ink, 1);
    if (withDots) paintDots(ink, N.kinds, null);
    Object.assign(N, { place, camera });
  }
  const [zoom, px, py] = N.camera,
    scale = G.zoom / zoom;
  const x = G.px - (px + G.w * MARGIN) * scale,
    y = G.py - (py + G.h * MARGIN) * scale;
  pen.drawImage(N.layer, x, y, G.w * (1 + 2 * MARGIN) * scale, G.h * (1 + 2 * MARGIN) * scale);
  if (still) return;
  clearTimeout(N.settling);
  N.settling = setTimeout(repaint, RESTS_AFTER + 20);
}
/** Has the camera come so near, or so far aside, that the picture no longer serves? */
function leftBehind() {
  const [zoom, px, py] = N.camera,
    scale = G.zoom / zoom;
  const aside = Math.max(Math.abs(G.px - px * scale) / G.w, Math.abs(G.py - py * scale) / G.h);
  return scale > 2.5 || (scale >= 1 && aside > MARGIN + (scale - 1));
}
/** Far out only the strongest links, near by all in sight; a step of strength is a step of width and darkness. */
function strokeLevels(pen, alpha) {
  const limit = G.zoom > 0.9 ? 12000 : 3000,
    edge = Math.max(G.w, G.h) * MARGIN,
    levels = [[], [], [], []];
  for (let e = 0, drawn = 0; e < N.many && drawn < limit; e++) {
    const a = N.all.get(N.from[e]),
      b = N.all.get(N.to[e]);
    if (!isThere(a.i) || !isThere(b.i)) continue;
    locate(a);
    locate(b);
    if (!inSight(a.dx, a.dy, edge) && !inSight(b.dx, b.dy, edge)) continue;
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
/** Dots of each kind; those too small to show a shape are squares. */
function paintDots(pen, kinds, mates) {
  const rim = G.zoom > 0.35,
    edge = Math.max(G.w, G.h) * MARGIN;
  kinds.forEach((nodes, k) => {
    const kind = KINDS[k];
    for (const lit of mates ? [false, true] : [true]) {
      const large = [];
      pen.globalAlpha = lit ? 1 : 0.22;
      pen.fillStyle = G.colour[kind];
      pen.lineWidth = 0.8;
      pen.strokeStyle = kind === "anatomy" ? G.colour["ink-3"] : G.colour.stroke;
      for (const n of nodes) {
        if (mates && mates.has(n.i) !== lit) continue;
        locate(n);
        if (!inSight(n.dx, n.dy, edge)) continue;
        const r = radiusOf(n);
        if (r >= 1.8) large.push(n);
        else pen.fillRect(n.dx - r, n.dy - r, 2 * r, 2 * r);
      }
      for (let m = 0; m < large.length; m += DOTS_A_PATH) {
        pen.beginPath();
        for (const n of large.slice(m, m + DOTS_A_PATH)) outline(pen, kind, n.dx, n.dy, radiusOf(n));
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
function paintNames(pen, k, near) {
  const taken = new Map();
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  for (const [top, x, y, r] of N.islands) {
    if (r * G.zoom < 34 || near || N.within) continue;
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
  const counts = near && new Map([[k, 0], ...near]);
  let put = 0;
  for (const i of near ? counts.keys() : G.order) {
    const n = locate(N.all.get(i));
    if (put >= NAMES_AT_MOST) break;
    if (!near && radiusOf(n) < 2.6) break; // the fullest come first
    if (!inSight(n.dx, n.dy, 0)) continue;
    const size = i === k ? 13.5 : Math.round(clamp(10 + radiusOf(n) * 0.25, 11, 13) * 2) / 2;
    const name = label(i) + (counts?.get(i) > 1 ? ` · ${grouped(counts.get(i))}` : "");
    pen.font = FONT(size, i === k ? 650 : 400);
    put += nameAt(pen, taken, name, 190, n.dx, n.dy + radiusOf(n) + size * 0.75 + 1, size, G.colour.ink, i === k);
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

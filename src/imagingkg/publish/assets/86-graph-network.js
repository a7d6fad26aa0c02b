/* ==== 86 graph, the whole network: islands of disease families at the places that the build computed ==== */
const N = {
  key: "",
  many: 0,
  from: [],
  to: [],
  count: [],
  ends: null,
  within: null,
  grid: null,
  fitted: "",
  scene: null,
};
const CELL = 64;
const HOPS = [0, 1, 2, 3];

function placeNetwork() {
  const key = [[...S.off].sort().join(), S.source].join("|"),
    fresh = N.key !== key || !N.all;
  const turned = G.h > G.w * 1.2;
  const built = fresh || N.turned !== turned;
  if (built) buildNetwork(key, turned);
  const chosen = chosenNode(),
    reach = S.hops && chosen !== -1 ? [chosen, S.hops].join() : "",
    moved = built || N.reach !== reach;
  N.reach = reach;
  N.within = reach ? reached(chosen, S.hops) : null;
  G.nodes = N.within ? new Map([...N.within.keys()].map((i) => [i, N.all.get(i)])) : N.all;
  G.order = N.within ? N.order.filter((i) => N.within.has(i)) : N.order;
  if (moved) N.scene = sceneOf();
  const frame = `${G.w}x${G.h}|${reach}`;
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
    Float64Array.from(
      C.filter((c) => claims[c.i]),
      (c) => (fullest - claims[c.i]) * C.length + c.i,
    ).sort(),
    (rank) => rank % C.length,
  );
  N.all = new Map();
  for (const i of N.order) {
    const [x, y] = turned ? [C[i].y, C[i].x] : [C[i].x, C[i].y];
    N.all.set(i, { i, n: claims[i], kind: C[i].kind, x, y, r: radiusFor(claims[i], fullest, 3.4, 16), side: 0 });
  }
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
/** What there is to draw, in rows of numbers; drawn here or by a worker. */
function sceneOf() {
  const [x, y, r] = [0, 0, 0].map(() => new Float32Array(C.length));
  for (const n of G.nodes.values()) {
    x[n.i] = n.x;
    y[n.i] = n.y;
    r[n.i] = n.r;
  }
  let { from, to, count } = N;
  if (N.within) {
    const kept = Int32Array.from(from.keys()).filter((e) => isThere(from[e]) && isThere(to[e]));
    [from, to, count] = [from, to, count].map((column) => kept.map((e) => column[e]));
  }
  const level = Uint8Array.from(count, (n) => (n < 2 ? 0 : n < 4 ? 1 : n < 8 ? 2 : 3));
  const islands = N.within ? [] : N.islands.filter(([top]) => top !== -1).map(([, a, b, radius]) => [a, b, radius]);
  const shapes = KINDS.map((kind) => SHAPES[kind]);
  return { x, y, r, from, to, level, islands, kinds: byKinds(G.nodes.keys()), shapes };
}
function byKinds(ids) {
  const kinds = KINDS.map(() => []);
  for (const i of ids) kinds[C[i].kind].push(i);
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
const linksShown = () => N.scene.from.length;
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
  const zoom = clamp(Math.min((G.w - 24) / (x1 - x0), (G.h - 60) / (y1 - y0)), 0.005, 2);
  const px = G.w / 2 - ((x0 + x1) / 2) * zoom,
    py = (G.h - 24) / 2 - ((y0 + y1) / 2) * zoom;
  N.fit = { zoom, px, py };
  Object.assign(G, { ...N.fit, goal: null });
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
        const distance = Math.hypot(x - n.x, y - n.y) - radiusAt(n.r, G.zoom) / G.zoom;
        if (distance < reach && distance < nearest) [nearest, best] = [distance, n.i];
      }
    }
  }
  return best;
}

/* ==== 88 graph, the network painted: sheets, what is pointed at, and the names that fit ==== */
const NAMES_AT_MOST = 260;
const NAME_ROOM = 190;
const DOTS_IN_THE_WAY = 800;
/* Chosen names stay while the camera moves a little: choosing takes longer than drawing, and names that come and go while
   one moves are read by nobody. Widths are kept, as measuring is slow. */
const L = { names: [], camera: null, key: "", widths: new Map(), short: new Map() };

function locate(n) {
  n.dx = n.x * G.zoom + G.px;
  n.dy = n.y * G.zoom + G.py;
  return n;
}
function paintNetwork(pen) {
  const chosen = chosenNode(),
    active = activeNode();
  const k = active !== -1 && G.nodes.has(active) ? active : chosen;
  const near = k === -1 || (N.within && active === -1) ? null : beside(k).filter(([j]) => isThere(j));
  pen.globalAlpha = near ? 0.25 : 1;
  if (pen === G.pen && !isSmall()) paintSheets(pen);
  else drawScene(pen, N.scene, viewNow());
  if (near) {
    paintEdgesOf(pen, k, near);
    pen.globalAlpha = 1;
    drawDots(pen, { ...N.scene, kinds: byKinds([k, ...near.map(([j]) => j)]) }, viewNow());
  }
  pen.globalAlpha = 1;
  if (k !== -1) ring(pen, locate(N.all.get(k)));
  paintNames(pen, k, near);
}
/** The links of the active concept, as wide as they have claims. */
function paintEdgesOf(pen, k, near) {
  pen.globalAlpha = 0.75;
  for (const [j, n] of near) {
    pen.lineWidth = Math.min(5, 1 + Math.log2(n) * 0.8);
    pen.strokeStyle = G.colour[kindOf(j)];
    strokeLinks(pen, N.scene.x, N.scene.y, [k, j], viewNow());
  }
}
function ring(pen, n) {
  pen.beginPath();
  outline(pen, kindOf(n.i), n.dx, n.dy, radiusAt(n.r, G.zoom) + 4);
  pen.lineWidth = 2;
  pen.strokeStyle = G.colour[G.key === n.i ? "focus" : "ink"];
  pen.stroke();
}
/* ---- names ---- */
function paintNames(pen, k, near) {
  const key = [W.place, N.key, N.reach, S.lang, dark(), G.w, G.h, k].join();
  const stale = L.key !== key || farFrom(L.camera) > (resting() && !G.goal ? 0 : 1);
  if (stale || pen !== G.pen) {
    const edge = Math.max(G.w, G.h) * MARGIN;
    Object.assign(L, { key, names: chosenNames(pen, k, near), camera: { zoom: G.zoom, px: G.px, py: G.py, edge } });
  }
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  let font = "";
  for (const name of L.names) {
    const [x, y] = spotOf(name);
    if (!inSight(x, y)) continue;
    if (font !== name.font) pen.font = font = name.font;
    halo(pen, name.text, x, y);
    pen.fillStyle = name.colour;
    pen.fillText(name.text, x, y);
  }
}
const inSight = (x, y, edge = 20) => x > -edge && y > -edge && x < G.w + edge && y < G.h + edge;
/** Where the middle of a name stands on the screen: at a dot, or within an island. */
const spotOf = ({ x, y, right, down }) => [x * G.zoom + G.px + right, y * G.zoom + G.py + down];
/** Names that fit: those of islands first, then of the active node and its neighbours, then the fullest in sight. */
function chosenNames(pen, k, near) {
  const taken = new Map(),
    names = [];
  const take = (x, y, half, size) => {
    for (const strip of stripsOf(y, size)) taken.set(strip, [...(taken.get(strip) || []), [x - half, x + half]]);
  };
  const put = (place, text, size, weight, colour, half) => {
    take(...spotOf(place), half, size);
    names.push({ ...place, text, font: FONT(size, weight), colour });
  };
  for (const [top, x, y, r] of near || N.within ? [] : N.islands) {
    const reach = r * G.zoom;
    if (reach < 34 || !inSight(x * G.zoom + G.px, y * G.zoom + G.py, reach)) continue;
    const text = top >= 0 ? cap(label(top)) : top === -1 ? T().shared : T().others,
      size = Math.round(clamp(reach * 0.12, 11, 17));
    const short = shortened(pen, text, 650, Math.max(reach * 2.1, 150) / size),
      half = (widthOf(pen, short, 650) * size) / 2 + 3,
      place = { x, y: y - r, right: 0, down: size * 0.9 };
    if (isFree(taken, ...spotOf(place), half, size)) put(place, short, size, 650, G.colour["ink-2"], half);
  }
  const dots = (near ? near.length : G.order.length) <= DOTS_IN_THE_WAY ? dotsTaken() : null;
  const counts = near && new Map([[k, 0], ...near]);
  for (const i of near ? counts.keys() : G.order) {
    const n = locate(N.all.get(i)),
      r = radiusAt(n.r, G.zoom);
    if (names.length >= NAMES_AT_MOST) break;
    if (!near && r < 1.8) break; // the fullest come first
    if (!inSight(n.dx, n.dy, 0)) continue;
    const size = i === k ? 13.5 : Math.round(clamp(10 + r * 0.25, 11, 13) * 2) / 2;
    const text = label(i) + (counts?.get(i) > 1 ? ` · ${grouped(counts.get(i))}` : "");
    const weight = i === k ? 650 : 400,
      least = widthOf(pen, "mm", weight) * size; // where not even that is free nothing need be measured
    if (i !== k && !placesAt(n, r, least, size).some((place) => isFree(taken, ...spotOf(place), least, size))) continue;
    const short = shortened(pen, text, weight, NAME_ROOM / size),
      half = (widthOf(pen, short, weight) * size) / 2 + 3,
      places = placesAt(n, r, half, size),
      free = places.filter((place) => isFree(taken, ...spotOf(place), half, size));
    const best = free.find((place) => dots && isFree(dots, ...spotOf(place), half, size)) || free[0];
    if (best || i === k) put(best || places[0], short, size, weight, G.colour.ink, half);
  }
  return names;
}
/** Below a dot, above it, at its right and at its left. */
function placesAt({ x, y }, r, half, size) {
  const side = r + half + 1,
    [below, above] = [r + size * 0.75 + 1, -r - size * 0.75 - 1];
  return [
    { x, y, right: 0, down: below },
    { x, y, right: 0, down: above },
    { x, y, right: side, down: 0 },
    { x, y, right: -side, down: 0 },
  ];
}
/** Where dots are, in strips as names are: among few of them a name covers none if it can. */
function dotsTaken() {
  const taken = new Map();
  for (const i of G.order) {
    const n = locate(N.all.get(i)),
      r = radiusAt(n.r, G.zoom);
    for (const strip of stripsOf(n.dy, r / 0.62)) taken.set(strip, [...(taken.get(strip) || []), [n.dx - r, n.dx + r]]);
  }
  return taken;
}
function stripsOf(y, size) {
  const [first, last] = [Math.floor((y - size * 0.62) / 12), Math.floor((y + size * 0.62) / 12)];
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}
function isFree(taken, x, y, half, size) {
  for (const strip of stripsOf(y, size))
    for (const [a, b] of taken.get(strip) || NONE) if (x - half < b && x + half > a) return false;
  return true;
}
/** The width of a text at a size of 1. */
function widthOf(pen, text, weight) {
  const key = weight + text;
  if (L.widths.size > 20000) L.widths.clear();
  if (!L.widths.has(key)) {
    pen.font = FONT(20, weight);
    L.widths.set(key, pen.measureText(text).width / 20);
  }
  return L.widths.get(key);
}
/** The text as far as there is room, which is told for a size of 1. */
function shortened(pen, text, weight, room) {
  if (text.length < 400 && widthOf(pen, text, weight) <= room) return text;
  const key = [weight, Math.floor(room), text].join();
  if (L.short.size > 5000) L.short.clear();
  if (!L.short.has(key)) {
    pen.font = FONT(20, weight);
    L.short.set(key, fitted(pen, text, Math.floor(room) * 20));
  }
  return L.short.get(key);
}

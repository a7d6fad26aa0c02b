/* ==== 84 graph, all concepts: a column for each kind, the fullest named, the rest a field of dots below ==== */
const FIELD = 13;

function placeKinds() {
  const kinds = KINDS.filter((k) => !S.off.has("k" + k)),
    narrow = G.w < 600;
  const claims = new Map();
  for (const cl of shown) for (const i of cl.parts) claims.set(i, (claims.get(i) || 0) + 1);
  const lists = kinds
    .map((kind) => ({ kind, list: [...claims].filter(([i]) => kindOf(i) === kind).sort(byCount) }))
    .filter((x) => x.list.length);
  const across = narrow ? 2 : Math.max(1, lists.length),
    down = Math.ceil(lists.length / across);
  const width = (G.w - 32) / across,
    height = (G.h - (narrow ? 10 : 50)) / Math.max(1, down);
  G.line = 22;
  lists.forEach(({ kind, list }, at) => {
    const column = at % across,
      x = 24 + column * width,
      y = 14 + Math.floor(at / across) * height;
    const head = { kind, n: list.length, side: 0, x: x - 6, y, width: width - 12 };
    G.heads.push(head);
    placeColumn(head, list, column, x, y, width, height, narrow ? 6 : 60);
  });
}
function placeColumn(head, list, column, x, y, width, height, most) {
  const per = Math.max(1, Math.floor((width - 26) / FIELD)),
    fullest = list[0][1];
  const field = (n) => Math.ceil(Math.max(0, list.length - n) / per) * FIELD;
  let named = Math.min(list.length, most);
  const fits = (n) => 34 + n * G.line + (n < list.length ? 24 : 0) + field(n) <= height - 26;
  while (named > 0 && !fits(named)) named--;
  const crowded = named < 3; // no room for a field: names alone, the rest is counted
  if (crowded) named = clamp(Math.floor((height - 60) / G.line), 0, most);
  else if (named < list.length) head.unnamed = { x: x - 6, y: y + 38 + named * G.line, n: list.length - named };
  const below = crowded ? y + 34 + named * G.line : y + height - 12;
  list.forEach(([i, n], m) => {
    const q = m - named,
      row = Math.floor(q / per);
    const spot =
      q < 0
        ? { x: x + 4, y: y + 30 + m * G.line, r: radiusFor(n, fullest, 3.2, 9.5), room: width - 26 }
        : { x: x + (q % per) * FIELD, y: y + 56 + named * G.line + row * FIELD, r: 3.2, room: 0 };
    if (spot.y >= y + height - 26 || (crowded && m >= named)) {
      head.rest = { x: x - 6, y: below, n: (head.rest?.n || 0) + 1 };
      return;
    }
    G.nodes.set(i, { i, n, side: 0, column, ...spot });
    G.order.push(i);
  });
}
function paintKinds(pen, ease) {
  const k = activeNode(),
    mates = k !== -1 ? together(k) : null,
    on = (i) => !mates || mates.has(i);
  if (mates && G.nodes.has(k)) paintTies(pen, G.nodes.get(k), mates);
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (const head of G.heads) {
    const name = T().kinds[head.kind];
    pen.globalAlpha = ease;
    pen.font = FONT(13, 600);
    pen.fillStyle = G.colour.ink;
    pen.fillText(name, head.x, head.y);
    const width = pen.measureText(name).width;
    pen.font = FONT(12);
    pen.fillStyle = G.colour["ink-3"];
    pen.fillText(grouped(head.n), head.x + width + 8, head.y);
    pen.font = FONT(11);
    if (head.unnamed)
      pen.fillText(fitted(pen, T().unnamed(head.unnamed.n), head.width), head.unnamed.x, head.unnamed.y);
    if (head.rest) pen.fillText("+ " + T().moreN(head.rest.n), head.rest.x, head.rest.y);
  }
  for (const i of G.order) paintKind(pen, G.nodes.get(i), on(i), i === k, mates !== null);
  const n = k !== -1 && G.nodes.get(k);
  if (n && (!n.room || n.cut)) bubble(pen, n.dx + (n.cut ? 60 : 0), n.dy - 18, `${label(k)}  ${n.n}`);
}
/** Lines from a name's end, never through it. */
function paintTies(pen, from, mates) {
  pen.lineWidth = 1.2;
  for (const i of mates) {
    const n = G.nodes.get(i);
    if (!n || i === from.i) continue;
    const right = n.column > from.column,
      left = n.column < from.column;
    const x0 = right ? from.dx + (from.end || 0) : from.dx - from.r,
      x1 = left ? n.dx + (n.end || n.r) : n.dx - n.r;
    const middle = right || left ? (x0 + x1) / 2 : Math.min(x0, x1) - 18;
    pen.strokeStyle = G.colour[kindOf(i)];
    pen.globalAlpha = 0.7;
    pen.beginPath();
    pen.moveTo(x0, from.dy);
    pen.bezierCurveTo(middle, from.dy, middle, n.dy, x1, n.dy);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}
function paintKind(pen, n, on, active, dimmed) {
  dot(pen, n, on, active);
  if (!n.room) return;
  pen.globalAlpha = on ? n.alpha : 0.3;
  pen.font = FONT(12.5, active ? 600 : 400);
  const x = n.dx + 14,
    text = fitted(pen, label(n.i), Math.max(n.room - 34, 50)),
    width = pen.measureText(text).width;
  if (dimmed) halo(pen, text, x, n.dy);
  pen.fillStyle = G.colour.ink;
  pen.fillText(text, x, n.dy);
  n.cut = text.endsWith("…");
  pen.font = FONT(11);
  pen.fillStyle = G.colour["ink-3"];
  pen.fillText(grouped(n.n), x + width + 7, n.dy);
  n.end = width + 26 + pen.measureText(grouped(n.n)).width;
  pen.globalAlpha = 1;
}
function halo(pen, text, x, y) {
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = G.colour.bg;
  pen.strokeText(text, x, y);
}
/** A name for a dot that has none, while it is pointed at. */
function bubble(pen, x, y, text) {
  pen.font = FONT(12.5, 600);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const short = fitted(pen, text, Math.min(360, G.w - 40)),
    width = pen.measureText(short).width;
  const left = clamp(x - width / 2, 14, Math.max(14, G.w - width - 14)),
    top = Math.max(14, y);
  pen.fillStyle = G.colour.surface;
  pen.strokeStyle = G.colour["line-2"];
  pen.lineWidth = 1;
  pen.beginPath();
  pen.roundRect(left - 7, top - 11, width + 14, 22, 4);
  pen.fill();
  pen.stroke();
  pen.fillStyle = G.colour.ink;
  pen.fillText(short, left, top);
}

/* ==== 82 graph, a concept in focus: it stands in the middle, its neighbours in two columns, a block for each kind ==== */
const SIDES = [
  ["task", "modality", "disease", "challenge"],
  ["method", "biomarker", "anatomy", "dataset", "metric"],
];
const byCount = (a, b) => b[1] - a[1] || by(([i]) => C[i].en)(a, b);

function placeFocus() {
  const near = neighbours(S.focus),
    cx = G.w / 2,
    cy = G.h / 2 - 4;
  const reach = G.w < 600 ? G.w * 0.2 : Math.min(G.w * 0.27, 330),
    room = G.h - 60;
  G.nodes.set(S.focus, { i: S.focus, x: cx, y: cy, r: 15, n: claimsOf(S.focus).length, side: 0 });
  const sides = SIDES.map((kinds) => blocksOf(kinds, near));
  G.line = clamp(room / Math.max(1, ...sides.map(linesOf)), 19, 27);
  sides.forEach((blocks, k) => {
    shorten(blocks, Math.floor(room / G.line));
    placeSide(blocks, k ? 1 : -1, cx, cy, reach);
  });
}
function blocksOf(kinds, near) {
  const blocks = kinds.map((kind) => ({ kind, list: [...near].filter(([j]) => kindOf(j) === kind).sort(byCount) }));
  return blocks.filter((b) => b.list.length).map((b) => ({ ...b, cut: b.list.length }));
}
/** Lines that the blocks take: a head, the names, "n more" where cut, and space between. */
const linesOf = (blocks) => blocks.reduce((sum, b) => sum + 1.9 + b.cut + (b.cut < b.list.length), 0);
/** Cuts the longest blocks first, and the one that the reader unfolded last. */
function shorten(blocks, room) {
  while (linesOf(blocks) > room) {
    const cuttable = blocks.filter((b) => b.cut > 2).sort((a, b) => b.cut - a.cut);
    const block = cuttable.find((b) => b.kind !== G.expanded) || cuttable[0];
    if (!block) return;
    block.cut--;
  }
}
function placeSide(blocks, side, cx, cy, reach) {
  const half = Math.max(G.h / 2, 1);
  const at = (y) => cx + side * reach * (0.62 + 0.38 * Math.sqrt(Math.max(0, 1 - ((y - cy) / half) ** 2)));
  const fullest = Math.max(...blocks.map((b) => b.list[0][1]));
  let y = cy - ((linesOf(blocks) - 0.9) * G.line) / 2 + G.line / 2;
  for (const b of blocks) {
    const head = { kind: b.kind, n: b.list.length, side, y, x: at(y) };
    G.heads.push(head);
    y += G.line;
    for (const [j, n] of b.list.slice(0, b.cut)) {
      G.nodes.set(j, { i: j, x: at(y), y, r: radiusFor(n, fullest, 4, 9), n, side });
      G.order.push(j);
      y += G.line;
    }
    if (b.cut < b.list.length) {
      head.more = { x: at(y), y, n: b.list.length - b.cut, key: b.kind + ":more" };
      y += G.line;
    }
    y += G.line * 0.9;
  }
}
function paintFocus(pen, ease) {
  const focus = G.nodes.get(S.focus),
    k = activeNode(),
    mates = k !== -1 && k !== S.focus ? together(k) : null;
  const on = (i) => !mates || mates.has(i);
  pen.lineCap = "round";
  for (const i of G.order) {
    const n = G.nodes.get(i),
      bend = (n.dx - focus.dx) * 0.55;
    pen.beginPath();
    pen.moveTo(focus.dx, focus.dy);
    pen.bezierCurveTo(focus.dx + bend, focus.dy, n.dx - bend * 0.75, n.dy, n.dx, n.dy);
    pen.strokeStyle = mates && on(i) ? G.colour[kindOf(i)] : G.colour.edge;
    pen.lineWidth = Math.min(7, 0.7 + Math.sqrt(n.n) * 0.95);
    pen.globalAlpha = (mates ? (on(i) ? (i === k ? 0.95 : 0.5) : 0.08) : 0.3) * n.alpha;
    pen.stroke();
  }
  pen.textBaseline = "middle";
  for (const head of G.heads) paintBlockHead(pen, head, ease);
  for (const i of G.order) paintNeighbour(pen, G.nodes.get(i), on(i), i === k);
  dot(pen, focus, true, false);
  paintFocusName(pen, focus);
}
function paintBlockHead(pen, head, ease) {
  const x = head.x + head.side * 14,
    name = T().kinds[head.kind];
  pen.globalAlpha = ease;
  pen.textAlign = head.side > 0 ? "left" : "right";
  pen.font = FONT(11, 600);
  pen.fillStyle = G.colour["ink-2"];
  pen.fillText(name, x, head.y);
  const width = pen.measureText(name).width;
  pen.font = FONT(11);
  pen.fillStyle = G.colour["ink-3"];
  pen.fillText(grouped(head.n), x + head.side * (width + 10), head.y);
  if (head.more) {
    pen.font = FONT(12);
    pen.fillStyle = G.colour.accent;
    pen.fillText("+ " + T().moreN(head.more.n), head.more.x + head.side * 14, head.more.y);
  }
  pen.globalAlpha = 1;
}
function paintNeighbour(pen, n, on, active) {
  dot(pen, n, on, active);
  const room = (n.side > 0 ? G.w - n.dx : n.dx) - 44;
  pen.globalAlpha = on ? n.alpha : 0.35;
  pen.font = FONT(12.5, active ? 600 : 400);
  pen.fillStyle = G.colour.ink;
  pen.textAlign = n.side > 0 ? "left" : "right";
  const text = fitted(pen, label(n.i), Math.max(40, room)),
    x = n.dx + n.side * 14;
  pen.fillText(text, x, n.dy);
  if (G.w >= 600 || room > 70) {
    const width = pen.measureText(text).width;
    pen.font = FONT(11);
    pen.fillStyle = G.colour["ink-3"];
    pen.fillText(grouped(n.n), x + n.side * (width + 8), n.dy);
  }
  pen.globalAlpha = 1;
}
function paintFocusName(pen, focus) {
  pen.textAlign = "center";
  pen.font = FONT(15, 650);
  const name = fitted(pen, cap(label(S.focus)), Math.min(G.w * 0.4, 260)),
    width = pen.measureText(name).width;
  pen.globalAlpha = 0.88;
  pen.fillStyle = G.colour.bg;
  pen.fillRect(focus.dx - width / 2 - 6, focus.dy + 21, width + 12, 36);
  pen.globalAlpha = 1;
  pen.fillStyle = G.colour.ink;
  pen.fillText(name, focus.dx, focus.dy + 31);
  pen.font = FONT(12);
  pen.fillStyle = G.colour["ink-2"];
  pen.fillText(T().claims(focus.n), focus.dx, focus.dy + 48);
}

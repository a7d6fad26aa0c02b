/* ==== 85 scene: islands, links and dots of the whole network, drawn with any pen ==== */
/* A worker draws it too, and is given these functions as they stand here: so they know nothing of the page. A scene is
   what stands where, in rows of numbers; a view is the camera, the window, its margin and the colours. */
function drawScene(pen, scene, view) {
  drawIslands(pen, scene, view);
  drawLinks(pen, scene, view);
  drawDots(pen, scene, view);
}
function inView(view, x, y, edge) {
  return x > -edge && y > -edge && x < view.w + edge && y < view.h + edge;
}
/** Radius on the screen: dots shrink with the picture, yet never below what can be seen. */
function radiusAt(r, zoom) {
  return Math.max(1.1, r * Math.min(1.6, zoom));
}
/** A mark's outline; `corners` are those of a circle of radius 1, and without them it is that circle. */
function outlineOf(pen, corners, x, y, r) {
  if (!corners) {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
    return;
  }
  pen.moveTo(x + corners[0][0] * r, y + corners[0][1] * r);
  for (let k = 1; k < corners.length; k++) pen.lineTo(x + corners[k][0] * r, y + corners[k][1] * r);
  pen.closePath();
}
function drawIslands(pen, { islands }, view) {
  pen.lineWidth = 1;
  for (const [x, y, r] of islands) {
    const sx = x * view.zoom + view.px,
      sy = y * view.zoom + view.py,
      sr = r * view.zoom;
    if (sr < 6 || !inView(view, sx, sy, sr + view.edge)) continue;
    pen.beginPath();
    pen.moveTo(sx + sr - 2, sy);
    pen.arc(sx, sy, sr - 2, 0, 2 * Math.PI);
    pen.fillStyle = view.colour.surface;
    pen.fill();
    pen.strokeStyle = view.colour.line;
    pen.stroke();
  }
}
/** Far out only the strongest links, near by more in sight; a step of strength is a step of width and darkness. */
function drawLinks(pen, { x, y, from, to, level }, view) {
  const limit = view.zoom > 0.9 ? 6000 : 3000,
    ends = [[], [], [], []];
  for (let e = 0, drawn = 0; e < from.length && drawn < limit; e++) {
    const a = from[e],
      b = to[e];
    const seen =
      inView(view, x[a] * view.zoom + view.px, y[a] * view.zoom + view.py, view.edge) ||
      inView(view, x[b] * view.zoom + view.px, y[b] * view.zoom + view.py, view.edge);
    if (!seen) continue;
    ends[level[e]].push(a, b);
    drawn++;
  }
  pen.strokeStyle = view.colour.edge;
  const alpha = pen.globalAlpha,
    bold = Math.max(1, Math.min(2.2, 1200 / from.length)); // a few links may be seen, thousands are a mist
  for (const step of [0, 1, 2, 3]) {
    pen.globalAlpha = alpha * bold * [0.07, 0.14, 0.24, 0.34][step];
    pen.lineWidth = [0.7, 1, 1.6, 2.4][step];
    strokeLinks(pen, x, y, ends[step], view);
  }
  pen.globalAlpha = alpha;
}
/** Long links bend towards the middle. Short paths: one path with thousands of crossings takes many times longer. */
function strokeLinks(pen, x, y, ends, view) {
  pen.beginPath();
  for (let m = 0; m < ends.length; m += 2) {
    if (m && m % 48 === 0) {
      pen.stroke();
      pen.beginPath();
    }
    const [ax, ay, bx, by] = [x[ends[m]], y[ends[m]], x[ends[m + 1]], y[ends[m + 1]]];
    const bend = Math.hypot(ax - bx, ay - by) > 240 ? 0.36 : 0;
    pen.moveTo(ax * view.zoom + view.px, ay * view.zoom + view.py);
    const [tx, ty] = [bx * view.zoom + view.px, by * view.zoom + view.py];
    if (bend)
      pen.quadraticCurveTo((ax + bx) * bend * view.zoom + view.px, (ay + by) * bend * view.zoom + view.py, tx, ty);
    else pen.lineTo(tx, ty);
  }
  pen.stroke();
}
/** Dots of each kind; those too small to show a shape are squares. */
function drawDots(pen, { x, y, r, kinds, shapes }, view) {
  const rim = view.zoom > 0.35;
  pen.lineWidth = 0.8;
  kinds.forEach((nodes, kind) => {
    const large = [];
    pen.fillStyle = view.colour.kinds[kind];
    pen.strokeStyle = view.colour.rims[kind];
    for (const n of nodes) {
      const sx = x[n] * view.zoom + view.px,
        sy = y[n] * view.zoom + view.py;
      if (!inView(view, sx, sy, view.edge)) continue;
      const sr = radiusAt(r[n], view.zoom);
      if (sr >= 1.8) large.push(n);
      else pen.fillRect(sx - sr, sy - sr, 2 * sr, 2 * sr);
    }
    for (let m = 0; m < large.length; m += 16) {
      pen.beginPath();
      for (const n of large.slice(m, m + 16)) {
        outlineOf(pen, shapes[kind], x[n] * view.zoom + view.px, y[n] * view.zoom + view.py, radiusAt(r[n], view.zoom));
      }
      pen.fill();
      if (rim) pen.stroke();
    }
  });
}
/** The scene on a canvas of its own, the window with its margin all around. */
function drawSheet(canvas, scene, view) {
  canvas.width = Math.round((view.w + 2 * view.edge) * view.ratio);
  canvas.height = Math.round((view.h + 2 * view.edge) * view.ratio);
  const pen = canvas.getContext("2d");
  pen.scale(view.ratio, view.ratio);
  pen.translate(view.edge, view.edge);
  drawScene(pen, scene, view);
}
const SCENE_CODE = [drawScene, inView, radiusAt, outlineOf, drawIslands, drawLinks, strokeLinks, drawDots, drawSheet];

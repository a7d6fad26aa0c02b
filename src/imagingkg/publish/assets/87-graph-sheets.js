/* ==== 87 graph, sheets: the network drawn once, moved and scaled as a picture while the camera moves ==== */
/* A sheet is the window with a margin all around, drawn for one view. A worker draws the next while this one moves, so
   that no frame waits for it; where there is no worker the page draws it when the camera rests. Where the near sheet does
   not reach, the far one, which has all, stands in. Small networks need none of this and are drawn in every frame. */
const W = { worker: undefined, asked: null, near: null, far: null, place: "", settling: 0 };
const FEW = 1500;
const RESTS_AFTER = 60;
const MARGIN = 0.2;

/** What is drawn for the camera as it stands; `edge` is the margin, without which things just outside reach in. */
function viewNow(edge = 20, camera = G) {
  const { zoom, px, py } = camera,
    { edge: links, surface, line, stroke } = G.colour;
  const rims = KINDS.map((kind) => (kind === "anatomy" ? G.colour["ink-3"] : stroke));
  const colour = { edge: links, surface, line, kinds: KINDS.map((kind) => G.colour[kind]), rims };
  return { zoom, px, py, w: G.w, h: G.h, ratio: G.ratio, edge, colour };
}
const sheetView = (camera) => viewNow(Math.round(Math.max(G.w, G.h) * MARGIN), camera);
const resting = () => performance.now() - G.touched > RESTS_AFTER;
/** Where the camera is, or glides to: the sheet for it is drawn while it is under way. */
const cameraToBe = () => (G.goal ? zoomed(G.goal.zoom, G.goal.x, G.goal.y) : G);

function paintSheets(pen) {
  const place = [G.w, G.h, G.ratio, N.key, N.turned, N.reach, S.theme, dark()].join(),
    still = resting();
  if (W.place !== place) {
    Object.assign(W, { place, asked: null, near: null, far: null });
    shareScene();
    keepSheet({ view: sheetView(), image: sheetHere(sheetView()) });
  } else if (farFrom(W.near.view, cameraToBe()) > (still ? 0 : 1)) askSheet(still, cameraToBe());
  else if (still && !W.far && W.worker) askSheet(still, N.fit);
  paintOutside(pen);
  paintSheet(pen, W.near);
}
const isSmall = () => N.many + N.order.length <= FEW;
/** Is the picture the one that this camera should have? Else another frame follows when it rests. */
function isSharp() {
  if (resting() && !G.goal) return isSmall() || farFrom(W.near.view) === 0;
  clearTimeout(W.settling);
  W.settling = setTimeout(repaint, RESTS_AFTER + 5);
  return false;
}
/** 0: drawn for this very camera; up to 1: it serves while that moves. */
function farFrom({ zoom, px, py, edge }, camera = G) {
  const scale = camera.zoom / zoom,
    right = camera.px - px * scale + (G.w / 2) * (scale - 1),
    down = camera.py - py * scale + (G.h / 2) * (scale - 1),
    aside = Math.max(Math.abs(right), Math.abs(down));
  return Math.max(Math.abs(Math.log2(scale)) / 0.4, aside / edge / 0.6);
}
function paintSheet(pen, { view, image }) {
  const scale = G.zoom / view.zoom;
  const x = G.px - (view.px + view.edge) * scale,
    y = G.py - (view.py + view.edge) * scale;
  pen.drawImage(image, x, y, (view.w + 2 * view.edge) * scale, (view.h + 2 * view.edge) * scale);
}
/** The far sheet in that part of the window that the near one leaves empty. */
function paintOutside(pen) {
  const { zoom, px, py, edge, w, h: tall } = W.near.view,
    scale = G.zoom / zoom;
  const [x0, y0] = [G.px - (px + edge) * scale, G.py - (py + edge) * scale],
    [x1, y1] = [x0 + (w + 2 * edge) * scale, y0 + (tall + 2 * edge) * scale];
  if (!W.far || (x0 <= 0 && y0 <= 0 && x1 >= G.w && y1 >= G.h)) return;
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, G.w, G.h);
  pen.rect(x0, y0, x1 - x0, y1 - y0);
  pen.clip("evenodd");
  paintSheet(pen, W.far);
  pen.restore();
}
function keepSheet(sheet) {
  const { zoom, px, py } = sheet.view,
    whole = zoom === N.fit.zoom && px === N.fit.px && py === N.fit.py;
  if (whole) W.far = sheet;
  if (whole && W.near && farFrom(sheet.view) > 0) return;
  if (W.near !== W.far) W.near?.image.close?.();
  W.near = sheet;
}
function sheetHere(view) {
  const canvas = document.createElement("canvas");
  drawSheet(canvas, N.scene, view);
  return canvas;
}
/** Has the sheet for a camera drawn, one at a time; the next is asked for when this one is there. */
function askSheet(still, camera) {
  if (W.asked) return;
  const view = sheetView(camera);
  if (W.worker) {
    W.asked = view;
    W.worker.postMessage({ view, place: W.place });
  } else if (still && !G.goal) keepSheet({ view, image: sheetHere(view) });
}
/** Gives the worker the scene; the first time there is a worker to be made. */
function shareScene() {
  if (W.worker === undefined) W.worker = sheetWorker();
  W.worker?.postMessage({ scene: N.scene });
}
function sheetWorker() {
  if (typeof OffscreenCanvas === "undefined") return null;
  const worker = workerOf(`${SCENE_CODE.join("\n")}
    let scene = null;
    onmessage = ({ data }) => {
      scene = data.scene || scene;
      if (!data.view) return;
      const canvas = new OffscreenCanvas(1, 1);
      drawSheet(canvas, scene, data.view);
      const image = canvas.transferToImageBitmap();
      postMessage({ ...data, image }, [image]);
    };`);
  if (!worker) return null;
  worker.onmessage = ({ data }) => {
    if (data.place !== W.place) return data.image.close();
    W.asked = null;
    keepSheet(data);
    repaint();
  };
  worker.onerror = () => Object.assign(W, { worker: null, asked: null });
  return worker;
}

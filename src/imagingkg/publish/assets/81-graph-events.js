/* ==== 81 graph, events: pointer, wheel, fingers and keys; the camera that they move ==== */
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
  const zoom = clamp(
    (G.zoom * Math.hypot(e.clientX - ox, e.clientY - oy)) / (Math.hypot(lx - ox, ly - oy) || 1),
    ...PICTURES[G.mode].zoom,
  );
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

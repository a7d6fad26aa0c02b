/* ==== 60 map: which rows and columns the evidence-gap map has, what its cells count ==== */
let autoOpen = null,
  autoFor = "";
const roots = (kind) =>
  C.filter((c) => kindOf(c.i) === kind && c.parent < 0 && seen(c.i))
    .sort(fullest)
    .map((c) => c.i);
const kidsOf = (i) =>
  C[i].kids
    .filter(seen)
    .map((k) => C[k])
    .sort(fullest)
    .map((c) => c.i);
/** The fullest first, what is too general to be a family last. */
const fullest = (a, b) => a.generic - b.generic || b.claims.length - a.claims.length || by((c) => c.en)(a, b);
const isOpen = (i) => (S.open || autoOpen).has(i);

/** Which headers start open: the fullest first, as many as the window can show. */
function autoFold(width, height) {
  const key = S.rows + S.cols;
  if (autoOpen && autoFor === key) return;
  autoFor = key;
  autoOpen = new Set();
  const narrow = width < 720;
  openWhatFits(S.rows, narrow ? 0 : Math.floor((height - 244) / 26));
  openWhatFits(S.cols, narrow ? 0 : Math.floor((width - 240) / 34));
}
function openWhatFits(kind, room) {
  let n = roots(kind).length;
  for (const root of roots(kind)) {
    const k = kidsOf(root).length;
    if (!k || n + k > room) continue;
    autoOpen.add(root);
    n += k;
  }
}
function rowList() {
  const out = [];
  const walk = (i, depth) => {
    const kids = kidsOf(i),
      open = kids.length > 0 && isOpen(i);
    out.push({ i, depth, kids: kids.length, open });
    if (open) for (const k of kids) walk(k, depth + 1);
  };
  for (const root of roots(S.rows)) walk(root, 0);
  return out;
}
/** Columns unfold one step: an open root becomes a group over its children, and itself if it has claims of its own. */
function colList() {
  const out = [];
  for (const root of roots(S.cols)) {
    const kids = kidsOf(root);
    if (!kids.length || !isOpen(root)) {
      out.push({ i: root, fold: kids.length > 0, first: true });
      continue;
    }
    const list = (C[root].own ? [root] : []).concat(kids);
    list.forEach((i, at) => out.push({ i, group: root, first: at === 0, span: list.length }));
  }
  return out;
}
function toggle(i) {
  const open = new Set(S.open || autoOpen);
  if (!open.delete(i)) open.add(i);
  set({ open });
}
/** The summary of every pair that has claims, in one pass. */
function countCells(rowIds, colIds) {
  const cells = new Map(),
    isRow = new Uint8Array(C.length),
    isCol = new Uint8Array(C.length);
  for (const i of rowIds) isRow[i] = 1;
  for (const i of colIds) isCol[i] = 1;
  let counted = 0;
  for (const cl of shown) {
    counted += cl.above.some((r) => isRow[r]) && cl.above.some((c) => isCol[c]);
    for (const r of cl.above) {
      if (!isRow[r]) continue;
      for (const c of cl.above) {
        if (!isCol[c]) continue;
        const key = r * C.length + c;
        if (!cells.has(key)) cells.set(key, nothingYet());
        const s = tally(cells.get(key), cl);
        if (cl.loose.includes(r) || cl.loose.includes(c)) s.loose++;
      }
    }
  }
  return { cells, counted };
}
/** Everything that drawing the map needs, for the window that there is. */
function mapPlan(stage) {
  const box = stage.getBoundingClientRect();
  autoFold(innerWidth, box.height);
  const rowsNow = rowList(),
    cols = colList(),
    narrow = innerWidth <= 720;
  const head = narrow ? 124 : S.sel && innerWidth < 1400 ? 196 : innerWidth < 1400 ? 214 : 262;
  const gaps = cols.filter((c, n) => n && c.first).length * 5;
  const width = clamp(Math.floor((box.width - head - gaps - 18) / Math.max(1, cols.length)), narrow ? 34 : 24, 66);
  const { cells, counted } = countCells(
    rowsNow.map((r) => r.i),
    cols.map((c) => c.i),
  );
  const cellAt = (r, c) => cells.get(r * C.length + c) || nothingYet();
  const steps = shadeSteps(Math.max(0, ...[...cells.values()].map((s) => s.n)));
  return { steps, rows: rowsNow, cols, head, gaps, width, cells, counted, cellAt, narrow };
}
function axis(which) {
  const choose = (e) => {
    const other = which === "rows" ? "cols" : "rows";
    const change = { [which]: e.target.value, open: null };
    if (S[other] === e.target.value) change[other] = S[which];
    autoOpen = null;
    set(change, true);
  };
  const options = AXES.map((k) => h("option", { value: k, selected: S[which] === k }, T().kinds[k]));
  return h(
    "span",
    { class: "pickone" },
    h("select", { id: "axis-" + which, "aria-label": T()[which], onchange: choose }, options),
  );
}
function mapHead(plan) {
  const t = T(),
    full = plan.cells.size;
  const swap = () => set({ rows: S.cols, cols: S.rows }, true);
  return h(
    "div",
    { class: "head" },
    h("h1", { class: "sr" }, t.map),
    h(
      "div",
      { class: "axes" },
      axis("rows"),
      h(
        "button",
        { class: "btn", "aria-label": t.swap, title: t.swap, onclick: swap },
        icon("M2.5 5.5h10M10 3l2.5 2.5L10 8M13.5 10.5h-10M6 8l-2.5 2.5L6 13"),
      ),
      axis("cols"),
    ),
    h("span", { class: "say" }, t.say(full, plan.rows.length * plan.cols.length - full)),
    h(
      "div",
      { class: "right" },
      h("button", { class: "btn", onclick: () => set({ open: new Set() }) }, t.fold),
      h("button", { class: "btn", onclick: () => set({ open: everythingOpen() }) }, t.unfold),
      saveButtons(),
    ),
  );
}
/** A cell with its marks: foot rail the best figure, head rail hedged and negated, ring external, corner contrary. */
function drawCell(s, steps, tag = "button") {
  const cell = h(
    tag,
    { class: "cell " + (s.n ? "h" + shade(s.n, steps) : "e") + (s.n && s.loose === s.n ? " loose" : "") },
    s.n ? grouped(s.n) : "",
  );
  if (!s.n) return cell;
  const share = (x) => ({ width: (100 * x).toFixed(1) + "%" });
  const [, hedged, negated] = s.certainty;
  if (s.best) cell.append(h("span", { class: "best" }, h("span", { css: share(s.best.u) })));
  if (s.contrary) cell.append(h("span", { class: "con" }));
  if (hedged + negated) {
    const rails = [
      hedged > 0 && h("span", { class: "hd", css: share(hedged / s.n) }),
      negated > 0 && h("span", { class: "ng", css: share(negated / s.n) }),
    ];
    cell.append(h("span", { class: "cert" + (s.external ? " ex" : "") }, rails));
  }
  if (s.external) cell.append(h("span", { class: "ext" }));
  return cell;
}
function mapLegend(steps) {
  const t = T(),
    base = { ...nothingYet(), n: 2, certainty: [2, 0, 0] };
  const item = (s, text) => h("span", { class: "it" }, drawCell({ ...base, ...s }, [1, 3, 6, 12], "span"), text);
  const span = (from, to) => (from === to ? String(to) : `${from}–${to}`);
  const names = [...steps.map((end, k) => span(k ? steps[k - 1] + 1 : 1, end)), `${steps[3] + 1}+`];
  const ramp = names.map((name, k) => h("span", { class: `cell h${k + 1}` }, name));
  return h(
    "div",
    { class: "legend" },
    h("span", { class: "it" }, h("span", { class: "ramp", "aria-hidden": "true" }, ramp), t.legend),
    item({ n: 0 }, t.none),
    item({ best: { u: 0.85 } }, t.best),
    item({ loose: 2 }, t.loose),
    item({ certainty: [1, 1, 0] }, t.hedged),
    item({ certainty: [1, 0, 1] }, t.negated),
    item({ external: true }, t.external),
    item({ contrary: true }, t.contrary),
  );
}
function cellName(r, c, s) {
  const t = T(),
    [, hedged, negated] = s.certainty;
  const parts = [`${label(r)}, ${label(c)}: ${s.n ? t.claims(s.n) : t.none}`];
  if (negated) parts.push(`${negated} ${t.negated}`);
  if (hedged) parts.push(`${hedged} ${t.hedged}`);
  return parts.join(", ");
}
function cellTip(cell, r, c) {
  const t = T(),
    list = claimsOf(r, c),
    s = summary(list);
  const shares = s.certainty
    .map((n, k) => n && `${n} ${t.certainties[k]}`)
    .filter(Boolean)
    .join(" · ");
  const loose = list.filter((cl) => cl.loose.includes(r) || cl.loose.includes(c)).length;
  const best =
    s.best &&
    `${t.bestShort}: ${metricName(s.best.r)} ${figure(s.best.r)}${s.best.r.split ? ` (${t.splits[s.best.r.split]})` : ""}`;
  const lines = s.n
    ? [
        `${t.claims(s.n)} · ${t.docs(documentsOf(list))}`,
        s.n !== s.certainty[0] && shares,
        loose > 0 && t.context(loose),
        best,
        s.external && t.external,
        s.contrary && t.contrary,
      ]
    : [t.none];
  fill(
    $("tip"),
    h("b", null, `${cap(label(r))} × ${label(c)}`),
    lines.filter(Boolean).map((line) => h("div", null, line)),
  );
  placeTip(cell.getBoundingClientRect());
}
function placeTip(at) {
  const tip = $("tip");
  tip.hidden = false;
  const w = tip.offsetWidth,
    height = tip.offsetHeight;
  tip.style.left = clamp(at.left + at.width / 2 - w / 2, 6, innerWidth - w - 6) + "px";
  tip.style.top = (at.bottom + height + 14 < innerHeight ? at.bottom + 8 : at.top - height - 8) + "px";
}
const hideTip = () => {
  $("tip").hidden = true;
};

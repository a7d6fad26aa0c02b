/* ==== 62 map table: the map as a table; only the rows in sight when there are thousands of cells ==== */
const WHOLE_TABLE = 4000;

function drawMap(stage) {
  const plan = mapPlan(stage);
  if (!plan.rows.length || !plan.cols.length) return fill(stage, mapHead(plan), h("p", { class: "nothing" }, T().none));
  const old = stage.querySelector(".mapwrap"),
    at = old ? [old.scrollLeft, old.scrollTop] : [0, 0];
  const width = plan.head + plan.gaps + plan.width * plan.cols.length;
  const columns = plan.cols.map((c, n) => h("col", { css: { width: plan.width + (n && c.first ? 5 : 0) + "px" } }));
  const body = h("tbody");
  const table = h(
    "table",
    {
      class: "map" + (plan.width < 30 ? " tight" : ""),
      css: { width: width + "px" },
      "aria-label": `${T().kinds[S.rows]} ${T().by} ${T().kinds[S.cols]}`,
      "aria-rowcount": plan.rows.length + 2,
    },
    h("colgroup", null, h("col", { css: { width: plan.head + "px" } }), columns),
    mapColumnHeads(plan),
    body,
  );
  const words = [S.rows, S.cols].map((kind) => T().kinds[kind].toLowerCase());
  const note = h("p", { class: "counted" }, T().counted(plan.counted, shown.length, ...words));
  const wrap = h("div", { class: "mapwrap" }, table, note);
  fill(stage, mapHead(plan), wrap, mapLegend(plan.steps));
  const grid = mapRows(plan, table, body, wrap);
  wrap.scrollTo(...at);
  grid.show();
  mapEvents(plan, table, grid);
}
function mapColumnHeads(plan) {
  const groups = h(
    "tr",
    { class: "groups" },
    h("th", { class: "corner", scope: "col" }, h("span", { class: "sr" }, T().kinds[S.cols])),
  );
  const leaves = h(
    "tr",
    { class: "leaves" },
    h("th", { class: "corner", scope: "col" }, h("span", { class: "sr" }, T().kinds[S.rows])),
  );
  plan.heads = [];
  plan.cols.forEach((c, n) => {
    const side = n && c.first ? "gs" : "";
    if (c.first) groups.append(groupHead(c, side));
    const go = () => (c.fold ? toggle(c.i) : openConcept(c.i));
    const head = h(
      "button",
      {
        class: "ch" + (c.fold ? " fold" : ""),
        tabindex: -1,
        title: label(c.i),
        "aria-expanded": c.fold ? "false" : null,
        onclick: go,
      },
      h("span", { class: "t" }, cap(label(c.i))),
      h("span", { class: "tw", "aria-hidden": "true" }, c.fold ? "▸" : ""),
    );
    plan.heads.push(head);
    leaves.append(h("th", { class: side, scope: "col", "data-c": c.i }, head));
  });
  return h("thead", null, groups, leaves);
}
function groupHead(c, side) {
  if (c.group === undefined) return h("td", { class: "hd0 " + side });
  const name = cap(label(c.group));
  const button = h(
    "button",
    { class: "g", tabindex: -1, title: name, "aria-expanded": "true", onclick: () => toggle(c.group) },
    h("span", { "aria-hidden": "true" }, "▾"),
    h("span", { class: c.span === 1 ? "sr" : "" }, name), // over one column no name has room
  );
  return h("th", { colspan: c.span, class: "hd0 " + side, scope: "colgroup" }, button);
}
/** Rows are made when they come into sight: {show, row(n)}, where row(n) is the list [head, cell, cell, ...]. */
function mapRows(plan, table, body, wrap) {
  const made = new Map(),
    all = plan.rows.length * plan.cols.length <= WHOLE_TABLE;
  const height = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
  const make = (n) => {
    if (!made.has(n)) made.set(n, mapRow(plan, n));
    return made.get(n);
  };
  const space = (rowsOut) =>
    rowsOut > 0 &&
    h(
      "tr",
      { "aria-hidden": "true" },
      h("td", { colspan: plan.cols.length + 1, css: { height: rowsOut * height + "px" } }),
    );
  let shownRange = "";
  const show = (print = false) => {
    const top = Math.max(0, wrap.scrollTop / height),
      many = Math.ceil(wrap.clientHeight / height);
    const from = all || print ? 0 : Math.max(0, Math.floor(top) - 12),
      to = all || print ? plan.rows.length : Math.min(plan.rows.length, Math.floor(top) + many + 12);
    if (shownRange === from + "-" + to) return;
    shownRange = from + "-" + to;
    const inSight = Array.from({ length: to - from }, (_, k) => make(from + k).tr);
    fill(body, space(from), inSight, space(plan.rows.length - to));
  };
  if (!all) wrap.addEventListener("scroll", () => requestAnimationFrame(() => show()));
  const reach = (n) => {
    if (!make(n).tr.isConnected) {
      wrap.scrollTop = n * height;
      show();
    }
    return make(n).cells;
  };
  return { show, reach, head: plan.heads };
}
function mapRow(plan, n) {
  const r = plan.rows[n],
    selected = selectedPair();
  const go = () => (r.kids ? toggle(r.i) : openConcept(r.i));
  const head = h(
    "button",
    {
      class: "rh",
      tabindex: -1,
      css: { "--d": r.depth },
      title: label(r.i),
      "aria-expanded": r.kids ? String(r.open) : null,
      onclick: go,
    },
    h("span", { class: "tw", "aria-hidden": "true" }, r.kids ? (r.open ? "▾" : "▸") : ""),
    h("span", { class: "t" }, cap(label(r.i))),
    h("span", { class: "n" }, grouped(claimsOf(r.i).length)),
  );
  const tr = h("tr", { class: r.depth === 0 ? "root" : "", "aria-rowindex": n + 3 }, h("th", { scope: "row" }, head));
  const cells = [head];
  plan.cols.forEach((c, k) => {
    const s = plan.cellAt(r.i, c.i),
      cell = drawCell(s, plan.steps);
    cell.dataset.r = r.i;
    cell.dataset.c = c.i;
    cell.tabIndex = -1;
    cell.setAttribute("aria-label", cellName(r.i, c.i, s));
    cell.classList.toggle("sel", selected === r.i + "," + c.i);
    cells.push(cell);
    tr.append(h("td", { class: k && c.first ? "gs" : "" }, cell));
  });
  return { tr, cells };
}
const selectedPair = () => (S.sel?.t === "ids" && S.sel.ids.length === 2 ? S.sel.ids.join(",") : "");

/** One tab stop for the whole map; arrows walk cells and headers. */
function mapEvents(plan, table, grid) {
  const width = plan.cols.length,
    height = plan.rows.length,
    pair = selectedPair().split(",");
  let y =
    1 +
    Math.max(
      0,
      plan.rows.findIndex((r) => String(r.i) === pair[0]),
    );
  let x =
    1 +
    Math.max(
      0,
      plan.cols.findIndex((c) => String(c.i) === pair[1]),
    );
  const at = (row, col) => (row === 0 ? grid.head[col - 1] : grid.reach(row - 1)[col]);
  let here = at(y, x);
  here.tabIndex = 0;
  const put = (row, col, focus) => {
    if (row < 0 || row > height || col < 0 || col > width || (row === 0 && col === 0)) return;
    here.tabIndex = -1;
    [y, x, here] = [row, col, at(row, col)];
    here.tabIndex = 0;
    if (!focus) return;
    here.focus({ preventScroll: true });
    here.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const cellOf = (e) => e.target.closest("td .cell");
  table.addEventListener("click", (e) => {
    const cell = cellOf(e);
    if (cell) set({ sel: { t: "ids", ids: [+cell.dataset.r, +cell.dataset.c] } }, true);
  });
  table.addEventListener("focusin", (e) => {
    const col = Math.max(plan.cols.findIndex((c) => String(c.i) === e.target.dataset.c) + 1, 0);
    const row = plan.rows.findIndex((r) => String(r.i) === e.target.dataset.r) + 1;
    const head = grid.head.indexOf(e.target) + 1;
    if (row || head) put(row, row ? col : head);
    else if (e.target.classList.contains("rh")) put(e.target.closest("tr").getAttribute("aria-rowindex") - 2, 0);
  });
  table.addEventListener("keydown", (e) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];
    if (!step && e.key !== "Home" && e.key !== "End") return;
    e.preventDefault();
    if (step) put(y + step[0], x + step[1], true);
    else put(y, e.key === "End" ? width : y ? 0 : 1, true);
  });
  table.addEventListener("mouseover", (e) => {
    const cell = cellOf(e);
    for (const hot of table.querySelectorAll(".hot")) hot.classList.remove("hot");
    if (!cell) return hideTip();
    cell.closest("tr").classList.add("hot");
    table.querySelector(`th[data-c="${cell.dataset.c}"]`)?.classList.add("hot");
    cellTip(cell, +cell.dataset.r, +cell.dataset.c);
  });
  table.addEventListener("mouseleave", hideTip);
  printing = () => grid.show(true);
}
let printing = () => {};

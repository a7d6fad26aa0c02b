/* ==== 90 table: the claims as rows; the twin of map and graph. Only the rows in sight are made ==== */
const LINE = 28;
/** The first name and how many more. */
function brief(cl, kind) {
  const names = namesOf(cl, kind);
  if (!names.length) return "–";
  return [
    cap(names[0]),
    names.length > 1 && h("span", { class: "plus", title: names.slice(1).join(", ") }, ` +${names.length - 1}`),
  ];
}
/** A claim is about a task, a statement about a challenge. */
const topicOf = (cl) => (cl.fillers.some((i) => kindOf(i) === "task") ? "task" : "challenge");
const LAST = "\uffff";
const firstName = (kind) => (cl) => namesOf(cl, kind)[0] || LAST;
const COLUMNS = [
  { k: "y", width: 64, value: (cl) => cl.year, show: (cl) => cl.year || "–" },
  {
    k: "t",
    width: 132,
    value: (cl) => firstName(topicOf(cl))(cl),
    show: (cl) => [topicOf(cl) === "challenge" && glyph("challenge"), brief(cl, topicOf(cl))],
  },
  { k: "d", width: 168, value: firstName("disease"), show: (cl) => brief(cl, "disease") },
  { k: "m", width: 132, value: firstName("modality"), show: (cl) => brief(cl, "modality") },
  { k: "x", width: 152, value: firstName("method"), show: (cl) => brief(cl, "method") },
  { k: "b", width: 176, value: (cl) => (cl.best ? cl.best.u : -1), show: bestFigure },
  { k: "n", width: 74, right: true, value: (cl) => cl.size, show: (cl) => (cl.size ? grouped(cl.size) : "–") },
  {
    k: "c",
    width: 84,
    value: (cl) => cl.certainty,
    show: (cl) => h("span", { class: "cchip c" + cl.certainty }, T().certainties[cl.certainty]),
  },
  { k: "q", width: 0, value: (cl) => cl.text, show: (cl) => readable(cl.text.slice(0, 400)) },
];
function bestFigure(cl) {
  if (!cl.best) return "–";
  return [
    h("span", { class: "mini" }, h("span", { css: { width: 100 * cl.best.u + "%" } })),
    `${figure(cl.best.r)} ${metricName(cl.best.r)}`,
  ];
}
function tableOrder() {
  const down = S.sort[0] === "-",
    column = COLUMNS.find((c) => c.k === S.sort.slice(1)) || COLUMNS[0];
  const collator = new Intl.Collator(S.lang),
    values = new Map(shown.map((cl) => [cl, column.value(cl)]));
  const compare = (a, b) => {
    const x = values.get(a),
      y = values.get(b);
    const order = typeof x === "string" ? collator.compare(x, y) : x - y;
    return (down ? -order : order) || a.i - b.i;
  };
  return { list: shown.slice().sort(compare), down, key: column.k };
}
function drawTable(stage) {
  const { list, down, key } = tableOrder();
  const old = stage.querySelector(".tablewrap"),
    top = old ? old.scrollTop : 0;
  /* Beside an open panel the sentence column is left out: the panel shows it. */
  const tight = S.sel && innerWidth > 720 && stage.clientWidth < 1000,
    columns = tight ? COLUMNS.filter((c) => c.width) : COLUMNS;
  const scale = tight ? Math.min(1, stage.clientWidth / columns.reduce((sum, c) => sum + c.width, 0)) : 1;
  const head = h(
    "tr",
    null,
    columns.map((c) => columnHead(c, scale, c.k === key ? (down ? "descending" : "ascending") : null)),
  );
  const body = h("tbody");
  const table = h(
    "table",
    {
      class: "list",
      css: tight ? { "min-width": "0" } : {},
      "aria-label": T().table,
      "aria-rowcount": list.length + 1,
    },
    h("thead", null, head),
    body,
  );
  const wrap = h("div", { class: "tablewrap" }, table);
  fill(stage, h("h1", { class: "sr" }, T().table), wrap);
  const lines = tableLines(list, columns, body, wrap);
  wrap.scrollTop = top;
  lines();
  wrap.addEventListener("scroll", () => requestAnimationFrame(() => lines()));
  printing = () => lines(true);
}
function columnHead(c, scale, sorted) {
  const firstWay = "ynb".includes(c.k) ? "-" : "+",
    turned = sorted === "descending" ? "+" : "-";
  const resort = () => set({ sort: (sorted ? turned : firstWay) + c.k });
  const arrow = h("span", { class: "ar", "aria-hidden": "true" }, sorted ? (sorted === "descending" ? "▼" : "▲") : "");
  return h(
    "th",
    {
      scope: "col",
      class: c.right ? "num" : "",
      css: c.width ? { width: Math.floor(c.width * scale) + "px" } : {},
      "aria-sort": sorted,
    },
    h("button", { onclick: resort }, T().columns[c.k], arrow),
  );
}
function tableLines(list, columns, body, wrap) {
  let range = "";
  let here = Math.max(0, S.sel?.t === "claim" ? list.findIndex((cl) => cl.i === S.sel.i) : 0);
  const step = (to) => {
    here = clamp(to, 0, list.length - 1);
    const top = here * LINE,
      room = wrap.clientHeight - 2 * LINE;
    if (top < wrap.scrollTop || top > wrap.scrollTop + room) wrap.scrollTop = top - room / 2;
    show(false, true);
    body.querySelector(`[aria-rowindex="${here + 2}"]`)?.focus({ preventScroll: true });
  };
  const line = (n) => {
    const cl = list[n],
      go = () => set({ sel: { t: "claim", i: cl.i } }, true);
    const keys = (e) => {
      const to = { ArrowDown: n + 1, ArrowUp: n - 1, Home: 0, End: list.length - 1, PageDown: n + 15, PageUp: n - 15 }[
        e.key
      ];
      if (e.key === "Enter") go();
      else if (to !== undefined) {
        e.preventDefault();
        step(to);
      }
    };
    const cells = columns.map((c) => {
      const value = c.show(cl),
        long = typeof value === "string" && value.length > 18 ? value : null;
      return h(
        "td",
        {
          class: (c.right ? "num " : "") + (c.k === "q" ? "q" : ""),
          lang: c.k === "q" ? cl.doc.lang : null,
          title: long,
        },
        value,
      );
    });
    return h(
      "tr",
      {
        class: S.sel?.t === "claim" && S.sel.i === cl.i ? "sel" : "",
        tabindex: n === here ? 0 : -1,
        "aria-rowindex": n + 2,
        onclick: go,
        onkeydown: keys,
      },
      cells,
    );
  };
  const space = (n) =>
    n > 0 &&
    h(
      "tr",
      { "aria-hidden": "true" },
      h("td", { colspan: columns.length, css: { height: n * LINE + "px", padding: 0 } }),
    );
  const show = (all = false, again = false) => {
    const from = all ? 0 : Math.max(0, Math.floor(wrap.scrollTop / LINE) - 10);
    const to = all ? list.length : Math.min(list.length, from + Math.ceil(wrap.clientHeight / LINE) + 22);
    if (!again && range === from + "-" + to) return;
    range = from + "-" + to;
    fill(
      body,
      space(from),
      Array.from({ length: to - from }, (_, k) => line(from + k)),
      space(list.length - to),
    );
  };
  return show;
}

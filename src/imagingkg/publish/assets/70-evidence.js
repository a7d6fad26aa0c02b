/* ==== 70 evidence: the panel at the right; claims of one sentence are a card ==== */
const CARDS_AT_ONCE = 60;
let cardSort = "best";

function selected() {
  const s = S.sel;
  if (!s) return [];
  if (s.t === "text") return findSentences(s.q);
  if (s.t === "claim") return [CLAIMS[s.i]];
  if (s.t === "doc") return claimsIn(s.i);
  return claimsOf(...s.ids);
}
function panelTitle() {
  const s = S.sel;
  if (s.t === "text") return h("span", null, T().inText(plain(s.q)));
  if (s.t === "claim") return h("span", null, T().evidence);
  if (s.t === "doc") return h("span", null, sourceName(DOCS[s.i]));
  return s.ids.map((i, at) => [
    at > 0 && h("span", { class: "x" }, "×"),
    h("span", { class: "c" }, glyph(kindOf(i)), h("span", null, cap(label(i)))),
  ]);
}
function drawPanel() {
  const panel = $("panel"),
    t = T();
  panel.hidden = !S.sel;
  fill(panel);
  if (!S.sel) return;
  const order = { best: (c) => -(c.best ? c.best.u : -1), year: (c) => -c.year, size: (c) => -c.size }[cardSort];
  const list = selected()
      .slice()
      .sort((a, b) => order(a) - order(b) || a.i - b.i),
    s = summary(list);
  panel.setAttribute("aria-label", t.evidence);
  const shares = s.certainty.map((n, k) => k && n && `${n} ${t.certainties[k]}`);
  const sum = list.length ? [t.claims(s.n), t.docs(documentsOf(list)), ...shares].filter(Boolean).join(" · ") : t.none;
  const close = h(
    "button",
    { class: "btn", "aria-label": t.close, title: t.close + " (Esc)", onclick: () => set({ sel: null }) },
    icon("M4 4l8 8M12 4l-8 8"),
  );
  const one = S.sel.t === "ids" && S.sel.ids.length === 1;
  fill(
    panel,
    h(
      "div",
      { class: "ph" },
      h("div", { class: "row" }, h("h2", null, panelTitle()), close),
      one && about(S.sel.ids[0]),
      S.sel.t === "doc" && h("p", { class: "about" }, sourceLine(DOCS[S.sel.i])),
      h("p", { class: "sum" }, sum),
      list.length > 0 && panelActions(list),
    ),
    list.length ? cardList(list) : nothing(),
  );
  say(sum);
}
/** What a concept is also called, its codes and its definition. */
function about(i) {
  const c = C[i],
    t = T(),
    other = otherLabel(i);
  const names = [...new Set([other === label(i) ? "" : other, ...c.also.filter(isOurs), ...c.also].map(plain))]
    .filter(Boolean)
    .slice(0, 6);
  const definition = plain(S.lang === "zh" ? c.def_zh : c.def_en);
  return [
    definition && h("p", { class: "about" }, definition),
    names.length > 0 && h("p", { class: "about" }, names.join(" · ")),
    c.codes.length > 0 && h("p", { class: "about codes" }, c.codes.join("  ")),
  ];
}
function panelActions(list) {
  const t = T(),
    focus = S.sel.t === "ids" ? S.sel.ids[0] : null;
  const go = () => set({ view: "graph", focus, whole: "" }, true);
  const resort = (e) => {
    cardSort = e.target.value;
    drawPanel();
  };
  const document = S.sel.t === "doc" ? S.sel.i : null;
  const options = Object.entries(t.sorts).map(([k, v]) => h("option", { value: k, selected: k === cardSort }, v));
  return h(
    "div",
    { class: "act" },
    focus !== null && S.view !== "graph" && h("button", { class: "btn", onclick: go }, t.inGraph),
    document !== null &&
      S.source !== document &&
      h("button", { class: "btn", "data-key": "only", onclick: () => set({ source: document }, true) }, t.onlySource),
    h("button", { class: "btn", onclick: (e) => copy(asCSV(list), e.currentTarget) }, t.csv),
    h("button", { class: "btn", onclick: (e) => copy(asBibTeX(list), e.currentTarget) }, t.cite),
    list.length > 1 &&
      h(
        "label",
        { class: "pickone" },
        h("span", { class: "sr" }, t.sort),
        h("select", { id: "card-sort", onchange: resort }, options),
      ),
  );
}
function cardList(list) {
  const groups = bySentence(list),
    ul = h("ul", { class: "cards", tabindex: 0, "aria-label": T().evidence });
  const put = (from) => {
    add(ul, groups.slice(from, from + CARDS_AT_ONCE).map(card));
    const left = groups.length - from - CARDS_AT_ONCE;
    if (left <= 0) return;
    const more = h(
      "li",
      { class: "card" },
      h(
        "button",
        {
          class: "more",
          onclick: () => {
            more.remove();
            put(from + CARDS_AT_ONCE);
          },
        },
        T().moreCards(Math.min(left, CARDS_AT_ONCE)),
      ),
    );
    ul.append(more);
  };
  put(0);
  return ul;
}
function bySentence(list) {
  const groups = new Map();
  for (const cl of list) {
    if (groups.has(cl.sentence)) groups.get(cl.sentence).push(cl);
    else groups.set(cl.sentence, [cl]);
  }
  return [...groups.values()];
}
/** Nothing to show: say so, and offer the nearest that there is. */
function nothing() {
  const t = T(),
    ids = S.sel.t === "ids" ? S.sel.ids : [];
  const hidden = ids.length && C[ids[0]].claims.some((cl) => ids.every((i) => cl.above.includes(i)));
  if (hidden)
    return h(
      "div",
      { class: "none" },
      h("h3", null, t.filteredOut),
      h("button", { class: "btn line", onclick: () => set({ off: new Set(), source: null }) }, t.reset),
    );
  if (ids.length === 1 && C[ids[0]].named.length) return namedIn(ids[0]);
  if (ids.length < 2) return h("div", { class: "none" }, h("p", null, t.none));
  const near = nearestPairs(...ids).map((pair) => {
    const go = () => set({ sel: { t: "ids", ids: pair.ids } }, true);
    return h(
      "li",
      null,
      h("button", { onclick: go }, `${cap(label(pair.ids[0]))} × ${label(pair.ids[1])}`),
      " ",
      h("span", null, pair.n),
    );
  });
  return h("div", { class: "none" }, h("h3", null, t.noneTitle), h("p", null, t.noneText), h("ul", null, near));
}
function nearestPairs(r, c) {
  const near = new Map(),
    offer = (a, b) => near.set(a + "," + b, [a, b]);
  for (const a of C[r].up) for (const b of C[c].up) if (a !== r || b !== c) offer(a, b);
  for (const cl of claimsOf(r)) for (const b of cl.parts) if (C[b].kind === C[c].kind) offer(r, b);
  for (const cl of claimsOf(c))
    for (const a of cl.parts) if (C[a].kind === C[r].kind && topOf(a) === topOf(r)) offer(a, c);
  return [...near.values()]
    .map((ids) => ({ ids, n: claimsOf(...ids).length }))
    .filter((x) => x.n)
    .slice(0, 7);
}
function namedIn(i) {
  const t = T(),
    where = C[i].named;
  const items = where
    .slice(0, 20)
    .map((d) =>
      h(
        "li",
        null,
        h("button", { onclick: () => openDocument(d) }, sourceName(DOCS[d])),
        " ",
        h("span", null, DOCS[d].year || ""),
      ),
    );
  return h("div", { class: "none" }, h("p", null, t.onlyNamed(where.length)), h("ul", null, items));
}

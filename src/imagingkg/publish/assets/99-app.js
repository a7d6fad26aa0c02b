/* ==== 99 app: the frame (tabs, tools, filters), drawing, keys, start ==== */
const VIEWS = { map: drawMap, graph: drawGraph, table: drawTable, ...(D.panel ? { sparql: drawPanelOfQueries } : {}) };
const wantsDark = matchMedia("(prefers-color-scheme: dark)");
const dark = () => (S.theme ? S.theme === "dark" : wantsDark.matches);
const SUN =
  "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7";
const MOON = "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z";
const PRINTER = "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z";

function drawFrame() {
  const t = T(),
    page = document.documentElement,
    field = plain(D.title && D.title !== "imagingkg" ? D.title : t.field); // the product's name stands beside it
  page.lang = S.lang;
  page.dataset.theme = dark() ? "dark" : "light";
  document.title = `${field} · ${t[S.view]} · imagingkg`;
  $("skip").textContent = t.skip;
  $("corpus").textContent = $("corpus").title = `${field} · ${holds()}`;
  $("q").placeholder = t.search;
  $("q").setAttribute("aria-label", t.searchName);
  $("hits").setAttribute("aria-label", t.searchName);
  fill($("tabs"), Object.keys(VIEWS).map(tab));
  $("stage").setAttribute("role", "tabpanel");
  $("stage").setAttribute("aria-labelledby", "tab-" + S.view);
  const languages = [
    ["zh", "中文"],
    ["en", "EN"],
  ].map(([k, name]) =>
    h("button", { lang: k, "aria-pressed": String(S.lang === k), onclick: () => set({ lang: k }) }, name),
  );
  fill(
    $("tools"),
    h("div", { class: "seg", role: "group", "aria-label": "Language 语言" }, languages),
    h(
      "button",
      {
        class: "btn",
        id: "theme",
        "aria-label": `${t.theme}: ${dark() ? t.dark : t.light}`,
        title: t.theme,
        onclick: () => set({ theme: dark() ? "light" : "dark" }),
      },
      icon(dark() ? SUN : MOON),
    ),
    h("button", { class: "btn wide", "aria-label": t.print, title: t.print, onclick: () => print() }, icon(PRINTER)),
  );
}
/** What the page holds, and of how much: of a large corpus it is a part. */
function holds() {
  const t = T(),
    statements = CLAIMS.filter((cl) => !cl.isClaim).length,
    text = t.corpus(CLAIMS.length - statements, statements, DOCS.length, D.of?.documents || 0);
  return D.of ? `${text}${t.part(D.of.claims + D.of.statements)}` : text;
}
function tab(v) {
  const chosen = S.view === v;
  return h(
    "button",
    {
      role: "tab",
      id: "tab-" + v,
      "aria-selected": String(chosen),
      "aria-controls": "stage",
      tabindex: chosen ? 0 : -1,
      onclick: () => set({ view: v }, true),
    },
    T()[v],
  );
}
/* ---- filters ---- */
function flip(key) {
  const off = new Set(S.off);
  if (!off.delete(key)) off.add(key);
  set({ off });
}
/** Counts under the other filters: {key: n}, in one pass for each group of filters. */
function filterCounts() {
  const counts = new Map(),
    used = new Uint8Array(C.length);
  for (const cl of CLAIMS) {
    if (!cl.on && !cl.but) continue;
    for (let g = 0; g < GROUPS.length; g++) {
      if (cl.on || cl.but === GROUPS[g]) counts.set(cl.keys[g], (counts.get(cl.keys[g]) || 0) + 1);
    }
    if (cl.on) for (const i of cl.parts) used[i] = 1;
  }
  const kinds = KINDS.map(() => 0);
  for (const c of C) kinds[c.kind] += used[c.i];
  KINDS.forEach((kind, k) => counts.set("k" + kind, kinds[k]));
  return (key) => counts.get(key) || 0;
}
function drawFilters() {
  const t = T(),
    count = filterCounts();
  const chip = (key, name, before, title) =>
    h(
      "button",
      { class: "chip", "data-key": key, title, "aria-pressed": String(!S.off.has(key)), onclick: () => flip(key) },
      before,
      h("span", null, name),
      h("i", null, grouped(count(key))),
    );
  const group = (name, ...kids) => h("div", { class: "set", role: "group", "aria-label": name }, kids);
  const rule = () => h("span", { class: "bar", "aria-hidden": "true" });
  const kinds = KINDS.filter((k) => C.some((c) => kindOf(c.i) === k && seen(c.i)));
  $("filters").setAttribute("aria-label", [t.kind, t.certainty, t.year].join(", "));
  fill(
    $("filters"),
    group(
      t.kind,
      kinds.map((k) => chip("k" + k, t.kinds[k], glyph(k), `${t.kinds[k]}: ${grouped(count("k" + k))}`)),
    ),
    rule(),
    group(
      t.certainty,
      t.certainties.map((name, c) => chip("c" + c, cap(name))),
    ),
    rule(),
    group(
      t.assertion,
      t.assertions.map((name, a) => chip("a" + a, cap(name), null, t.assertionsWhy[a])),
    ),
    rule(),
    LANGS.length > 1 && [
      group(
        t.source,
        LANGS.map((l) => chip("l" + l, t.langs[l] || l)),
      ),
      rule(),
    ],
    yearBars(count),
    S.source !== null && sourceChip(),
    h(
      "div",
      { class: "count" + (S.off.size > 0 || S.source !== null ? "" : " whole"), title: t.shownWhy },
      h("b", null, grouped(shown.length)),
      ` ${t.of} ${grouped(CLAIMS.length)} ${t.shown}`,
      (S.off.size > 0 || S.source !== null) &&
        h("button", { class: "btn", onclick: () => set({ off: new Set(), source: null }) }, t.reset),
    ),
  );
}
/** In place of an empty picture: why it is empty, and what to do. */
function drawNothing(stage) {
  const t = T(),
    reset = () => set({ off: new Set(), source: null });
  const why = CLAIMS.length
    ? [h("h1", null, t.filteredOut), h("button", { class: "btn line", onclick: reset }, t.reset)]
    : [h("h1", null, t.noClaims), h("p", null, t.noClaimsWhy(DOCS.length))];
  fill(stage, h("div", { class: "empty" }, why));
}
let fittedFor = "";
/** The fullest line of filters that the window has room for; a phone has them all, in a line that is moved aside. */
function fitFilters() {
  const line = $("filters"),
    state = [innerWidth, S.lang, S.off.size > 0, S.source].join();
  if (line.hidden || fittedFor === state) return; // measuring takes as long as drawing
  fittedFor = state;
  for (let fit = 0; fit <= (innerWidth > 720 ? 4 : 0); fit++) {
    line.dataset.fit = fit;
    if (line.scrollWidth <= line.clientWidth) return;
  }
}
/** The one source that is left; a click lets all in again. */
function sourceChip() {
  const name = sourceName(DOCS[S.source]);
  const says = { "aria-label": `${T().onlySource}: ${name}`, title: T().allSources };
  const all = () => set({ source: null }, true);
  return h(
    "button",
    { class: "chip on only", "data-key": "source", "aria-pressed": "true", onclick: all, ...says },
    name,
    " ×",
  );
}
/** A bar a year; a click switches one, a drag over several keeps only these. */
function yearBars(count) {
  const t = T(),
    years = [...YEARS.filter(Boolean), ...YEARS.filter((y) => !y)];
  const top = Math.max(1, ...years.map((y) => (y ? count("y" + y) : 0))),
    many = years.length > 12;
  let from = null;
  const keep = (a, b) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)],
      off = new Set([...S.off].filter((k) => k[0] !== "y"));
    years.forEach((y, n) => (n < low || n > high) && off.add("y" + y));
    set({ off });
  };
  const bar = (y, n) => {
    const key = "y" + y,
      says = `${y || t.noyear}: ${t.claims(count(key))}`,
      named = !many || !y || y % 5 === 0;
    const height = (y ? (count(key) / top) * 16 : count(key) ? 16 : 1).toFixed(1) + "px";
    const onpointerup = (e) => {
      if (from === null || from === n) return;
      e.preventDefault();
      keep(from, n);
    };
    return h(
      "button",
      {
        class: y ? "" : "nd",
        "data-key": key,
        "aria-pressed": String(!S.off.has(key)),
        "aria-label": says,
        title: says,
        onclick: () => flip(key),
        onpointerdown: () => {
          from = n;
        },
        onpointerup,
      },
      h("span", { css: { height } }),
      h("b", { "data-name": y ? (named ? "’" + String(y).slice(2) : "") : t.noyear }),
    );
  };
  return h("div", { class: "years" + (many ? " many" : ""), role: "group", "aria-label": t.year }, years.map(bar));
}
/* ---- drawing ---- */
function draw(change) {
  refilter();
  hideTip();
  const refocus = focusKeeper(document.activeElement);
  const across = $("filters").scrollLeft;
  printing = () => {};
  drawFrame();
  drawFilters();
  $("filters").hidden = S.view === "sparql"; // queries go to the whole graph
  fitFilters();
  $("filters").scrollLeft = across;
  drawPanel();
  if (shown.length || S.view === "sparql") VIEWS[S.view]($("stage"));
  else drawNothing($("stage"));
  refocus();
  if (change?.off || change?.source !== undefined) say(`${shown.length} ${T().of} ${CLAIMS.length} ${T().shown}`);
}
/** Redrawing replaces elements; gives the focus back to the one that stands where the old one stood. */
function focusKeeper(old) {
  const { r, c, key } = old?.dataset || {},
    id = old?.id;
  const find = () => {
    if (r) return document.querySelector(`.cell[data-r="${+r}"][data-c="${+c}"]`);
    return key ? document.querySelector(`[data-key="${CSS.escape(key)}"]`) : id ? $(id) : null;
  };
  return () => find()?.focus({ preventScroll: true });
}
function pageKeys(e) {
  const at = e.composedPath()[0]; // within the editor's shadow root too
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || at.isContentEditable,
    views = Object.keys(VIEWS);
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "/" && !typing) {
    e.preventDefault();
    $("q").focus();
    $("q").select();
  } else if (e.key === "Escape" && S.sel && !typing) set({ sel: null });
  else if (!typing && views[+e.key - 1]) set({ view: views[+e.key - 1] }, true);
  else if (!typing && e.key === "e" && S.sel) $("panel").focus();
  else if (e.target.getAttribute?.("role") === "tab" && (e.key === "ArrowRight" || e.key === "ArrowLeft")) {
    const at = (views.indexOf(S.view) + (e.key === "ArrowRight" ? 1 : views.length - 1)) % views.length;
    set({ view: views[at] }, true);
    $("tab-" + views[at]).focus();
  }
}
async function start() {
  let resizing = 0;
  document.addEventListener("keydown", pageKeys);
  $("skip").addEventListener("click", (e) => {
    e.preventDefault();
    $("stage").focus();
  });
  addEventListener("popstate", () => {
    fromFragment();
    draw();
  });
  addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      autoOpen = null;
      draw();
    }, 120);
  });
  addEventListener("beforeprint", () => printing());
  wantsDark.addEventListener("change", () => draw());
  startSearch();
  fromFragment();
  if (S.sel || S.view === "table" || S.view === "sparql") await loadTexts();
  draw();
  if (!texts) await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  await loadTexts();
  if (S.sel || S.view === "table" || $("q").value) draw(); // opened meanwhile
  document.documentElement.dataset.ready = "yes";
}
await start();

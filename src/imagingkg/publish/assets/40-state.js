/* ==== 40 state: one object, mirrored in the URL fragment; set() is the only way to change it ==== */
const AXES = ["disease", "task", "modality", "method"];
const FRESH = () => ({
  view: "map",
  rows: "disease",
  cols: "task",
  open: null,
  sel: null,
  focus: null,
  whole: "",
  hops: 0,
  source: null,
  ask: "",
  off: new Set(),
  sort: "-y",
  lang: "en",
  theme: "",
});
const SIMPLE = ["view", "rows", "cols", "whole", "ask", "sort", "theme"];
let S = FRESH();
const browserLang = (navigator.language || "").startsWith("zh") ? "zh" : "en";

/* What is opened at the right: {t: "ids", ids} one concept or a pair, {t: "text", q}, {t: "claim", i}, {t: "doc", i}. */
function selToText(sel) {
  if (sel.t === "text") return "text:" + sel.q;
  if (sel.t === "claim") return "claim:" + CLAIMS[sel.i].key;
  if (sel.t === "doc") return "doc:" + DOCS[sel.i].id;
  return sel.ids.map((i) => C[i].id).join("+");
}
function selFromText(text) {
  const rest = text.slice(text.indexOf(":") + 1);
  if (text.startsWith("text:")) return { t: "text", q: rest.slice(0, 200) };
  if (text.startsWith("claim:")) return byKey.has(rest) ? { t: "claim", i: byKey.get(rest) } : null;
  if (text.startsWith("doc:"))
    return DOCS.some((d) => d.id === rest) ? { t: "doc", i: DOCS.findIndex((d) => d.id === rest) } : null;
  const ids = text.split("+").map((x) => byId.get(x));
  return text && ids.length <= 2 && ids.every((i) => i !== undefined) ? { t: "ids", ids } : null;
}
function toFragment() {
  const p = new URLSearchParams();
  const fresh = FRESH();
  for (const k of SIMPLE) if (S[k] !== fresh[k]) p.set(k, S[k]);
  if (S.lang !== browserLang) p.set("lang", S.lang);
  if (S.hops) p.set("hops", S.hops);
  if (S.source !== null) p.set("source", DOCS[S.source].id);
  if (S.focus !== null) p.set("focus", C[S.focus].id);
  if (S.open) p.set("open", S.open.all ? "*" : [...S.open].map((i) => C[i].id).join(","));
  if (S.off.size) p.set("off", [...S.off].sort().join(","));
  if (S.sel) p.set("sel", selToText(S.sel));
  return p.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":");
}
function fromFragment() {
  const p = new URLSearchParams(location.hash.slice(1));
  const n = FRESH();
  n.lang = browserLang;
  const oneOf = (k, list) => {
    if (list.includes(p.get(k))) n[k] = p.get(k);
  };
  oneOf("view", ["map", "graph", "table", ...(D.panel ? ["sparql"] : [])]);
  oneOf("rows", AXES);
  oneOf("cols", AXES);
  oneOf("lang", ["en", "zh"]);
  oneOf("theme", ["dark", "light"]);
  oneOf("whole", ["network"]);
  if (/^[\w-]{1,60}$/.test(p.get("ask") || "")) n.ask = p.get("ask");
  if (n.rows === n.cols) [n.rows, n.cols] = ["disease", "task"];
  if (/^[-+][a-z]$/.test(p.get("sort") || "")) n.sort = p.get("sort");
  if (/^[123]$/.test(p.get("hops") || "")) n.hops = +p.get("hops");
  const source = p.has("source") ? DOCS.findIndex((d) => d.id === p.get("source")) : -1;
  n.source = source < 0 ? null : source;
  n.focus = byId.get(p.get("focus")) ?? null;
  if (p.get("open") === "*") n.open = everythingOpen();
  else if (p.has("open"))
    n.open = new Set(
      p
        .get("open")
        .split(",")
        .map((x) => byId.get(x))
        .filter((x) => x !== undefined),
    );
  n.off = new Set((p.get("off") || "").split(",").filter((x) => /^[kclya][\w-]{1,20}$/.test(x)));
  n.sel = selFromText(p.get("sel") || "");
  S = n;
}
const everythingOpen = () => {
  const open = new Set(C.filter((c) => c.kids.length && AXES.includes(kindOf(c.i))).map((c) => c.i));
  open.all = true;
  return open;
};
/** set({..}) redraws; a step worth going back to becomes a history entry, the rest replaces the current one. */
function set(change, step = false) {
  const mark = () => [S.view, S.focus, S.whole, S.hops, S.source, S.sel ? 1 : 0].join();
  const before = mark();
  Object.assign(S, change);
  const url = "#" + toFragment();
  if (step || before !== mark()) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  draw(change);
}
const say = (text) => {
  $("live").textContent = text;
};

/* ==== 30 store: the data, its index, the filter. It touches no other part of the page ==== */
/** What an inert script element holds: gzipped bytes in Base64, unpacked by the browser itself. */
function unpacked(id) {
  const binary = atob($(id).textContent);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}
/** Columns to one object per row. */
function rows(columns) {
  const names = Object.keys(columns);
  return Array.from({ length: names.length ? columns[names[0]].length : 0 }, (_, i) => {
    const row = { i };
    for (const name of names) row[name] = columns[name][i];
    return row;
  });
}
if (typeof DecompressionStream === "undefined") {
  $("stage").textContent = `${WORDS.en.tooOld} ${WORDS.zh.tooOld}`;
  throw new Error(WORDS.en.tooOld);
}
const D = await unpacked("data").json();
const KINDS = D.kinds;
const CERTAINTIES = ["affirmed", "hedged", "negated"];
const C = rows(D.concepts),
  DOCS = rows(D.documents),
  STUDIES = rows(D.studies);
const SENTENCES = rows(D.sentences),
  CLAIMS = rows(D.claims);
const kindOf = (i) => KINDS[C[i].kind];
const byId = new Map(C.map((c) => [c.id, c.i]));
const byKey = new Map(CLAIMS.map((cl) => [cl.key, cl.i]).reverse());

for (const c of C) {
  c.zh ||= c.en;
  Object.assign(c, { kids: [], up: [], claims: [], own: 0, named: [] });
}
/** A concept and everything above it. */
function above(i, found = []) {
  if (found.includes(i)) return found;
  found.push(i);
  for (const b of C[i].broader) above(b, found);
  return found;
}
for (const c of C) {
  c.up = above(c.i);
  if (c.parent >= 0) C[c.parent].kids.push(c.i);
}
/** The line of headings that a concept is shown below, from the top. */
const headings = (i) => (C[i].parent < 0 ? [] : [...headings(C[i].parent), C[i].parent]);
const topOf = (i) => headings(i)[0] ?? i;
for (const d of DOCS) for (const i of d.names) C[i].named.push(d.i);

/** A figure on 0..1, or null when its metric has no such scale or less is better. */
function unit(r, value = r.value) {
  if (value === null || value === undefined || C[r.metric].better < 0) return null;
  const share = r.unit === "%" ? value / 100 : r.unit ? NaN : value;
  return share >= 0 && share <= 1 ? share : null;
}
function figureOf([metric, value, unitName, split, printed = "", lower = null, upper = null, p = null, method = -1]) {
  return { metric, value, unit: unitName, split, printed, lower, upper, p, method };
}
for (const cl of CLAIMS) {
  const s = SENTENCES[cl.sentence];
  cl.figures = cl.results.map(figureOf);
  cl.parts = [...new Set([...cl.fillers, ...cl.figures.map((r) => r.metric)])];
  cl.all = new Set(cl.parts.flatMap((i) => C[i].up)); // what it is made of and everything above that
  cl.above = [...cl.all];
  const said = new Set(cl.parts.filter((i) => !cl.context.includes(i)).flatMap((i) => C[i].up));
  cl.loose = new Set(cl.above.filter((i) => !said.has(i))); // what only the context says
  cl.doc = DOCS[s.document];
  cl.text = s.text;
  cl.year = cl.studies.map((k) => STUDIES[k].year).find((y) => y) || (cl.reported ? 0 : cl.doc.year);
  cl.size = Math.max(0, ...cl.sample.map((n) => n[0]));
  cl.external = cl.figures.some((r) => r.split === 4);
  cl.best = null;
  for (const r of cl.figures) {
    const u = unit(r);
    if (u !== null && r.split !== 1 && C[r.metric].better > 0 && (!cl.best || u > cl.best.u)) cl.best = { u, r };
  }
  for (const i of cl.all) C[i].claims.push(cl);
  for (const i of cl.parts) C[i].own++;
}
const seen = (i) => C[i].claims.length > 0;
const YEARS = [...new Set(CLAIMS.map((cl) => cl.year))].sort((a, b) => a - b);
const LANGS = [...new Set(DOCS.map((d) => d.lang))].sort();

/* What is switched off, by key: c<certainty> l<language> y<year> a<0 own, 1 reported>, and k<kind> for concepts. */
const GROUPS = ["c", "l", "y", "a"];
for (const cl of CLAIMS) cl.keys = ["c" + cl.certainty, "l" + cl.doc.lang, "y" + cl.year, "a" + cl.reported];
let shown = [];
/** Which claims the filters let through; `but` is the one group of filters that a claim fails, if it fails just one. */
function refilter() {
  for (const cl of CLAIMS) {
    const failed = GROUPS.filter((_, g) => S.off.has(cl.keys[g]));
    cl.on = failed.length === 0;
    cl.but = failed.length === 1 ? failed[0] : "";
  }
  shown = CLAIMS.filter((cl) => cl.on);
  for (const cl of shown) cl.contrary = cl.against.some((k) => CLAIMS[k].on);
}
/** The shown claims that have to do with every one of these concepts or what is below them. */
function claimsOf(...ids) {
  const [first, ...others] = ids.slice().sort((a, b) => C[a].claims.length - C[b].claims.length);
  return C[first].claims.filter((cl) => cl.on && others.every((i) => cl.all.has(i)));
}
/** The concepts of a claim that its sentence does not name: they came from a heading or a neighbouring sentence. */
const fromContext = (cl, i) => cl.context.includes(i);

const nothingYet = () => ({ n: 0, loose: 0, certainty: [0, 0, 0], best: null, external: false, contrary: false });
function tally(s, cl) {
  s.n++;
  s.certainty[cl.certainty]++;
  s.external ||= cl.external;
  s.contrary ||= cl.contrary;
  if (cl.best && cl.certainty !== 2 && (!s.best || cl.best.u > s.best.u)) s.best = cl.best;
  return s;
}
const summary = (list) => list.reduce(tally, nothingYet());
const documentsOf = (list) => new Set(list.map((cl) => cl.doc)).size;
/** The upper ends of the first four shades: fixed for small corpora, spread towards the fullest cell in large ones. */
function shadeSteps(most) {
  if (most <= 40) return [1, 3, 6, 12];
  return [0.25, 0.45, 0.62, 0.8].map((power) => Math.round(most ** power));
}
const shade = (n, steps) => (n === 0 ? 0 : 1 + steps.filter((end) => n > end).length);

/** Neighbours of a concept with the number of claims shared; what is above or below it is none. */
function neighbours(i) {
  const found = new Map();
  for (const cl of claimsOf(i)) {
    for (const j of cl.parts) {
      if (C[j].up.includes(i) || C[i].up.includes(j) || S.off.has("k" + kindOf(j))) continue;
      found.set(j, (found.get(j) || 0) + 1);
    }
  }
  return found;
}
const metricName = (r) => label(r.metric);
function figure(r) {
  const shownUnit = r.unit === "%" ? "%" : r.unit ? " " + plain(r.unit) : "",
    number = r.printed ? readable(r.printed) : String(r.value ?? "–");
  return number.includes(shownUnit.trim()) ? number : number + shownUnit;
}

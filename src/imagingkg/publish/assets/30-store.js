/* ==== 30 store: the data, its index, the filter. It touches no other part of the page ==== */
/** What an inert script element holds: gzipped bytes in Base64, unpacked by the browser itself. */
function unpacked(id) {
  const text = $(id).textContent;
  const bytes = Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
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
/* Columns that seldom change from row to row hold the change. */
for (const column of [D.sentences.document, D.claims.sentence])
  column?.forEach((step, n) => n && (column[n] = column[n - 1] + step));
const CERTAINTIES = ["affirmed", "hedged", "negated"];
const C = rows(D.concepts),
  DOCS = rows(D.documents),
  STUDIES = rows(D.studies);
const SENTENCES = rows(D.sentences),
  CLAIMS = rows(D.claims);
const kindOf = (i) => KINDS[C[i].kind];
const byId = new Map(C.map((c) => [c.id, c.i]));
const byKey = new Map(CLAIMS.map((cl) => [cl.key, cl.i]).reverse());

/* Here and below, what thousands of rows share is made once: opening a large page is mostly making small objects. */
const NONE = Object.freeze([]);
for (const c of C) {
  c.zh ||= c.en;
  c.up = c.kids = c.named = NONE;
  c.claims = [];
  c.own = 0;
}
const append = (row, key, value) => (row[key] === NONE ? (row[key] = [value]) : row[key].push(value));
/** A concept and everything above it. */
function above(i, found = []) {
  if (found.includes(i)) return found;
  found.push(i);
  for (const b of C[i].broader) above(b, found);
  return found;
}
for (const c of C) {
  c.up = c.broader.length ? above(c.i) : [c.i];
  if (c.parent >= 0) append(C[c.parent], "kids", c.i);
}
/** The line of headings that a concept is shown below, from the top. */
const headings = (i) => (C[i].parent < 0 ? [] : [...headings(C[i].parent), C[i].parent]);
const topOf = (i) => headings(i)[0] ?? i;
/* A document names what it lists and what is marked in its sentences. */
for (const d of DOCS) for (const i of d.names) append(C[i], "named", d.i);
for (const s of SENTENCES) {
  for (let k = 2; k < s.mentions.length; k += 3) {
    const c = C[s.mentions[k]];
    if (c.named.at(-1) !== s.document && !c.named.includes(s.document)) append(c, "named", s.document);
  }
}

/** A figure on 0..1, or null when its metric has no such scale or less is better. */
function unit(r, value = r.value) {
  if (value === null || value === undefined || C[r.metric].better < 0) return null;
  const share = r.unit === "%" ? value / 100 : r.unit ? NaN : value;
  return share >= 0 && share <= 1 ? share : null;
}
function figureOf([metric, value, unitName, split, printed = "", lower = null, upper = null, p = null, method = -1]) {
  return { metric, value, unit: unitName, split, printed, lower, upper, p, method };
}
/* A claim has a handful of parts: a list is searched sooner than a set is made. */
const unique = (list) => list.filter((x, n) => list.indexOf(x) === n);
const upward = (list) => {
  const all = [];
  for (const i of list) for (const u of C[i].up) if (!all.includes(u)) all.push(u);
  return all;
};
for (const cl of CLAIMS) {
  const s = SENTENCES[cl.sentence];
  cl.figures = cl.results.map(figureOf);
  cl.parts = unique(cl.fillers.concat(cl.figures.map((r) => r.metric)));
  cl.above = upward(cl.parts); // what it is made of and everything above that
  const said = cl.context.length && upward(cl.parts.filter((i) => !cl.context.includes(i)));
  cl.loose = said ? cl.above.filter((i) => !said.includes(i)) : NONE; // what only the context says
  cl.doc = DOCS[s.document];
  cl.text = s.text;
  cl.year = cl.studies.map((k) => STUDIES[k].year).find((y) => y) || (cl.reported ? 0 : cl.doc.year);
  cl.size = cl.sample.reduce((most, [n]) => Math.max(most, n), 0);
  cl.external = cl.figures.some((r) => r.split === 4);
  cl.best = null;
  for (const r of cl.figures) {
    const u = unit(r);
    if (u !== null && r.split !== 1 && C[r.metric].better > 0 && (!cl.best || u > cl.best.u)) cl.best = { u, r };
  }
  for (const i of cl.above) C[i].claims.push(cl);
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
    const failed = S.off.size ? GROUPS.filter((_, g) => S.off.has(cl.keys[g])) : NONE;
    const elsewhere = S.source !== null && cl.doc.i !== S.source;
    cl.on = failed.length === 0 && !elsewhere;
    cl.but = failed.length === 1 && !elsewhere ? failed[0] : "";
  }
  shown = CLAIMS.filter((cl) => cl.on);
  for (const cl of shown) cl.contrary = cl.against.some((k) => CLAIMS[k].on);
}
/** The shown claims that have to do with every one of these concepts or what is below them. */
function claimsOf(...ids) {
  const [first, ...others] = ids.slice().sort((a, b) => C[a].claims.length - C[b].claims.length);
  return C[first].claims.filter((cl) => cl.on && others.every((i) => cl.above.includes(i)));
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

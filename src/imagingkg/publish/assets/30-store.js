/* ==== 30 store: the data, its index, the filter. It touches no other part of the page ==== */
/** What an inert script element holds: gzipped bytes in Base64, unpacked by the browser itself. */
function unpacked(id) {
  const text = $(id).textContent;
  const bytes = Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}
/* Opening a large page is mostly making small objects, so rows are of few classes, what thousands of them share is made
   once, and what not every view needs is made when first asked for. An empty list comes as 0. */
const NONE = Object.freeze([]);
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
class Concept {
  constructor(i, k) {
    this.i = i;
    this.id = k.id[i];
    this.kind = k.kind[i];
    this.en = k.en[i];
    this.zh = k.zh[i] || this.en;
    this.also = k.also[i] || NONE;
    this.broader = k.broader[i] || NONE;
    this.parent = k.parent[i];
    this.generic = k.generic[i];
    this.better = k.better[i];
    this.codes = k.codes[i] || NONE;
    this.def_en = k.def_en[i];
    this.def_zh = k.def_zh[i];
    this.x = k.x[i];
    this.y = k.y[i];
    this.up = this.kids = NONE;
    this.claims = [];
    this.own = 0;
  }
  /** The documents that name it, by its own lists and by what is marked in its sentences. */
  get named() {
    return namedWhere().get(this.i) || NONE;
  }
}
class Sentence {
  constructor(i, k) {
    this.document = k.document[i];
    this.start = k.start[i];
    this.text = "";
    this.mentions = NONE;
  }
}
const made = (Row, columns, key) => (columns[key] || NONE).map((_, i) => new Row(i, columns));
const C = made(Concept, D.concepts, "id"),
  DOCS = rows(D.documents),
  STUDIES = rows(D.studies);
const SENTENCES = made(Sentence, D.sentences, "document");
for (const d of DOCS) d.names ||= NONE;
const kindOf = (i) => KINDS[C[i].kind];
const TASK = KINDS.indexOf("task");
const byId = new Map();
for (const c of C) byId.set(c.id, c.i);

/* Sentences are the larger part of a page and no picture needs them: they come when the first view stands. */
let texts = null;
function loadTexts() {
  texts ||= unpacked("texts")
    .json()
    .then((columns) => {
      SENTENCES.forEach((s, i) => {
        s.text = columns.text[i];
        s.mentions = columns.mentions[i] || NONE;
      });
    });
  return texts;
}
let whereNamed = null;
function namedWhere() {
  if (whereNamed) return whereNamed;
  const found = new Map();
  const put = (i, d) => {
    const list = found.get(i);
    if (!list) found.set(i, [d]);
    else if (!list.includes(d)) list.push(d);
  };
  for (const d of DOCS) for (const i of d.names) put(i, d.i);
  for (const s of SENTENCES) for (let k = 2; k < s.mentions.length; k += 3) put(s.mentions[k], s.document);
  if (SENTENCES.some((s) => s.text)) whereNamed = found;
  return found;
}
/** A concept and everything above it. */
function above(i, found = []) {
  if (found.includes(i)) return found;
  found.push(i);
  for (const b of C[i].broader) above(b, found);
  return found;
}
for (const c of C) {
  c.up = c.broader.length ? above(c.i) : [c.i];
  if (c.parent < 0) continue;
  const heading = C[c.parent];
  if (heading.kids === NONE) heading.kids = [];
  heading.kids.push(c.i);
}
/** The line of headings that a concept is shown below, from the top. */
const headings = (i) => (C[i].parent < 0 ? [] : [...headings(C[i].parent), C[i].parent]);
const topOf = (i) => headings(i)[0] ?? i;

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
const keys = new Map(); // each text of a key once
const keyed = (letter, value) => {
  const key = letter + value;
  return keys.get(key) || (keys.set(key, key), key);
};
class Claim {
  constructor(i, k) {
    this.i = i;
    this.key = k.key[i];
    this.sentence = k.sentence[i];
    this.fillers = k.fillers[i] || NONE;
    this.context = k.context[i] || NONE;
    this.remedy = k.remedy[i] || NONE;
    this.certainty = k.certainty[i];
    this.reported = k.reported[i];
    this.results = k.results[i] || NONE;
    this.sample = k.sample[i] || NONE;
    this.studies = k.studies[i] || NONE;
    this.comparison = k.comparison[i] || NONE;
    this.against = k.against[i] || NONE;
    this.doc = DOCS[SENTENCES[this.sentence].document];
    this.year = (this.studies.length && this.yearOfStudies()) || (this.reported ? 0 : this.doc.year);
    this.parts = this.results.length
      ? unique(this.fillers.concat(this.results.map(([metric]) => metric)))
      : this.fillers;
    this.above = upward(this.parts); // what it is made of and everything above that
    const said = this.context.length && upward(this.parts.filter((p) => !this.context.includes(p)));
    this.loose = said ? this.above.filter((p) => !said.includes(p)) : NONE; // what only the context says
    this.keys = [
      keyed("c", this.certainty),
      keyed("l", this.doc.lang),
      keyed("y", this.year),
      keyed("a", this.reported),
    ];
    this.on = this.contrary = false;
    this.but = "";
  }
  yearOfStudies() {
    return this.studies.map((k) => STUDIES[k].year).find((y) => y);
  }
  /** A claim is about one task; a statement names a challenge, and perhaps a remedy, and no task. */
  get isClaim() {
    return C[this.fillers[0]]?.kind === TASK; // a task comes first
  }
  get text() {
    return SENTENCES[this.sentence].text;
  }
  get figures() {
    return this.results.map(figureOf);
  }
  get size() {
    return this.sample.reduce((most, [n]) => Math.max(most, n), 0);
  }
  get external() {
    return this.results.some((r) => r[3] === 4);
  }
  /** The best figure on 0..1 where more is better, training left aside: {u, r}, or null. */
  get best() {
    if (this.found !== undefined) return this.found;
    this.found = null;
    for (const r of this.figures) {
      const u = unit(r);
      if (u !== null && r.split !== 1 && C[r.metric].better > 0 && !(this.found?.u >= u)) this.found = { u, r };
    }
    return this.found;
  }
}
const CLAIMS = made(Claim, D.claims, "key");
const byKey = new Map(); // of two with one key the first
for (const cl of CLAIMS) {
  if (!byKey.has(cl.key)) byKey.set(cl.key, cl.i);
  for (const i of cl.above) C[i].claims.push(cl);
  for (const i of cl.parts) C[i].own++;
}
const seen = (i) => C[i].claims.length > 0;
const YEARS = [...new Set(CLAIMS.map((cl) => cl.year))].sort((a, b) => a - b);
const LANGS = [...new Set(DOCS.map((d) => d.lang))].sort();

/* What is switched off, by key: c<certainty> l<language> y<year> a<0 own, 1 reported>, and k<kind> for concepts. */
const GROUPS = ["c", "l", "y", "a"];
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

/* ==== 92 sparql: questions in SPARQL, answered in the page by Oxigraph; loaded when the view is first opened ==== */
const Q = {
  root: null,
  library: null,
  editor: null,
  said: null,
  shown: "",
  answer: null,
  values: {},
  turn: 0,
  sources: new Map(),
};
const ROWS_AT_ONCE = 200;
const SLOT = /VALUES\s+\?asked_(\w+)\s*\{[^{}]*\}/g;

function drawPanelOfQueries(stage) {
  Q.root ||= panelFrame();
  if (Q.root.parentNode !== stage) fill(stage, Q.root);
  Q.library ||= openLibrary().catch((error) => tell(String(error), true));
  if (Q.editor) drawQuestions();
}
function panelFrame() {
  Q.said = h("span", { class: "say", role: "status" });
  Q.head = h("div", { class: "head ask" });
  Q.text = h("div", { class: "query" });
  Q.table = h("div", { class: "tablewrap answers", tabindex: 0, role: "region" });
  return h("div", { class: "sparql" }, Q.head, Q.text, Q.table);
}
function tell(text, wrong = false) {
  Q.said.textContent = plain(text);
  Q.said.classList.toggle("wrong", wrong);
}
/** Everything that the view needs: the rest of the page is parsed by now or soon, as it stands behind this script. */
async function openLibrary() {
  fill(Q.head, h("h1", { class: "sr" }, T().sparql), Q.said);
  tell(T().opening);
  if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done));
  Object.assign(Q, await unpacked("panel-questions").json());
  const code = document.createElement("script"); // allowed by its hash, as everything here
  code.textContent = await unpacked("panel-script").text();
  document.head.append(code);
  const sources = await answerTo("SELECT ?d ?s { ?d <http://purl.org/dc/terms/source> ?s }");
  Q.sources = new Map(sources.rows.map(([document, source]) => [document.value, source.value]));
  const terms = Q.questions.flatMap((q) => q.text.match(/\b(?:ikg|skos|dcterms|oa|prov):\w+/g) || []);
  const words = [...new Set(terms)].sort().map((name) => ({ label: name, type: "property" }));
  Q.editor = window.imagingkgPanel.openEditor(Q.text, {
    text: "",
    label: T().editor,
    words,
    run: ask,
    changed: ownText,
  });
  document.documentElement.dataset.sparql = "ready";
  tell("");
  if (S.view === "sparql") drawQuestions();
}
/* ---- questions and what they can be told ---- */
const questionNow = () => Q.questions.find((q) => q.name === (S.ask || Q.questions[0].name));
function drawQuestions() {
  const t = T(),
    question = questionNow(),
    state = [S.ask, S.lang].join();
  Q.table.setAttribute("aria-label", t.answers);
  if (Q.shown === state) return drawAnswer();
  Q.shown = state;
  const choose = (e) => set({ ask: e.target.value }, true);
  const option = (q) => h("option", { value: q.name, selected: q === question }, S.lang === "zh" ? q.zh : q.en);
  fill(
    Q.head,
    h("h1", { class: "sr" }, t.sparql),
    h(
      "span",
      { class: "pickone" },
      h(
        "select",
        { id: "question", "aria-label": t.question, onchange: choose },
        !question && h("option", { selected: true, value: S.ask }, t.ownQuestion),
        Q.questions.map(option),
      ),
    ),
    question && question.parameters.filter(([name]) => name !== "lang").map(parameter),
    h(
      "div",
      { class: "right" },
      h(
        "button",
        { class: "btn line", id: "run", onclick: () => (isAsking() ? stopEngine(T().stopped) : ask()) },
        t.run,
      ),
      h("button", { class: "btn", id: "answer-csv", onclick: (e) => copy(answerCSV(), e.currentTarget) }, t.csv),
    ),
    Q.said,
  );
  if (question) fillQuestion();
}
const parameterName = (name) => T().kinds[name] || T().parameters[name] || name;
/** What the question is told so far: its defaults, and for a paper the first that there is. */
function toldNow() {
  const question = questionNow(),
    paper = DOCS.length ? plain(DOCS[0].title || DOCS[0].source) : "";
  const defaults = question.parameters.map(([name, value]) => [
    name,
    name === "paper" ? value || paper : called(name, value),
  ]);
  return { ...Object.fromEntries(defaults), ...Q.values[question.name] };
}
/** A default as the reader's language calls it. */
function called(kind, value) {
  if (value === "any") return T().parameters.any;
  const wanted = folded(value),
    found = C.find((c) => kindOf(c.i) === kind && namesFor(c).includes(wanted));
  return found ? label(found.i) : (kind === "kind" && T().kinds[value.toLowerCase()]) || value;
}
function parameter([name, , note]) {
  const told = (e) => {
    (Q.values[questionNow().name] ||= {})[name] = e.target.value;
    fillQuestion();
  };
  const keys = (e) => e.key === "Enter" && ask();
  const field = { value: toldNow()[name], id: "ask-" + name, title: note, onchange: told, onkeydown: keys };
  return h("label", { class: "told" }, parameterName(name), h("input", { ...field, spellcheck: "false" }));
}
/** Puts the question into the editor, with what it was told, and asks it. */
async function fillQuestion() {
  const question = questionNow(),
    turn = beginTurn(),
    wrong = [],
    terms = {};
  try {
    for (const [name] of question.parameters) terms[name] = await termFor(name, wrong);
  } catch (error) {
    wrong.push(String(error?.message || error));
  }
  if (turn !== Q.turn) return; // another was chosen meanwhile
  Q.editor.text = question.text.replace(SLOT, (slot, name) =>
    terms[name] ? `VALUES ?asked_${name} { ${terms[name]} }` : slot,
  );
  Q.filled = Q.editor.text;
  if (!wrong.length) return ask();
  Q.answer = null;
  endTurn(wrong[0], true);
}
/* One question at a time: what was asked before is let go, and its answer comes to nothing. */
function beginTurn() {
  letGo();
  Q.table.setAttribute("aria-busy", "true");
  tell(E.ready ? T().asking : T().opening);
  $("run").textContent = T().stop;
  return ++Q.turn;
}
function endTurn(text, wrong = false) {
  Q.table.removeAttribute("aria-busy");
  if ($("run")) $("run").textContent = T().run;
  drawAnswer();
  tell(text, wrong);
}
const isAsking = () => Q.table.hasAttribute("aria-busy");
/** Text that is no named question any more is the reader's own. */
function ownText() {
  if (Q.editor && Q.filled !== undefined) Q.text.classList.toggle("own", Q.editor.text !== Q.filled);
}
const quoted = (text) => JSON.stringify(text);
/** The term, as SPARQL writes it, that a parameter's value names; null restricts nothing. */
async function termFor(name, wrong) {
  const value = (name === "lang" ? S.lang : toldNow()[name]).trim();
  if (name === "lang") return quoted(value);
  if (value === "any" || value === T().parameters.any) return null;
  if (name === "kind") return `<${Q.vocabulary}${className(value)}>`;
  if (name === "since") return String(parseInt(value, 10) || 0);
  const found = value ? await (name === "paper" ? papersCalled(value) : conceptsCalled(name, value)) : [];
  if (found.length === 1) return `<${found[0]}>`;
  const { notGiven, notCalled, severalCalled } = T();
  wrong.push(
    value ? (found.length ? severalCalled : notCalled)(parameterName(name), value) : notGiven(parameterName(name)),
  );
  return null;
}
function className(kind) {
  const known = KINDS.find((k) => [k, T().kinds[k]].some((n) => n.toLowerCase() === kind.toLowerCase())) || kind;
  return known.replace(/\W/g, "").replace(/^./, (c) => c.toUpperCase());
}
const PREFIXES = () => `PREFIX ikg: <${Q.vocabulary}> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> `;
/** IRIs of concepts by label or id; preferred labels win over others. */
async function conceptsCalled(kind, text) {
  const wanted = folded(text);
  for (const property of ["prefLabel", "altLabel"]) {
    const rows = await valuesOf(`SELECT ?c ?l { ?c a ikg:${className(kind)} ; skos:${property} ?l }`);
    const found = new Set(rows.filter(([, name]) => folded(name) === wanted).map(([iri]) => iri));
    if (found.size) return [...found];
  }
  const rows = await valuesOf(`SELECT ?c { ?c a ikg:${className(kind)} }`);
  return rows.flat().filter((iri) => iri === text || iri.endsWith(`/concept/${kind}/${text.replace(kind + "/", "")}`));
}
const valuesOf = async (query) =>
  (await answerTo(PREFIXES() + query)).rows.map((row) => row.map((term) => term?.value));
/** IRIs of documents by title, DOI, PMID, source or a part of a title. */
async function papersCalled(text) {
  const wanted = folded(text);
  const rows = await valuesOf(
    `SELECT DISTINCT ?d ?v { ?d a ikg:Document . { ?d ?p ?v } UNION { ?d ikg:describes ?s . ?s ?p ?v }
     VALUES ?p { ikg:title ikg:doi ikg:pmid <http://purl.org/dc/terms/source> <http://purl.org/dc/terms/title> } }`,
  );
  const which = (fits) => new Set(rows.filter(([, name]) => fits(folded(name))).map(([iri]) => iri));
  const whole = which((v) => v === wanted);
  return [...(whole.size ? whole : which((v) => v.includes(wanted)))];
}
/* ---- answers ---- */
async function ask() {
  const turn = beginTurn();
  let [answer, failed] = [null, ""];
  try {
    answer = { ...(await answerTo(Q.editor.text)), most: ROWS_AT_ONCE };
  } catch (error) {
    failed = String(error?.message || error);
  }
  if (turn !== Q.turn) return;
  Q.answer = answer;
  if (!answer) {
    openEngine().catch(() => {}); // where it was stopped, it is there again for the next question
    return endTurn(failed, true);
  }
  const { n, ms, rows } = answer;
  endTurn(T().answer(n, ms) + (n > rows.length ? T().onlyFirst(rows.length) : ""));
}
const answerCSV = () =>
  [Q.answer?.columns || [], ...(Q.answer?.rows || []).map((row) => row.map((term) => term?.value))]
    .map((cells) => cells.map(csvCell).join(","))
    .join("\n");
function drawAnswer() {
  const key = [S.lang, Q.answer?.most].join();
  if (Q.drawn === Q.answer && Q.drawnFor === key) return;
  Object.assign(Q, { drawn: Q.answer, drawnFor: key });
  if (!Q.answer) return fill(Q.table);
  const { columns, rows: all, most } = Q.answer,
    numeric = columns.map(
      (_, k) => all.slice(0, 50).every((row) => !row[k] || isNumber(row[k])) && all.some((row) => row[k]),
    );
  const more = () => {
    Q.answer.most += ROWS_AT_ONCE;
    drawAnswer();
  };
  fill(
    Q.table,
    h(
      "table",
      { class: "list answer", "aria-label": T().answers },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map((name, k) => h("th", { scope: "col", class: numeric[k] ? "num" : "" }, name)),
        ),
      ),
      h(
        "tbody",
        null,
        all.slice(0, most).map((row) =>
          h(
            "tr",
            null,
            row.map((term, k) => answerCell(term, numeric[k])),
          ),
        ),
      ),
    ),
    all.length > most &&
      h("button", { class: "btn", onclick: more }, T().moreRows(Math.min(ROWS_AT_ONCE, all.length - most))),
  );
}
const isNumber = (term) => term.termType === "Literal" && /^[-+]?[\d.,]+(e[-+]?\d+)?\s?%?$/i.test(term.value);
function answerCell(term, numeric) {
  if (!term) return h("td");
  const text = plain(term.termType === "NamedNode" ? shortIri(term.value) : term.value);
  const go = linkOf(term);
  return h(
    "td",
    { class: numeric ? "num" : "", lang: term.language || null, title: text.length > 60 ? text.slice(0, 2000) : null },
    go ? h("button", { onclick: go.open }, go.kind && glyph(go.kind), h("span", null, go.text || text)) : text,
  );
}
const shortIri = (iri) =>
  iri
    .replace(/^.*?\/(?:vocab|concept)\//, "")
    .replace(/^.*[/#](?=[^/#]+$)/, (path) => (path.length > 60 ? "…/" : path));
/** What an answer leads to in the rest of the page: a concept, a claim or a document; else undefined. */
function linkOf(term) {
  Q.byName ||= namesToRows();
  const [, room, rest] =
    term.termType === "NamedNode" ? term.value.match(/\/(concept|claim|document)\/([^#?]+)$/) || [] : [];
  if (room === "claim" && byKey.has(rest.slice(0, 8))) {
    return { open: () => set({ sel: { t: "claim", i: byKey.get(rest.slice(0, 8)) } }, true), text: T().evidence };
  }
  if (room === "document") return documentLink(term.value);
  const i = room === "concept" ? byId.get(decodeURIComponent(rest)) : Q.byName.get(term.value);
  if (term.termType === "Literal" && Q.bySentence.has(term.value)) {
    return { open: () => set({ sel: { t: "claim", i: Q.bySentence.get(term.value) } }, true) };
  }
  return i === undefined ? undefined : { open: () => openConcept(i), kind: kindOf(i), text: room && label(i) };
}
function documentLink(iri) {
  const document = Q.sources.has(iri) && DOCS.find((d) => d.source === Q.sources.get(iri));
  return document && { open: () => openDocument(document.i), text: sourceName(document) };
}
/** A label that only one concept bears leads there, and a sentence to its first claim. */
function namesToRows() {
  const found = new Map();
  for (const c of C) for (const name of new Set([c.en, c.zh])) found.set(name, found.has(name) ? -1 : c.i);
  Q.bySentence = new Map(CLAIMS.filter((cl) => cl.text).map((cl) => [cl.text, cl.i]));
  return new Map([...found].filter(([, i]) => i >= 0));
}

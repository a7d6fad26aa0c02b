/* ==== 91 engine: Oxigraph in a worker, so that no question holds the page up and every one can be stopped ==== */
const SECONDS_AT_MOST = 20;
const ROWS_AT_MOST = 20000;
const E = { worker: null, waiting: new Map(), last: 0, ready: null, since: 0, loading: 0 };

/** What runs in the worker, behind the panel's script; it is given no more than that and the message it gets. */
function engineMain(rowsAtMost) {
  let store = null;
  const term = (t) =>
    t && {
      termType: { uri: "NamedNode", bnode: "BlankNode" }[t.type] || "Literal",
      value: String(t.value),
      language: t["xml:lang"],
    };
  const plainTerm = (t) => ({ termType: t.termType, value: t.value ?? t.toString(), language: t.language });
  const cut = (columns, all, toRow) => ({ columns, rows: all.slice(0, rowsAtMost).map(toRow), n: all.length });
  const query = (text) => {
    let said = "";
    try {
      said = store.query(text, { results_format: "application/sparql-results+json" });
    } catch (error) {
      if (!/RDF format/.test(error)) throw error; // triples have no such format
      return cut(["subject", "predicate", "object"], store.query(text), (q) =>
        [q.subject, q.predicate, q.object].map(plainTerm),
      );
    }
    const { head, results, boolean } = JSON.parse(said);
    if (boolean !== undefined)
      return cut(["answer"], [boolean], (yes) => [{ termType: "Literal", value: String(yes) }]);
    return cut(head.vars, results.bindings, (row) => head.vars.map((name) => term(row[name])));
  };
  const open = async ({ program, graph }) => {
    store = await self.imagingkgPanel.openStore(program);
    store.load(graph, { format: "text/turtle" });
    return {};
  };
  self.onmessage = async ({ data }) => {
    const start = performance.now();
    try {
      const answer = data.text === undefined ? await open(data) : query(data.text);
      self.postMessage({ ...answer, id: data.id, ms: Math.round(performance.now() - start) });
    } catch (error) {
      self.postMessage({ id: data.id, error: String(error?.message || error) });
    }
  };
}
/** Makes the worker and gives it the graph; a worker that was stopped is made anew. */
function openEngine() {
  E.ready ||= (async () => {
    const [script, program, graph] = await Promise.all([
      unpacked("panel-script").text(),
      unpacked("panel-program").arrayBuffer(),
      unpacked("panel-graph").text(),
    ]);
    const worker = workerOf(`self.window = self;${script};(${engineMain})(${ROWS_AT_MOST});`);
    if (!worker) throw new Error(T().noWorker);
    E.worker = worker;
    worker.onmessage = ({ data }) => settle(data.id, data);
    worker.onerror = (error) => stopEngine(error.message || T().noWorker);
    E.loading = (await send({ program, graph })).ms;
  })();
  return E.ready;
}
function send(message) {
  const id = ++E.last;
  return new Promise((done, failed) => {
    E.waiting.set(id, { done, failed });
    E.worker.postMessage({ ...message, id });
  });
}
function settle(id, answer) {
  const one = E.waiting.get(id);
  E.waiting.delete(id);
  if (answer.error === undefined) one?.done(answer);
  else one?.failed(new Error(answer.error));
}
/** Ends what the worker is at; whoever waits for an answer is told why there is none. */
function stopEngine(why) {
  E.worker?.terminate();
  Object.assign(E, { worker: null, ready: null, since: 0 });
  for (const id of [...E.waiting.keys()]) settle(id, { error: why });
}
/** Lets go what is being asked, if it has taken longer than loading the graph anew will. */
function letGo() {
  if (E.since && performance.now() - E.since > E.loading) stopEngine("");
}
/** {columns, rows, n, ms} for a query; rows hold terms or undefined, at most ROWS_AT_MOST of n. */
async function answerTo(text) {
  await openEngine();
  E.since ||= performance.now();
  const limit = setTimeout(() => stopEngine(T().tooLong(SECONDS_AT_MOST)), SECONDS_AT_MOST * 1000);
  try {
    return await send({ text });
  } finally {
    clearTimeout(limit);
    if (!E.waiting.size) E.since = 0;
  }
}

/* ==== 74 copy: claims as a sheet, sources as BibTeX ==== */
/* A cell that a spreadsheet would run as a formula gets an apostrophe. */
function csvCell(value) {
  let text = String(value ?? "");
  if (/^[=+\-@\t\r]/.test(text) && isNaN(+text)) text = "'" + text;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
const namesOf = (cl, kind) => cl.parts.filter((i) => kindOf(i) === kind).map(label);
const SHEET = [
  ["year", (cl) => cl.year || ""],
  ...["task", "disease", "modality", "method", "biomarker", "anatomy", "dataset", "challenge"].map((k) => [
    k,
    (cl) => namesOf(cl, k).join("; "),
  ]),
  ["metric", (cl) => (cl.best ? C[cl.best.r.metric].en : "")],
  ["value", (cl) => (cl.best ? figure(cl.best.r) : "")],
  ["n", (cl) => cl.size || ""],
  ["certainty", (cl) => CERTAINTIES[cl.certainty]],
  ["asserted_as", (cl) => (cl.reported ? "reported" : "primary")],
  ["sentence", (cl) => cl.text],
  ["study", (cl) => cl.studies.map((k) => studyName(STUDIES[k])).join("; ")],
  ["source", (cl) => sourceCode(cl.doc)],
  ["title", (cl) => cl.doc.title],
];
function asCSV(list) {
  const lines = [SHEET.map(([name]) => name), ...list.map((cl) => SHEET.map(([, value]) => value(cl)))];
  return lines.map((cells) => cells.map(csvCell).join(",")).join("\n");
}
const bibValue = (text) =>
  String(text)
    .replace(/[{}\\]/g, "")
    .replace(/\s+/g, " ")
    .trim();
function bibEntry(key, fields) {
  const lines = Object.entries(fields)
    .filter(([, value]) => value)
    .map(([name, value]) => `  ${name} = {${bibValue(value)}}`);
  return `@misc{${key},\n${lines.join(",\n")}\n}`;
}
/** An entry for each document, and for each study that a document reports and names. */
function asBibTeX(list) {
  const documents = [...new Set(list.map((cl) => cl.doc))],
    studies = new Set(list.flatMap((cl) => (cl.reported ? cl.studies : [])));
  const sources = documents.map((d) =>
    bibEntry("document" + d.i, {
      author: d.authors,
      title: readable(d.title),
      journal: d.venue,
      year: d.year,
      doi: d.doi,
      note: sourceCode(d),
    }),
  );
  const reported = [...studies].map((k) => STUDIES[k]).filter((s) => s.authors || s.title);
  return [
    ...sources,
    ...reported.map((s) =>
      bibEntry("study" + s.i, {
        author: s.authors,
        title: s.title,
        year: s.year,
        doi: s.doi,
        note: s.citation && `cited as [${s.citation}]`,
      }),
    ),
  ].join("\n\n");
}
function copy(text, button) {
  const area = h("textarea", { class: "sr" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy"); // works in a page from a disk, where the clipboard interface asks for leave
  area.remove();
  const was = button.textContent;
  button.textContent = T().copied;
  say(T().copied);
  setTimeout(() => {
    button.textContent = was;
  }, 1200);
}

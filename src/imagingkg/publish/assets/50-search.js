/* ==== 50 search: one box for names (en, zh, abbreviations, initials), sentences and sources ==== */
const SIMPLER = new Map();
for (let i = 0; i < D.traditional.length; i += 2) SIMPLER.set(D.traditional[i], D.traditional[i + 1]);
/** Text as it is compared: lower case, half-width, simplified characters, one kind of space and dash. */
const folded = (text) =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s~_\-\u2010-\u2015\u2212]+/g, " ")
    .replace(/[\u4e00-\u9fff]/g, (c) => SIMPLER.get(c) || c);
/* Names as they are compared, and Latin initials: made when first searched for. */
const namesFor = (c) => (c.folded ||= [c.en, c.zh, ...c.also].map(folded));
/* GB 2312 sorts its first-level characters by their reading; here each Latin initial begins. */
const INITIALS = [..."啊a芭b擦c搭d蛾e发f噶g哈h击j喀k垃l妈m拿n哦o啪p期q然r撒s塌t挖w昔x压y匝z"];
const LEVEL_ONE = levelOne();
/** The place of each first-level character in that order. */
function levelOne() {
  const places = new Map(),
    decoder = new TextDecoder("gbk");
  for (let row = 0xb0; row <= 0xd7; row++) {
    const bytes = Uint8Array.from({ length: 188 }, (_, k) => (k % 2 ? 0xa1 + (k >> 1) : row));
    for (const character of decoder.decode(bytes)) if (character !== "\ufffd") places.set(character, places.size);
  }
  return places;
}
/** "jzl" for 胶质瘤, or "" when a character's reading is not known. */
function initialsOf(chinese) {
  let out = "";
  for (const character of chinese) {
    if (character < "\u0080") {
      out += /\w/.test(character) ? character.toLowerCase() : "";
      continue;
    }
    const at = LEVEL_ONE.get(character);
    if (at === undefined) return "";
    let k = 0;
    while (k + 2 < INITIALS.length && LEVEL_ONE.get(INITIALS[k + 2]) <= at) k += 2;
    out += INITIALS[k + 1];
  }
  return out;
}
const WORDY = /[\p{L}\p{N}]/u;
let hits = [],
  hitAt = 0;

function nameScore(names, q) {
  let best = 0;
  for (const n of names) {
    const at = n.indexOf(q);
    if (at < 0) continue;
    const score = n === q ? 6 : at === 0 ? 5 : WORDY.test(n[at - 1]) && q.charCodeAt(0) < 128 ? 2 : 4;
    best = Math.max(best, score);
  }
  return best;
}
function findConcepts(text) {
  const q = folded(text).trim(),
    latin = /^[a-z0-9]{2,}$/.test(q),
    out = [];
  for (const c of C) {
    if (!seen(c.i) && !c.named.length) continue;
    let score = nameScore(namesFor(c), q);
    if (!score && latin) {
      c.initials ??= c.zh === c.en ? "" : initialsOf(c.zh);
      if (c.initials.startsWith(q)) score = c.initials === q ? 3 : 1;
    }
    if (score) out.push({ i: c.i, score, n: c.claims.length });
  }
  return out.sort((a, b) => b.score - a.score || b.n - a.n || a.i - b.i).slice(0, 9);
}
function findSentences(text) {
  const q = text.toLowerCase();
  return shown.filter((cl) => cl.text.toLowerCase().includes(q));
}
function findSources(text) {
  const q = text.toLowerCase();
  return DOCS.filter((d) => [d.title, d.authors, d.doi, d.id].some((x) => x.toLowerCase().includes(q))).slice(0, 3);
}
const claimsIn = (document) => shown.filter((cl) => cl.doc.i === document);

function emphasised(text, q) {
  const at = text.toLowerCase().indexOf(q.toLowerCase());
  if (at < 0) return [text];
  return [text.slice(0, at), h("mark", null, text.slice(at, at + q.length)), text.slice(at + q.length)];
}
/** The grey second name: the one that matched, else the other language. */
function secondName(i, q) {
  const own = label(i),
    other = otherLabel(i) === own ? "" : otherLabel(i),
    wanted = folded(q).trim();
  if ([own, other].some((n) => folded(n).includes(wanted))) return other;
  const found = C[i].also.filter((a) => folded(a).includes(wanted));
  return plain(found.find(isOurs) || found[0] || other);
}
function conceptHit(i, q) {
  const name = h("span", { class: "l" }, emphasised(label(i), q), h("em", null, emphasised(secondName(i, q), q)));
  return [
    glyph(kindOf(i)),
    name,
    h("span", { class: "k" }, T().kinds[kindOf(i)]),
    h("span", { class: "n" }, claimsOf(i).length),
  ];
}
function plainHit(path, text, n) {
  return [icon(path), h("span", { class: "l" }, text), h("span", { class: "k" }), h("span", { class: "n" }, n)];
}
function hitRow(x, at, q) {
  const choices = { role: "option", class: "hit", id: "hit" + at, "aria-selected": "false" };
  choices.onmousedown = (e) => {
    e.preventDefault();
    choose(at);
  };
  choices.onmousemove = () => {
    if (hitAt === at) return;
    hitAt = at;
    markHit();
  };
  if (x.text) return h("div", choices, plainHit("M3 4h10M3 8h10M3 12h6", T().inText(x.text), x.n));
  if (x.doc)
    return h(
      "div",
      choices,
      plainHit("M4 2h5l3 3v9H4zM9 2v3h3", emphasised(sourceName(x.doc), q), claimsIn(x.doc.i).length),
    );
  return h("div", choices, conceptHit(x.concept, q));
}
function drawHits() {
  const q = $("q").value.trim(),
    box = $("hits");
  hits = q ? findConcepts(q).map((x) => ({ concept: x.i })) : [];
  if (!q) {
    box.hidden = true;
    $("q").removeAttribute("aria-activedescendant");
    return;
  }
  const sentences = findSentences(q);
  if (sentences.length) hits.push({ text: q, n: sentences.length });
  if (q.length > 1) hits.push(...findSources(q).map((doc) => ({ doc })));
  hitAt = clamp(hitAt, 0, Math.max(0, hits.length - 1));
  const nothing = h(
    "div",
    { class: "hits-none", role: "option", "aria-disabled": "true", "aria-selected": "false" },
    T().nohit,
  );
  fill(box, hits.length ? hits.map((x, at) => hitRow(x, at, q)) : nothing);
  box.hidden = false;
  markHit();
  say(T().hits(hits.length));
}
function markHit() {
  if (!hits.length) return;
  [...$("hits").children].forEach((e, at) => e.setAttribute("aria-selected", String(at === hitAt)));
  $("q").setAttribute("aria-activedescendant", "hit" + hitAt);
  $("hit" + hitAt)?.scrollIntoView({ block: "nearest" });
}
function choose(at) {
  const x = hits[at];
  if (!x) return;
  $("q").value = "";
  drawHits();
  $("q").blur();
  if (x.text) set({ sel: { t: "text", q: x.text } }, true);
  else if (x.doc) openDocument(x.doc.i);
  else openConcept(x.concept);
}
/** In the graph a concept becomes the focus; everywhere its claims open at the right. */
function openConcept(i) {
  const sel = { t: "ids", ids: [i] };
  set(S.view === "graph" && seen(i) ? { focus: i, sel } : { sel }, true);
}
const openDocument = (i) => set({ sel: { t: "doc", i } }, true);

function searchKeys(e) {
  if (e.isComposing) return;
  const q = $("q");
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    e.preventDefault();
    hitAt = (hitAt + (e.key === "ArrowDown" ? 1 : -1) + hits.length) % Math.max(1, hits.length);
    markHit();
  } else if (e.key === "Enter") {
    e.preventDefault();
    choose(hitAt);
  } else if (e.key === "Escape") {
    e.stopPropagation();
    if (!q.value) return q.blur();
    q.value = "";
    drawHits();
  }
}
function startSearch() {
  const q = $("q");
  q.addEventListener("input", () => {
    hitAt = 0;
    drawHits();
  });
  q.addEventListener("focus", drawHits);
  q.addEventListener("blur", () => {
    $("hits").hidden = true;
  });
  q.addEventListener("keydown", searchKeys);
}

/* ==== 72 card: sentence, what the claim is made of, figures, source ==== */
function card(group) {
  const t = T(),
    cl = group[0],
    sentence = SENTENCES[cl.sentence];
  const shared = cl.fillers.filter((i) => group.every((c) => c.fillers.includes(i)));
  const fills = new Set(group.flatMap((c) => c.parts));
  const parts = group.map((c) => {
    const rest =
      group.length > 1 &&
      tuple(
        [c],
        c.fillers.filter((i) => !shared.includes(i)),
      );
    return h("div", { class: group.length > 1 ? "part" : "" }, rest, compared(c), figures(c));
  });
  return h(
    "li",
    { class: "card" },
    cardHead(group),
    quotation(sentence, fills),
    tuple(group, shared),
    parts,
    h("p", { class: "src" }, source(group)),
  );
}
function cardHead(group) {
  const t = T(),
    cl = group[0];
  const size = group.flatMap((c) => c.sample).reduce((a, b) => (!a || b[0] > a[0] ? b : a), null);
  const contra = new Set(group.flatMap((c) => c.against)).size;
  const years = [...new Set(group.map((c) => c.year).filter(Boolean))];
  const certain = [...new Set(group.map((c) => c.certainty))].map((k) =>
    h("span", { class: "cchip c" + k }, ["", "~ ", "− "][k] + t.certainties[k]),
  );
  const asserted = [...new Set(group.map((c) => c.reported))].map((k) =>
    h("span", { class: "as", title: t.assertionsWhy[k] }, t.assertions[k]),
  );
  return h(
    "div",
    { class: "meta" },
    h("span", { class: "y" }, years.join(", ") || t.nodate),
    size && h("span", null, `n = ${grouped(size[0])} ${plain(t.units[size[1]] || size[1])}`),
    group.length > 1 && h("span", null, t.sameSentence(group.length)),
    h("span", { class: "sp" }),
    contra > 0 && h("span", { class: "cchip cx" }, "≠ " + t.contra(contra)),
    cl.doc.retracted > 0 && h("span", { class: "cchip c2" }, t.retracted),
    asserted,
    certain,
  );
}
/** What the claim is made of, as buttons; slanted where the sentence itself does not say it. */
function tuple(group, ids) {
  if (!ids.length) return null;
  const loose = (i) => group.every((c) => fromContext(c, i)),
    remedy = (i) => group.some((c) => c.remedy.includes(i));
  const order = ids.slice().sort(by((i) => remedy(i) * 1000 + C[i].kind * 2 + loose(i)));
  const firstRemedy = order.find(remedy);
  const one = (i) => {
    const title = `${T().kinds[kindOf(i)]}: ${label(i)}${loose(i) ? ` (${T().ctx})` : ""}`;
    const button = h(
      "button",
      { class: loose(i) ? "ctx" : "", title, onclick: () => openConcept(i) },
      glyph(kindOf(i)),
      h("span", null, label(i)),
    );
    return i === firstRemedy
      ? [h("span", { class: "arrow" }, "→ ", h("span", { class: "sr" }, T().remedy)), button]
      : button;
  };
  const row = h("div", { class: "tuple" }, order.slice(0, 8).map(one));
  if (order.length > 8) {
    const more = h(
      "button",
      {
        onclick: () => {
          more.remove();
          add(row, order.slice(8).map(one));
        },
      },
      h("span", null, "+ " + T().rest(order.length - 8)),
    );
    row.append(more);
  }
  return row;
}
function compared(cl) {
  if (!cl.comparison.length) return null;
  const [how, other] = cl.comparison,
    t = T();
  const name = typeof other === "number" ? label(other) : t.comparedWith[other] || plain(other);
  return h(
    "p",
    { class: "cmp" },
    `${t.comparisons[how]} `,
    typeof other === "number" ? h("button", { onclick: () => openConcept(other) }, name) : name,
  );
}
function figures(cl) {
  if (!cl.figures.length) return null;
  const ordered = cl.figures.slice().sort((a, b) => (unit(b) !== null) - (unit(a) !== null) || b.split - a.split);
  const bars = h("div", { class: "bars" }),
    put = (from, to) => ordered.slice(from, to).forEach((r) => add(bars, [bar(r)]));
  put(0, 4);
  if (ordered.length <= 4) return bars;
  const more = h(
    "button",
    {
      class: "more",
      onclick: () => {
        more.remove();
        put(4);
      },
    },
    T().more(ordered.length - 4),
  );
  return [bars, more];
}
/** One figure on a fixed track from 0 to 1, with its interval. */
function bar(r) {
  const u = unit(r),
    low = unit(r, r.lower),
    high = unit(r, r.upper),
    percent = (x) => (100 * x).toFixed(2) + "%";
  const track = h("span", { class: "tr", "aria-hidden": "true" });
  if (u !== null) track.append(h("span", { class: "v", css: { width: percent(u) } }));
  if (low !== null && high !== null)
    track.append(h("span", { class: "ci", css: { left: percent(low), width: percent(high - low) } }));
  const name = metricName(r) + (r.method >= 0 ? ` · ${label(r.method)}` : "");
  const interval = r.lower !== null && h("em", null, ` ${r.lower}–${r.upper}`),
    p = r.p && h("em", null, ` p ${/^[<>=≤≥]/.test(r.p) ? "" : "= "}${plain(r.p)}`);
  return [
    h("span", { class: "nm", title: name }, name),
    u === null ? h("span") : track,
    h("span", { class: "vl" }, figure(r), interval, p),
    h("span", { class: "st" + (r.split === 4 ? " ext" : "") }, T().splits[r.split]),
  ];
}

/* ---- where it stands ---- */
const sourceName = (d) => readable(d.title) || plain(d.source || d.id) || T().untitled;
function sourceCode(d) {
  if (d.doi) return "doi:" + plain(d.doi);
  if (d.pmid) return "PMID " + plain(d.pmid);
  return d.id.startsWith("arxiv:") ? "arXiv " + plain(d.id.slice(6)) : plain(d.source || d.id);
}
const sourceLine = (d) => [plain(d.authors), plain(d.venue), d.year || "", sourceCode(d)].filter(Boolean).join(" · ");
const studyName = (s) =>
  [plain(s.authors), s.year || "", s.citation && `[${plain(s.citation)}]`].filter(Boolean).join(" ");

function source(group) {
  const d = group[0].doc;
  const studies = [...new Set(group.flatMap((c) => (c.reported ? c.studies : [])))]
    .map((k) => STUDIES[k])
    .filter((s) => studyName(s));
  const go = (e) => {
    e.preventDefault();
    openDocument(d.i);
  };
  const address = "#sel=" + encodeURIComponent(selToText({ t: "doc", i: d.i }).slice(0, 300));
  const title = h("a", { href: address, onclick: go }, h("cite", { lang: d.lang }, sourceName(d)));
  const cited = studies.length > 0 && [
    h("cite", null, studies.slice(0, 6).map(studyName).join("; ") + (studies.length > 6 ? " …" : "")),
    ` · ${T().cited} `,
  ];
  const code = sourceCode(d);
  return [cited, title, code !== sourceName(d) && ` · ${code}`];
}

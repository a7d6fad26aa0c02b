/* ==== 68 quote: a sentence as a reader wants it, though its offsets count in the source ==== */
/* What TeX and HTML leave in abstracts, and how it reads. Applied to the shown text only, never to the data. */
const MARKUP = [
  [/~?\\cite[tp]?\{[^}]*\}/g, ""],
  [/\\(?:emph|text(?:bf|it|sc|rm|tt)?|mathrm|mathbf|mathcal|math[a-z]+|bf|it|em)\b\s*/g, ""],
  [/\\([%&#_$])/g, "$1"],
  [/\\pm\b/g, "±"],
  [/\\geq?\b/g, "≥"],
  [/\\leq?\b/g, "≤"],
  [/\\times\b/g, "×"],
  [/\\sim\b/g, "~"],
  [/\\approx\b/g, "≈"],
  [/\\alpha\b/g, "α"],
  [/\\beta\b/g, "β"],
  [/\\gamma\b/g, "γ"],
  [/\\kappa\b/g, "κ"],
  [/\\mu\b/g, "µ"],
  [/\\sigma\b/g, "σ"],
  [/\\rho\b/g, "ρ"],
  [/\\ell\b/g, "ℓ"],
  [/\\(?:rightarrow|to)\b/g, "→"],
  [/\\l?dots\b/g, "…"],
  [/\\[,;:! ]/g, " "],
  [/\^\{?2\}?/g, "²"],
  [/\^\{?3\}?/g, "³"],
  [/``|''/g, '"'],
  [/&lt;/g, "<"],
  [/&gt;/g, ">"],
  [/&amp;/g, "&"],
  [/&quot;/g, '"'],
  [/&#0?39;|&apos;/g, "'"],
  [/&nbsp;/g, " "],
];
const MATH = /\$([^$\n]{1,80})\$/g;

/** Replacements [start, end, text] that make `text` readable; sorted, and none reaches into another. */
function edits(text) {
  const found = [];
  for (const [pattern, instead] of MARKUP) {
    for (const m of text.matchAll(pattern))
      found.push([m.index, m.index + m[0].length, m[0].replace(new RegExp(pattern.source), instead)]);
  }
  for (const m of text.matchAll(MATH)) {
    found.push([m.index, m.index + 1, ""], [m.index + m[0].length - 1, m.index + m[0].length, ""]);
    for (const brace of m[0].matchAll(/[{}]/g)) found.push([m.index + brace.index, m.index + brace.index + 1, ""]);
  }
  found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let end = 0;
  return found.filter(([from, to]) => {
    if (from < end) return false;
    end = to;
    return true;
  });
}
/** A stretch of the text with the replacements that lie within it. */
function stretch(text, from, to, changes) {
  let out = "",
    at = from;
  for (const [a, b, instead] of changes) {
    if (a < at || b > to) continue;
    out += text.slice(at, a) + instead;
    at = b;
  }
  return plain(out + text.slice(at, to));
}
const readable = (text) => (/[\\$&`'^]/.test(text) ? stretch(text, 0, text.length, edits(text)) : plain(text));

/** The sentence with its mentions: solid for what fills a claim, dotted for what only stands there. */
function quotation(sentence, fills) {
  const text = sentence.text;
  if (!text) return h("p", { class: "noquote" }, T().quoteLeft(sentence.start));
  const changes = /[\\$&`'^]/.test(text) ? edits(text) : [],
    out = [];
  let at = 0;
  for (let k = 0; k < sentence.mentions.length; k += 3) {
    const [from, length, i] = sentence.mentions.slice(k, k + 3),
      kind = kindOf(i),
      to = from + length;
    out.push(stretch(text, at, from, changes));
    const shownAs = stretch(text, from, to, changes);
    if (S.off.has("k" + kind)) out.push(shownAs);
    else {
      const attributes = {
        class: "m" + (fills.has(i) ? "" : " bg"),
        css: { "--kc": `var(--${kind})` },
        title: `${T().kinds[kind]}: ${label(i)}`,
        onclick: () => openConcept(i),
      };
      out.push(h("span", attributes, shownAs));
    }
    at = to;
  }
  out.push(stretch(text, at, text.length, changes));
  return h("blockquote", { lang: DOCS[sentence.document].lang }, out);
}

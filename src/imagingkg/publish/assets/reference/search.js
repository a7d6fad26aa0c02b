"use strict";
// Finds terms by any of their names. The list stands in the page; nothing is asked of anybody.
(() => {
  const MOST = 60;
  const form = document.getElementById("search");
  const field = form.querySelector("input");
  const list = document.getElementById("found");
  const count = document.getElementById("count");
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const terms = JSON.parse(document.getElementById("terms").textContent).map(([page, id, en, zh, also]) => {
    const names = [en, zh, ...also].map(fold);
    return { href: `${page}#${encodeURIComponent(id)}`, en, zh, also, names, page };
  });

  // 0: a name is the text; 1: a name begins with it; 2: a name holds it; 3: none does.
  const rank = (term, text) => {
    let best = 3;
    for (const name of term.names) {
      if (name === text) return 0;
      if (name.startsWith(text)) best = Math.min(best, 1);
      else if (name.includes(text)) best = Math.min(best, 2);
    }
    return best;
  };

  const item = (term, text) => {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = term.href;
    link.textContent = term.en;
    const rest = document.createElement("span");
    const other = term.also.find((name) => fold(name).includes(text));
    const shown = [term.zh === term.en ? "" : term.zh, other ?? ""].filter(Boolean).join(" · ");
    rest.className = "kind";
    rest.textContent = ` ${shown} (${term.page === "" ? "vocabulary" : term.page.replace(".html", "")})`;
    line.append(link, rest);
    return line;
  };

  const show = () => {
    const text = fold(field.value.trim());
    const found = text === "" ? [] : terms
      .map((term) => ({ term, rank: rank(term, text) }))
      .filter((entry) => entry.rank < 3)
      .sort((a, b) => a.rank - b.rank || a.term.en.length - b.term.en.length || (a.term.en < b.term.en ? -1 : 1));
    list.replaceChildren(...found.slice(0, MOST).map((entry) => item(entry.term, text)));
    const more = found.length > MOST ? `, ${MOST} shown` : "";
    count.textContent = text === "" ? "" : `${found.length} found${more}`;
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", show);
  show();
})();

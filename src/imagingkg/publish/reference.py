"""The reference of the ontology as static pages: index.html for the vocabulary and the queries, one page for each kind
of concept.

Each term has an anchor: `index.html#Claim`, `index.html#task`, `modality.html#mri`. The pages load nothing, neither
from elsewhere nor from each other; the one script, which searches, and the one style sheet are allowed by their hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from imagingkg.errors import KgError
from imagingkg.graph.names import VOCAB, Names
from imagingkg.graph.query import NamedQuery, load_queries
from imagingkg.graph.sources import Source, expand, load_sources, usable
from imagingkg.lexicon import Concept, Lexicon
from imagingkg.model import CLAIM_ROLES, KINDS
from imagingkg.publish.explorer import content_policy
from imagingkg.publish.reference_terms import Term, pattern_of, queries_with, read_terms, short

_ASSETS: Final = Path(__file__).parent / "assets" / "reference"
_PLURALS: Final = {
    "modality": ("Modalities", "成像方式"),
    "task": ("Tasks", "任务"),
    "disease": ("Diseases and findings", "疾病与征象"),
    "anatomy": ("Anatomy", "解剖部位"),
    "method": ("Methods", "方法"),
    "biomarker": ("Biomarkers", "生物标志物"),
    "metric": ("Metrics", "评价指标"),
    "dataset": ("Datasets", "数据集"),
    "challenge": ("Challenges of the field", "领域难题"),
}
_RELATIONS: Final = (
    ("broader", "broader"), ("part_of", "part of"), ("located_in", "located in"), ("marker_of", "known marker of"),
    ("combines", "combines"), ("mitigates", "mitigates"),
)  # fmt: skip
_MAPPINGS: Final = (("exact", "exact match"), ("close", "close match"), ("broad", "broad match"))
EXAMPLE: Final = """\
@prefix ikg: <https://w3id.org/imagingkg/vocab/> .
@prefix task: <https://w3id.org/imagingkg/concept/task/> .
@prefix modality: <https://w3id.org/imagingkg/concept/modality/> .
@prefix disease: <https://w3id.org/imagingkg/concept/disease/> .
@prefix method: <https://w3id.org/imagingkg/concept/method/> .
@prefix metric: <https://w3id.org/imagingkg/concept/metric/> .
@prefix : <https://w3id.org/imagingkg/example/> .

# "The CNN detected lung nodules on CT with an AUC of 0.950 in 300 patients."
:claim a ikg:Claim ;
    ikg:task task:detection ;
    ikg:modality modality:ct ;
    ikg:disease disease:lung-nodule ;
    ikg:method method:cnn ;
    ikg:certainty ikg:affirmed ;
    ikg:assertedAs ikg:primary ;
    ikg:result :result ;
    ikg:sample :sample ;
    ikg:evidence :evidence ;
    ikg:statedIn :document .

:result a ikg:Result ;
    ikg:metric metric:auc ;
    ikg:value 0.950 ;
    ikg:normalizedValue 0.950 ;
    ikg:reportedAs "0.950" ;
    ikg:split "unspecified" .

:sample a ikg:Sample ;
    ikg:value 300 ;
    ikg:unit "patients" .

:evidence a ikg:Evidence ;
    ikg:quote "The CNN detected lung nodules on CT with an AUC of 0.950 in 300 patients." ;
    ikg:start 0 ;
    ikg:end 73 .
"""


def write_reference(
    directory: Path, lexicon: Lexicon, *, names: Names, version: str, licensed_codes: bool = False
) -> tuple[str, ...]:
    """Write the pages into `directory` (made if missing) and give their names; other files there are left alone.

    Without `licensed_codes` codes of vocabularies that need a licence stay out. Equal bytes for equal input. Raises
    KgError where the directory cannot be written.
    """
    pages = reference_pages(lexicon, names=names, version=version, licensed_codes=licensed_codes)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (directory / name).write_text(text, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise KgError(str(directory), f"cannot be written ({error.strerror})") from error
    return tuple(pages)


def reference_pages(
    lexicon: Lexicon, *, names: Names, version: str, licensed_codes: bool = False
) -> dict[str, str]:  # fmt: skip
    """The pages by file name."""
    sources = {prefix: s for prefix, s in load_sources().items() if licensed_codes or not s.licensed}
    by_kind: dict[str, list[Concept]] = {kind: [] for kind in KINDS}
    for concept in lexicon.concepts.values():
        by_kind[concept.kind].append(concept)
    pages = {"index.html": _index(by_kind, sources, version)}
    for kind, concepts in by_kind.items():
        concepts.sort(key=lambda c: (c.en.casefold(), c.id))
        pages[f"{kind}.html"] = _kind_page(kind, concepts, lexicon, sources, names, licensed_codes)
    return pages


def _page(title: str, body: str, *, script: str = "", data: str = "") -> str:
    style = (_ASSETS / "style.css").read_text(encoding="utf-8")
    policy = content_policy(scripts=[script] if script else [], styles=[style])
    searched = f'<script type="application/json" id="terms">{data}</script>\n<script>{script}</script>\n' * bool(script)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}{searched}</body>\n</html>\n"
    )


# ------------------------------------------------------------------------------------------------------- The front page


def _index(by_kind: Mapping[str, Sequence[Concept]], sources: Mapping[str, Source], version: str) -> str:
    terms, queries = read_terms(), load_queries()
    parts = [
        "<header>\n<h1>The imagingkg ontology</h1>\n",
        f'<p>Version {escape(version)}. Terms are below <a href="{VOCAB}">{VOCAB}</a>, prefix <code>ikg:</code>.</p>\n',
        "</header>\n",
        '<form id="search" role="search" hidden><label for="text">Find a term or concept, in English or Chinese</label>'
        '<br><input id="text" type="search" autocomplete="off" spellcheck="false">\n'
        '<p id="count" role="status"></p><ul id="found"></ul></form>\n',
        _contents(by_kind),
        f'<main>\n<h2 id="example">A claim</h2>\n<pre>{escape(EXAMPLE)}</pre>\n',
    ]
    for sort, heading in (("class", "Classes"), ("property", "Properties"), ("value", "Values")):
        chosen = [term for term in terms if term.sort == sort]
        parts.append(f'<h2 id="{heading.lower()}">{heading}</h2>\n')
        parts += [_term(term, queries.values()) for term in chosen]
    parts.append('<h2 id="queries">Named queries</h2>\n')
    parts += [_query(query) for query in queries.values()]
    parts.append('<h2 id="vocabularies">Vocabularies that concepts are mapped to</h2>\n')
    parts.append(_vocabularies(sources) + "</main>\n")
    script = (_ASSETS / "search.js").read_text(encoding="utf-8")
    return _page("The imagingkg ontology", "".join(parts), script=script, data=_search_data(terms, by_kind))


def _contents(by_kind: Mapping[str, Sequence[Concept]]) -> str:
    here = (
        ("example", "A claim"), ("classes", "Classes"), ("properties", "Properties"), ("values", "Values"),
        ("queries", "Named queries"), ("vocabularies", "Vocabularies"),
    )  # fmt: skip
    items = [f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name in here]
    items += [
        f'<li><a href="{kind}.html">{_PLURALS[kind][0]}</a> <span class="kind">{len(concepts):,}</span></li>'
        for kind, concepts in by_kind.items()
    ]
    return f'<nav aria-label="Contents"><ul>{"".join(items)}</ul></nav>\n'


def _term(term: Term, queries: Iterable[NamedQuery]) -> str:
    rows = [
        ("definition", f"{escape(term.definition_en)}<br>{_zh(term.definition_zh)}"),
        ("is a" if term.sort != "property" else "below", _iris(term.above)),
        ("of", _iris(term.of)),
        ("leads to", _iris(term.to)),
        *((_words(name), _iris([iri])) for name, iri in term.matches),
        ("in SPARQL", f"<code>{escape(pattern_of(term))}</code>"),
        ("asked in", ", ".join(f'<a href="#query-{escape(q)}">{escape(q)}</a>' for q in queries_with(term, queries))),
    ]
    return _article(term.local, term.en, term.zh, f"ikg:{term.local}", rows)


def _query(query: NamedQuery) -> str:
    told = "".join(f" -p {p.name}={p.default or '…'}" for p in query.parameters if p.name != "lang")
    rows = [
        ("question", f"{escape(query.en)}<br>{_zh(query.zh)}"),
        ("command", f"<code>imagingkg query {escape(query.name + told)}</code>"),
        *((f"{p.name}", escape(p.note)) for p in query.parameters),
        ("SPARQL", f"<details><summary>show</summary><pre>{escape(query.text)}</pre></details>"),
    ]
    return _article(f"query-{query.name}", query.title, "", query.name, rows)


def _vocabularies(sources: Mapping[str, Source]) -> str:
    rows = "".join(
        f"<tr><td>{escape(s.prefix)}</td><td>{escape(s.name)}</td><td>{escape(s.version)}</td>"
        f'<td><a href="{escape(s.licence)}">{escape(s.licence)}</a><br>{escape(s.rights)}</td></tr>'
        for s in sources.values()
    )
    head = "<tr><th>prefix</th><th>vocabulary</th><th>version</th><th>licence and rights</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>\n"


def _search_data(terms: Sequence[Term], by_kind: Mapping[str, Sequence[Concept]]) -> str:
    """Page, anchor, both labels and other names of everything; without a character that ends the element it is in."""
    rows = [["", term.local, term.en, term.zh, [f"ikg:{term.local}"]] for term in terms]
    for kind, concepts in by_kind.items():
        rows += [[f"{kind}.html", _key(c.id), c.en, c.zh, [*c.also, *c.abbr]] for c in concepts]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


# ----------------------------------------------------------------------------------------------------- Kinds of concept


def _kind_page(
    kind: str,
    concepts: Sequence[Concept],
    lexicon: Lexicon,
    sources: Mapping[str, Source],
    names: Names,
    licensed: bool,
) -> str:
    title, chinese = _PLURALS[kind]
    name = f"ikg:{kind.capitalize()}"
    asked = f" Any of their names can be asked for: <code>imagingkg gaps --where {kind}=NAME</code>."
    parts = [
        '<header>\n<p><a href="index.html">The imagingkg ontology</a></p>\n',
        f"<h1>{title} {_zh(chinese)}</h1>\n",
        f'<p>{len(concepts):,} concepts of class <a href="index.html#{kind.capitalize()}">{name}</a>.',
        asked if kind in ("task", *CLAIM_ROLES) else "",
        "</p>\n</header>\n<main>\n",
    ]
    for concept in concepts:
        rows = [
            ("definition", "<br>".join(filter(None, (escape(concept.definition_en), _zh(concept.definition_zh))))),
            ("also", "; ".join(map(_named, (*concept.also, *concept.abbr)))),
            *((said, _concepts(getattr(concept, field), lexicon)) for field, said in _RELATIONS),
            *((said, _codes(getattr(concept, field), sources, licensed)) for field, said in _MAPPINGS),
        ]
        iri = names.concept(concept.id).value
        rows.append(("IRI", f"<code>{escape(iri)}</code>"))
        if concept.higher_is_better is not None:
            rows.append(("better is", "higher" if concept.higher_is_better else "lower"))
        parts.append(_article(_key(concept.id), concept.en, concept.zh, concept.id, rows))
    parts.append("</main>\n")
    return _page(f"{title} - The imagingkg ontology", "".join(parts))


def _article(anchor: str, en: str, zh: str, shown: str, rows: Iterable[tuple[str, str]]) -> str:
    """One term; `rows` are names with finished HTML, the empty ones left out."""
    chinese = f' <span class="zh">{_zh(zh)}</span>' if zh and zh != en else ""
    said = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows if value)
    link = f'<a class="id" href="#{escape(anchor)}">{escape(shown)}</a>'
    return f'<article id="{escape(anchor)}"><h3>{escape(en)}{chinese} {link}</h3><dl>{said}</dl></article>\n'


def _concepts(ids: Iterable[str], lexicon: Lexicon) -> str:
    return "; ".join(
        f'<a href="{escape(found.kind)}.html#{escape(_key(found.id))}">{escape(found.en)}</a>'
        for found in (lexicon.concepts[key] for key in ids if key in lexicon.concepts)
    )


def _codes(curies: Iterable[str], sources: Mapping[str, Source], licensed: bool) -> str:
    return "; ".join(
        f'<a href="{escape(expand(curie, sources).value)}" rel="noreferrer">{escape(curie)}</a>'
        for curie in sorted(set(curies))
        if curie.partition(":")[0] in sources and usable(curie, sources, licensed_codes=licensed)
    )


def _iris(iris: Iterable[str]) -> str:
    return ", ".join(_iri(iri) for iri in iris)


def _iri(iri: str) -> str:
    target = f"#{iri.removeprefix(VOCAB)}" if iri.startswith(VOCAB) else iri
    return f'<a href="{escape(target)}">{escape(short(iri))}</a>'


def _named(name: str) -> str:
    return escape(name) if name.isascii() else _zh(name)


def _zh(text: str) -> str:
    return f'<span lang="zh">{escape(text)}</span>' if text else ""


def _key(concept: str) -> str:
    return concept.partition("/")[2]


def _words(name: str) -> str:
    return name.replace("Match", " match")

"""What a graph says, told without the program: the measure that every export is held against; and a hostile graph."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

IKG = "https://w3id.org/imagingkg/vocab/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DATA = "https://w3id.org/imagingkg/"
ROLES = ("task", "modality", "disease", "anatomy", "method", "biomarker", "dataset", "challenge", "remedy")

HOSTILE = (
    "He said \"stop\", 'now'",
    "tab\there, line\nbreak, return\rhere, both\r\nhere",
    "back\\slash\\ and \\n \\u0041",
    "controls \x01\x02\x08\x0b\x0c\x1f\x7f\x85 end",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200bzero",
    "]]> <script>alert(1)</script> &amp; &#0; <!-- --> <?php ?>",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    '=HYPERLINK("http://x","y")',
    "} unbalanced { \\} $x_1^2$ 50% #1 ~ & @article{evil, title={x}}",
    "a|b|c;d;e,f\x1fg",
    "\ufeffbom \u2028 \u2029 end",
    "😀👩\u200d⚕\ufe0f \ufdd0\U0001ffff\U0010ffff",
    " . \n<http://x> a <http://y> .\n@prefix x: <y> .\n# no comment",
    "中文「引号」；《书名》，逗号",
    "long " + "x" * 10_000,
    "too long for a cell " + "漢" * 40_000,
    " leads and trails ",
)

Value = tuple[str, str]
"""An IRI or the text of a literal, and the language of the literal."""
Spo = tuple[str, str, Value]
Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Said:
    """What a claim says, with its evidence and source, as a reader of any format should find it."""

    certainty: str
    asserted_as: str
    quote: str
    figures: frozenset[str]
    title: str
    studies: frozenset[tuple[str, str, str, str]]  # authors, year, DOI, PMID
    english: frozenset[str]
    chinese: frozenset[str]


def spo(triples: Iterable[Triple]) -> list[Spo]:
    """pyoxigraph's triples as plain texts."""
    out = []
    for t in triples:
        assert isinstance(t.subject, NamedNode)
        if isinstance(t.object, (NamedNode, Literal)):
            language = t.object.language if isinstance(t.object, Literal) else None
            out.append((t.subject.value, t.predicate.value, (t.object.value, language or "")))
    return out


def graph_of(output: Path) -> list[Spo]:
    """The triples of a build's graph.ttl."""
    return spo(q.triple for q in parse(path=str(output / "graph.ttl"), format=RdfFormat.TURTLE))


def said(triples: Iterable[Spo]) -> dict[str, Said]:
    """Each claim and statement of a graph, by IRI."""
    table: dict[str, dict[str, set[Value]]] = defaultdict(lambda: defaultdict(set))
    for subject, predicate, value in triples:
        table[subject][predicate].add(value)

    def all_of(subject: str, name: str) -> list[str]:
        return sorted(text for text, _ in table[subject][IKG + name]) if subject in table else []

    def one(subject: str, name: str) -> str:
        return next(iter(all_of(subject, name)), "")

    out = {}
    for claim in [s for s in table if all_of(s, "statedIn")]:
        fillers = {f for role in ROLES for f in all_of(claim, role)}
        out[claim] = Said(
            certainty=one(claim, "certainty").removeprefix(IKG),
            asserted_as=one(claim, "assertedAs").removeprefix(IKG),
            quote=one(one(claim, "evidence"), "quote"),
            figures=frozenset(one(r, "reportedAs") for r in all_of(claim, "result")),
            title=one(one(claim, "statedIn"), "title"),
            studies=frozenset(
                (one(s, "authors"), one(s, "year"), one(s, "doi"), one(s, "pmid")) for s in all_of(claim, "study")
            ),
            english=frozenset(label(table[f], "en") for f in fillers),
            chinese=frozenset(label(table[f], "zh") for f in fillers),
        )
    return out


def label(concept: Mapping[str, set[Value]], language: str) -> str:
    """The preferred label in a language, or the one that there is."""
    labels = {lang: text for text, lang in concept[SKOS + "prefLabel"]}
    return labels.get(language) or min(labels.values())


def changed(claims: Mapping[str, Said], change: Change) -> dict[str, Said]:
    """The same with every text as a format has it."""
    return {
        iri: Said(
            c.certainty, c.asserted_as, change(c.quote), frozenset(map(change, c.figures)), change(c.title),
            frozenset((change(a), y, change(d), p) for a, y, d, p in c.studies), frozenset(map(change, c.english)),
            frozenset(map(change, c.chinese)),
        )
        for iri, c in claims.items()
    }  # fmt: skip


def without(claims: Mapping[str, Said], *names: str) -> dict[str, tuple[object, ...]]:
    """The claims less some fields, for a format in which these stand elsewhere."""
    kept = [name for name in Said.__slots__ if name not in names]
    return {iri: tuple(getattr(claim, name) for name in kept) for iri, claim in claims.items()}


_TEXTS = frozenset(IKG + n for n in ("quote", "reportedAs", "title", "authors", "venue", "rule", "unit", "pValue"))
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def make_hostile(build: Path, target: Path) -> Path:
    """A copy of a build in whose graph every text from a paper, and many a label, is one of HOSTILE.

    Every study gets a DOI of odd characters and a PubMed id.
    """
    shutil.copytree(build, target, ignore=shutil.ignore_patterns("store"))
    for name, form in (("graph.ttl", RdfFormat.TURTLE), ("graph.trig", RdfFormat.TRIG)):
        parser = parse(path=str(target / name), format=form)
        quads = [Quad(*t, q.graph_name) for q in parser for t in _hostile(q.triple)]
        content = [q.triple for q in quads] if name == "graph.ttl" else quads
        serialize(content, str(target / name), format=form, prefixes=dict(parser.prefixes))
    return target


def _hostile(triple: Triple) -> Iterable[Triple]:
    """What stands for a triple; which of HOSTILE it gets depends on the triple alone."""
    subject, predicate, value = triple.subject, triple.predicate, triple.object
    number = crc32(str(triple).encode("utf-8"))
    known = (IKG + "doi", IKG + "pmid")
    if predicate.value in _TEXTS or (predicate.value == SKOS + "prefLabel" and number % 3):
        assert isinstance(value, Literal)
        text = f"{HOSTILE[number % len(HOSTILE)]} ({number})"
        yield Triple(subject, predicate, Literal(text, language=value.language) if value.language else Literal(text))
    elif predicate.value not in known:
        yield triple
    if predicate.value == _TYPE and value == NamedNode(IKG + "Study"):
        yield Triple(subject, NamedNode(IKG + "doi"), Literal(f"10.1000/<{number}>_%#{{}}\\~&"))
        yield Triple(subject, NamedNode(IKG + "pmid"), Literal(str(number)))

"""From what a person calls a thing to the thing: any label of a concept in Chinese or English, or its id; a paper's
title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from imagingkg.errors import QueryError
from imagingkg.forms import squeeze
from imagingkg.graph.concepts import ALT_LABEL, CLASS_OF, FINDING, PREF_LABEL
from imagingkg.graph.names import DCTERMS, TYPE, ikg
from imagingkg.model import KINDS

KIND_OF_ROLE: Final = {kind: kind for kind in KINDS} | {"remedy": "method"}
"""The kind of concept that fills each role of a claim or statement."""

_TITLE: Final = ikg("title")
_PAPER_KEYS: Final = (
    *(_TITLE, ikg("doi"), ikg("pmid")),
    *(NamedNode(DCTERMS + name) for name in ("source", "identifier")),
)

_NEAR: Final = 0.4  # how like the text a title must be to be proposed
_PROPOSED: Final = 3


def class_of(kind: str) -> NamedNode:
    """The class of a kind of concept: "disease" is ikg:Disease. Raises QueryError for an unknown kind."""
    if kind not in (*KINDS, "finding"):
        raise QueryError("kind", f"{kind!r} is none", f"Use {', '.join(KINDS)} or finding")
    return FINDING if kind == "finding" else CLASS_OF[kind]


def texts(graph: Store, subject: NamedNode, predicate: NamedNode) -> list[Literal]:
    """The literals that stand there in the default graph."""
    found = (q.object for q in graph.quads_for_pattern(subject, predicate, None, DefaultGraph()))
    return [o for o in found if isinstance(o, Literal)]


def name_of(graph: Store, concept: NamedNode, lang: str = "en") -> str:
    """The preferred label in `lang`, or the one there is, or the last part of the IRI."""
    labels = {label.language or "": label.value for label in texts(graph, concept, PREF_LABEL)}
    return labels.get(lang) or min(labels.values(), default="") or concept.value.rsplit("/", 1)[-1]


def find_concept(graph: Store, role: str, text: str) -> NamedNode:
    """The concept that `text` names in a role ("disease", "modality", ...).

    `text` is a preferred or alternative label in any language (case, spacing, dashes, width and traditional characters
    aside), an id ("disease/glioma" or "glioma") or an IRI. Preferred labels win over alternative ones. Raises
    QueryError for an unknown name, with names like it, and for one that several concepts bear.
    """
    if role not in KIND_OF_ROLE:
        raise QueryError("role", f"{role!r} is none", f"Use one of {', '.join(sorted(KIND_OF_ROLE))}")
    kind = KIND_OF_ROLE[role]
    members = {
        q.subject.value: q.subject
        for q in graph.quads_for_pattern(None, TYPE, class_of(kind), DefaultGraph())
        if isinstance(q.subject, NamedNode)
    }
    wanted = squeeze(text)
    preferred: dict[str, set[str]] = defaultdict(set)
    others: dict[str, set[str]] = defaultdict(set)
    shown: dict[str, str] = {}
    for iri, concept in members.items():
        for table, predicate in ((preferred, PREF_LABEL), (others, ALT_LABEL)):
            for label in texts(graph, concept, predicate):
                table[squeeze(label.value)].add(iri)
                shown.setdefault(squeeze(label.value), label.value)
    ids = {iri for iri in members if text and iri.endswith(f"/concept/{kind}/{text.removeprefix(f'{kind}/')}")}
    for found in ({text} & members.keys(), preferred.get(wanted, set()), others.get(wanted, set()), ids):
        if len(found) == 1:
            return members[found.pop()]
        if found:
            names = ", ".join(f"{kind}/{iri.rsplit('/', 1)[-1]}" for iri in sorted(found))
            raise QueryError(role, f"{text!r} is a name of several concepts: {names}", "Give one of these ids")
    near = [shown[n] for n in get_close_matches(wanted, sorted(shown), n=5, cutoff=0.5)]
    advice = f"Did you mean {', '.join(near)}?" if near else f"No {kind} in this graph has a name like it"
    raise QueryError(role, f"no {kind} is called {text!r}", advice)


def find_paper(graph: Store, text: str) -> NamedNode:
    """The document that `text` names: its IRI or hash, or title, source, DOI or PMID (of it or of the study that it
    describes), or a part of a title that no other document has. Raises QueryError.
    """
    if not text.strip():
        raise QueryError("paper", "is not named", "Give a title or a part of it, a DOI, a PMID, a file name or an IRI")
    for quad in graph.quads_for_pattern(None, TYPE, ikg("Document"), DefaultGraph()):
        document = quad.subject
        if isinstance(document, NamedNode) and text in (document.value, document.value.rsplit("/", 1)[-1]):
            return document
    wanted = squeeze(text)
    whole: set[NamedNode] = set()
    part: set[NamedNode] = set()
    for key in _PAPER_KEYS:
        for node, value in _said(graph, key):
            folded = squeeze(value)
            if folded == wanted:
                whole.update(_documents(graph, node))
            elif key == _TITLE and wanted in folded:
                part.update(_documents(graph, node))
    for found in (whole, part):
        if len(found) == 1:
            return found.pop()
        if found:
            names = "; ".join(sorted(name.value for name in found)[:5])
            raise QueryError("paper", f"{text!r} fits {len(found)} documents", f"Give one of these: {names}")
    near = _near_titles(graph, wanted)
    raise QueryError("paper", f"no document is called {text!r}", f"Did you mean {'; '.join(near)}?" if near else "")


def _said(graph: Store, predicate: NamedNode) -> Iterator[tuple[NamedNode, str]]:
    for quad in graph.quads_for_pattern(None, predicate, None, DefaultGraph()):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            yield quad.subject, quad.object.value


def _documents(graph: Store, node: NamedNode) -> Iterator[NamedNode]:
    """The node, if it is a document, and the documents that describe it."""
    describing = (q.subject for q in graph.quads_for_pattern(None, ikg("describes"), node, DefaultGraph()))
    for one in (node, *(s for s in describing if isinstance(s, NamedNode))):
        if any(graph.quads_for_pattern(one, TYPE, ikg("Document"), DefaultGraph())):
            yield one


def _near_titles(graph: Store, wanted: str) -> list[str]:
    """The titles that are most like the text. A corpus has too many to hold them all."""
    best: dict[str, tuple[float, str, str]] = {}
    least = _NEAR
    matcher = SequenceMatcher(b=wanted)
    for node, title in _said(graph, _TITLE):
        folded = squeeze(title)
        matcher.set_seq1(folded)
        if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least or (ratio := matcher.ratio()) < least:
            continue
        if any(_documents(graph, node)):
            best[folded] = ratio, folded, title
            best = {found[1]: found for found in nlargest(_PROPOSED, best.values())}
            least = min(best.values())[0] if len(best) == _PROPOSED else _NEAR
    return [title for _, _, title in best.values()]

"""From a document to a reading: the stage that the rest of extract serves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from imagingkg.extract.abbreviations import definitions
from imagingkg.extract.abstract_claims import abstract_claims
from imagingkg.extract.backdrop import backdrop
from imagingkg.extract.cues import Cues, find_cues, load_cues
from imagingkg.extract.fields import fields_of_view
from imagingkg.extract.hits import Hit, covers
from imagingkg.extract.lines import make_lines
from imagingkg.extract.matcher import view_of_folded
from imagingkg.extract.mentions import find_names, organs_inside, tasks_inside
from imagingkg.extract.names import NameTable, compile_names
from imagingkg.extract.near_names import NearNames, compile_near, link_near
from imagingkg.extract.new_names import NewNames, find_new, load_new_names
from imagingkg.extract.numbers import Number, find_numbers, plain_width
from imagingkg.extract.organ_lesions import join_organ_lesions
from imagingkg.extract.overrides import apply_definitions
from imagingkg.extract.page import Page
from imagingkg.extract.relations import Relations, load_relations
from imagingkg.extract.review_claims import review_claims
from imagingkg.extract.same_task import join_tasks
from imagingkg.extract.samples import SplitHit, find_samples
from imagingkg.extract.sentences import OWN_SECTIONS, Sentence, split
from imagingkg.extract.statements import statements
from imagingkg.extract.task_targets import tasks_on_targets
from imagingkg.forms import fold_width
from imagingkg.lexicon import Lexicon
from imagingkg.model import Claim, Document, Mention, Reading, Split
from imagingkg.ontology_files import ontology_dir

_ABSTRACT_LIMIT: Final = 6000  # characters; a longer text is read sentence by sentence


@dataclass(frozen=True, slots=True)
class Tools:
    """The lexicon and the rules, compiled once and used for every document. Picklable."""

    names: NameTable
    new_names: NewNames
    near: NearNames
    cues: Cues
    relations: Relations
    labels: Mapping[str, str]
    mitigates: Mapping[str, frozenset[str]]


def prepare(lexicon: Lexicon) -> Tools:
    """Compile the lexicon and the rules beside it. Raises OntologyError for a mistake in them."""
    root = ontology_dir()
    names = compile_names(lexicon)
    return Tools(
        names=names,
        near=compile_near(names),
        new_names=load_new_names(root / "new_names.yaml"),
        cues=load_cues(root / "cues.yaml"),
        relations=load_relations(root / "relations.yaml", lexicon),
        labels={c.id: c.en for c in lexicon.concepts.values()},
        mitigates=_mitigates(lexicon),
    )


def _mitigates(lexicon: Lexicon) -> dict[str, frozenset[str]]:
    """Method to the challenges that it helps against; who helps with a part of a challenge helps with the whole."""
    out = {}
    for concept in lexicon.concepts.values():
        direct = {
            *concept.mitigates,
            *(m for a in lexicon.ancestors(concept.id) for m in lexicon.concepts[a].mitigates),
        }
        if direct:
            out[concept.id] = frozenset(direct.union(*(lexicon.ancestors(c) for c in direct)))
    return out


def extract(document: Document, tools: Tools) -> Reading:
    """What is named and claimed in the document. A text in neither English nor Chinese is kept, unread."""
    if document.lang not in ("en", "zh"):
        return Reading(document)
    page = take_apart(document, tools)
    abstract = _is_abstract(page)
    found = (
        abstract_claims(page, tools.names, tools.relations)
        if abstract
        else review_claims(page, tools.names, tools.relations)
    )
    unique = {c.id: c for c in (*found, *statements(page, tools.mitigates))}
    claims = tuple(_with_labels(c, tools, page) for c in sorted(unique.values(), key=lambda c: (c.start, c.end, c.id)))
    behind = backdrop(page, claims, tools.names, tools.relations, abstract=abstract)
    named = [hit for line in page.lines for hit in line.hits]
    fore = {hit.concept for hit in named} - behind
    mentions = tuple(
        Mention(
            start=hit.start,
            end=hit.end,
            text=document.text[hit.start : hit.end],
            kind=hit.kind,
            concept=hit.concept,
            label=_label(hit.concept, tools, page),
            background=hit.concept not in fore,
        )
        for hit in sorted([*named, *page.fields])
    )
    return Reading(document, mentions, claims)


def _label(concept: str, tools: Tools, page: Page) -> str:
    """The English label of the lexicon, else the name as the document writes it."""
    return tools.labels.get(concept) or page.labels.get(concept, concept)


def _with_labels(claim: Claim, tools: Tools, page: Page) -> Claim:
    if not claim.results:
        return claim
    return replace(claim, results=tuple(replace(r, label=_label(r.metric, tools, page)) for r in claim.results))


def _is_abstract(page: Page) -> bool:
    """One piece of work described by its authors: short, and not a string of cited studies."""
    cited = sum(bool(line.studies) for line in page.lines)
    return len(page.plain) <= _ABSTRACT_LIMIT and cited <= 1 and bool(page.document.title)


def take_apart(document: Document, tools: Tools) -> Page:
    """The document's lines with all that stands in them."""
    text = document.text
    cased = fold_width(text)
    folded = cased.lower()
    seen = view_of_folded(folded)
    plain = plain_width(text)
    labels: dict[str, str] = {}
    hits = find_names(cased, seen, tools.names)
    hits = apply_definitions(text, hits, definitions(text), tools.new_names, tools.names, labels)
    hits = find_new(text, hits, tools.new_names, labels)
    hits = link_near(hits, tools.near, labels)
    hits = join_organ_lesions(text, hits, tools.names, labels)
    if wordings := tools.relations.wordings(folded):
        # A wording may span names of other kinds ("restore the resolution of PET"): both stand. One of its own kind
        # inside it ("predict" in "predict the response") is part of it.
        wordings.sort()
        hits = sorted({*(h for h in hits if not _is_part(h, wordings)), *wordings})
    hits = sorted({*hits, *tasks_inside(text, hits, tools.names), *organs_inside(text, hits, tools.names)})
    hits = join_tasks(folded, hits, tools.names, english=document.lang == "en")
    fields = fields_of_view(plain, hits, tools.names)
    if fields:
        hits = [h for h in hits if h not in fields]
    cues = find_cues(seen, folded, tools.cues)
    splits: list[SplitHit] = [(c.start, c.end, _split(value)) for c in cues if (value := c.value("split"))]
    sentences = split(text, titled=bool(document.title) and text.startswith(document.title))
    measured = _with_metrics(sentences, hits)
    works = any(h.kind == "task" for h in hits)  # of samples elsewhere, only a claim has something to say
    samples = find_samples(plain, [(0, len(plain))] if works else measured, splits)
    counted = {s.start for s in samples}
    named = [(h.start, h.end) for h in hits if h.kind != "metric"]
    numbers = [n for n in find_numbers(plain, measured) if n.start not in counted and not _is_within(n, named)]
    references = {s.citation: s for s in document.references if s.citation}
    lines = make_lines(plain, sentences, hits, cues, numbers, samples, splits, references)
    labelled = any(sentence.section in OWN_SECTIONS for sentence in sentences)
    aimed = tuple(tasks_on_targets(plain, line, tools.names) if line.hits else frozenset() for line in lines)
    return Page(document, plain, lines, tuple(sorted(fields)), aimed, labels, labelled)


def _with_metrics(sentences: Sequence[Sentence], hits: Sequence[Hit]) -> list[tuple[int, int]]:
    """The sentences that name a metric, as stretches: a number elsewhere measures nothing."""
    starts = [s.start for s in sentences]
    found = sorted({bisect_right(starts, h.start) - 1 for h in hits if h.kind == "metric"})
    return [(sentences[i].start, sentences[i].end) for i in found if i >= 0]


def _is_part(hit: Hit, wordings: list[Hit]) -> bool:
    """Does one of the wordings (in order; they are short, so only the nearest can) hold the name as a part?"""
    at = bisect_right(wordings, hit.start, key=attrgetter("start"))
    return any(hit.kind == w.kind and covers(w, hit) for w in wordings[max(0, at - 4) : at])


def _split(value: str) -> Split:
    return value  # type: ignore[return-value]  # load_cues has checked the values


def _is_within(number: Number, spans: list[tuple[int, int]]) -> bool:
    """Is the number part of a name ("ResNet-50", "BraTS 2017", "L1")?"""
    at = bisect_right(spans, (number.start, 1 << 60)) - 1
    return at >= 0 and spans[at][0] <= number.start < spans[at][1]

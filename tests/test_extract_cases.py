"""Small cases of our own words in tests/cases/*.yaml, Chinese and English: each states one fact and what it asks for.

A case has an id, its fact, a text (and a title where it is an abstract) and what must come out:
  mentions    written form: the concept that it names ("new method": one that only this text knows)
  absent      written forms that name nothing, or concepts that nothing names
  same        written forms that name one concept
  target, background   concepts that are, or are not, of the document's own matter
  claims      all claims, each with what is asked of it (a role's fillers are compared whole); claim: at least this one
  no_claim    true: nothing is claimed of a task
  statements  all statements, with challenge and remedy
  results     all figures of all claims; sample: all sample sizes, "80 patients test"
  studies     all studies, "Hale 2019 [3]"
  sentences, sections  the text taken apart
`known` says why general rules do not reach a case.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from imagingkg.extract.reading import Tools, extract, prepare
from imagingkg.extract.sentences import split
from imagingkg.forms import has_han
from imagingkg.lexicon import Lexicon
from imagingkg.model import CLAIM_ROLES, KINDS, Claim, Document, Reading, Study
from imagingkg.strict_yaml import read_yaml

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES: dict[str, dict[str, Any]] = {f"{f.stem}/{c['id']}": c for f in FILES for c in read_yaml(f)["cases"]}
TOPICS = {
    "mentions": 30, "abbreviations": 10, "new_names": 12, "certainty": 22, "quantities": 28, "studies": 14,
    "claims": 24, "statements": 10, "sentences": 16, "background": 8, "doubt_and_denial": 24,
}  # fmt: skip
ASKS = {
    "mentions", "absent", "same", "target", "background", "claims", "claim", "no_claim", "statements", "results",
    "sample", "studies", "sentences", "sections",
}  # fmt: skip


@pytest.fixture(scope="module")
def tools(lexicon: Lexicon) -> Tools:
    return prepare(lexicon)


def test_there_are_enough_cases_of_each_topic_in_both_languages() -> None:
    per_topic = Counter(name.partition("/")[0] for name in CASES)
    assert set(per_topic) == set(TOPICS)
    assert all(per_topic[topic] >= least for topic, least in TOPICS.items()), per_topic
    assert len(CASES) == sum(len(read_yaml(f)["cases"]) for f in FILES) >= 170
    chinese = sum(has_han(case["text"]) for case in CASES.values())
    assert 0.35 <= chinese / len(CASES) <= 0.65
    assert sum("known" in case for case in CASES.values()) <= 10
    assert all(case["fact"].strip() and ASKS & set(case) for case in CASES.values())
    fields = {"id", "fact", "text", "title", "lang", "references", "known", *ASKS}
    assert all(set(case) <= fields for case in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, tools: Tools, request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    if "known" in case:
        request.applymarker(pytest.mark.xfail(strict=True, raises=AssertionError, reason=case["known"]))
    title = case.get("title", "")
    text = f"{title}\n{case['text']}" if title else case["text"]
    references = tuple(Study(citation=str(n), **known) for n, known in case.get("references", {}).items())
    lang = case.get("lang") or ("zh" if has_han(text) else "en")
    reading = extract(Document(id=name, text=text, title=title, lang=lang, references=references), tools)
    for check in (check_names, check_claims, check_figures, check_sentences):
        check(case, reading, tools)


def check_names(case: dict[str, Any], reading: Reading, tools: Tools) -> None:
    named: dict[str, set[str]] = {}
    for mention in reading.mentions:
        named.setdefault(mention.text, set()).add(mention.concept)
    every = set().union(*named.values())
    for form, concept in case.get("mentions", {}).items():
        if concept.startswith("new "):
            assert any(c.startswith(f"{concept[4:]}/new-") for c in named.get(form, ())), (form, named)
        else:
            assert concept in tools.labels, f"the lexicon has no {concept}"
            assert named.get(form) == {concept}, (form, named)
    for thing in case.get("absent", ()):
        if thing.partition("/")[0] in KINDS:
            assert thing in tools.labels, f"the lexicon has no {thing}"
            assert thing not in every, named
        else:
            assert thing not in named, named
    if forms := case.get("same"):
        concepts = [named.get(form, set()) for form in forms]
        assert len(concepts[0]) == 1, named
        assert all(found == concepts[0] for found in concepts), named
    behind = {m.concept: m.background for m in reading.mentions}
    for concept in case.get("target", ()):
        assert behind.get(concept) is False, behind
    for concept in case.get("background", ()):
        assert behind.get(concept) is True, behind


def check_claims(case: dict[str, Any], reading: Reading, tools: Tools) -> None:
    claims = [c for c in reading.claims if c.task is not None]
    wanted = [*case.get("claims", ()), *([case["claim"]] if "claim" in case else [])]
    for each in wanted:
        for concept in (each.get("task"), *(f for role in CLAIM_ROLES for f in each.get(role, ()))):
            assert concept is None or concept in tools.labels, f"the lexicon has no {concept}"
    if "claims" in case:
        assert len(claims) == len(case["claims"]), claims
    left = list(claims)
    for each in wanted:
        found = next((c for c in left if meets(c, each)), None)
        assert found is not None, (each, left)
        left.remove(found)
    if case.get("no_claim"):
        assert claims == []
    if "statements" in case:
        found = [{"challenge": {*c.challenge}, "remedy": {*c.remedy}} for c in reading.claims if c.task is None]
        asked = [{"challenge": {*s["challenge"]}, "remedy": {*s.get("remedy", ())}} for s in case["statements"]]
        assert found == asked


def meets(claim: Claim, asked: dict[str, Any]) -> bool:
    """Does the claim have all that is asked: fillers as sets, the other fields as they stand?"""
    for name, value in asked.items():
        have: Any = getattr(claim, name)
        if isinstance(value, list):
            have, value = {*have}, {*value}
        if have != value:
            return False
    return True


def check_figures(case: dict[str, Any], reading: Reading, tools: Tools) -> None:
    claims = [c for c in reading.claims if c.task is not None]
    if "results" in case:
        results = sorted({r for c in claims for r in c.results}, key=lambda r: r.start)
        shown = [(r.metric.partition("/")[2], r.value, r) for r in results]
        assert [(m, v) for m, v, _ in shown] == [(a["metric"], a["value"]) for a in case["results"]], shown
        for (_, _, result), asked in zip(shown, case["results"], strict=True):
            assert f"metric/{asked['metric']}" in tools.labels
            have = {name: getattr(result, name) for name in asked if name not in ("metric", "value")}
            assert have == {name: v for name, v in asked.items() if name in have}, shown
    if "sample" in case:
        samples = {s.start: s for c in claims for s in c.sample}
        parts = [(s.value, s.unit, "" if s.split == "unspecified" else s.split) for _, s in sorted(samples.items())]
        assert [" ".join(map(str, p)).strip() for p in parts] == case["sample"]
    if "studies" in case:
        studies = dict.fromkeys(s for c in claims for s in c.studies)
        shown = [f"{s.authors} {s.year or ''} {f'[{s.citation}]' if s.citation else ''}" for s in studies]
        assert [" ".join(s.split()) for s in shown] == case["studies"]


def check_sentences(case: dict[str, Any], reading: Reading, tools: Tools) -> None:  # noqa: ARG001 (one shape of check)
    text = reading.document.text
    found = split(text, titled=bool(reading.document.title))
    if "sentences" in case:
        assert [text[s.start : s.end] for s in found] == case["sentences"]
    if "sections" in case:
        assert [s.section for s in found] == case["sections"]

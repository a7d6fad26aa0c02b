"""The explorer's data: indices, offsets, the tree above what is used, contradictions, no trace of order."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from explorer_case import chinese, corpus, english, hostile, review, small_lexicon
from imagingkg.lexicon import Lexicon, load_lexicon
from imagingkg.model import CLAIM_ROLES, Reading
from imagingkg.publish.explorer import explorer_page, packed
from imagingkg.publish.explorer_data import (
    MOST_OF_A_SENTENCE,
    SHOWN_KINDS,
    Whole,
    bounded,
    contradictions,
    explorer_data,
    fillers,
    shown_parent,
)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("ontology"))


@pytest.fixture(scope="module")
def data(words: Lexicon) -> dict[str, Any]:
    return explorer_data(corpus(), words)


def utf16(text: str, start: int, length: int) -> str:
    """The slice that a browser takes."""
    raw = text.encode("utf-16-le")
    return raw[2 * start : 2 * (start + length)].decode("utf-16-le")


def concept(data: dict[str, Any], name: str) -> int:
    return int(data["concepts"]["id"].index(name))


def test_every_column_of_a_table_has_one_entry_per_row(data: dict[str, Any]) -> None:
    sizes = {table: {len(column) for column in data[table].values()} for table in TABLES}
    assert sizes == {"concepts": {24}, "documents": {3}, "studies": {1}, "sentences": {8}, "claims": {8}}


TABLES = ("concepts", "documents", "studies", "sentences", "claims")


def test_each_claim_keeps_its_concepts_in_order_of_roles(data: dict[str, Any]) -> None:
    wanted = [list(fillers(c)) for r in (english(), review(), chinese()) for c in r.claims]
    ids = data["concepts"]["id"]
    assert [[ids[i] for i in row] for row in data["claims"]["fillers"]] == wanted
    assert wanted[0] == ["task/segmentation", "modality/mri", "disease/glioma", "method/u-net"]


def test_a_concept_that_only_a_claim_knows_goes_by_its_label(data: dict[str, Any]) -> None:
    at = concept(data, "method/new-0a1b")
    assert data["concepts"]["en"][at] == "𠀀号模型"


def test_what_stands_above_a_used_concept_is_there_and_is_its_parent(data: dict[str, Any]) -> None:
    columns = data["concepts"]
    chain = ["disease/glioma", "disease/brain-tumour", "disease/neoplasm"]
    assert columns["parent"][concept(data, chain[0])] == concept(data, chain[1])
    assert columns["parent"][concept(data, chain[1])] == concept(data, chain[2])
    assert columns["parent"][concept(data, chain[2])] == -1


def test_what_is_too_general_heads_no_family_yet_counts_as_broader(tmp_path: Path) -> None:
    (tmp_path / "concepts").mkdir()
    entries = (
        "tumour: {en: tumour, zh: 瘤, generic: true}, cancer: {en: cancer, zh: 癌, generic: true, broader: [tumour]}"
    )
    entries += ", lung: {en: lung tumour, zh: 肺肿瘤, broader: [tumour]}"
    entries += ", lung-cancer: {en: lung cancer, zh: 肺癌, broader: [cancer, lung]}"
    (tmp_path / "concepts" / "d.yaml").write_text(f"kind: disease\nconcepts: {{{entries}}}", encoding="utf-8")
    tree = load_lexicon(directory=tmp_path)
    parents = {c.partition("/")[2]: shown_parent(c, tree) for c in tree.concepts}
    assert parents == {"tumour": None, "cancer": None, "lung": None, "lung-cancer": "disease/lung"}


def test_a_concept_that_nothing_uses_is_left_out(data: dict[str, Any]) -> None:
    assert {"disease/emphysema", "dataset/brats"}.isdisjoint(data["concepts"]["id"])


def test_a_concept_that_is_only_mentioned_is_there_with_its_document(data: dict[str, Any]) -> None:
    at = concept(data, "disease/meningioma")
    assert [at in names for names in data["documents"]["names"]] == [False, False, True]


def test_a_document_lists_only_the_names_that_no_sentence_of_its_claims_marks(data: dict[str, Any]) -> None:
    marked = {i for flat in data["sentences"]["mentions"] for i in flat[2::3]}
    assert marked
    assert marked.isdisjoint({i for names in data["documents"]["names"] for i in names})


def test_sentences_tell_their_document_and_claims_their_sentence_by_steps(
    data: dict[str, Any], words: Lexicon
) -> None:
    documents = list(accumulate(data["sentences"]["document"]))
    assert documents == [0, 0, 0, 1, 1, 2, 2, 2]  # by source: en-1, review, zh-1
    assert list(accumulate(data["claims"]["sentence"])) == list(range(8))
    third, first = english().claims[2], english().claims[0]
    again = explorer_data([replace(english(), claims=(third, first, third)), chinese()], words)
    assert list(accumulate(again["claims"]["sentence"])) == [0, 1, 0, 2, 3, 4]


def test_mention_offsets_count_as_a_browser_counts(data: dict[str, Any]) -> None:
    checked: list[tuple[str, str]] = []
    for text, flat in zip(data["sentences"]["text"], data["sentences"]["mentions"], strict=True):
        spans = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
        checked += [(utf16(text, start, length), data["concepts"]["id"][i]) for start, length, i in spans]
    assert ("𠀀号模型", "method/new-0a1b") in checked
    assert ("肺结节", "disease/lung-nodule") in checked  # after a character of two units
    assert ("glioma", "disease/glioma") in checked
    assert len(checked) == 15


def test_of_overlapping_mentions_the_longer_first_one_is_marked(words: Lexicon) -> None:
    reading = english()
    inner = replace(reading.mentions[0], start=reading.mentions[0].start + 1)
    with_inner = explorer_data([replace(reading, mentions=(*reading.mentions, inner))], words)
    assert with_inner["sentences"] == explorer_data([reading], words)["sentences"]


def test_figures_keep_metric_unit_interval_split_and_the_printed_string_where_it_says_more(
    data: dict[str, Any],
) -> None:
    auc, dice, hd95 = (concept(data, f"metric/{m}") for m in ("auc", "dice", "hd95"))
    assert data["claims"]["results"][0] == [[dice, 0.91, "", 3], [hd95, 4.2, "mm", 0]]
    assert data["claims"]["results"][2] == [[auc, 91, "%", 4, "91.0\\%", 88, 94]]


def test_a_figure_that_is_no_number_is_no_figure(words: Lexicon) -> None:
    reading = english()
    first = reading.claims[0]
    broken = replace(first, results=(replace(first.results[0], value=float("nan"), upper=float("inf")),))
    got = explorer_data([replace(reading, claims=(broken,))], words)
    assert got["claims"]["results"][0][0][1] is None
    json.dumps(got, allow_nan=False)


def test_context_remedy_and_report_are_marked(data: dict[str, Any]) -> None:
    claims, ids = data["claims"], data["concepts"]["id"]
    assert [ids[i] for i in claims["context"][1]] == ["disease/glioma", "method/u-net"]
    assert [ids[i] for i in claims["remedy"][3]] == ["method/transfer-learning"]
    assert claims["reported"] == [0, 0, 0, 0, 1, 0, 0, 0]
    assert claims["comparison"][4] == [0, "radiologist"]


def test_the_affirmed_and_the_negated_grading_contradict_each_other(data: dict[str, Any]) -> None:
    against = data["claims"]["against"]
    assert {n: found for n, found in enumerate(against) if found} == {2: [6], 6: [2]}


def test_intervals_contradict_only_when_disjoint_on_one_metric_and_split() -> None:
    base = english().claims[2]
    close, apart = (replace(base, results=(replace(base.results[0], lower=x, upper=x + 3),)) for x in (93, 95))
    other_split = replace(base, results=(replace(base.results[0], lower=10, upper=20, split="test"),))
    assert contradictions([base, close]) == [[], []]
    assert contradictions([base, apart]) == [[1], [0]]
    assert contradictions([base, other_split]) == [[], []]


def test_comparisons_contradict_only_with_the_same_comparator() -> None:
    base = replace(english().claims[0], comparison="better", comparator="radiologist", results=())
    assert contradictions([base, replace(base, comparison="worse")]) == [[1], [0]]
    assert contradictions([base, replace(base, comparison="worse", comparator="method/svm")]) == [[], []]


def test_without_quotes_no_sentence_is_in_it(words: Lexicon) -> None:
    bare = explorer_data(corpus(), words, quotes=False)
    assert set(bare["sentences"]["text"]) == {""}
    assert "outlined" not in json.dumps(bare)
    assert bare["claims"]["fillers"] == explorer_data(corpus(), words)["claims"]["fillers"]


def test_the_order_of_readings_leaves_no_trace(words: Lexicon) -> None:
    forwards, backwards = corpus(), corpus()[::-1]
    assert explorer_page(explorer_data(forwards, words)) == explorer_page(explorer_data(backwards, words))


def test_a_lone_surrogate_becomes_a_replacement_character(words: Lexicon) -> None:
    reading = english()
    doc = replace(reading.document, title="bad \ud83d end")
    got = explorer_data([Reading(doc, reading.mentions, reading.claims)], words)
    assert got["documents"]["title"] == ["bad \ufffd end"]
    assert packed(got)


def test_traditional_characters_of_used_labels_are_told(data: dict[str, Any]) -> None:
    pairs = data["traditional"]
    table = {pairs[i]: pairs[i + 1] for i in range(0, len(pairs), 2)}
    assert table["膠"] == "胶"
    assert "馬" not in table  # 马 stands in no label here


def test_all_kinds_are_shown_and_all_roles_counted() -> None:
    assert len(SHOWN_KINDS) == 9
    assert {"modality", "disease", "anatomy", "method", "biomarker", "dataset"} == set(CLAIM_ROLES)


def test_hostile_texts_pass_through_as_data(words: Lexicon) -> None:
    page = explorer_page(explorer_data([hostile()], words) | {"title": "</title><script>{{script}}"})
    assert page.count("<script") == 3  # index, sentences, and the one that runs
    assert page.count("</script>") == 3
    assert "&lt;/title&gt;&lt;script&gt;{{script}}" in page


def test_the_page_is_written_as_utf8_with_plain_line_ends(tmp_path: Path, words: Lexicon) -> None:
    from imagingkg.publish.explorer import write_explorer

    target = tmp_path / "graph.html"
    write_explorer(target, corpus(), words, title="胶质瘤")
    raw = target.read_bytes()
    assert b"\r" not in raw
    assert "<title>胶质瘤</title>" in raw.decode("utf-8")


def test_codes_of_a_vocabulary_that_needs_a_licence_stay_out_unless_asked_for(words: Lexicon) -> None:
    known = next(c for c in sorted(words.concepts) if c.startswith("disease/"))
    coded = replace(words.concepts[known], exact=("MONDO:0021042", "SNOMEDCT:393564001"))
    lexicon = replace(words, concepts={**words.concepts, known: coded})
    readings = corpus()
    for licensed, expected in ((False, ["MONDO:0021042"]), (True, ["MONDO:0021042", "SNOMEDCT:393564001"])):
        columns = explorer_data(readings, lexicon, licensed_codes=licensed)["concepts"]
        assert columns["codes"][columns["id"].index(known)] == expected


@pytest.mark.parametrize("most", [1, 3, 5, 7])
def test_a_page_never_holds_more_claims_than_it_may_and_says_what_it_is_a_part_of(words: Lexicon, most: int) -> None:
    data = explorer_data(corpus(), words, most=most)
    assert len(data["claims"]["key"]) == most
    assert data["of"] == {"documents": 3, "claims": 7, "statements": 1}
    assert data == explorer_data(corpus()[::-1], words, most=most)


def test_a_page_of_everything_says_nothing_of_parts(words: Lexicon) -> None:
    assert "of" not in explorer_data(corpus(), words, most=8)
    assert "of" not in explorer_data(corpus(), words, whole=Whole(3, 7, 1))


def test_a_part_has_whole_documents_but_for_the_last() -> None:
    readings = corpus()
    for most in range(8):
        kept = bounded(readings, most)
        cut = [r for r in kept if r not in readings]
        assert sum(len(r.claims) for r in kept) == most
        assert cut in ([], kept[-1:])


def test_a_page_never_holds_more_documents_than_it_may_and_those_with_claims_first() -> None:
    silent = [replace(r, claims=()) for r in corpus()]
    readings = [
        replace(r, document=replace(r.document, id=f"{r.document.id}-{n}")) for n, r in enumerate([*silent, *corpus()])
    ]
    assert len(bounded(readings, 8, documents=6)) == 6
    assert sorted(r.document.id for r in bounded(readings, 8, documents=3)) == sorted(
        r.document.id for r in readings if r.claims
    )
    assert len(bounded(readings, 8, documents=2)) == 2


def test_a_sentence_that_is_no_sentence_is_cut(words: Lexicon) -> None:
    reading = english()
    long = replace(reading.claims[0], quote=reading.claims[0].quote + " x" * MOST_OF_A_SENTENCE)
    text = explorer_data([replace(reading, claims=(long,))], words)["sentences"]["text"][0]
    assert len(text) == MOST_OF_A_SENTENCE
    assert text.startswith(reading.claims[0].quote)
    assert text.endswith("…")


def test_the_policy_allows_one_script_one_style_and_threads_of_the_page_itself(words: Lexicon) -> None:
    page = explorer_page(explorer_data(corpus(), words))
    policy = page.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    rules = {name: values for name, *values in (rule.split() for rule in policy.split("; "))}
    hashes = {name: rules.pop(name) for name in ("script-src", "style-src")}
    assert all(len(h) == 1 and h[0].startswith("'sha256-") for h in hashes.values())
    assert rules == {
        "default-src": ["'none'"], "worker-src": ["blob:"], "base-uri": ["'none'"], "form-action": ["'none'"],
    }  # fmt: skip

"""The measures of `imagingkg evaluate` are right by hand on small cases and equal to the reference scorer's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from imagingkg.cli import main
from imagingkg.errors import UsageError
from imagingkg.evaluate import (
    Tally,
    best_pairs,
    evaluate,
    figures_as_text,
    misses_as_text,
    normal_name,
    occurrences,
    relaxed_likeness,
    same_figure,
    strict_likeness,
)
from imagingkg.gold import GoldDocument, read_gold
from imagingkg.lexicon import Lexicon
from imagingkg.model import Claim, Document, Mention, Reading, Result, Sample
from imagingkg.pipeline import open_inputs, read_all
from imagingkg.readings import load_readings, reading_to_json
from imagingkg.settings import Settings

TITLE, ABSTRACT = "Segmentation of glioma on MRI", "A U-Net reached a Dice of 0.91 in 40 patients. CT may help."
TEXT = f"{TITLE}\n{ABSTRACT}"


def gold_line(**changes: Any) -> dict[str, Any]:
    claim = {
        "task": "segmentation", "modality": ["MRI"], "disease": ["glioma"], "method": ["U-Net"],
        "results": [{"metric": "Dice", "value": 91, "unit": "%", "quote": "Dice of 0.91"}],
        "n": [{"value": 40, "unit": "patients"}], "certainty": "affirmed", "quote": ABSTRACT,
    }  # fmt: skip
    return {
        "id": "d1", "title": TITLE, "abstract": ABSTRACT,
        "entities": [
            {"kind": "task", "name": "segmentation", "texts": ["Segmentation"]},
            {"kind": "disease", "name": "glioma", "texts": ["glioma"]},
            {"kind": "modality", "name": "MRI", "texts": ["MRI"]},
            {"kind": "method", "name": "U-Net", "texts": ["U-Net"]},
            {"kind": "metric", "name": "Dice", "texts": ["Dice"]},
        ],
        "claims": [claim | changes],
    }  # fmt: skip


@pytest.fixture
def gold(tmp_path: Path) -> Callable[..., list[GoldDocument]]:
    def read(**changes: Any) -> list[GoldDocument]:
        path = tmp_path / "gold.jsonl"
        path.write_text(json.dumps(gold_line(**changes)) + "\n\n", encoding="utf-8")
        return read_gold(path)

    return read


def mention(form: str, concept: str, label: str = "", background: bool = False) -> Mention:
    start = TEXT.index(form)
    return Mention(start, start + len(form), form, concept.partition("/")[0], concept, label or form, background)


DICE = Result("metric/dice", "Dice", 0.91, "0.91", TEXT.index("0.91"), TEXT.index("0.91") + 4)
CLAIM = Claim(
    "c", "task/segmentation", 0, len(TITLE), TITLE, "r", modality=("modality/mri",), disease=("disease/glioma",),
    method=("method/u-net",), results=(DICE,), sample=(Sample(40, "patients"),),
)  # fmt: skip
PERFECT = Reading(
    Document("d1", TEXT),
    (mention("Segmentation", "task/segmentation", "segmentation"), mention("glioma", "disease/glioma"),
     mention("MRI", "modality/mri"), mention("U-Net", "method/u-net"), mention("Dice", "metric/dice")),
    (CLAIM,),
)  # fmt: skip


def scored(gold: list[GoldDocument], reading: Reading | None) -> dict[str, Any]:
    return dict(evaluate(gold, {} if reading is None else {"d1": reading}).figures)


# --------------------------------------------------------------------------------------------------------- The parts


def test_precision_recall_and_f1_are_of_the_counts() -> None:
    tally = Tally()
    tally.add(3, 1, 2)
    assert tally.row() == {"p": 0.75, "r": 0.6, "f1": 0.6667, "gold": 5, "predicted": 4}
    assert Tally().row() == {"p": 0.0, "r": 0.0, "f1": 0.0, "gold": 0, "predicted": 0}


def test_a_latin_form_is_found_as_a_word_and_inside_words_only_where_it_is_no_word() -> None:
    assert occurrences("CT", "CT, ACTH and 头CT片") == [(0, 2), (14, 16)]
    assert occurrences("CT", "ACTH") == [(1, 3)]
    assert occurrences("瘤", "脑瘤瘤体") == [(1, 2), (2, 3)]
    assert occurrences("", "x") == []


def test_spans_are_alike_by_the_share_of_their_union() -> None:
    assert relaxed_likeness((0, 10), (0, 3)) == pytest.approx(0.3)
    assert relaxed_likeness((0, 10), (8, 11)) == 0.0  # 2 of 11
    assert relaxed_likeness((0, 4), (4, 8)) == 0.0
    assert (strict_likeness((0, 4), (0, 4)), strict_likeness((0, 4), (0, 5))) == (1.0, 0.0)


def test_pairs_are_one_to_one_and_the_best_go_first() -> None:
    gold, found = [[(0, 10)], [(0, 6)]], [[(0, 6)], [(0, 9)]]
    assert best_pairs(gold, found, relaxed_likeness) == {1: 0, 0: 1}
    assert best_pairs(gold, found[:1], relaxed_likeness) == {1: 0}
    assert best_pairs([[(0, 4)], [(0, 4)]], [[(0, 4)]], strict_likeness) == {0: 0}


def test_a_percentage_is_the_same_figure_as_its_fraction() -> None:
    assert same_figure(0.91, "", 91, "%")
    assert same_figure(91, "%", 0.91, "")
    assert not same_figure(91, "", 0.91, "")
    assert not same_figure(0.91, "", 0.911, "")


def test_names_are_compared_without_case_dashes_plurals_and_british_spelling() -> None:
    assert normal_name("Brain-Tumours") == normal_name("brain tumor")
    assert normal_name("haemorrhage") == normal_name("Hemorrhage")
    assert normal_name("CT") != normal_name("MRI")


# ------------------------------------------------------------------------------------------------------- Whole sets


def test_a_reading_that_says_what_the_gold_says_has_full_marks(gold: Callable[..., list[GoldDocument]]) -> None:
    figures = scored(gold(), PERFECT)
    full = {"p": 1.0, "r": 1.0, "f1": 1.0}
    for name, count in (("entities_relaxed", 5), ("entities_strict", 5), ("links", 3)):
        assert figures[name]["all"] == full | {"gold": count, "predicted": count}
    assert figures["results"] == {"gold": 1, "recall": 1.0, "metric_ok": 1.0, "per_gold": 1.0}
    assert figures["samples"] == full | {"gold": 1, "predicted": 1}
    assert figures["certainty"] == {"seen": 1, "accuracy": 1.0, "affirmed": 1.0, "hedged": None, "negated": None}
    assert (figures["named"], figures["documents"], figures["not_read"]) == (1.0, 1, 0)


def test_a_document_that_was_not_read_is_all_missed(gold: Callable[..., list[GoldDocument]]) -> None:
    result = evaluate(gold(), {})
    assert result.figures["not_read"] == 1
    assert result.figures["entities_relaxed"]["all"] == {"p": 0.0, "r": 0.0, "f1": 0.0, "gold": 5, "predicted": 0}
    assert [m.what for m in result.misses] == ["missed"] * 5
    assert result.figures["named"] is None


def test_a_concept_that_is_background_throughout_is_left_aside(gold: Callable[..., list[GoldDocument]]) -> None:
    noise = mention("CT", "modality/ct", background=True)
    assert scored(gold(), replace(PERFECT, mentions=(*PERFECT.mentions, noise))) == scored(gold(), PERFECT)
    loud = replace(PERFECT, mentions=(*PERFECT.mentions, replace(noise, background=False)))
    assert scored(gold(), loud)["entities_relaxed"]["modality"]["p"] == 0.5


def test_a_longer_span_counts_relaxed_and_not_strict(gold: Callable[..., list[GoldDocument]]) -> None:
    wide = mention("glioma on", "disease/glioma", "glioma")
    figures = scored(gold(), replace(PERFECT, mentions=(wide, *PERFECT.mentions[2:], PERFECT.mentions[0])))
    assert figures["entities_relaxed"]["disease"]["f1"] == 1.0
    assert figures["entities_strict"]["disease"]["f1"] == 0.0


def test_a_filler_that_matches_no_entity_is_a_wrong_link(gold: Callable[..., list[GoldDocument]]) -> None:
    claim = replace(CLAIM, disease=("disease/glioma", "disease/meningioma"))
    links = scored(gold(), replace(PERFECT, claims=(claim,)))["links"]
    assert links["disease"] == {"p": 0.5, "r": 1.0, "f1": 0.6667, "gold": 1, "predicted": 2}
    assert links["all"]["predicted"] == 4


def test_a_statement_gives_no_link(gold: Callable[..., list[GoldDocument]]) -> None:
    statement = replace(CLAIM, id="s", task=None, results=(), sample=())
    assert scored(gold(), replace(PERFECT, claims=(CLAIM, statement)))["links"] == scored(gold(), PERFECT)["links"]


def test_a_figure_needs_its_place_and_its_metric(gold: Callable[..., list[GoldDocument]]) -> None:
    elsewhere = replace(DICE, start=0, end=4)
    moved = replace(PERFECT, claims=(replace(CLAIM, results=(elsewhere,)),))
    assert scored(gold(), moved)["results"]["recall"] == 0.0
    other = replace(PERFECT, claims=(replace(CLAIM, results=(replace(DICE, metric="metric/auc"),)),))
    assert scored(gold(), other)["results"] == {"gold": 1, "recall": 1.0, "metric_ok": 0.0, "per_gold": 1.0}
    both = replace(PERFECT, claims=(replace(CLAIM, results=(DICE, replace(DICE, metric="metric/auc"))),))
    assert scored(gold(), both)["results"] == {"gold": 1, "recall": 1.0, "metric_ok": 0.0, "per_gold": 2.0}


def test_certainty_is_that_of_the_claim_with_most_fillers_in_common(gold: Callable[..., list[GoldDocument]]) -> None:
    poor = replace(CLAIM, id="p", certainty="negated", method=(), disease=())
    figures = scored(gold(certainty="hedged"), replace(PERFECT, claims=(poor, CLAIM)))
    assert figures["certainty"] == {"seen": 1, "accuracy": 0.0, "affirmed": None, "hedged": 0.0, "negated": None}


def test_errors_are_listed_by_kind_with_what_stands_in_the_text(gold: Callable[..., list[GoldDocument]]) -> None:
    mentions = (*PERFECT.mentions[:1], *PERFECT.mentions[2:], mention("CT", "modality/ct"))
    result = evaluate(gold(), {"d1": replace(PERFECT, mentions=mentions)})
    assert misses_as_text(result.misses).splitlines() == [
        "kind\terror\tdocument\tname\ttext",
        "modality\tspurious\td1\tmodality/ct\tCT",
        "disease\tmissed\td1\tglioma\tglioma",
    ]


def test_the_text_shows_every_figure(gold: Callable[..., list[GoldDocument]]) -> None:
    text = figures_as_text(scored(gold(), PERFECT))
    assert "documents 1, not read 0" in text
    assert text.count("\n  modality ") == 3
    assert "hedged F1 -" in text


# ------------------------------------------------------------------------------------------------------------ Gold

BROKEN = {
    "no object": "[1]", "no JSON": "{", "no entities": '{"id": "a", "title": "", "abstract": "", "claims": []}',
    "entities that are no list": '{"id": "a", "title": "", "abstract": "", "claims": [], "entities": 3}',
    "texts that are a text": json.dumps(gold_line() | {"entities": [{"kind": "task", "name": "x", "texts": "x"}]}),
    "an unknown certainty": json.dumps(gold_line(certainty="sure")),
    "a figure that is none": json.dumps(gold_line(results=[{"metric": "m", "value": "much", "unit": "", "quote": ""}])),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_gold_line_is_named(tmp_path: Path, case: str) -> None:
    assert len(BROKEN) == 7
    path = tmp_path / "g.jsonl"
    path.write_text(json.dumps(gold_line()) + "\n" + BROKEN[case] + "\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_gold(path)
    assert caught.value.where == f"{path}:2"


def test_a_gold_set_that_is_empty_or_absent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "g.jsonl").write_text("\n", encoding="utf-8")
    for name in ("g.jsonl", "absent.jsonl"):
        with pytest.raises(UsageError):
            read_gold(tmp_path / name)


# ---------------------------------------------------------------------------------------------- Against the reference


def _spoilt(readings: list[Reading]) -> list[Reading]:
    """The readings with every third mention moved, some claims hedged, and figures of another metric."""
    out = []
    for n, reading in enumerate(readings):
        if n % 7 == 3:
            continue  # not read
        mentions = tuple(
            replace(m, end=min(m.end + 4, len(reading.document.text)), background=i % 5 == 0) if i % 3 == 0 else m
            for i, m in enumerate(reading.mentions)
        )
        claims = tuple(
            replace(
                c,
                certainty=("affirmed", "hedged", "negated")[i % 3],
                results=tuple(replace(r, metric="metric/auc") for r in c.results[: i + 1]),
                disease=c.disease if i % 2 else (),
            )
            for i, c in enumerate(reading.claims)
        )
        out.append(replace(reading, mentions=mentions, claims=claims))  # type: ignore[arg-type]
    return out


@pytest.mark.parametrize("name", ["dev", "dev_zh"])
@pytest.mark.parametrize("change", [list, _spoilt], ids=["as read", "spoilt"])
def test_every_figure_equals_the_reference_scorers(
    shared: Path, lexicon: Lexicon, tmp_path: Path, name: str, change: Callable[[list[Reading]], list[Reading]]
) -> None:
    gold = shared / "gold" / f"{name}.jsonl"
    inputs = open_inputs([shared / "gold" / f"{name}-input.jsonl"], lexicon)
    readings = tmp_path / "readings.jsonl"
    read = change(list(read_all(inputs, lexicon, Settings())))
    assert len(read) >= 25
    readings.write_text("".join(reading_to_json(r) + "\n" for r in read), encoding="utf-8")
    command = [sys.executable, str(shared / "eval" / "score.py"), str(gold), str(readings), "--json"]
    reference = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert evaluate(read_gold(gold), {r.document.id: r for r in load_readings(readings)}).figures == reference


# ----------------------------------------------------------------------------------------------------- The command


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    gold, readings = tmp_path / "gold.jsonl", tmp_path / "r.jsonl"
    gold.write_text(json.dumps(gold_line()) + "\n", encoding="utf-8")
    readings.write_text(reading_to_json(replace(PERFECT, mentions=PERFECT.mentions[1:])) + "\n", encoding="utf-8")
    return gold, readings


def test_the_command_scores_given_readings_and_writes_the_errors(files: tuple[Path, Path], tmp_path: Path) -> None:
    gold, readings = files
    errors = tmp_path / "errors.tsv"
    words = ["evaluate", str(gold), "--readings", str(readings), "--errors", str(errors), "--format", "json"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["entities_strict"]["task"]["r"] == 0.0
    assert result.stderr == f"1 errors in {errors}\n"
    assert errors.read_text(encoding="utf-8").splitlines()[1:] == ["task\tmissed\td1\tsegmentation\tSegmentation"]


def test_the_command_reads_the_gold_documents_itself_where_no_readings_are_given(files: tuple[Path, Path]) -> None:
    result = CliRunner().invoke(main, ["evaluate", str(files[0])])
    assert result.exit_code == 0
    assert result.stdout.startswith("documents 1, not read 0\n")
    assert "1.000" in result.stdout


def test_the_command_refuses_what_is_no_gold_set_and_no_readings(files: tuple[Path, Path]) -> None:
    gold, readings = files
    for words in ([str(readings)], [str(gold), "--readings", str(gold)], [str(gold), "--readings", "absent"]):
        result = CliRunner().invoke(main, ["evaluate", *words])
        assert result.exit_code == 2
        assert result.stderr.startswith("imagingkg: ")

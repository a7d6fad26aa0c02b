"""Review: what is open is listed, decisions are read strictly, applied, kept across rebuilds, told of when stale."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from imagingkg.cli import main
from imagingkg.curate.apply import REVIEWED, Outcome, claim_outcomes, curate_lexicon, curate_reading
from imagingkg.curate.decisions import ClaimDecision, Curation, FormDecision, TermDecision, read_curation
from imagingkg.curate.review import make_review, review_text, write_review
from imagingkg.errors import OntologyError, UsageError
from imagingkg.extract.reading import extract, prepare
from imagingkg.lexicon import Lexicon, load_lexicon
from imagingkg.model import Claim, Document, Mention, Reading, Result

DISEASES = """\
kind: disease
concepts:
  glioma: {en: glioma, zh: 胶质瘤}
  lung-cancer: {en: lung cancer, zh: 肺癌}
  coronary-artery-disease: {en: coronary artery disease, zh: 冠心病}
ambiguous:
  CAD: [{is: disease/coronary-artery-disease, near: [coronary]}, {is: method/computer-aided-detection, near: [nodule]}]
"""
METHODS = """\
kind: method
concepts:
  u-net: {en: U-Net, zh: U-Net网络}
  computer-aided-detection: {en: computer-aided detection, zh: 计算机辅助检测}
"""
TASKS = "kind: task\nconcepts:\n  segmentation: {en: segmentation, zh: 分割}\n"
TEXT = "ZebraNet segments glioma. ZebraNet may grade it with a CAD for each nodule."
DOCUMENT = Document("d", TEXT, source="a.txt")
ZEBRA = "method/new-0123456789abcdef"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    root = tmp_path_factory.mktemp("ontology")
    (root / "concepts").mkdir()
    for name, text in (("diseases", DISEASES), ("methods", METHODS), ("tasks", TASKS)):
        (root / "concepts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_lexicon(directory=root)


def mention(form: str, concept: str, nth: int = 0) -> Mention:
    start = TEXT.index(form) if nth == 0 else TEXT.rindex(form)
    return Mention(start, start + len(form), form, concept.partition("/")[0], concept, form)


def claim(start: int, end: int, **fields: Any) -> Claim:
    return Claim(fields.pop("id", "c"), "task/segmentation", start, end, TEXT[start:end], "r", **fields)


FIRST = claim(0, 25, id="c1", disease=("disease/glioma",), method=(ZEBRA,))
SECOND = claim(26, len(TEXT), id="c2", disease=("disease/glioma",), method=(ZEBRA,), context=("disease/glioma",),
               certainty="hedged", comparator=ZEBRA, comparison="better")  # fmt: skip
READING = Reading(
    DOCUMENT,
    (mention("ZebraNet", ZEBRA), mention("glioma", "disease/glioma"), mention("ZebraNet", ZEBRA, 1),
     mention("CAD", "method/computer-aided-detection")),
    (FIRST, SECOND),
)  # fmt: skip


def read(tmp_path: Path, data: Any) -> Curation:
    path = tmp_path / "review.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return read_curation(path)


def term(**fields: Any) -> dict[str, Any]:
    return {"name": "ZebraNet", "kind": "method", **fields}


def about(which: Claim, **fields: Any) -> dict[str, Any]:
    return {
        "document": DOCUMENT.sha256, "task": which.task, "about": list(which.disease), "quote": which.quote, **fields,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- What is open


def test_a_review_lists_names_forms_and_doubtful_claims_with_examples(small: Lexicon) -> None:
    review = make_review([READING], small)
    (name,), (form,), (doubtful,) = review.terms, review.forms, review.claims
    assert name == {
        "name": "ZebraNet", "kind": "method", "documents": 1, "mentions": 2, "examples": [TEXT], "decision": None,
    }  # fmt: skip
    assert (form["form"], form["met_as"], form["senses"]) == (
        "CAD", {"method/computer-aided-detection": 1},
        ["disease/coronary-artery-disease", "method/computer-aided-detection"],
    )  # fmt: skip
    assert doubtful["quote"] == SECOND.quote
    assert doubtful["why"] == ["hedged", "context"]
    assert doubtful["context"] == ["disease/glioma"]
    assert doubtful["fillers"] == {"disease": ["disease/glioma"], "method": [ZEBRA]}
    assert all(entry["decision"] is None for entry in (name, form, doubtful))


def test_commoner_names_come_first_and_the_rest_is_counted(small: Lexicon) -> None:
    others = [
        Reading(Document(f"e{n}", f"{word} {n}"), (Mention(0, len(word), word, "method", f"method/new-{word}", word),))
        for n, word in enumerate(["Rare", "Common", "Common", "Common", "Some", "Some"])
    ]
    whole = make_review(others, small)
    assert [(e["name"], e["documents"]) for e in whole.terms] == [("Common", 3), ("Some", 2), ("Rare", 1)]
    short = make_review(reversed(others), small, most=1)
    assert [e["name"] for e in short.terms] == ["Common"]
    assert short.left_out == 2


def test_a_review_does_not_depend_on_the_order_of_the_readings(small: Lexicon) -> None:
    other = replace(READING, document=Document("e", TEXT + " ", source="b.txt"))
    one, two = (review_text(make_review(order, small)) for order in ([READING, other], [other, READING]))
    assert one == two


def test_a_written_review_is_read_back_without_decisions(small: Lexicon, tmp_path: Path) -> None:
    path = tmp_path / "review.yaml"
    write_review(path, make_review([READING], small))
    curation = read_curation(path)
    assert (curation.terms, curation.forms, curation.claims) == ((), (), ())
    assert path.read_text(encoding="utf-8").count("\n  decision:\n") == 3


def test_hostile_names_survive_the_file(small: Lexicon, tmp_path: Path) -> None:
    path = tmp_path / "review.yaml"
    nasty = "a: [b] #\u2028\t'\"- &x *y\u0085"
    reading = Reading(Document("d", nasty), (Mention(0, len(nasty), nasty, "method", "method/new-1", nasty),))
    write_review(path, make_review([reading], small))
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["terms"][0]["name"] == nasty


def test_readings_without_sentences_cannot_be_reviewed(small: Lexicon) -> None:
    bare = replace(READING, claims=tuple(replace(c, quote="") for c in READING.claims))
    with pytest.raises(UsageError, match="no sentences"):
        make_review([bare], small)


def test_decisions_are_kept_when_a_review_is_written_again(small: Lexicon, tmp_path: Path) -> None:
    path = tmp_path / "review.yaml"
    write_review(path, make_review([READING], small))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["terms"][0] |= {"decision": "merge", "into": "method/u-net", "reason": "a wrapper"}
    data["claims"][0] |= {"decision": "reject", "reason": "a plan, no result"}
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    decided = read_curation(path)
    write_review(path, make_review([READING], small, decided))
    assert read_curation(path).terms == decided.terms
    assert read_curation(path).claims == decided.claims
    # A rebuild in which nothing of it shows any more keeps it too, and writes the same bytes again.
    write_review(path, make_review([], small, decided))
    kept = path.read_bytes()
    again = read_curation(path)
    assert (again.terms, again.claims, again.digest) == (decided.terms, decided.claims, decided.digest)
    write_review(path, make_review([], small, again))
    assert path.read_bytes() == kept


# ------------------------------------------------------------------------------------------------- Strict reading


def test_decisions_are_read_as_values(tmp_path: Path) -> None:
    curation = read(tmp_path, {
        "terms": [term(decision="add", en="zebra network", broader=["u-net"]), {"name": "x", "kind": "task"}],
        "forms": [{"form": "CAD", "decision": "settle", "into": "method/computer-aided-detection"}],
        "claims": [about(SECOND, decision="correct", to={"certainty": "affirmed", "disease": []})],
    })  # fmt: skip
    assert curation.terms == (
        TermDecision("ZebraNet", "method", "add", as_kind="method", en="zebra network", broader=("method/u-net",)),
    )
    assert curation.forms == (FormDecision("CAD", "settle", "method/computer-aided-detection"),)
    assert curation.claims == (
        ClaimDecision(DOCUMENT.sha256, "task/segmentation", SECOND.quote, frozenset({"disease/glioma"}), "correct",
                      "affirmed", {"disease": ()}),
    )  # fmt: skip


MISTAKES = {
    "an unknown section": ({"words": []}, "'words' is unknown"),
    "no list": ({"terms": {"a": 1}}, "not a list"),
    "no mapping": ({"terms": ["ZebraNet"]}, "entry 1: is not a mapping"),
    "an unknown key": ({"terms": [term(decison="stop")]}, r"entry 1 \('ZebraNet'\): the key 'decison' is unknown"),
    "an unknown key in an open claim": ({"claims": [about(FIRST, note="x")]}, "'note' is unknown"),
    "an unknown decision": ({"terms": [term(decision="drop")]}, "'drop' is none of add, merge, stop"),
    "a name without a kind": ({"terms": [{"name": "x"}]}, "kind must be a text"),
    "an unknown kind": ({"terms": [{"name": "x", "kind": "organ"}]}, "'organ' is none of"),
    "a kind to be that is none": ({"terms": [term(decision="add", as_kind="organ")]}, "'organ' is none of"),
    "a merge into nothing": ({"terms": [term(decision="merge")]}, "into must be a text"),
    "a stop with a target": ({"terms": [term(decision="stop", into="method/u-net")]}, "goes with the decision merge"),
    "a merge with a label": ({"terms": [term(decision="merge", into="a/b", en="x")]}, "goes with the decision add"),
    "two decisions on a name": ({"terms": [term(decision="stop"), {"name": "zebranet", "kind": "method",
                                           "decision": "stop"}]}, "entry 2.*decided by an earlier entry"),
    "a rejection without a reason": ({"claims": [about(FIRST, decision="reject")]}, "reason must be a text"),
    "a correction to nothing": ({"claims": [about(FIRST, decision="correct")]}, "to must say"),
    "a correction of the task": ({"claims": [about(FIRST, decision="correct", to={"task": "x"})]}, "'task' of to"),
    "an unknown certainty": ({"claims": [about(FIRST, decision="correct", to={"certainty": "no"})]}, "'no' is none"),
    "fillers that are a text": ({"claims": [about(FIRST, decision="correct", to={"disease": "x"})]}, "list of texts"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_a_review_names_file_and_entry(tmp_path: Path, case: str) -> None:
    assert len(MISTAKES) == 18
    data, message = MISTAKES[case]
    with pytest.raises(OntologyError, match=message) as caught:
        read(tmp_path, data)
    assert str(caught.value).startswith(str(tmp_path / "review.yaml"))


def test_a_key_twice_in_an_entry_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "review.yaml"
    path.write_text("terms:\n- name: a\n  kind: method\n  name: b\n", encoding="utf-8")
    with pytest.raises(OntologyError, match="stands twice") as caught:
        read_curation(path)
    assert caught.value.where == f"{path}:4"


def test_counts_and_examples_do_not_change_what_a_review_decides(tmp_path: Path) -> None:
    one = read(tmp_path, {"terms": [term(documents=1, mentions=2, examples=["a"], decision="stop")]})
    two = read(tmp_path, {"terms": [term(documents=9, decision="stop")]})
    assert one == two
    assert read(tmp_path, {"terms": [term(decision="add")]}).digest != one.digest


# ------------------------------------------------------------------------------------------------------- The lexicon


def test_an_added_term_is_a_concept_with_its_labels(small: Lexicon, tmp_path: Path) -> None:
    decided = read(tmp_path, {"terms": [term(decision="add", en="zebra network", zh="斑马网络", broader=["u-net"])]})
    lexicon, _, outcomes = curate_lexicon(small, decided)
    concept = lexicon.concepts["method/zebra-network"]
    assert (concept.en, concept.zh, concept.also, concept.terminology) == (
        "zebra network", "斑马网络", ("ZebraNet",), "review.yaml",
    )  # fmt: skip
    assert lexicon.ancestors("method/zebra-network") == {"method/u-net"}
    for form in ("zebra network", "zebra networks", "斑马网络", "zebranet"):
        assert [n.concept for n in lexicon.names[form]] == ["method/zebra-network"]
    assert outcomes == [Outcome("terms", "add", "ZebraNet (method)")]
    assert lexicon.digest != small.digest
    assert "method/zebra-network" not in small.concepts


def test_a_term_may_be_added_as_another_kind(small: Lexicon, tmp_path: Path) -> None:
    decided = read(tmp_path, {"terms": [{"name": "斑马征", "kind": "method", "decision": "add", "as_kind": "finding"}]})
    lexicon, _, _ = curate_lexicon(small, decided)
    (concept,) = (c for c in lexicon.concepts.values() if c.terminology)
    assert (concept.kind, concept.finding, concept.en, concept.zh) == ("disease", True, "斑马征", "斑马征")


def test_a_merged_term_is_one_more_form_of_its_concept(small: Lexicon, tmp_path: Path) -> None:
    lexicon, _, _ = curate_lexicon(small, read(tmp_path, {"terms": [term(decision="merge", into="method/u-net")]}))
    assert [n.concept for n in lexicon.names["zebranet"]] == ["method/u-net"]
    assert lexicon.concepts["method/u-net"].also == ("ZebraNet",)


def test_a_stopped_term_names_nothing(small: Lexicon, tmp_path: Path) -> None:
    lexicon, _, _ = curate_lexicon(small, read(tmp_path, {"terms": [term(decision="stop")]}))
    assert "zebranet" in lexicon.not_names


def test_a_settled_form_always_means_the_one_thing(small: Lexicon, tmp_path: Path) -> None:
    settle = {"form": "CAD", "decision": "settle", "into": "disease/coronary-artery-disease"}
    lexicon, _, _ = curate_lexicon(small, read(tmp_path, {"forms": [settle]}))
    assert [(s.concept, s.near) for s in lexicon.ambiguous["CAD"]] == [("disease/coronary-artery-disease", ())]
    lexicon, _, _ = curate_lexicon(small, read(tmp_path, {"forms": [{"form": "CAD", "decision": "stop"}]}))
    assert [(s.concept, s.near) for s in lexicon.ambiguous["CAD"]] == [(None, ())]


def test_what_the_lexicon_has_learned_since_makes_a_decision_stale(small: Lexicon, tmp_path: Path) -> None:
    decided = read(tmp_path, {
        "terms": [{"name": "gliomas", "kind": "disease", "decision": "add"}],
        "forms": [{"form": "US", "decision": "stop"}],
    })  # fmt: skip
    lexicon, _, outcomes = curate_lexicon(small, decided)
    assert lexicon.concepts == small.concepts
    assert {o.entry: o.stale for o in outcomes} == {
        "gliomas (disease)": "the lexicon has it as disease/glioma", "US": "the form is not ambiguous any more",
    }  # fmt: skip


UNKNOWN = {
    "a merge into nothing known": {"terms": [term(decision="merge", into="method/x")]},
    "an addition under nothing known": {"terms": [term(decision="add", broader=["x"])]},
    "an addition under another kind": {"terms": [term(decision="add", broader=["disease/glioma"])]},
    "an addition that there is": {"terms": [term(decision="add", en="U Net!")]},
    "a form that is to mean nothing known": {"forms": [{"form": "CAD", "decision": "settle", "into": "method/x"}]},
    "a filler that is not known": {"claims": [about(FIRST, decision="correct", to={"disease": ["disease/x"]})]},
    "a filler in the wrong role": {"claims": [about(FIRST, decision="correct", to={"disease": ["method/u-net"]})]},
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_decision_on_what_does_not_exist_names_the_entry(small: Lexicon, tmp_path: Path, case: str) -> None:
    assert len(UNKNOWN) == 7
    with pytest.raises(OntologyError, match=r"review\.yaml: (terms|forms|claims): '"):
        curate_lexicon(small, read(tmp_path, UNKNOWN[case]))


# ---------------------------------------------------------------------------------------------------------- Readings


def curated(small: Lexicon, tmp_path: Path, data: Any, reading: Reading = READING) -> Reading:
    _, rules, _ = curate_lexicon(small, read(tmp_path, data))
    return curate_reading(reading, rules).reading


def test_a_name_of_the_document_becomes_what_it_was_decided_to_be(small: Lexicon, tmp_path: Path) -> None:
    result = curated(small, tmp_path, {"terms": [term(decision="merge", into="method/u-net")]})
    assert [(m.text, m.concept, m.label) for m in result.mentions if m.kind == "method"][:2] == [
        ("ZebraNet", "method/u-net", "U-Net"), ("ZebraNet", "method/u-net", "U-Net"),
    ]  # fmt: skip
    assert [c.method for c in result.claims] == [("method/u-net",)] * 2
    assert result.claims[1].comparator == "method/u-net"


def test_a_name_of_another_kind_moves_to_that_role(small: Lexicon, tmp_path: Path) -> None:
    result = curated(small, tmp_path, {"terms": [term(decision="add", as_kind="dataset")]})
    assert [(c.method, c.dataset) for c in result.claims] == [((), ("dataset/zebranet",))] * 2
    assert {m.kind for m in result.mentions if m.text == "ZebraNet"} == {"dataset"}


def test_a_stopped_name_is_gone_from_mentions_claims_and_figures(small: Lexicon, tmp_path: Path) -> None:
    figure = Result("metric/new-1", "Zed", 1.0, "1", 0, 1)
    metric = Mention(0, 3, "Zed", "metric", "metric/new-1", "Zed")
    kept = Result("metric/auc", "AUC", 0.9, "0.9", 4, 6, of_method=ZEBRA)
    reading = replace(
        READING, mentions=(*READING.mentions, metric), claims=(replace(FIRST, results=(figure, kept)), SECOND)
    )
    stops = [term(decision="stop"), {"name": "Zed", "kind": "metric", "decision": "stop"}]
    result = curated(small, tmp_path, {"terms": stops}, reading)
    assert {m.text for m in result.mentions} == {"glioma", "CAD"}
    assert [c.method for c in result.claims] == [(), ()]
    assert [(r.metric, r.of_method) for r in result.claims[0].results] == [("metric/auc", None)]
    assert (result.claims[1].comparator, result.claims[1].comparison) == (None, None)


def test_a_statement_whose_challenge_is_no_name_goes(small: Lexicon, tmp_path: Path) -> None:
    named = Mention(0, 8, "ZebraNet", "challenge", "challenge/new-1", "ZebraNet")
    statement = Claim("s", None, 0, 8, "ZebraNet", "r", challenge=("challenge/new-1",))
    stop = {"name": "ZebraNet", "kind": "challenge", "decision": "stop"}
    assert curated(small, tmp_path, {"terms": [stop]}, Reading(DOCUMENT, (named,), (statement,))).claims == ()


def test_a_claim_is_rejected_accepted_or_corrected(small: Lexicon, tmp_path: Path) -> None:
    to = {"certainty": "affirmed", "disease": ["disease/lung-cancer"], "method": ["method/computer-aided-detection"]}
    data = {"claims": [about(FIRST, decision="reject", reason="no"), about(SECOND, decision="correct", to=to)]}
    (claim_,) = curated(small, tmp_path, data).claims
    assert (claim_.id, claim_.certainty, claim_.disease, claim_.rule) == (
        "c2", "affirmed", ("disease/lung-cancer",), "r" + REVIEWED,
    )  # fmt: skip
    # The quote names the method and not the disease, whatever a reviewer knows.
    assert claim_.context == ("disease/lung-cancer",)
    assert curated(small, tmp_path, {"claims": [about(FIRST, decision="accept")]}) == READING


def test_claims_of_one_sentence_and_task_are_told_apart_by_their_targets(small: Lexicon, tmp_path: Path) -> None:
    twin = replace(FIRST, id="c3", disease=("disease/lung-cancer",))
    reading = replace(READING, claims=(FIRST, twin))
    data = {"claims": [about(twin, decision="reject", reason="not in this text")]}
    assert curated(small, tmp_path, data, reading).claims == (FIRST,)
    lost = {"claims": [about(replace(FIRST, disease=("disease/x",)), decision="reject", reason="?")]}
    assert curated(small, tmp_path, lost, reading).claims == (FIRST, twin)


def test_the_only_claim_of_its_sentence_is_known_though_its_targets_have_other_names(
    small: Lexicon, tmp_path: Path
) -> None:
    data = {"claims": [about(replace(FIRST, disease=("disease/old-id",)), decision="reject", reason="no")]}
    assert curated(small, tmp_path, data).claims == (SECOND,)


def test_a_decision_on_a_claim_that_is_gone_is_told_of(small: Lexicon, tmp_path: Path) -> None:
    other = about(FIRST, decision="accept") | {"document": "0" * 64}
    data = {"claims": [about(FIRST, decision="accept"), about(FIRST, decision="accept") | {"quote": "Gone."}, other]}
    curation = read(tmp_path, data)
    _, rules, _ = curate_lexicon(small, curation)
    met = curate_reading(READING, rules).met
    outcomes = claim_outcomes(curation, met, frozenset({DOCUMENT.sha256}))
    assert [o.stale for o in outcomes] == ["", "there is no such claim any more", "its document was not read"]


def test_a_reading_without_decisions_stays_as_it_is(small: Lexicon) -> None:
    _, rules, outcomes = curate_lexicon(small, Curation("review.yaml"))
    assert curate_reading(READING, rules).reading is READING
    assert (rules.lexicon, outcomes) == (small, [])


def test_an_added_name_is_read_as_any_other(lexicon: Lexicon, tmp_path: Path) -> None:
    stop = {"name": "glioma", "kind": "disease", "decision": "stop"}
    decided = read(tmp_path, {"terms": [term(decision="add"), stop]})
    grown, rules, _ = curate_lexicon(lexicon, decided)
    text = "We use ZebraNet on MRI. It is a ZebraNet for glioma and meningioma."
    found = curate_reading(extract(Document("d", text), prepare(grown)), rules).reading.mentions
    assert [m.concept for m in found] == [
        "method/zebranet", "modality/mri", "method/zebranet", "disease/meningioma",
    ]  # fmt: skip


# -------------------------------------------------------------------------------------------------- All the way through

PAPER = {
    "id": "p", "title": "QuokkaNet for glioma segmentation on MRI",
    "abstract": "Purpose: To segment glioma on MRI. Methods: We propose QuokkaNet, a convolutional neural network. "
    "Results: QuokkaNet reached a Dice of 0.91. Conclusion: QuokkaNet may segment glioma on MRI.",
}  # fmt: skip


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("built")
    (directory / "in.jsonl").write_text(json.dumps(PAPER) + "\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["build", str(directory / "in.jsonl"), "-o", str(directory / "out")])
    assert result.exit_code == 0, result.stderr
    return directory


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A paper (in.jsonl) and its build (out), to be changed at will."""
    return Path(shutil.copytree(built_once, tmp_path / "built"))


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(main, [str(w) for w in words])


def test_a_reviewed_file_survives_rebuilds(built: Path) -> None:
    source, out, review = built / "in.jsonl", built / "out", built / "review.yaml"
    assert run("curate", "--graph", out, "-o", review).exit_code == 0
    data = yaml.safe_load(review.read_text(encoding="utf-8"))
    assert [(e["name"], e["kind"]) for e in data["terms"]] == [("QuokkaNet", "method")]
    assert data["claims"]
    data["terms"][0] |= {"decision": "add", "en": "QuokkaNet", "zh": "短尾矮袋鼠网络"}
    data["claims"][0] |= {"decision": "reject", "reason": "hedged beyond use"}
    review.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    before = json.loads((out / "report.json").read_text(encoding="utf-8"))
    reports = []
    for _ in range(2):
        assert run("build", source, "-o", out, "--curation", review).exit_code == 0
        reports.append((out / "report.json").read_bytes())
        assert run("validate", "--graph", out).exit_code == 0
        assert run("verify", "--graph", out).exit_code == 0
        assert run("curate", "--graph", out, "-o", review).exit_code == 0
    assert reports[0] == reports[1]
    report = json.loads(reports[0])
    assert report["curation"]["applied"] == {"claims: reject": 1, "terms: add": 1}
    assert report["curation"]["stale"] == []
    assert report["unlinked"] == []
    assert report["claims"] + report["statements"] == before["claims"] + before["statements"] - 1
    assert "短尾矮袋鼠网络" in (out / "graph.ttl").read_text(encoding="utf-8")
    markdown = (out / "report.md").read_text(encoding="utf-8")
    assert "## Decisions applied from review.yaml" in markdown
    kept = yaml.safe_load(review.read_text(encoding="utf-8"))
    assert kept["terms"][0]["zh"] == "短尾矮袋鼠网络"
    assert kept["claims"][0]["reason"] == "hedged beyond use"


def test_a_stale_decision_is_in_the_report(built: Path) -> None:
    review = built / "review.yaml"
    entry = {"document": "0" * 64, "task": "task/segmentation", "quote": "x", "decision": "accept"}
    review.write_text(yaml.safe_dump({"claims": [entry]}), encoding="utf-8")
    assert run("build", built / "in.jsonl", "-o", built / "out", "--curation", review).exit_code == 0
    report = json.loads((built / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["curation"]["stale"] == ["claims: x: its document was not read"]
    assert "change nothing any more" in (built / "out" / "report.md").read_text(encoding="utf-8")


def test_a_mistake_in_the_review_stops_a_build_and_leaves_the_output(built: Path) -> None:
    review = built / "review.yaml"
    review.write_text("terms:\n- {name: x, kind: method, decision: maybe}\n", encoding="utf-8")
    before = (built / "out" / "graph.ttl").read_bytes()
    result = run("build", built / "in.jsonl", "-o", built / "out", "--curation", review)
    assert result.exit_code == 2
    assert "terms, entry 1 ('x')" in result.stderr
    assert (built / "out" / "graph.ttl").read_bytes() == before


def test_extract_applies_a_review_too(built: Path) -> None:
    review = built / "review.yaml"
    review.write_text("terms:\n- {name: QuokkaNet, kind: method, decision: stop}\n", encoding="utf-8")
    result = run("extract", built / "in.jsonl", "--curation", review)
    assert result.exit_code == 0
    assert "QuokkaNet" not in {m["text"] for m in json.loads(result.stdout)["mentions"]}


def test_curate_refuses_what_is_no_build_and_what_is_no_review(built: Path) -> None:
    assert run("curate", "--graph", built / "absent", "-o", built / "r.yaml").exit_code == 2
    (built / "other.yaml").write_text("my: data\n", encoding="utf-8")
    result = run("curate", "--graph", built / "out", "-o", built / "other.yaml")
    assert result.exit_code == 2
    assert (built / "other.yaml").read_text(encoding="utf-8") == "my: data\n"

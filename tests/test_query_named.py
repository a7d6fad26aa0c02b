"""Each named question has the answer that a reader of tests/data/small.ttl would give."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Store

from imagingkg.errors import OntologyError, QueryError
from imagingkg.graph.query import load_queries, run_named, run_query
from small_graph import rows, small_store

Rows = list[tuple[Any, ...]]
D = Decimal


@pytest.fixture(scope="module")
def graph() -> Store:
    return small_store()


# Claims on each, or below it: grading is a classification, glioblastoma a glioma.
TASKS = {"classification": 4, "detection": 2, "genotype prediction": 5, "grading": 2, "segmentation": 5}
DISEASES = {"Alzheimer disease": 1, "glioblastoma": 3, "glioma": 9, "lung nodule": 4, "meningioma": 2}

# The quote of each claim and the title of its paper, as small.ttl has them.
SAID = {
    "c01": ("U-Net outlined gliomas on MRI of 285 patients with a Dice of 0.91.", "Outlining gliomas with U-Net"),
    "c02": ("Radiomics told IDH mutation with an AUC of 0.94 (0.90-0.97).", "Outlining gliomas with U-Net"),
    "c03": (
        "The CNN graded gliomas with AUC 0.98 in training, 0.89 in test and 85 % in external patients.",
        "Grading gliomas in three hospitals",
    ),
    "c04": ("A CNN on contrast-enhanced T1 may tell MGMT methylation (AUC 0.72).", "A first look at MGMT"),
    "c05": ("Radiomics could not tell MGMT methylation (AUC 58 %, 52-64 %).", "MGMT cannot be seen"),
    "c06": ("MGMT methylation was predicted with an AUC of 0.88 (0.83-0.92).", "MGMT can be seen"),
    "c07": (
        "On 2303 CT images the CNN found more nodules than radiologists (AUC 0.96).",
        "Nodules before the radiologist",
    ),
    "c08": ("The transformer missed nodules on CT that radiologists saw.", "Nodules behind the radiologist"),
    "c09": ("Author A outlined gliomas on MRI with U-Net.", "A review of brain tumours"),
    "c10": ("Author X [7] outlined meningiomas on PET-CT with a CNN (Dice 87 %).", "A review of brain tumours"),
    "c11": ("Radiomics on MRI might grade meningiomas.", "Meningioma grades"),
    "c12": (
        "The transformer did not classify the hippocampus better than chance (accuracy 51 %).",
        "The hippocampus in dementia",
    ),
    "c13": ("The CNN classified gliomas with an AUC of 0.99.", "A withdrawn paper"),
    "c14": ("结节网在CT上分割肺结节，豪斯多夫距离为2.1 mm。", "肺结节的分割"),
    "c15": ("U-Net的豪斯多夫距离为3.2 mm。", "肺结节的分割"),
    "c16": ("MRI may show Ki-67 in gliomas, too.", "A review of brain tumours"),
}

# Worked out by hand from small.ttl: query, parameters, columns, rows.
ANSWERS: dict[str, tuple[dict[str, str | int], str, Rows]] = {
    "overview": (
        {},
        "what count inAssertions",
        [
            ("anatomy", 2, 1), ("biomarker", 3, 3), ("challenge", 3, 2), ("claim", 16, 0), ("dataset", 2, 2),
            ("disease", 7, 5), ("document", 12, 0), ("method", 7, 6), ("metric", 4, 0), ("modality", 5, 4),
            ("statement", 3, 0), ("study", 13, 0), ("task", 6, 5),
        ],
    ),
    # c04 is on contrast-enhanced T1 and glioblastoma, both below what is asked; c13 is retracted: its 0.99 is no best.
    "tasks": (
        {"modality": "magnetic resonance imaging", "disease": "胶质瘤"},
        "task claims best",
        [
            ("classification", 1, None), ("genotype prediction", 5, D("0.94")), ("grading", 1, D("0.89")),
            ("segmentation", 2, None),
        ],
    ),
    "biomarkers": (
        {},
        "biomarker certainty claims papers",
        [
            ("IDH mutation", "affirmed", 1, 1), ("Ki-67", "hedged", 1, 1), ("MGMT methylation", "affirmed", 1, 1),
            ("MGMT methylation", "hedged", 1, 1), ("MGMT methylation", "negated", 1, 1),
        ],
    ),
    "hedged-only": ({}, "task disease claims", [("grading", "meningioma", 1)]),
    "contradictions": (
        {},
        "task disease reason quote otherQuote paper otherPaper claim other",
        [
            (*what, SAID[a][0], SAID[b][0], SAID[a][1], SAID[b][1], f"claim/{a}", f"claim/{b}")
            for *what, a, b in (
                ("detection", "lung nodule", "comparison", "c07", "c08"),
                ("genotype prediction", "glioblastoma", "certainty", "c05", "c06"),
                ("genotype prediction", "glioblastoma", "interval", "c05", "c06"),
            )
        ],
    ),
    # On CT there are detection and segmentation of lung nodules, no more (PET-CT combines CT, it is not below it). The
    # pairs with the most claims on task times disease come first; no claim names brain tumours themselves.
    "gaps": (
        {"modality": "CT"},
        "task disease onTask onDisease",
        sorted(
            (
                (task, disease, on_task, on_disease)
                for task, on_task in TASKS.items()
                for disease, on_disease in DISEASES.items()
                if not (disease == "lung nodule" and task in ("detection", "segmentation"))
            ),
            key=lambda row: (-row[2] * row[3], row[0], row[1]),
        ),
    ),
    # Meningioma has CNN and radiomics; glioma has these and U-Net too (c01, c09): a CNN, but a CNN is no U-Net.
    "untried-methods": ({}, "disease method sibling claimsOnSibling", [("meningioma", "U-Net", "glioma", 2)]),
    "challenges": (
        {},
        "challenge remedy certainty paper quote",
        [
            ("black box", None, "affirmed", "A review of brain tumours", "Nobody sees into the black box."),
            ("data privacy", None, "hedged", "Grading gliomas in three hospitals",
             "Privacy may keep hospitals apart."),
            ("data privacy", "federated learning", "affirmed", "A review of brain tumours",
             "Federated learning answers the worry about privacy."),
        ],
    ),
    "challenges-unanswered": ({}, "challenge suggestion statements", [("black box", None, 1)]),
    "claims-of-paper": (
        {"paper": "a review of"},
        "start task about certainty assertedAs figures quote",
        [
            (300, "segmentation", "MRI; U-Net; glioma", "affirmed", "reported", None,
             "Author A outlined gliomas on MRI with U-Net."),
            (400, "segmentation", "MRI; PET-CT; convolutional neural network; meningioma", "affirmed", "reported",
             "Dice 87 %", "Author X [7] outlined meningiomas on PET-CT with a CNN (Dice 87 %)."),
            (500, "genotype prediction", "Ki-67; MRI; glioma", "hedged", "reported", None,
             "MRI may show Ki-67 in gliomas, too."),
            (600, None, "data privacy; federated learning", "affirmed", "primary", None,
             "Federated learning answers the worry about privacy."),
            (660, None, "black box", "affirmed", "primary", None, "Nobody sees into the black box."),
        ],
    ),
    "evidence": (
        {"task": "分类", "disease": "brain tumour"},
        "year certainty assertedAs paper start quote",
        [
            (2020, "affirmed", "primary", "Grading gliomas in three hospitals", 50,
             "The CNN graded gliomas with AUC 0.98 in training, 0.89 in test and 85 % in external patients."),
            (2021, "affirmed", "primary", "A withdrawn paper", 5, "The CNN classified gliomas with an AUC of 0.99."),
            (2022, "hedged", "primary", "Meningioma grades", 5, "Radiomics on MRI might grade meningiomas."),
        ],
    ),
    "chinese-labels": (
        {"kind": "modality"},
        "english chinese alsoCalled",
        [
            ("CT", "计算机断层扫描", None), ("MRI", "磁共振成像", "核磁"), ("PET", "正电子发射断层扫描", None),
            ("PET-CT", "PET-CT", None), ("contrast-enhanced T1", "增强T1", None),
        ],
    ),
    # Neither the training figure of c03, nor the negated c05 and c12, nor the retracted c13; 2.1 mm is better than 3.2.
    "best-figures": (
        {},
        "task disease metric figure reported split paper",
        [
            ("detection", "lung nodule", "AUC", D("0.96"), "0.96", "unspecified", "Nodules before the radiologist"),
            ("genotype prediction", "glioblastoma", "AUC", D("0.88"), "0.88", "test", "MGMT can be seen"),
            ("genotype prediction", "glioma", "AUC", D("0.94"), "0.94", "test", "Outlining gliomas with U-Net"),
            ("grading", "glioma", "AUC", D("0.89"), "0.89", "test", "Grading gliomas in three hospitals"),
            ("segmentation", "glioma", "Dice", D("0.91"), "0.91", "test", "Outlining gliomas with U-Net"),
            ("segmentation", "lung nodule", "Hausdorff distance", D("2.1"), "2.1", "test", "肺结节的分割"),
            ("segmentation", "meningioma", "Dice", D("0.87"), "87 %", "unspecified", "A review of brain tumours"),
        ],
    ),
    "external-validation": (
        {},
        "task disease metric reported quote paper claim",
        [("grading", "glioma", "AUC", "85 %", *SAID["c03"], "claim/c03")],
    ),
    "largest-samples": (
        {},
        "n unit split task quote paper claim",
        [
            (2303, "images", "unspecified", "detection", *SAID["c07"], "claim/c07"),
            (285, "patients", "unspecified", "segmentation", *SAID["c01"], "claim/c01"),
            (120, "patients", "external", "grading", *SAID["c03"], "claim/c03"),
        ],
    ),
    "who-did-what": (
        {"since": 2022},
        "year authors task about certainty quote paper claim",
        [
            (None, "作者甲", "segmentation", "CT; U-Net; lung nodule", "affirmed", *SAID["c15"], "claim/c15"),
            (None, "作者甲", "segmentation", "CT; lung nodule; 结节网", "affirmed", *SAID["c14"], "claim/c14"),
            (2022, "Author E", "genotype prediction", "MGMT methylation; MRI; glioblastoma; radiomics", "affirmed",
             *SAID["c06"], "claim/c06"),
            (2022, "Author I", "grading", "MRI; meningioma; radiomics", "hedged", *SAID["c11"], "claim/c11"),
            (2023, "Author G", "detection", "CT; lung nodule; transformer", "affirmed", *SAID["c08"], "claim/c08"),
        ],
    ),
    # s01 has c01 and c02 of its own and c09 from the review; s03 has c04 and c16; s20 is known from the review alone.
    "studies": (
        {},
        "authors year citation primary reported tellers study",
        [
            ("Author A", 2019, None, 2, 1, 1, "study/s01"), ("Author C", 2021, None, 1, 1, 1, "study/s03"),
            ("Author X", 2018, "7", 0, 1, 1, "study/s20"), ("Author B", 2020, None, 2, 0, 0, "study/s02"),
            ("Author H", 2023, None, 2, 0, 0, "study/s08"), ("作者甲", None, None, 2, 0, 0, "study/s12"),
            ("Author D", 2021, None, 1, 0, 0, "study/s04"), ("Author E", 2022, None, 1, 0, 0, "study/s05"),
            ("Author F", 2020, None, 1, 0, 0, "study/s06"), ("Author G", 2023, None, 1, 0, 0, "study/s07"),
            ("Author I", 2022, None, 1, 0, 0, "study/s09"), ("Author J", 2018, None, 1, 0, 0, "study/s10"),
            ("Author K", 2021, None, 1, 0, 0, "study/s11"),
        ],
    ),
    "datasets": ({}, "dataset task claims papers", [("BraTS", "segmentation", 1, 1), ("LUNA16", "detection", 1, 1)]),
    "comparisons": (
        {},
        "comparator comparison task disease certainty quote claim",
        [
            ("radiologist", "better", "detection", "lung nodule", "affirmed",
             "On 2303 CT images the CNN found more nodules than radiologists (AUC 0.96).", "claim/c07"),
            ("radiologist", "worse", "detection", "lung nodule", "affirmed",
             "The transformer missed nodules on CT that radiologists saw.", "claim/c08"),
        ],
    ),
    # 2018: c10, c12. 2019: c01, c02, c09. 2020: c03, c07. 2021: c04, c05, c13, c16. 2022: c06, c11. 2023: c08.
    "claims-by-year": (
        {},
        "year claims affirmed hedged negated",
        [(None, 2, 2, 0, 0), (2018, 2, 1, 0, 1), (2019, 3, 3, 0, 0), (2020, 2, 2, 0, 0), (2021, 4, 1, 2, 1),
         (2022, 2, 1, 1, 0), (2023, 1, 1, 0, 0)],
    ),
    "unlinked-names": ({}, "kind name claims papers", [("method", "结节网", 1, 1)]),
    "negated": (
        {},
        "task disease method quote paper claim",
        [
            ("classification", "Alzheimer disease", "transformer",
             "The transformer did not classify the hippocampus better than chance (accuracy 51 %).",
             "The hippocampus in dementia", "claim/c12"),
            ("genotype prediction", "glioblastoma", "radiomics",
             "Radiomics could not tell MGMT methylation (AUC 58 %, 52-64 %).", "MGMT cannot be seen", "claim/c05"),
        ],
    ),
    "multimodal": (
        {},
        "task modalities disease quote paper claim",
        [("segmentation", "MRI; PET-CT", "meningioma", *SAID["c10"], "claim/c10")],
    ),
    "known-markers-unstudied": ({}, "biomarker disease", [("Ki-67", "meningioma")]),
    # c01 and c09 are of 2019, c15 has no year; c10 is of 2018.
    "methods": (
        {"task": "segmentation"},
        "method claims diseases first last",
        [("U-Net", 3, 2, 2019, 2019), ("convolutional neural network", 1, 1, 2018, 2018), ("结节网", 1, 1, None, None)],
    ),
    # The hippocampus is part of the brain, and a glioblastoma is where gliomas are.
    "anatomy": (
        {},
        "task place disease certainty quote paper claim",
        [
            ("classification", None, "glioma", "affirmed", *SAID["c13"], "claim/c13"),
            ("classification", "hippocampus", "Alzheimer disease", "negated", *SAID["c12"], "claim/c12"),
            ("genotype prediction", None, "glioblastoma", "hedged", *SAID["c04"], "claim/c04"),
            ("genotype prediction", None, "glioblastoma", "negated", *SAID["c05"], "claim/c05"),
            ("genotype prediction", None, "glioblastoma", "affirmed", *SAID["c06"], "claim/c06"),
            ("genotype prediction", None, "glioma", "affirmed", *SAID["c02"], "claim/c02"),
            ("genotype prediction", None, "glioma", "hedged", *SAID["c16"], "claim/c16"),
            ("grading", None, "glioma", "affirmed", *SAID["c03"], "claim/c03"),
            ("segmentation", None, "glioma", "affirmed", *SAID["c01"], "claim/c01"),
            ("segmentation", None, "glioma", "affirmed", *SAID["c09"], "claim/c09"),
        ],
    ),
    "retracted": (
        {},
        "paper task certainty quote claim",
        [
            ("A withdrawn paper", "classification", "affirmed", "The CNN classified gliomas with an AUC of 0.99.",
             "claim/c13"),
        ],
    ),
    "mentioned-only": ({}, "concept papers", [("stroke", 1)]),
}  # fmt: skip


def test_every_question_that_is_shipped_has_its_answer_here() -> None:
    assert sorted(ANSWERS) == sorted(load_queries())
    assert len(ANSWERS) == 28


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_named_question_has_the_answer_that_the_turtle_gives(graph: Store, name: str) -> None:
    given, columns, expected = ANSWERS[name]
    answer = run_named(graph, name, **given)
    assert answer.columns == tuple(columns.split())
    assert rows(answer) == expected


def test_every_question_has_a_title_and_both_languages_and_an_order() -> None:
    seen = 0
    for query in load_queries().values():
        seen += 1
        assert query.title, query.name
        assert query.en.endswith("?"), query.name
        assert re.search("[一-鿿].*[？。]$", query.zh), query.name
        assert re.search(r"\nORDER BY .*\n(LIMIT \d+\n)?\Z", query.text), query.name
        assert "SERVICE" not in query.text
    assert seen == 28


def test_every_question_parses_as_it_stands_without_its_parameters_filled_in() -> None:
    store, ran = small_store(), 0
    for query in load_queries().values():
        store.query(query.text)
        ran += 1
    assert ran == 28


def test_a_question_answers_in_chinese_where_it_has_names() -> None:
    graph, asked = small_store(), 0
    for query in load_queries().values():
        if "lang" not in {p.name for p in query.parameters}:
            continue
        given = ANSWERS[query.name][0]
        assert len(run_query(graph, query, {**given, "lang": "zh"})) == len(ANSWERS[query.name][2])
        asked += 1
    assert asked == 22
    assert rows(run_named(graph, "hedged-only", lang="zh")) == [("分级", "脑膜瘤", 1)]


def test_a_broader_concept_takes_in_what_was_said_of_narrower_ones(graph: Store) -> None:
    wide = rows(run_named(graph, "tasks", disease="brain tumour"))
    assert ("segmentation", 3, None) in wide  # c01, c09 on glioma and c10 on meningioma
    narrow = rows(run_named(graph, "tasks", disease="glioblastoma"))
    assert narrow == [("genotype prediction", 3, D("0.88"))]


def test_any_lifts_a_restriction(graph: Store) -> None:
    assert [row[0] for row in rows(run_named(graph, "tasks", modality="any", disease="any"))] == [
        "classification", "detection", "genotype prediction", "grading", "segmentation",
    ]  # fmt: skip
    assert rows(run_named(graph, "untried-methods", disease="glioma")) == []


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"disease": "glyoma"}, "Did you mean glioma"),
        ({"disease": "zzzz"}, "no disease is called 'zzzz'"),
        ({"disease": 'glioma" } INSERT DATA { <a:a> <a:b> "'}, "no disease is called"),
        ({"colour": "red"}, "has no parameter 'colour'"),
        ({"lang": "fr"}, "Use en or zh"),
        ({"modality": "segmentation"}, "no modality is called"),
    ],
)
def test_a_value_that_names_nothing_is_refused_with_advice(graph: Store, given: dict[str, str], what: str) -> None:
    with pytest.raises(QueryError, match=what.replace('"', ".")):
        run_named(graph, "tasks", **given)


def test_a_value_that_is_no_term_reaches_no_query(graph: Store) -> None:
    with pytest.raises(QueryError, match="no document is called"):
        run_named(graph, "claims-of-paper", paper='x } } ; DROP ALL # "')
    with pytest.raises(QueryError, match="is no year"):
        run_named(graph, "who-did-what", since="2019 } UNION { ?s ?p ?o")


def test_an_unknown_question_is_answered_with_names_like_it(graph: Store) -> None:
    with pytest.raises(QueryError, match="Did you mean contradictions"):
        run_named(graph, "contradiction")


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("10.5555/SMALL.1", "d01"), ("d07.txt", "d07"), ("肺结节", "d12"), ("MGMT can be seen", "d05"),
        ("https://w3id.org/imagingkg/document/d09", "d09"), ("d03", "d03"),
    ],
)  # fmt: skip
def test_a_paper_is_found_by_title_part_of_it_doi_file_or_iri(graph: Store, text: str, document: str) -> None:
    found = run_named(graph, "claims-of-paper", paper=text)
    by_iri = run_named(graph, "claims-of-paper", paper=f"https://w3id.org/imagingkg/document/{document}")
    assert rows(found) == rows(by_iri)
    assert len(found) >= 1


def test_a_part_of_several_titles_is_refused_with_the_documents(graph: Store) -> None:
    with pytest.raises(QueryError, match="fits 3 documents"):
        run_named(graph, "claims-of-paper", paper="the")  # before the, behind the, The hippocampus
    with pytest.raises(QueryError, match="is not named"):
        run_named(graph, "claims-of-paper")


def test_a_label_of_two_concepts_is_refused_with_their_ids() -> None:
    store = small_store()
    store.update(
        "INSERT DATA { <https://w3id.org/imagingkg/concept/disease/stroke> "
        '<http://www.w3.org/2004/02/skos/core#altLabel> "GBM"@en }'
    )
    with pytest.raises(QueryError, match="disease/glioblastoma, disease/stroke"):
        run_named(store, "tasks", disease="gbm")
    assert rows(run_named(store, "tasks", disease="disease/glioblastoma")) == [("genotype prediction", 3, D("0.88"))]


TOP = "# title: a\n# en: a?\n# zh: 甲？\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("# en: a?\n# zh: 甲？\nSELECT * {}", "# title"),
        ("# title: a\n# en: a?\nSELECT * {}", "# zh"),
        (TOP + "# param: disease\nSELECT * {}", "is not"),
        (TOP + "# param: disease = x | y\nSELECT * {}", "'disease' must be declared"),
        (TOP + "SELECT * { VALUES ?asked_task { UNDEF } }", "'task' must be declared"),
        (TOP + "# param: tune = x | y\nSELECT * { VALUES ?asked_tune { UNDEF } }", "no kind"),
    ],
)
def test_a_faulty_query_file_is_named_with_its_fault(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "bad.rq").write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError, match=what) as error:
        load_queries(tmp_path)
    assert error.value.where == "bad.rq"

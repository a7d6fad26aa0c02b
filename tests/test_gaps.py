"""The gap matrix counts what a reader of the claims would count, names the empty pairs, and shows the best figure."""

from __future__ import annotations

import csv
import gc
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, Store

from imagingkg.errors import QueryError
from imagingkg.graph.claims import Assertion, each_assertion
from imagingkg.graph.gap_matrix import Cell, GapMatrix, Heading
from imagingkg.graph.gaps import contradictions, gap_pieces, gaps, render_gaps
from small_graph import BASE, small_store


@pytest.fixture(scope="module")
def graph() -> Store:
    return small_store()


def counts(matrix: GapMatrix) -> dict[tuple[str, str], int]:
    return {(key(c.row), key(c.column)): len(c.claims) for c in matrix.cells}


def key(iri: str) -> str:
    return iri.rsplit("/", 1)[-1]


def cell(matrix: GapMatrix, row: str, column: str) -> Cell:
    found = [c for c in matrix.cells if (key(c.row), key(c.column)) == (row, column)]
    assert len(found) == 1
    return found[0]


def claims(one: Cell) -> list[str]:
    return [key(c) for c in one.claims]


# Worked out by hand from small.ttl: grading counts as classification, glioblastoma as glioma, both gliomas and
# meningioma as brain tumour.
TASK_BY_DISEASE = {
    ("segmentation", "glioma"): 2, ("segmentation", "meningioma"): 1, ("segmentation", "lung-nodule"): 2,
    ("segmentation", "brain-tumour"): 3, ("genotype", "glioma"): 5, ("genotype", "glioblastoma"): 3,
    ("genotype", "brain-tumour"): 5, ("grading", "glioma"): 1, ("grading", "meningioma"): 1,
    ("grading", "brain-tumour"): 2, ("classification", "glioma"): 2, ("classification", "meningioma"): 1,
    ("classification", "brain-tumour"): 3, ("classification", "alzheimer"): 1, ("detection", "lung-nodule"): 2,
}  # fmt: skip


def test_a_cell_counts_claims_of_every_certainty_rolled_up(graph: Store) -> None:
    matrix = gaps(graph)
    assert counts(matrix) == TASK_BY_DISEASE
    assert matrix.claims == 16
    genotype = cell(matrix, "genotype", "glioma")
    assert claims(genotype) == ["c02", "c04", "c05", "c06", "c16"]
    assert (genotype.affirmed, genotype.hedged, genotype.negated, genotype.papers) == (2, 2, 1, 5)


def test_rows_and_columns_are_concepts_with_a_claim_by_size(graph: Store) -> None:
    matrix = gaps(graph)
    # genotype 5; segmentation 5; classification 4 (grading among them); detection and grading 2. Nobody registered.
    assert [(h.en, h.zh, h.claims) for h in matrix.rows] == [
        ("genotype prediction", "基因型预测", 5), ("segmentation", "分割", 5), ("classification", "分类", 4),
        ("detection", "检测", 2), ("grading", "分级", 2),
    ]  # fmt: skip
    # Brain tumour: c01-c06, c09, c10, c11, c13, c16; no claim names it itself.
    assert [(h.en, h.claims, h.direct) for h in matrix.columns] == [
        ("brain tumour", 11, 0), ("glioma", 9, 6), ("lung nodule", 4, 4), ("glioblastoma", 3, 3), ("meningioma", 2, 2),
        ("Alzheimer disease", 1, 1),
    ]  # fmt: skip


def test_the_empty_pairs_are_all_the_others(graph: Store) -> None:
    matrix = gaps(graph)
    empty = {(key(r.iri), key(c.iri)) for r, c in matrix.empty}
    everything = set(product((key(r.iri) for r in matrix.rows), (key(c.iri) for c in matrix.columns)))
    assert empty == everything - TASK_BY_DISEASE.keys()
    assert len(empty) == 15
    assert matrix.cell(matrix.empty[0][0].iri, matrix.empty[0][1].iri) is None


def test_the_best_figure_leaves_out_training_negated_and_retracted(graph: Store) -> None:
    matrix = gaps(graph)
    grading = cell(matrix, "grading", "glioma").best
    assert grading is not None
    assert (grading.metric.en, grading.value, grading.reported) == ("AUC", Decimal("0.89"), "0.89")
    assert grading.split == "test"
    assert cell(matrix, "classification", "alzheimer").best is None  # its one figure stands in a negated claim
    glioma = cell(matrix, "classification", "glioma").best  # c13 is retracted, c03 is a grading
    assert glioma is not None
    assert key(glioma.claim) == "c03"


def test_the_best_of_a_metric_follows_its_own_direction(graph: Store) -> None:
    best = cell(gaps(graph), "segmentation", "lung-nodule").best
    assert best is not None
    assert (best.metric.en, best.reported, key(best.claim)) == ("Hausdorff distance", "2.1", "c14")


def test_external_validation_and_contradictions_are_marked(graph: Store) -> None:
    matrix = gaps(graph)
    assert [(key(c.row), key(c.column)) for c in matrix.cells if c.external] == [
        ("classification", "brain-tumour"), ("classification", "glioma"),
        ("grading", "brain-tumour"), ("grading", "glioma"),
    ]  # fmt: skip
    marked = {(key(c.row), key(c.column)): c.contradictions for c in matrix.cells if c.contradictions}
    assert marked == {
        ("genotype", "brain-tumour"): 1, ("genotype", "glioma"): 1, ("genotype", "glioblastoma"): 1,
        ("detection", "lung-nodule"): 1,
    }  # fmt: skip


def test_a_filler_from_the_context_counts_and_is_told_apart(graph: Store) -> None:
    """c10 has MRI from its heading and PET-CT from its sentence."""
    matrix = gaps(graph, rows="modality", columns="disease")
    assert cell(matrix, "mri", "meningioma").from_context == 1
    assert cell(matrix, "pet-ct", "meningioma").from_context == 0
    assert claims(cell(matrix, "mri", "meningioma")) == ["c10", "c11"]


def test_claims_contradict_by_certainty_comparison_or_interval(graph: Store) -> None:
    pairs = {(key(a), key(b)) for a, b in contradictions(graph)}
    assert pairs == {("c05", "c06"), ("c07", "c08")}


def test_where_and_since_keep_what_fits(graph: Store) -> None:
    on_ct = gaps(graph, where={"modality": "计算机断层扫描"})
    assert counts(on_ct) == {("detection", "lung-nodule"): 2, ("segmentation", "lung-nodule"): 2}
    assert len(on_ct.columns) == 6  # what others studied on other modalities is where the gaps are
    recent = gaps(graph, since=2022)
    assert counts(recent) == {
        ("genotype", "glioblastoma"): 1, ("genotype", "glioma"): 1, ("genotype", "brain-tumour"): 1,
        ("grading", "meningioma"): 1, ("grading", "brain-tumour"): 1, ("classification", "meningioma"): 1,
        ("classification", "brain-tumour"): 1, ("detection", "lung-nodule"): 1,
    }  # fmt: skip
    assert (recent.claims, recent.undated) == (3, 2)
    below = gaps(graph, where={"disease": "glioma"})
    assert [h.en for h in below.columns] == ["glioma", "glioblastoma"]


def test_limits_keep_the_fullest_and_say_what_they_hide(graph: Store) -> None:
    matrix = gaps(graph, max_rows=2, max_columns=1)
    assert [key(h.iri) for h in (*matrix.rows, *matrix.columns)] == ["genotype", "segmentation", "brain-tumour"]
    assert (matrix.hidden_rows, matrix.hidden_columns) == (3, 5)
    assert len(matrix.cells) == 2


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"rows": "colour"}, "Use one of task, modality"),
        ({"rows": "disease"}, "are 'disease' as the rows are"),
        ({"where": {"modality": "MRT"}}, "Did you mean MRI"),
        ({"where": {"year": "2019"}}, "is no role of a claim"),
    ],
)
def test_what_is_no_role_or_label_is_refused_with_advice(graph: Store, asked: dict[str, Any], what: str) -> None:
    with pytest.raises(QueryError, match=what):
        gaps(graph, **asked)


def test_the_table_shows_counts_and_marks_in_both_languages(graph: Store) -> None:
    text = render_gaps(gaps(graph), "table")
    lines = text.splitlines()
    assert lines[0].startswith("16 claims; 15 of 30 pairs have none in this corpus")
    (row,) = [line.split() for line in lines if line.startswith("grading")][:1]
    # Columns: glioma, lung nodule, glioblastoma, meningioma, Alzheimer disease.
    assert row == ["grading", "1+", ".", ".", "1~", "."]
    assert "  detection × glioma" in lines
    chinese = render_gaps(gaps(graph, where={"modality": "MRI"}), "table", lang="zh")
    assert "磁共振成像" in chinese.splitlines()[0]
    assert any(line.startswith("分级") for line in chinese.splitlines())


def test_csv_has_a_line_for_every_cell(graph: Store) -> None:
    lines = list(csv.DictReader(io.StringIO(render_gaps(gaps(graph), "csv"), newline="")))
    assert len(lines) == 30
    full = {(key(x["row"]), key(x["column"])): int(x["claims"]) for x in lines if x["claims"] != "0"}
    assert full == TASK_BY_DISEASE
    (one,) = [x for x in lines if (x["row_zh"], x["column_zh"]) == ("分割", "脑膜瘤")]
    assert (one["best_metric"], one["best_value"], one["best_reported"]) == ("Dice", "0.87", "87 %")


def test_json_has_everything_and_markdown_is_a_table(graph: Store) -> None:
    data = json.loads(render_gaps(gaps(graph), "json"))
    assert {(key(c["row"]), key(c["column"])): len(c["claims"]) for c in data["cells"]} == TASK_BY_DISEASE
    assert len(data["empty"]) == 15
    markdown = render_gaps(gaps(graph), "markdown")
    assert "| grading | 1+ | . | . | 1\\~ | . |" in markdown
    assert "- detection × glioma" in markdown
    with pytest.raises(QueryError, match="'xml' is none"):
        render_gaps(gaps(graph), "xml")


def test_the_pieces_of_json_are_what_json_itself_would_write(graph: Store) -> None:
    matrices = [gaps(graph), gaps(graph, where={"modality": "CT"}, since=2020), gaps(Store())]
    for matrix in matrices:
        text = "".join(gap_pieces(matrix, "json"))
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
    assert len(matrices) == 3


def test_one_claim_at_a_time_is_held(graph: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def watched(graph: Store) -> Iterator[Assertion]:
        for claim in each_assertion(graph):
            held.append(sum(isinstance(value, Assertion) for value in gc.get_objects()))
            yield claim

    monkeypatch.setattr("imagingkg.graph.gaps.each_assertion", watched)
    before = sum(isinstance(value, Assertion) for value in gc.get_objects())
    assert gaps(graph).claims == 16
    assert len(held) == 19  # 16 claims and 3 statements
    assert max(held) - before <= 2  # this one, and the one before it until its name is given away


HEADINGS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), max_size=5)


@settings(max_examples=80, deadline=None)
@given(rows=HEADINGS, columns=HEADINGS, full=st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
def test_empty_pairs_come_by_the_claims_of_their_sides_then_by_name(
    rows: list[tuple[int, str]], columns: list[tuple[int, str]], full: set[tuple[int, int]]
) -> None:
    def axis(side: str, said: list[tuple[int, str]]) -> tuple[Heading, ...]:
        found = [Heading(f"{side}{n}", en, en, claims) for n, (claims, en) in enumerate(said)]
        return tuple(sorted(found, key=lambda h: (-h.claims, h.en, h.iri)))

    one, other = axis("row", rows), axis("column", columns)
    cells = tuple(Cell(f"row{r}", f"column{c}", ("x",), 1, 0, 0, 0, 1, None, (), False, 0) for r, c in sorted(full))
    matrix = GapMatrix("task", "disease", (), None, one, other, cells, 0, 0, 0, 0)
    filled = {(c.row, c.column) for c in cells}
    pairs = [(r, c) for r, c in product(one, other) if (r.iri, c.iri) not in filled]
    assert list(matrix.empty) == sorted(pairs, key=lambda p: (-p[0].claims * p[1].claims, p[0].en, p[1].en))


def test_a_graph_without_claims_has_an_empty_matrix() -> None:
    matrix = gaps(Store())
    assert (matrix.rows, matrix.columns, matrix.cells, matrix.empty) == ((), (), (), ())
    assert render_gaps(matrix, "table").startswith("0 claims")
    assert render_gaps(matrix, "csv").count("\r\n") == 1


def test_a_text_where_a_study_or_result_should_be_is_passed_over() -> None:
    store = Store()
    store.load(
        f"<{BASE}c> a <https://w3id.org/imagingkg/vocab/Claim> ; <https://w3id.org/imagingkg/vocab/task> <{BASE}t> ;"
        f' <https://w3id.org/imagingkg/vocab/disease> <{BASE}d> ; <https://w3id.org/imagingkg/vocab/study> "no IRI" ;'
        ' <https://w3id.org/imagingkg/vocab/result> "> <", "" .',
        format=RdfFormat.TURTLE,
    )
    (only,) = gaps(store).cells
    assert (len(only.claims), only.figures) == (1, ())


TASKS, DISEASES = ("t0", "t1", "t2"), ("d0", "d1", "d2", "d3", "d4")
CLAIM = st.tuples(
    st.sampled_from(TASKS),
    st.lists(st.sampled_from(DISEASES), max_size=3, unique=True),
    st.sampled_from(("affirmed", "hedged", "negated")),
    st.sampled_from((None, 2018, 2020)),
)
# A child always has a greater number than its parent, so there is no cycle; a disease may have two parents.
BROADER = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3)).filter(lambda e: e[0] > e[1]), max_size=6)


@settings(max_examples=80, deadline=None)
@given(said=st.lists(CLAIM, max_size=12), broader=BROADER, since=st.sampled_from((None, 2019)))
def test_the_counts_are_those_of_a_brute_force_count(
    said: list[tuple[str, list[str], str, int | None]], broader: list[tuple[int, int]], since: int | None
) -> None:
    turtle = [
        "@prefix ikg: <https://w3id.org/imagingkg/vocab/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> ."
        f"@prefix task: <{BASE}concept/task/> . @prefix disease: <{BASE}concept/disease/> . @prefix x: <{BASE}> ."
    ]
    turtle += [f'task:{t} a ikg:Task ; skos:prefLabel "{t}"@en , "{t}"@zh .' for t in TASKS]
    turtle += [f'disease:{d} a ikg:Disease ; skos:prefLabel "{d}"@en , "{d}"@zh .' for d in DISEASES]
    turtle += [f"disease:d{low} skos:broader disease:d{high} ." for low, high in broader]
    for n, (task, diseases, certainty, year) in enumerate(said):
        turtle.append(f"x:c{n} a ikg:Claim ; ikg:task task:{task} ; ikg:certainty ikg:{certainty} ; ikg:study x:s{n} .")
        turtle += [f"x:c{n} ikg:disease disease:{d} ." for d in diseases]
        turtle += [f"x:s{n} ikg:year {year} ."] if year else []
    store = Store()
    store.load("\n".join(turtle), format=RdfFormat.TURTLE)

    def below(low: str, high: str) -> bool:
        return low == high or any(f"d{a}" == low and below(f"d{b}", high) for a, b in broader)

    expected = {}
    for task, disease in product(TASKS, DISEASES):
        here = [
            certainty
            for t, diseases, certainty, year in said
            if t == task and any(below(d, disease) for d in diseases) and (since is None or (year or 0) >= since)
        ]
        if here:
            expected[task, disease] = tuple(here.count(c) for c in ("affirmed", "hedged", "negated"))
    found = gaps(store, since=since)
    assert {(key(c.row), key(c.column)): (c.affirmed, c.hedged, c.negated) for c in found.cells} == expected
    assert all(len(c.claims) == c.affirmed + c.hedged + c.negated for c in found.cells)

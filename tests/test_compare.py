"""Two builds are compared by what they say, not by how they are written."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse, serialize

from imagingkg.errors import GraphError, QueryError
from imagingkg.graph.compare import SHOWN, Changes, Comparison, compare, render_comparison
from imagingkg.graph.differences import differing, sorted_subjects
from imagingkg.graph.names import TYPE, VOCAB
from small_graph import DATA, small_build

TURTLE = (DATA / "small.ttl").read_text(encoding="utf-8")


def changed(tmp_path: Path, *replacements: tuple[str, str], more: str = "") -> Comparison:
    """The small graph against itself with each text replaced, which must be there."""
    text = TURTLE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "b.ttl").write_text(text + more, encoding="utf-8")
    return compare(DATA / "small.ttl", tmp_path / "b.ttl")


def names(changes: Changes) -> tuple[list[str], list[str], list[str]]:
    return [i.name for i in changes.added], [i.name for i in changes.removed], [i.name for i in changes.changed]


def test_a_build_does_not_differ_from_itself_in_another_order(tmp_path: Path) -> None:
    head, *blocks = TURTLE.split("\n\n")
    (tmp_path / "b.ttl").write_text("\n\n".join([head, *reversed(blocks)]), encoding="utf-8")
    same = compare(small_build(tmp_path / "a"), tmp_path / "b.ttl")
    assert same.same
    assert render_comparison(same).endswith("no difference\n")


def test_a_claim_that_is_now_hedged_is_a_change_of_certainty(tmp_path: Path) -> None:
    """Its IRI is another one, since it says something else; the sentence joins the two."""
    c06 = TURTLE[TURTLE.index("claim:c06 a") : TURTLE.index("ev:e06 a")]
    new = c06.replace("claim:c06", "claim:c06b").replace("ikg:affirmed", "ikg:hedged")
    found = changed(tmp_path, (c06, new))
    assert names(found.claims)[:2] == ([], [])
    (item,) = found.claims.changed
    assert item.iri.endswith("claim/c06b")
    assert item.facts == ("certainty: affirmed → hedged",)
    assert found.certainty == (item,)
    assert found.results == ()


def test_another_figure_is_a_change_of_results(tmp_path: Path) -> None:
    found = changed(tmp_path, ('ikg:value 0.91 ; ikg:reportedAs "0.91" ; ikg:normalizedValue 0.91',
                               'ikg:value 0.93 ; ikg:reportedAs "0.93" ; ikg:normalizedValue 0.93'))  # fmt: skip
    (item,) = found.results
    assert item.facts == ("results: Dice 0.91 (test) → Dice 0.93 (test)",)
    assert found.certainty == ()


def test_another_filler_is_named_by_its_label(tmp_path: Path) -> None:
    found = changed(tmp_path, ("ikg:task task:detection ; ikg:modality modality:ct ; ikg:disease disease:lung-nodule ; "
                               "ikg:method method:transformer", "ikg:task task:detection ; ikg:modality modality:ct ; "
                               "ikg:disease disease:stroke ; ikg:method method:transformer"))  # fmt: skip
    (item,) = found.claims.changed
    assert item.facts == ("disease: lung nodule → stroke",)
    assert "Nodules behind the radiologist" in item.name


def test_claims_and_documents_come_and_go(tmp_path: Path) -> None:
    more = """
doc:d13 a ikg:Document ; ikg:title "A new paper" ; dcterms:source "d13.txt" .
claim:c17 a ikg:Claim ; ikg:task task:registration ; ikg:modality modality:ct ; ikg:certainty ikg:affirmed ;
  ikg:assertedAs ikg:primary ; ikg:statedIn doc:d13 ; ikg:evidence ev:e17 .
ev:e17 ikg:quote "Registration of CT." ; ikg:start 0 ; ikg:end 19 .
"""
    found = changed(tmp_path, more=more)
    assert names(found.documents) == (["A new paper"], [], [])
    assert names(found.claims) == (["registration: CT [A new paper, 0-19]"], [], [])
    back = compare(tmp_path / "b.ttl", DATA / "small.ttl")
    assert names(back.documents) == ([], ["A new paper"], [])
    assert len(back.claims.removed) == 1


def test_a_document_that_was_rewritten_keeps_the_claims_that_it_still_makes(tmp_path: Path) -> None:
    """Another text is another hash; the place where it was read joins the two, the quotes join their claims."""
    moved = ("ikg:start 5 ; ikg:end 46", "ikg:start 9 ; ikg:end 50")
    found = changed(tmp_path, ("doc:d09", "doc:e09"), ("claim:c11", "claim:d11"), ("ev:e11", "ev:f11"), moved)
    assert names(found.documents) == ([], [], ["Meningioma grades"])
    assert found.documents.changed[0].facts == ("the text",)
    assert not found.claims


def test_concepts_and_links_are_compared_by_what_is_curated_and_derived(tmp_path: Path) -> None:
    found = changed(
        tmp_path,
        ('skos:altLabel "GBM"@en', 'skos:altLabel "grade 4 glioma"@en'),
        ('disease:stroke a ikg:Disease ; skos:prefLabel "stroke"@en , "脑卒中"@zh .', ""),
        ("task:grading ikg:targets disease:glioma .", "task:grading ikg:targets disease:meningioma ."),
    )
    assert names(found.concepts) == ([], ["stroke"], ["glioblastoma"])
    assert found.concepts.changed[0].facts == ("- altLabel 'GBM'@en", "+ altLabel 'grade 4 glioma'@en")
    assert names(found.links) == (["grading targets meningioma"], ["grading targets glioma"], [])
    assert not found.same


def test_the_text_counts_and_names_and_the_json_has_all(tmp_path: Path) -> None:
    more = "".join(f'doc:n{n:02} a ikg:Document ; ikg:title "New \x1b[2J {n:02}" .\n' for n in range(SHOWN + 5))
    found = changed(tmp_path, more=more.replace("\x1b", "\\u001B"))
    text = render_comparison(found)
    assert "documents: 25 added, 0 removed, 0 changed" in text
    assert "claims: 0 added, 0 removed, 0 changed (0 in certainty, 0 in results)" in text
    assert text.count("  + New") == SHOWN
    assert "  + and 5 more" in text
    assert "\x1b" not in text
    data = json.loads(render_comparison(found, "json"))
    assert len(data["documents"]["added"]) == 25
    assert data["same"] is False
    with pytest.raises(QueryError, match="'html' is none"):
        render_comparison(found, "html")


def test_what_is_no_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="there is no such directory"):
        compare(DATA / "small.ttl", tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(GraphError, match=r"holds no graph\.ttl"):
        compare(tmp_path / "empty", DATA / "small.ttl")


def test_a_build_does_not_differ_from_itself_with_its_triples_scattered_and_its_numbers_written_otherwise(
    tmp_path: Path,
) -> None:
    assert "ikg:normalizedValue 0.91" in TURTLE
    assert "ikg:start 5 ;" in TURTLE
    other = TURTLE.replace("ikg:normalizedValue 0.91", "ikg:normalizedValue 0.910").replace(
        "ikg:start 5 ;", "ikg:start 05 ;"
    )
    triples = [q.triple for q in parse(other.encode(), format=RdfFormat.TURTLE)]
    random.Random(5).shuffle(triples)
    (tmp_path / "b.ttl").write_bytes(serialize([*triples, *triples[:50]], format=RdfFormat.N_TRIPLES) or b"")
    assert len(triples) > 500
    assert compare(DATA / "small.ttl", tmp_path / "b.ttl").same


def test_what_differs_is_the_same_whether_subjects_are_sorted_in_memory_or_on_disk(tmp_path: Path) -> None:
    predicates = {TYPE.value, VOCAB + "certainty", VOCAB + "year"}
    (tmp_path / "b.ttl").write_text(TURTLE.replace("ikg:hedged", "ikg:negated"), encoding="utf-8")
    found = []
    for memory in (10**9, 300):
        folder = tmp_path / str(memory)
        folder.mkdir()
        old, new = (
            sorted_subjects(path, predicates, folder, path.stem, memory=memory)
            for path in (DATA / "small.ttl", tmp_path / "b.ttl")
        )
        found.append(list(differing(old, new)))
        assert bool(list(folder.iterdir())) is (memory == 300)
    assert found[0] == found[1]
    # Hedged in small.ttl are these three claims and one statement.
    changes = {iri.rsplit("/", 1)[-1]: {v.rsplit("/", 1)[-1] for _, v, _ in was - now} for iri, was, now in found[0]}
    assert changes == {key: {"hedged"} for key in ("c04", "c11", "c16", "t03")}

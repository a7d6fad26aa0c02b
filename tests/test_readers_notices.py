"""Notices of retraction and correction: what ties one record to another, in the words of each format."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagingkg.ingest.notices import MEDLINE_TAGS
from imagingkg.model import Document, Link, Reading
from imagingkg.readings import reading_from_json, reading_to_json
from readers_case import read, read_papers, written

TEXT = "We trained a network on chest CT of 134 patients."


def one(path: Path, text: str) -> Document:
    (document,), skipped = read(written(path, text))
    assert skipped == []
    return document


def jats(tie: str, title: str = "A network", doi: str = "10.9999/own") -> str:
    return (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>'
        f'<article-id pub-id-type="doi">{doi}</article-id><title-group><article-title>{title}</article-title>'
        f"</title-group>{tie}<abstract><p>{TEXT}</p></abstract></article-meta></front></article>"
    )


def medline(*lines: str, pmid: int = 90000001) -> str:
    return "\n".join((f"PMID- {pmid}", "TI  - A network", f"AB  - {TEXT}", *lines, ""))


@pytest.mark.parametrize("tag", MEDLINE_TAGS)
def test_medline_tags_tie_a_record_to_its_notice(tmp_path: Path, tag: str) -> None:
    document = one(tmp_path / "a.nbib", medline(f"{tag} - Invented J. 2020;1:2. doi: 10.9999/n. PMID: 90000009"))
    assert document.links == (
        Link(MEDLINE_TAGS[tag], "10.9999/n", "90000009", "Invented J. 2020;1:2. doi: 10.9999/n. PMID: 90000009"),
    )
    assert document.retracted == (tag in ("RIN", "RRI"))


def test_a_comment_is_no_notice(tmp_path: Path) -> None:
    assert one(tmp_path / "a.nbib", medline("CIN - Invented J. 2020;1:2. PMID: 90000009")).links == ()


def test_links_and_the_day_of_revision_are_kept_in_readings(tmp_path: Path) -> None:
    document = one(tmp_path / "a.nbib", medline("EIN - Invented J. PMID: 90000009", "LR  - 20210203"))
    kept = reading_from_json(reading_to_json(Reading(document))).document
    assert (kept.links, kept.revised) == (document.links, "v001 2021-02-03")
    assert kept.links == (Link("corrected in", "", "90000009", "Invented J. PMID: 90000009"),)


@pytest.mark.parametrize(
    ("kind", "relation", "retracted"),
    [
        ("corrected-article", "correction of", False), ("retracted-article", "retraction of", False),
        ("retraction-forward", "retracted in", True), ("companion", None, False),
    ],
)  # fmt: skip
def test_related_articles_of_jats_are_ties(tmp_path: Path, kind: str, relation: str | None, retracted: bool) -> None:
    tie = f'<related-article related-article-type="{kind}" ext-link-type="doi" xlink:href="10.9999/other"/>'
    document = one(tmp_path / "a.nxml", jats(tie))
    assert [(link.relation, link.doi) for link in document.links] == ([(relation, "10.9999/other")] if relation else [])
    assert document.retracted == retracted


def test_a_notice_in_one_format_retracts_a_paper_in_another(tmp_path: Path) -> None:
    """The paper's own record is older than its retraction and says nothing of it."""
    tie = '<related-article related-article-type="retracted-article" ext-link-type="doi" xlink:href="10.9999/X"/>'
    written(
        tmp_path / "a.csv", f"title,abstract,doi\nA network of ours,{TEXT},10.9999/x\nAnother one,{TEXT} b,10.9999/y\n"
    )
    written(tmp_path / "notice.nxml", jats(tie, "Retraction: A network of ours"))
    documents, skipped = read_papers(tmp_path)
    assert skipped == []
    assert {d.title: d.retracted for d in documents} == {
        "A network of ours": True, "Another one": False, "Retraction: A network of ours": False,
    }  # fmt: skip

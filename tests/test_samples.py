"""The sample corpus: our own words, honest about what is illustrative, and worth opening."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from imagingkg.ingest.read import read_sources
from imagingkg.lexicon import Lexicon
from imagingkg.model import Document, Reading
from imagingkg.pipeline import SAMPLES
from imagingkg.readings import reading_from_json

# What the damaged page says. It was written first, and its letters, digits and marks replaced by the codes of a font.
UNDAMAGED = (
    "近年来，AI在CT与MRI上的应用进展很快。肺部方面，Silva等[1]在2018年用人工智能软件分析肺癌筛查的2303例CT，"
    "观察GGN的检出率。另有研究请7位医师阅读134份胸部CT，结节检出率为77%，参考CAD的提示后有所提高[2]。"
    "Awai等[3]的系统在31个小于3cm的肺结节上给出恶性概率。深度学习还可预测肺腺癌的EGFR突变状态[4]。"
    "Kirienko等[5]用卷积神经网络在PET-CT上完成肺癌TNM分期。"
    "脑部方面，Su等[6]以MRI影像组学预测胶质瘤的Ki-67水平。MRI纹理特征可预测胶质母细胞瘤的MGMT甲基化状态[7]。"
    "卷积神经网络在MRI上判断胶质瘤的IDH突变状态[8]。与病理相比，这些方法是无创的，但仍需更大样本的验证。"
)
AUTHORS = {
    "Silva", "Awai", "Coroller", "Zhang", "Kirienko", "Su", "Lee", "Cheng", "Tao", "Wang", "Xu",
}  # fmt: skip


@pytest.fixture(scope="module")
def documents(lexicon: Lexicon) -> dict[str, Document]:
    items = list(read_sources([SAMPLES], lexicon=lexicon))
    assert all(isinstance(item, Document) for item in items), items
    return {item.id: item for item in items if isinstance(item, Document)}


@pytest.fixture(scope="module")
def readings(sample_output: Path) -> dict[str, Reading]:
    lines = (sample_output / "claims.jsonl").read_text(encoding="utf-8").splitlines()
    return {r.document.id: r for r in map(reading_from_json, lines)}


def test_there_are_a_review_in_each_language_a_damaged_page_and_ten_abstracts(documents: dict[str, Document]) -> None:
    reviews = {"review.zh.txt", "review.en.md", "damaged.zh.txt"}
    assert set(documents) == reviews | {f"sample:{n}" for n in range(1, 11)}
    assert Counter(d.lang for d in documents.values()) == {"zh": 6, "en": 7}


def test_the_chinese_review_keeps_its_title_headings_and_paragraphs(documents: dict[str, Document]) -> None:
    review = documents["review.zh.txt"]
    lines = review.text.split("\n")
    assert 1_000 <= len(review.text) <= 2_000
    assert review.title == lines[0]
    headings = [line for line in lines if re.match(r"[一二三四五]、|（[一二三四]）", line)]
    assert len(headings) == 9
    assert all(len(line) < 20 for line in headings)


def test_the_english_review_keeps_its_headings(documents: dict[str, Document]) -> None:
    headings = re.findall(r"^#+ .*$", documents["review.en.md"].text, re.MULTILINE)
    assert len(headings) == 12
    assert all(len(heading) < 60 for heading in headings)


def test_the_damaged_page_is_unreadable_on_disk_and_restored_in_full(documents: dict[str, Document]) -> None:
    raw = (SAMPLES / "damaged.zh.txt").read_text(encoding="utf-8")
    assert not re.search(r"CT|MRI|Silva|2303|，|。", raw)
    assert raw.count("\n\n") > 20
    page = documents["damaged.zh.txt"]
    assert re.sub(r"\s", "", page.text) == UNDAMAGED
    assert page.raw == raw
    assert {r.table for r in page.repairs} == {"founder-a", "wrap"}


def test_every_abstract_says_that_it_is_illustrative_and_names_no_author_or_number() -> None:
    lines = (SAMPLES / "abstracts.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert len(records) == 10
    for number, record in enumerate(records, 1):
        assert record["id"] == f"sample:{number}"
        assert "illustrative" in record["journal"]
        assert record.keys().isdisjoint({"authors", "doi", "pmid"})
        assert 2022 <= record["year"] <= 2025


def test_the_abstracts_cover_both_languages_and_many_tasks_modalities_and_targets(
    readings: dict[str, Reading],
) -> None:
    claims = [c for name, r in readings.items() if name.startswith("sample:") for c in r.claims if c.task]
    assert len({c.task for c in claims}) >= 5
    assert len({m for c in claims for m in c.modality}) >= 6
    assert len({d for c in claims for d in c.disease}) >= 8
    assert {c.certainty for c in claims} == {"affirmed", "hedged", "negated"}
    results = [r for c in claims for r in c.results]
    assert {r.split for r in results} >= {"test", "external", "validation"}
    assert sum(r.lower is not None for r in results) >= 5
    assert any(c.comparator == "radiologist" for c in claims)
    biomarkers = {b for c in claims for b in c.biomarker}
    assert biomarkers >= {"biomarker/egfr-mutation", "biomarker/mgmt-promoter-methylation"}


def test_the_studies_that_the_reviews_name_are_read_with_their_authors(readings: dict[str, Reading]) -> None:
    for name in ("review.zh.txt", "review.en.md"):
        found = {s.authors for c in readings[name].claims for s in c.studies if s.authors}
        assert found == AUTHORS
        assert ("Silva", 2018) in {(s.authors, s.year) for c in readings[name].claims for s in c.studies}


def test_both_reviews_tell_of_the_same_tasks_and_diseases(readings: dict[str, Reading]) -> None:
    """The two are counterparts, so that a search in either language finds both; wording costs a few."""
    chinese, english = (
        {(c.task, d) for c in readings[name].claims if c.task for d in c.disease}
        for name in ("review.zh.txt", "review.en.md")
    )
    assert len(chinese & english) >= 15


def test_a_first_run_has_a_map_of_ten_rows_and_more(readings: dict[str, Reading]) -> None:
    claims = [c for r in readings.values() for c in r.claims]
    assert len({c.task for c in claims if c.task}) >= 10
    assert sum(c.task is None for c in claims) >= 6
    assert sum(len(c.remedy) for c in claims) >= 2


def test_no_sentence_of_the_samples_stands_in_the_reference_review(shared: Path, lexicon: Lexicon) -> None:
    """No run of 20 characters is shared, white space and citations aside: facts and terms are, wording is not."""

    def bare(text: str) -> str:
        return re.sub(r"\s+|\[[^\]]*\]", "", text)

    reference = [d for d in read_sources([shared / "seeds"], lexicon=lexicon) if isinstance(d, Document)]
    assert reference
    runs = {t[i : i + 20] for t in (bare(d.text) for d in reference) for i in range(len(t) - 19)}
    samples = [d for d in read_sources([SAMPLES], lexicon=lexicon) if isinstance(d, Document)]
    assert len(samples) == 13
    shared_runs = [
        t[i : i + 20] for t in (bare(d.text) for d in samples) for i in range(len(t) - 19) if t[i : i + 20] in runs
    ]
    assert shared_runs == []


def test_sentences_of_the_samples_are_not_repeated_among_them(documents: dict[str, Document]) -> None:
    sentences = Counter(
        s for d in documents.values() for s in re.split(r"(?<=[。.])\s*", d.text) if len(s.strip()) > 30
    )
    assert len(sentences) > 80
    assert [s for s, n in sentences.items() if n > 1] == []
    assert all(a != b for a, b in pairwise(sorted(sentences)))

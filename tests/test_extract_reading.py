"""What holds of every reading, whatever the text: offsets, quotes, limits, order; hostile texts are read to the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagingkg.extract.reading import Tools, extract, prepare
from imagingkg.lexicon import Lexicon
from imagingkg.model import CLAIM_ROLES, KINDS, Document, Reading
from imagingkg.readings import reading_from_json, reading_to_json


@pytest.fixture(scope="module")
def tools(lexicon: Lexicon) -> Tools:
    return prepare(lexicon)


def read(text: str, tools: Tools, *, title: str = "", lang: str = "en") -> Reading:
    return extract(Document(id="t", text=text, title=title, lang=lang), tools)


def check(reading: Reading) -> None:
    """Every fact that DESIGN states of a reading."""
    text = reading.document.text
    last = 0
    for mention in reading.mentions:
        assert 0 <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.text
        assert mention.start >= last, "mentions are in order"
        last = mention.start
        assert mention.kind in KINDS
        assert mention.concept.startswith(f"{mention.kind}/")
        assert mention.label
    named = {m.concept for m in reading.mentions}
    ids = [c.id for c in reading.claims]
    assert len(set(ids)) == len(ids)
    assert [(c.start, c.end) for c in reading.claims] == sorted((c.start, c.end) for c in reading.claims)
    for claim in reading.claims:
        assert claim.quote == text[claim.start : claim.end]
        assert 0 < len(claim.quote) <= 400
        fillers = [f for role in (*CLAIM_ROLES, "challenge", "remedy") for f in claim.fillers(role)]
        assert len(fillers) + (claim.task is not None) <= 12
        assert set(claim.context) <= {*fillers}
        if claim.task is None:
            assert claim.challenge
            assert not any(claim.fillers(role) for role in CLAIM_ROLES)
        else:
            assert claim.task.startswith("task/")
            assert not claim.challenge
            assert not claim.remedy
            assert fillers, "a claim is about something"
        for role in CLAIM_ROLES:
            assert all(f.startswith(f"{role}/") for f in claim.fillers(role))
            assert len(set(claim.fillers(role))) == len(claim.fillers(role))
        inside = {m.concept for m in reading.mentions if claim.start <= m.start and m.end <= claim.end}
        assert {f for f in fillers if f in named} - inside <= {*claim.context}, "what the quote lacks is context"
        for result in claim.results:
            assert text[result.start : result.end].strip() == result.reported_as
            assert result.metric in named
            assert (result.lower is None) == (result.upper is None)
        for sample in claim.sample:
            assert sample.value >= 2
            assert 0 <= sample.start < sample.end <= len(text)


ODD = ("\ufeff", "\u200b", "\0", "\u202e", "İ", "ß", "ﬁ", "\U0001f9e0", "\u0301", "\r\n", "\u2028", "\x0b")
PIECES = (
    "CT", "MRI", "chest radiographs", "肺结节", "胶质瘤", "分割", "检测", "segmentation", "U-Net", "卷积神经网络",
    "detection",
    "IDH", "EGFR mutation", "AUC", "Dice", "准确率", "0.91", "87.5%", "（95%CI 0.80～0.90）", "±0.02", "P<0.05",
    "[1]", "[3-5]",
    "Hale等[2]", "Hale et al.", "(2019)", "134例患者", "80 patients", "训练集", "test set", "may",
    "failed to", "未能", "有望",
    "respectively", "分别为", "we propose", "本文提出", "TriLobeNet", "数据集", "黑箱", "overfitting", "Methods:",
    "【结果】",
    ".", "。", "，", ", ", " ", "\n", "；", "(", ")", "（", "）", "等", "and", "和", "the", "of", "为", *ODD,
)  # fmt: skip


@settings(max_examples=250, deadline=None, derandomize=True)
@given(parts=st.lists(st.sampled_from(PIECES), max_size=45), titled=st.booleans(), lang=st.sampled_from(["en", "zh"]))
def test_every_reading_of_a_random_mixture_is_sound_and_the_same_twice(
    tools: Tools, parts: list[str], titled: bool, lang: str
) -> None:
    text = "".join(parts)
    title = text.split("\n", 1)[0] if titled else ""
    reading = read(text, tools, title=title, lang=lang)
    check(reading)
    assert read(text, tools, title=title, lang=lang) == reading
    line = reading_to_json(reading)
    assert reading_to_json(reading_from_json(line)) == line


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(max_size=80))
def test_any_unicode_text_is_read(tools: Tools, text: str) -> None:
    for lang in ("en", "zh"):
        check(read(text, tools, lang=lang))


def test_readings_of_real_abstracts_are_sound(tools: Tools, shared: Path) -> None:
    path = shared / "data" / "abstracts.jsonl"
    if not path.is_file():
        pytest.skip(f"no {path.name} in the reference data")
    with path.open(encoding="utf-8") as file:
        records = [json.loads(line) for line, _ in zip(file, range(300), strict=False)]
    claims = 0
    for record in records:
        text = record["title"] + "\n" + (record["abstract"] or "")
        reading = read(text, tools, title=record["title"])
        check(reading)
        claims += len(reading.claims)
    assert len(records) == 300
    assert claims > 100


def test_a_text_in_another_language_is_kept_unread(tools: Tools) -> None:
    reading = read("CT des Thorax", tools, lang="other")
    assert reading.mentions == ()
    assert reading.claims == ()


HOSTILE = {
    "brackets": "(" * 10_000,
    "full-width brackets": "（" * 5_000 + "）" * 5_000,
    "square brackets": "[" * 10_000,
    "closing brackets": "]" * 10_000,
    "empty citations": "[ ]" * 7_000,
    "one line": "a" * 200_000,
    "one Chinese line": "肺" * 100_000,
    "one line of names": "CT " * 30_000,
    "blanks": " " * 200_000,
    "line breaks": "\n" * 100_000,
    "NULs": "\0" * 1_000 + "CT",
    "only digits": "1234567890" * 20_000,
    "only decimals": "0.91 " * 20_000,
    "dotted digits": "0.9." * 20_000,
    "grouped digits": "1,000" * 20_000,
    "only 等 and brackets": "等[1]" * 5_000,
    "等 without a close": "等[" * 10_000,
    "open citations": "[1," * 30_000,
    "endless ranges": "[1-999999999]" * 3_000,
    "metrics": "AUC " * 30_000,
    "counts": "n=1," * 30_000,
    "authors": "Smith et al. " * 10_000,
    "capitals": "A." * 40_000,
    "full stops": "。" * 100_000,
    "closing quotes": "。" + "”" * 100_000,
    "hashes": "#" * 100_000,
    "section labels": "【" * 50_000,
    "many sentences": "肺癌。" * 20_000,
    "headings": "1. 肺癌\n" * 8_000,
    "plus-minus": "±" * 100_000,
    "datasets": "dataset " * 20_000,
    "genes": "KRAS mutation " * 4_000,
    "triggers": "we propose a novel " * 8_000,
    "a long decimal": "AUC 0." + "9" * 100_000,
    "a list without an end": "肺癌、" * 20_000,
    "letters that grow": "İ" * 50_000 + " CT",
    "combining marks": "a\u0301" * 50_000,
    "directions": "\u202eAUC 0.9\u202c" * 1_000,
    "a lone surrogate": "\ud800CT\udfff 肺",
    "a surrogate in a figure": "AUC \ud83d0.9\udc00",
    "a huge count": "共" + "9" * 5_000 + "例",
    "figures in one sentence": "AUC 0.91 (95% CI 0.88-0.94), " * 4_000,
    "numbers in one sentence": "Dice of 1, 2, 3, 4, " * 10_000,
    "network endings": "Net" * 40_000,
    "dashes before a network": "A-" * 40_000 + "Net",
    "dashed networks": "A-Net-" * 30_000,
    "a title of dashes": "AB-" * 20_000 + ": x",
    "clauses in one sentence": "肺癌;" * 30_000,
    "wordings in one sentence": "良恶性区分" * 20_000,
    "abbreviations": " ".join(f"alpha beta gamma (ABG{i})" for i in range(4_000)),
}  # fmt: skip
# Read in a time that grows faster than the length, so cut short here: characters.
CUT: dict[str, int] = {}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_read_to_its_end(tools: Tools, name: str) -> None:
    text = HOSTILE[name][: CUT.get(name)]
    lang = "zh" if any("\u4e00" <= c <= "\u9fff" for c in text[:9]) else "en"
    for title in ("", text[:50].split("\n")[0]):
        check(read(text, tools, title=title, lang=lang))

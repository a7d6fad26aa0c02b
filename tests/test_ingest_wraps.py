"""Hard line wraps go and everything else stays: paragraphs, headings, lists, code."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingkg.ingest.edits import Draft, undo
from imagingkg.ingest.wraps import join_wraps

ZH = (
    "肺癌是全球发病率与死亡率均居首位的恶性肿瘤，早期发现是改善预后的关键。低剂量CT筛查能够降低高危人群的死亡率，"
    "但阅片工作量大，小结节容易漏诊。近年来，深度学习方法在结节的检出、分割和良恶性判别方面取得了明显进展，"
    "部分系统的灵敏度已达到高年资医师的水平。"
)
ZH_2 = (
    "本研究回顾性收集了三家医院的胸部影像资料，由两名医师独立标注，意见不一致时由第三名医师裁定，随后按患者划分数据集。"
)
EN = (
    "Lung cancer screening with low-dose computed tomography reduces mortality, yet reading the scans takes much time "
    "and small nodules are easily missed. Deep networks now find, outline and characterise nodules, and some systems "
    "reach the sensitivity of experienced radiologists in retrospective studies."
)
EN_2 = (
    "We collected chest scans of three hospitals, had two readers annotate every nodule, and let a third one decide "
    "where they differed; the data were split by patient before any training took place."
)


def broken(text: str, width: int = 24, end: str = "\n") -> str:
    return end.join(text[i : i + width] for i in range(0, len(text), width))


def filled(text: str, width: int = 66) -> str:
    return textwrap.fill(text, width, break_on_hyphens=False)


def joined(text: str, *, markdown: bool = False) -> str:
    draft = join_wraps(Draft(text), markdown=markdown)
    assert undo(draft.text, draft.repairs) == text
    assert all(draft.text[r.start : r.end] == r.text and r.table == "wrap" for r in draft.repairs)
    return draft.text


def test_lines_broken_inside_chinese_are_joined_without_a_space() -> None:
    assert joined(broken(ZH)) == ZH


def test_lines_that_the_extraction_doubled_are_joined() -> None:
    draft = join_wraps(Draft(broken(ZH, end="\n\n")))
    assert draft.text == ZH
    assert {(r.raw, r.text) for r in draft.repairs} == {("\n\n", "")}
    assert len(draft.repairs) == (len(ZH) - 1) // 24


@pytest.mark.parametrize("width", [19, 20, 23, 30, 38])
@pytest.mark.parametrize("end", ["\n", "\n\n"])
def test_paragraphs_stay_apart_by_a_line_break(width: int, end: str) -> None:
    assert ZH[-1] == ZH_2[-1] == "。"
    assert joined(broken(ZH, width, end) + end + broken(ZH_2, width, end)) == ZH + "\n" + ZH_2


@pytest.mark.parametrize(
    "heading",
    [
        "肺结节的自动检出",
        "1. 材料与方法",
        "2.1 一般资料",
        "一、研究对象",
        "（二）图像采集",
        "3 结果与分析",
        "第二章 方法",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\n\n"])
def test_headings_keep_their_lines(heading: str, end: str) -> None:
    text = broken(ZH, end=end) + end + heading + end + broken(ZH_2, end=end)
    assert joined(text) == f"{ZH}\n{heading}\n{ZH_2}"


def test_a_heading_number_on_its_own_line_joins_its_words() -> None:
    text = broken(ZH, end="\n\n") + "\n\n2.\n\n表征\n\n" + broken(ZH_2, end="\n\n")
    assert joined(text) == f"{ZH}\n2. 表征\n{ZH_2}"


def test_indented_lines_begin_paragraphs() -> None:
    first, second = "\u3000\u3000" + ZH[:-1] + "，", "\u3000\u3000" + ZH_2
    assert joined(broken(first) + "\n" + broken(second)) == first + "\n" + second


def test_latin_words_at_the_join_keep_a_space() -> None:
    words = "扫描采用迭代重建并由工作站自动测量体积以供比较使用deep"
    text = (
        words + "\n" + "learning方法，" + ZH[: len(words) - 8] + "\n" + ZH_2[: len(words)] + "\n" + ZH_2[len(words) :]
    )
    assert "使用deep learning方法" in joined(text)


def test_stretches_on_lines_of_their_own_are_joined_in() -> None:
    """Some extractions set every Latin run apart; a space at a line's start marks one that was lost."""
    text = (
        "近年来多项研究报道了深度学习系统在胸部\nCT\n\n影像中检出肺结节的能力，其中\nSilva\n\n等的研究纳入了\n2303\n\n"
        "例受检者，结果表明该系统\n 明显提高了低年资医师的灵敏度，\n\n减少了漏诊，而对于\nMRI\n\n影像目前仍"
        "缺少可靠的证据。"
    )
    assert joined(text) == (
        "近年来多项研究报道了深度学习系统在胸部CT影像中检出肺结节的能力，其中Silva等的研究纳入了2303例受检者，"
        "结果表明该系统 明显提高了低年资医师的灵敏度，减少了漏诊，而对于MRI影像目前仍缺少可靠的证据。"
    )


def test_english_lines_are_joined_by_a_space() -> None:
    assert joined(filled(EN)) == EN


@pytest.mark.parametrize("width", [50, 66, 80, 100])
def test_english_paragraphs_keep_their_blank_lines(width: int) -> None:
    text = f"{filled(EN, width)}\n\n{filled(EN_2, width)}"
    assert joined(text) == f"{EN}\n\n{EN_2}"


def test_an_english_title_stays_above_its_text() -> None:
    title = "Deep Networks for Finding Nodules in Chest Tomography Scans"
    assert joined(f"{title}\n{filled(EN)}") == f"{title}\n{EN}"


def test_words_parted_by_a_hyphen_are_made_whole_and_compounds_are_kept() -> None:
    lines = [
        "The network was trained on a public set of scans and its seg-",
        "mentation of the liver was compared with that of two readers,",
        "who were blinded to the result; it learned in a purely self-",
        "supervised way and was then adapted with a handful of labels.",
    ]
    text = joined("\n".join(lines))
    assert "its segmentation of" in text
    assert "purely self-supervised way" in text


def test_markdown_keeps_its_structure() -> None:
    parts = [
        "# Nodules in chest tomography", filled(EN), "## Data", "- one list item\n- another list item",
        "```\nfor scan in scans:\n    find(scan)\n```", "| a | b |\n| - | - |\n| 1 | 2 |", "> quoted words",
        filled(EN_2),
    ]  # fmt: skip
    parts_after = [*parts[:1], EN, *parts[2:-1], EN_2]
    assert joined("\n\n".join(parts), markdown=True) == "\n\n".join(parts_after)


def test_chinese_markdown_keeps_its_structure() -> None:
    text = f"# 肺结节\n\n{broken(ZH)}\n\n- 一项\n- 另一项\n\n## 方法\n{broken(ZH_2)}\n"
    assert joined(text, markdown=True) == f"# 肺结节\n\n{ZH}\n\n- 一项\n- 另一项\n\n## 方法\n{ZH_2}\n"


def apart(*lines: str) -> str:
    """The lines with a blank one between any two."""
    return "\n\n".join(lines)


UNTOUCHED = {
    "paragraphs": f"肺结节检出的研究\n{ZH}\n{ZH_2}\n",
    "paragraphs apart": f"肺结节检出的研究\n\n{ZH}\n\n\n{ZH_2}\n",
    "english paragraphs": f"Nodules in Chest Tomography\n{EN}\n{EN_2}\n",
    "english paragraphs apart": f"Nodules\n\n{EN}\n\n{EN_2}",
    "one sentence a line": "We collected scans.\nTwo readers annotated them.\nA third one decided.\n",
    "key words": "影像组学\n深度学习\n肺结节\nCT\nMRI\n放射治疗",
    "key words doubled": "影像组学\n\nMRI\n\n深度学习\n\nCT\n\n肺结节\n\nPET\n\n放射治疗",
    "short lines apart": apart(ZH[:18].replace("，", ""), ZH_2[:18].replace("，", ""), "结果与讨论", "展望"),
    "headings and lines apart": apart(
        "目的", "评价网络检出肺结节的价值与可行性",
        "方法", "收集两家医院的胸部平片由医师阅片",
        "结果", "敏感度高于两名医师的平均水平",
    ),
    "english headings and lines apart": apart(
        "Purpose", "to find nodules on chest CT with a network that reads slices",
        "Methods", "two readers marked all of the nodules in 134 patients",
        "Results", "it was better than either of the readers",
    ),
    "names and titles apart": apart(
        "Example A", "Example B", "Invented University of Imaging Sciences and Others",
        "A network finds nodules on chest CT of patients who", "were seen at one centre.",
    ),
    "title and author": "基于深度学习的胶质瘤分级研究\n王某 李某\n某某医院放射科\n摘要：" + ZH,
    "verse": "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡",
    "list": "1. CT\n2. MRI\n3. PET\n4. 超声",
    "table": "模型\t灵敏度\t特异度\nA\t0.9\t0.8\nB\t0.7\t0.6",
    "code": "import numpy as np\n\ndef dice(a, b):\n    return 2 * (a & b).sum() / (a.sum() + b.sum())\n",
    "one line": ZH,
    "blank": "\n\n \n",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(UNTOUCHED))
@pytest.mark.parametrize("markdown", [False, True])
def test_text_that_is_not_wrapped_is_untouched(name: str, markdown: bool) -> None:
    assert joined(UNTOUCHED[name], markdown=markdown) == UNTOUCHED[name]


@given(st.text("胶质瘤，。、CTab1.- \n\u3000#|`", max_size=200), st.booleans())
def test_any_text_can_be_restored(text: str, markdown: bool) -> None:
    """Joining never loses a character that is not white space or a hyphen, and can be undone."""
    result = joined(text, markdown=markdown)
    keep = [c for c in text if not c.isspace() and c != "-"]
    assert [c for c in result if not c.isspace() and c != "-"] == keep

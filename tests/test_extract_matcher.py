"""Facts about the parts that reading is made of: the search for names, sentences, numbers, abbreviations."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imagingkg.extract.abbreviations import definitions
from imagingkg.extract.clauses import clauses
from imagingkg.extract.matcher import build_matcher, view
from imagingkg.extract.numbers import find_numbers, plain_width
from imagingkg.extract.samples import find_samples
from imagingkg.extract.sentences import split
from imagingkg.forms import fold

PIECES = ("ct", "mr", "pet", "scan", "s", "2", "t2", "肺", "结节", "癌", " ", "-", "x")
forms = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join).map(fold).map(str.strip).filter(bool)
texts = st.lists(st.sampled_from((*PIECES, "CT", "Pet", "，", "\n")), max_size=14).map("".join)


def _touch(a: str, b: str) -> bool:
    return a.isascii() and a.isalnum() and b.isascii() and b.isalnum()


def brute_force(names: set[str], text: str) -> list[tuple[int, int, str]]:
    """From the left, the longest form at each place that breaks no Latin word or number; then on from its end."""
    folded, out, at = fold(text), [], 0
    while at < len(folded):
        for form in sorted(names, key=len, reverse=True):
            end = at + len(form)
            if folded[at:end] != form or (at and _touch(folded[at - 1], folded[at])):
                continue
            if end < len(folded) and _touch(folded[end - 1], folded[end]):
                continue
            out.append((at, end, form))
            at = end - 1
            break
        at += 1
    return out


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sets(forms, min_size=1, max_size=8), texts)
@example({"ct"}, "ACTH, CT检查, 与CT, CT2, 2CT, CT")
@example({"肺", "肺结节", "肺结节ct"}, "肺结节cts")
@example({"ct scan", "scan s"}, "CT scans scan s")
def test_the_matcher_finds_what_a_plain_search_with_the_boundary_rule_finds(names: set[str], text: str) -> None:
    matcher = build_matcher({name: name for name in names})
    assert matcher.find(view(text)) == brute_force(names, text)


@pytest.mark.xfail(strict=True, reason="inside a name that fails at its edge, only names that end within it are found")
def test_a_name_that_begins_inside_one_that_fails_at_its_edge_is_found() -> None:
    matcher = build_matcher({"low dose c": "a", "dose ct": "b"})
    assert matcher.find(view("low dose ct")) == [(4, 11, "b")]


MARKS = [*"肺癌。！？!?.\n[]() 等1a)”\"", "et al. ", "Fig. ", "0.9", "[ ]", "1. ", "方法：", "Hale等[2]"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(MARKS), max_size=40))
@example(list("。。]]\n\n"))
def test_sentences_cover_each_character_that_is_no_space_exactly_once(parts: list[str]) -> None:
    text = "".join(parts)
    for titled in (False, True):
        covered = [0] * len(text)
        last = 0
        for sentence in split(text, titled=titled):
            assert last <= sentence.start < sentence.end <= len(text)
            assert not text[sentence.start].isspace()
            assert not text[sentence.end - 1].isspace()
            last = sentence.end
            for at in range(sentence.start, sentence.end):
                covered[at] += 1
        assert all(covered[i] == 1 for i, c in enumerate(text) if not c.isspace())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="肺a，,；;但 but。.", max_size=40))
def test_clauses_cover_their_sentence_without_overlap(text: str) -> None:
    spans = clauses(text, 0, len(text))
    assert "".join(text[a:b] for a, b in spans) == text


NUMBERS: dict[str, list[tuple[float, str, float | None, float | None]]] = {
    "AUC 0.84 (95% CI: 0.79-0.88)": [(0.84, "", 0.79, 0.88)],
    "AUC为0.84（95%CI：0.79～0.88）": [(0.84, "", 0.79, 0.88)],
    "AUC was 0.84 [0.79, 0.88]": [(0.84, "", 0.79, 0.88)],
    "sensitivity 84.5% (95% CI, 79.0%–88.1%)": [(84.5, "%", 79.0, 88.1)],
    "灵敏度为８４．５％": [(84.5, "%", None, None)],
    "Dice 0.91 ± 0.03": [(0.91, "", None, None)],
    "Dice 91.2±3.4%": [(91.2, "%", None, None)],
    "error 1.6 mm": [(1.6, "mm", None, None)],
    "PSNR 33.2 dB": [(33.2, "dB", None, None)],
    "accuracy of 87\\%": [(87.0, "%", None, None)],
    "accuracy 87 percent": [(87.0, "%", None, None)],
    "correlation -0.31": [(-0.31, "", None, None)],
    "in 2021 and 2022": [],
    "ResNet50 and T2 and VGG16": [],
    "a 3T scanner": [],
    "aged 61 years": [],
    "P<0.05": [],
    "version 1.2.3": [],
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_printed_number_is_read_with_its_unit_and_interval(text: str) -> None:
    plain = plain_width(text)
    assert len(plain) == len(text)
    found = find_numbers(plain, [(0, len(plain))])
    assert [(n.value, n.unit, n.lower, n.upper) for n in found] == NUMBERS[text]
    assert all(plain[n.start : n.end] == n.printed for n in found)


def test_a_p_value_belongs_to_the_figure_before_it() -> None:
    plain = "AUC 0.84, P<0.001; Dice 0.9"
    assert [(n.value, n.p) for n in find_numbers(plain, [(0, len(plain))])] == [(0.84, "<0.001"), (0.9, None)]
    assert [n.value for n in find_numbers(plain, [(0, 8), (18, 27)])] == [0.84, 0.9]


SAMPLES = {
    "纳入134例患者": [(134, "patients")],
    "共2 303幅图像": [(2303, "images")],
    "1,204 chest radiographs": [(1204, "images")],
    "312枚结节": [(312, "lesions")],
    "(n = 58)": [(58, "patients")],
    "six readers and 12 radiologists": [],
    "3名放射科医师": [],
    "from 2015 to 2019": [],
}


@pytest.mark.parametrize("text", SAMPLES)
def test_a_sample_size_is_read_with_what_was_counted(text: str) -> None:
    plain = plain_width(text)
    assert [(s.value, s.unit) for s in find_samples(plain, [(0, len(plain))], [])] == SAMPLES[text]


DEFINED = {
    "the mean glandular dose (MGD) was": ("MGD", "mean glandular dose"),
    "two residual attention networks (RANs)": ("RANs", "residual attention networks"),
    "radial spoke ordering (RSO, in short)": ("RSO", "radial spoke ordering"),
    "腰椎间盘突出（lumbar disc herniation，LDH）": ("LDH", "lumbar disc herniation"),
}


@pytest.mark.parametrize("text", DEFINED)
def test_a_defined_abbreviation_is_tied_to_its_long_form(text: str) -> None:
    (found,) = definitions(text)
    assert (found.short, text[found.long_start : found.long_end]) == DEFINED[text]
    assert text[found.short_start :].startswith(found.short)


NOT_DEFINED = ["in Vienna (Austria)", "a mean of 12 (range, 3)", "the liver (XQZ)", "see (Table 2)", "(CT)"]


@pytest.mark.parametrize("text", NOT_DEFINED)
def test_a_bracket_that_defines_nothing_is_left_alone(text: str) -> None:
    assert definitions(text) == []


def test_a_chinese_name_before_the_bracket_is_what_the_short_form_stands_for() -> None:
    text = "颈动脉斑块（CP）的检出"
    (found,) = definitions(text)
    assert (found.short, text[: found.chinese_end], found.long_start) == ("CP", "颈动脉斑块", -1)

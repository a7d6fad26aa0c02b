"""The list of repairs is true after any sequence of edits, and control characters become spaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingkg.ingest.controls import cleaned, printable
from imagingkg.ingest.edits import Draft, Edit, amend, undo

STAGE = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 4), st.text("xy\n", max_size=3)), max_size=6)


def disjoint(wishes: list[tuple[int, int, str]], length: int) -> list[Edit]:
    edits: list[Edit] = []
    position = 0
    for start, size, text in sorted(wishes):
        start = max(start, position)
        if start <= length:
            end = min(start + size, length)
            edits.append(Edit(start, end, text, "test"))
            position = end
    return edits


@given(st.text("ab\n胶", max_size=24), st.lists(STAGE, max_size=4))
def test_repairs_hold_after_any_edits(text: str, stages: list[list[tuple[int, int, str]]]) -> None:
    """Every repair's offsets show its text, repairs are sorted and apart, and undoing them gives what was read."""
    draft = Draft(text)
    for wishes in stages:
        draft = amend(draft, disjoint(wishes, len(draft.text)))
        assert all(draft.text[r.start : r.end] == r.text for r in draft.repairs)
        assert all(a.end <= b.start for a, b in zip(draft.repairs, draft.repairs[1:], strict=False))
        assert undo(draft.text, draft.repairs) == text


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        amend(Draft("abcdef"), [Edit(0, 3, "x", "t"), Edit(2, 4, "y", "t")])


def test_an_edit_that_changes_nothing_leaves_no_repair() -> None:
    assert amend(Draft("abc"), [Edit(1, 2, "b", "t")]) == Draft("abc")


@given(st.text(st.characters(), max_size=40))
def test_cleaned_text_can_always_be_written(text: str) -> None:
    """Whatever the characters, lone surrogates too, the text and its repairs are good UTF-8 of good characters."""
    draft = cleaned(text)
    draft.text.encode("utf-8")
    assert not [c for c in draft.text if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"]
    for repair in draft.repairs:
        repair.raw.encode("utf-8")
        assert draft.text[repair.start : repair.end] == repair.text
        assert repair.table == "control"


def test_line_ends_are_unified_without_a_repair() -> None:
    assert cleaned("a\r\nb\rc\n\td") == Draft("a\nb\nc\n\td")


def test_each_control_character_is_a_repair() -> None:
    draft = cleaned("CT\x00检\x1b查\x85")
    assert draft.text == "CT 检 查 "
    assert [(r.start, r.raw) for r in draft.repairs] == [(2, "\x00"), (4, "\x1b"), (6, "\x85")]


def test_a_lone_surrogate_is_replaced_and_its_escape_kept() -> None:
    draft = cleaned("前\ud83d后\x01")
    assert draft.text == "前\ufffd后 "
    assert undo(draft.text, draft.repairs) == "前\\ud83d后\x01"


def test_labels_are_one_line() -> None:
    assert printable(" a\tb\r\nc\x00\ud800 ") == "a b c \ufffd"

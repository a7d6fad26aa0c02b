"""Where the font of each character is known, it decides what a code means and the neighbours no longer have to."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from imagingkg.ingest.edits import Draft, undo
from imagingkg.ingest.fonts import RepairTools, repair_tools
from imagingkg.ingest.read import read_sources
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.lexicon import Lexicon, read_lexicon
from imagingkg.model import Document
from pdf_case import At, pdf
from readers_case import written
from test_repair_codes import LEXICON, MARKS, PAGES, codes, score

# A mark between two Chinese characters that would pass for a digit before a classifier, or the other way round.
DOUBTFUL = [
    "增强，期相不同", "共3例，2例", "灌注，期相不同", "病灶，型别不同", "评估，级差明显", "延迟，期相一致",
    "同日，条形影",
]  # fmt: skip


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    folder = tmp_path_factory.mktemp("ontology")
    (folder / "concepts").mkdir()
    (folder / "concepts" / "names.yaml").write_text(LEXICON, encoding="utf-8")
    return read_lexicon(directory=folder)[0]


@pytest.fixture(scope="module")
def tools(lexicon: Lexicon) -> RepairTools:
    return repair_tools(lexicon)


def font(character: str) -> str:
    """The font of a printed character, as Founder's pages have them: brackets and commas go with the marks."""
    return "Marks" if character in f"{MARKS}[]," else "Latin" if character.isascii() else "Song"


def restored(text: str, tools: RepairTools, *, fonts: bool) -> str:
    """What becomes of a page whose letters, digits and marks were lost."""
    raw = codes(text, tools)
    draft = repair_glyphs(Draft(raw), tools, tuple(map(font, text)) if fonts else ())
    assert undo(draft.text, draft.repairs) == raw
    return draft.text


def test_with_fonts_every_character_of_unseen_pages_comes_back(tools: RepairTools) -> None:
    scores = [score(text, restored(text, tools, fonts=True)) for text in PAGES]
    assert sum(total for _, total in scores) > 550
    assert [good for good, _ in scores] == [total for _, total in scores]


@pytest.mark.parametrize("text", DOUBTFUL)
def test_a_font_decides_where_the_neighbours_mislead(tools: RepairTools, text: str) -> None:
    whole = f"{PAGES[0]}{text}。"
    assert restored(whole, tools, fonts=True) == whole
    assert restored(whole, tools, fonts=False) != whole


def test_a_font_that_prints_sound_words_is_left_as_it_is(tools: RepairTools) -> None:
    """What a sound font says is no code, though it could be one: 78 is a number there, and not CT."""
    sound = "Keras and ResNet with 78 layers"
    damaged = codes("".join(PAGES), tools)
    fonts = tuple(map(font, "".join(PAGES)))
    assert repair_glyphs(Draft(damaged + sound), tools, fonts + ("Times",) * len(sound)).text.endswith(sound)
    assert not repair_glyphs(Draft(damaged + sound), tools).text.endswith(sound)


def test_fonts_alone_are_no_sign_of_damage(tools: RepairTools) -> None:
    text = "结果显示CT的灵敏度为82%，特异度为79%，AUC为0.87（95%CI：0.81~0.92），高于2名医师的平均水平[3]。"
    draft = Draft(text)
    assert repair_glyphs(draft, tools, tuple(map(font, text))) is draft


def drawn(text: str, tools: RepairTools) -> list[At]:
    """The page's text as lines of pieces, each in one font, side by side."""
    pieces: list[At] = []
    names = {"Latin": "F3", "Marks": "F4", "Song": "F2"}
    for row, start in enumerate(range(0, len(text), 30)):
        x = 50.0
        for name, run in groupby(text[start : start + 30], font):
            shown = codes("".join(run), tools)
            pieces.append(At(x, 780 - 14 * row, shown, 10, names[name]))
            x += (10 if name == "Song" else 5) * len(shown)
    return pieces


def test_in_a_pdf_the_fonts_of_its_characters_decide(tmp_path: Path, lexicon: Lexicon, tools: RepairTools) -> None:
    text = f"{PAGES[0]}{'。'.join(DOUBTFUL)}。"
    path = written(tmp_path / "a.pdf", pdf([drawn(text, tools)]))
    (document,) = read_sources([path], lexicon=lexicon)
    assert isinstance(document, Document)
    assert document.text.replace("\n", "") == text
    assert {repair.table for repair in document.repairs} == {"founder-a", "wrap"}

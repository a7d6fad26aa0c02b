"""Which language a text is in, told by its script and, for Latin script, by its small words."""

from __future__ import annotations

import re
from typing import Final

_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_KANA_OR_HANGUL: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_OTHER_SCRIPT: Final = re.compile(r"[\u0370-\u1fff\ua4d0-\uabff]")
_LETTER: Final = re.compile("[A-Za-z]")
_WORD: Final = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_ENGLISH: Final = frozenset(
    ("the", "of", "and", "to", "in", "for", "with", "is", "are", "was", "were", "that", "this", "we", "our", "by", "on",
     "from", "as", "an", "be", "which", "has", "have", "can", "using", "based", "it", "at", "or", "not", "than",
     "their", "these", "between")
)  # fmt: skip
_SURE_AFTER: Final = 12  # words; a shorter text, a title say, may well do without small words
_LONG: Final = 300  # characters: no title
_SAMPLE: Final = 200_000
_NAMES: Final = {"zh": "zh", "chi": "zh", "zho": "zh", "chinese": "zh", "cn": "zh", "中文": "zh",
                 "en": "en", "eng": "en", "english": "en"}  # fmt: skip


def tell_language(text: str) -> str:
    """ "zh", "en" or "other", by the first 200,000 characters: no paper is longer."""
    text = text[:_SAMPLE]
    ascii_only = text.isascii()  # most abstracts are: then there is nothing to look for
    han = 0 if ascii_only else len(_HAN.findall(text))
    # Of a text that is long and ASCII alone, the space between them tells words as well, and quicker.
    words = text.split() if ascii_only and len(text) > _LONG and _LETTER.search(text) else _WORD.findall(text)
    foreign = 0 if ascii_only else len(_KANA_OR_HANGUL.findall(text))
    if foreign > 0.1 * (han + foreign) and foreign > len(words):
        return "other"
    if han and han >= 0.4 * (han + len(words)):
        return "zh"
    if not words or (not ascii_only and len(_OTHER_SCRIPT.findall(text)) > sum(map(len, words))):
        return "other"
    small = sum(map(_ENGLISH.__contains__, map(str.lower, words)))
    accents = 0 if ascii_only else sum(not word.isascii() for word in words)
    if len(words) < _SURE_AFTER:
        return "en" if small or not accents else "other"
    return "en" if small >= 0.1 * len(words) else "other"


def named_language(name: str) -> str:
    """ "zh", "en" or "other" for a language tag or name as records give it ("zh-CN", "eng", "English")."""
    return _NAMES.get(re.split(r"[-_]", name.strip().lower())[0], "other")

"""Characters that no text should hold: control characters and half surrogate pairs."""

from __future__ import annotations

import re
from typing import Final

from imagingkg.ingest.edits import Draft, Edit, amend

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")


def cleaned(text: str) -> Draft:
    """The text with plain line ends, each control character as a space and each lone surrogate as U+FFFD.

    Line ends are not reported; the rest are repairs of table "control". A lone surrogate comes only from an escape
    in JSON, and cannot be written to a file: the repair's raw text is the escape.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    controls = [Edit(m.start(), m.end(), " ", "control") for m in _CONTROLS.finditer(text)]
    if text.isascii() or not _SURROGATES.search(text):
        return amend(Draft(text), controls)
    escaped = _SURROGATES.sub(lambda m: f"\\u{ord(m.group()):04x}", text)
    edits, grown = [], 0
    for match in re.finditer(f"{_CONTROLS.pattern}|{_SURROGATES.pattern}", text):
        start = match.start() + grown
        if _SURROGATES.match(match.group()):
            edits.append(Edit(start, start + 6, "\ufffd", "control"))
            grown += 5
        else:
            edits.append(Edit(start, start + 1, " ", "control"))
    return amend(Draft(escaped), edits)


def printable(text: str) -> str:
    """A name or label from outside, safe to write: no control characters, line ends or lone surrogates."""
    if text.isprintable():
        return " ".join(text.split())
    return " ".join(_SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", text)).split())

"""One automaton over all forms: where a text names something, checked at the edges and for its case.

The automaton runs over a view of the text in which the first letter of every Latin word is a capital ("detect" is
"Detect"), so that "CT" cannot begin inside "detect" and only the right edge is left to check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

from imagingkg.extract.words import stands_alone
from imagingkg.forms import fold

T = TypeVar("T")

_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def view(text: str) -> str:
    """`text` as the automaton reads it; of equal length, position for position."""
    return view_of_folded(fold(text))


def view_of_folded(folded: str) -> str:
    """The same for a text that is folded already. Lone surrogates, which the automaton cannot take, are blotted out."""
    return _SURROGATE.sub("\ufffd", folded.title())


@dataclass(frozen=True, slots=True)
class Matcher(Generic[T]):
    """Finds forms in a view.

    Of pattern i, `values[i]` is what it stands for, `shorter[i]` the length and value of each pattern that begins it,
    longest first, and `single[i]` says whether it is one Latin word.
    """

    automaton: CharwiseDoubleArrayAhoCorasick
    values: tuple[T, ...]
    shorter: tuple[tuple[tuple[int, T], ...], ...]
    single: tuple[bool, ...]

    def find(self, seen: str) -> list[tuple[int, int, T]]:
        """Leftmost-longest matches (start, end, value) that do not break a Latin word or number."""
        out: list[tuple[int, int, T]] = []
        values, shorter, single = self.values, self.shorter, self.single
        for start, end, index in self.automaton.find(seen):
            if stands_alone(seen, start, end):
                out.append((start, end, values[index]))
            elif shorter[index] or not single[index]:
                self._retry(seen, start, end, index, out)
        return out

    def _retry(self, seen: str, start: int, end: int, index: int, out: list[tuple[int, int, T]]) -> None:
        """A hit that fails at its edge may hide a shorter one: look for those inside its span."""
        begin = start + 1
        for length, value in self.shorter[index]:
            if stands_alone(seen, start, start + length):
                out.append((start, start + length, value))
                begin = start + length
                break
        if self.single[index]:
            return  # nothing else can begin inside one word
        for s, e, i in self.automaton.find(seen[begin:end]):
            if stands_alone(seen, begin + s, begin + e):
                out.append((begin + s, begin + e, self.values[i]))


def build_matcher(forms: Mapping[str, T]) -> Matcher[T]:
    """A matcher over folded forms."""
    titled = {form.title(): value for form, value in sorted(forms.items()) if form}
    table = {pattern: titled[pattern] for pattern in sorted(titled)}
    patterns = list(table)
    return Matcher(
        automaton=CharwiseDoubleArrayAhoCorasick(patterns, MATCH_KIND_LEFTMOST_LONGEST),
        values=tuple(table.values()),
        shorter=tuple(_beginnings(table)),
        single=tuple(" " not in pattern and pattern.isascii() for pattern in patterns),
    )


def _beginnings(table: Mapping[str, T]) -> Iterator[tuple[tuple[int, T], ...]]:
    """For each pattern of a sorted table, the length and value of the patterns that it begins with, longest first."""
    open_patterns: list[str] = []  # each begins the next
    for pattern in table:
        while open_patterns and not pattern.startswith(open_patterns[-1]):
            open_patterns.pop()
        yield tuple((len(begin), table[begin]) for begin in reversed(open_patterns))
        open_patterns.append(pattern)

"""One automaton over all forms: where a text names something, checked at the edges and for its case.

The automaton runs over a view of the text in which the first letter of every Latin word is a capital ("detect" is
"Detect"), so that "CT" cannot begin inside "detect" and only the right edge is left to check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from daachorse import MATCH_KIND_LEFTMOST_LONGEST, CharwiseDoubleArrayAhoCorasick

from imagingkg.forms import fold

T = TypeVar("T")


def view(text: str) -> str:
    """`text` as the automaton reads it; of equal length, position for position."""
    return fold(text).title()


@dataclass(frozen=True, slots=True)
class Matcher(Generic[T]):
    """Finds forms in a view. `values[i]` is what pattern i stands for; `shorter[i]` the patterns that begin it."""

    automaton: CharwiseDoubleArrayAhoCorasick
    patterns: tuple[str, ...]
    values: tuple[T, ...]
    shorter: tuple[tuple[int, ...], ...]

    def find(self, seen: str) -> list[tuple[int, int, T]]:
        """Leftmost-longest matches (start, end, value) that do not break a Latin word or number."""
        out: list[tuple[int, int, T]] = []
        values = self.values
        last = len(seen)
        for start, end, index in self.automaton.find(seen):
            if _edges_hold(seen, start, end, last):
                out.append((start, end, values[index]))
            else:
                self._retry(seen, start, end, index, out)
        return out

    def _retry(self, seen: str, start: int, end: int, index: int, out: list[tuple[int, int, T]]) -> None:
        """A hit that fails at its edge may hide a shorter one: look for those inside its span."""
        last = len(seen)
        at = start
        for shorter in self.shorter[index]:
            stop = start + len(self.patterns[shorter])
            if _edges_hold(seen, start, stop, last):
                out.append((start, stop, self.values[shorter]))
                at = stop
                break
        if " " not in seen[start:end] and seen[start:end].isascii():
            return  # one Latin word: nothing else can begin inside
        inner = seen[max(at, start + 1) : end]
        offset = max(at, start + 1)
        for s, e, i in self.automaton.find(inner):
            if _edges_hold(seen, offset + s, offset + e, last):
                out.append((offset + s, offset + e, self.values[i]))


def _edges_hold(seen: str, start: int, end: int, last: int) -> bool:
    """No ASCII letter or digit touches an ASCII letter or digit across either edge ("CT检查" holds, "ACTH" does not)."""
    if end < last:
        after = seen[end]
        if after.isascii() and after.isalnum():
            inner = seen[end - 1]
            if inner.isascii() and inner.isalnum():
                return False
    if start:
        before = seen[start - 1]
        if before.isascii() and before.isalnum():
            inner = seen[start]
            if inner.isascii() and inner.isalnum():
                return False
    return True


def build_matcher(forms: Mapping[str, T]) -> Matcher[T]:
    """A matcher over folded forms."""
    table = {form.title(): value for form, value in sorted(forms.items()) if form}
    patterns = tuple(table)
    index = {p: i for i, p in enumerate(patterns)}
    automaton = CharwiseDoubleArrayAhoCorasick(list(patterns), MATCH_KIND_LEFTMOST_LONGEST)
    return Matcher(automaton, patterns, tuple(table.values()), tuple(_prefixes(p, index) for p in patterns))


def _prefixes(pattern: str, index: Mapping[str, int]) -> tuple[int, ...]:
    """The other patterns that `pattern` begins with, longest first."""
    found: Iterable[int] = (index[pattern[:n]] for n in range(len(pattern) - 1, 0, -1) if pattern[:n] in index)
    return tuple(found)

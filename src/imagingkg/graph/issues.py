"""What does not conform, as data: an issue is reported and counted, never raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["violation", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """`focus`: the node, file or document that it is about; `path`: the property or place in it, or ""."""

    focus: str
    path: str
    message: str
    severity: Severity = "violation"

    def __str__(self) -> str:
        return f"{self.focus} {self.path}: {self.message}" if self.path else f"{self.focus}: {self.message}"

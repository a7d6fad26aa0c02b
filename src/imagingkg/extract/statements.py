"""Statements: what a text says of the field's challenges, and of what helps against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imagingkg.extract.making import make_statement
from imagingkg.extract.page import Page
from imagingkg.model import Claim


def statements(page: Page, mitigates: Mapping[str, frozenset[str]]) -> Iterator[Claim]:
    """A statement for each line that names a challenge, or a remedy of the challenge that its heading names.

    `mitigates` maps a method to the challenges that it is known to help against.
    """
    for line in page.lines:
        if not line.hits or line.sentence.section == "title":
            continue
        challenges = [h.concept for h in line.of("challenge")]
        methods = [h.concept for h in line.of("method") if h.concept in mitigates]
        if line.sentence.section == "heading":
            if challenges:
                yield make_statement(page, line, challenges, (), "challenge-heading")
            continue
        if challenges:
            remedies = [m for m in methods if mitigates[m].intersection(challenges)]
            yield make_statement(page, line, challenges, remedies, "challenge")
        elif methods and line.sentence.heading >= 0:
            above = [h.concept for h in page.lines[line.sentence.heading].of("challenge")]
            remedies = [m for m in methods if mitigates[m].intersection(above)]
            if remedies:
                helped = [c for c in above if any(c in mitigates[m] for m in remedies)]
                yield make_statement(page, line, helped, remedies, "remedy-under-heading")

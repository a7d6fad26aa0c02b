"""The line of progress says how many, how fast, and how long it will take where that can be known."""

from __future__ import annotations

from imagingkg.terminal import Pace


def test_rate_and_time_left_are_told_from_the_share_that_is_done() -> None:
    now = 100.0
    pace = Pace(lambda: now)
    assert pace.said("reading", 0) == "0 documents"
    now = 110.0
    assert pace.said("reading", 12_000, 0.25) == "12,000 documents, 1,200 a second, 0:30 left"
    assert pace.said("reading", 12_000) == "12,000 documents, 1,200 a second"
    now = 200.0
    assert pace.said("reading", 20_000, 1.0) == "20,000 documents, 200 a second"


def test_each_stage_has_a_pace_of_its_own() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    pace.said("reading", 1)
    now = 1_000.0
    assert pace.said("drawing", 5) == "5 documents"
    now = 1_010.0
    assert pace.said("drawing", 50, 0.5) == "50 documents, 5 a second, 0:10 left"

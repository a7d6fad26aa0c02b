"""verify finds what does not fit together, in whatever order the files are and however little memory it has."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

import imagingkg.graph.verify as module
from imagingkg.graph.verify import verify


@pytest.fixture
def spoilt(sample_output: Path, tmp_path: Path) -> Path:
    """The sample build with its readings in another order: one without its claims, one with a claim moved."""
    copy = tmp_path / "copy"
    shutil.copytree(sample_output, copy, ignore=shutil.ignore_patterns("store"))
    path = copy / "claims.jsonl"
    readings = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(3).shuffle(readings)
    first, second = [reading for reading in readings if reading["claims"]][:2]
    first["claims"] = []
    second["claims"][0]["start"] += 1
    path.write_text("".join(json.dumps(reading) + "\n" for reading in readings), encoding="utf-8")
    return copy


def test_claims_and_evidence_without_each_other_are_told_once(spoilt: Path, sample_output: Path) -> None:
    before = [json.loads(line) for line in (sample_output / "claims.jsonl").read_text(encoding="utf-8").splitlines()]
    after = [json.loads(line) for line in (spoilt / "claims.jsonl").read_text(encoding="utf-8").splitlines()]

    def places(readings: list[dict[str, dict[str, str]]]) -> set[tuple[str, int, int]]:
        return {(r["document"]["sha256"], c["start"], c["end"]) for r in readings for c in r["claims"]}  # type: ignore[index]

    lost, new = places(before) - places(after), places(after) - places(before)
    assert len(lost) > 1
    assert len(new) == 1
    issues = verify(spoilt)
    assert len([i for i in issues if i.message == "is the evidence of no claim in claims.jsonl"]) == len(lost)
    assert len([i for i in issues if i.message == "has no evidence in graph.ttl"]) == 1
    assert len(issues) == len(lost) + 2  # and the moved claim's quote is not what the text says there


def test_the_answer_is_the_same_with_little_memory(spoilt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = verify(spoilt)
    monkeypatch.setattr(module, "MEMORY", 500)
    assert verify(spoilt) == expected
    assert expected

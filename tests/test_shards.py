"""A shard gives back what went into it, or says that it is damaged; it never gives anything else."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from imagingkg import runs
from imagingkg.shards import SUFFIX, DamagedShard, Entry, merged, read_keys, read_shard, shard_of, write_shard


def entry(number: int, text: str = "") -> Entry:
    parts = (f"line {number} {text}".encode(), b"", bytes(range(256)) * (number % 3), b"\n\n{}\n")
    return Entry((f"{number * 7919 % 1000:064x}", f"file#{number}", "\ud800id", f"{number:032x}"), parts)


def written(folder: Path, *entries: Entry) -> Path:
    return write_shard(folder, *shard_of(entries))


def test_entries_come_back_in_the_order_of_their_places_with_every_byte(tmp_path: Path) -> None:
    given = [entry(n) for n in range(40)]
    path = written(tmp_path, *given)
    ordered = sorted(given, key=lambda e: e.place)
    assert list(read_shard(path)) == ordered
    assert read_keys(path) == [e.place[3] for e in ordered]
    assert path.suffix == SUFFIX
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_equal_entries_make_equal_bytes_in_whatever_order_they_were_made() -> None:
    given = [entry(n) for n in range(9)]
    assert shard_of(given) == shard_of(given[::-1])


def test_a_byte_changed_anywhere_is_told(tmp_path: Path) -> None:
    given = [entry(n) for n in range(5)]
    good = written(tmp_path, *given).read_bytes()
    draw = random.Random(3)
    tried = 0
    for at in [*range(60), *(draw.randrange(len(good)) for _ in range(300)), len(good) - 1]:
        data = bytearray(good)
        data[at] ^= 1 << draw.randrange(8)
        (tmp_path / "bad.shard").write_bytes(data)
        with pytest.raises(DamagedShard):
            list(read_shard(tmp_path / "bad.shard"))
        tried += 1
    assert tried == 361


def test_a_cut_anywhere_and_a_tail_are_told(tmp_path: Path) -> None:
    good = written(tmp_path, *(entry(n) for n in range(3))).read_bytes()
    tried = 0
    for data in [*(good[:at] for at in range(0, len(good), 17)), good + b"x", good + good]:
        (tmp_path / "bad.shard").write_bytes(data)
        with pytest.raises(DamagedShard):
            list(read_shard(tmp_path / "bad.shard"))
        tried += 1
    assert tried > 50


HOSTILE = [
    b"", b"\n", b"[]\n", b"null\n", b"[" * 100_000 + b"\n", b'{"shard": 1, "keys": 5, "check": ""}\n', b"\x80\x04.\n",
    json.dumps({"shard": 1, "keys": ["k"] * 3, "check": "0" * 32}).encode() + b"\n", b"\xff\xfe\n",
    b'{"shard": 1, "keys": [], "check": "' + b"f" * 1000 + b'"}\n',
]  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_shard_is_damaged_and_nothing_worse(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.shard"
    path.write_bytes(data)
    for read in (read_keys, lambda p: list(read_shard(p))):
        with pytest.raises(DamagedShard) as caught:
            read(path)
        assert caught.value.path == path


def test_an_entry_that_claims_a_terabyte_is_not_waited_for(tmp_path: Path) -> None:
    good = written(tmp_path, entry(1)).read_bytes()
    head, line, rest = good.split(b"\n", 2)
    told = json.loads(line)
    told["parts"][0] = 1 << 40
    (tmp_path / "bad.shard").write_bytes(head + b"\n" + json.dumps(told).encode() + b"\n" + rest)
    with pytest.raises(DamagedShard):
        list(read_shard(tmp_path / "bad.shard"))


@pytest.mark.parametrize("fan_in", [2, 256])
def test_many_shards_are_merged_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fan_in: int) -> None:
    monkeypatch.setattr(runs, "FAN_IN", fan_in)
    given = [entry(n) for n in range(60)]
    paths = [written(tmp_path, *given[n::12]) for n in range(12)]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert list(merged(paths, scratch)) == sorted(given, key=lambda e: e.place)
    assert bool(list(scratch.iterdir())) == (fan_in == 2)

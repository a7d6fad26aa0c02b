"""An index that was brought up to date holds what one made from nothing holds, and the old one stays as it was."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, RdfFormat, Store, parse

from graph_samples import atlas, paper, review, small_corpus, small_lexicon
from imagingkg.graph import reindex
from imagingkg.graph.bodies import Bodies
from imagingkg.graph.files import GraphFiles
from imagingkg.graph.pieces import differences
from imagingkg.graph.portion import PortionMaker
from imagingkg.graph.reindex import Pair, updated_index
from imagingkg.graph.store import GRAPH_FILES, build_store, index_path, open_store
from imagingkg.lexicon import Lexicon
from imagingkg.model import Reading
from imagingkg.pipeline import SAMPLES, build
from imagingkg.settings import Settings
from small_graph import small_build

TAKEN = "taken"  # only an index that was brought up to date has it


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return small_lexicon(tmp_path_factory.mktemp("lexicon"))


def written(folder: Path, lexicon: Lexicon, *readings: Reading) -> Path:
    """The graph files of a build of these readings."""
    whole = small_corpus(lexicon, *readings)
    maker = PortionMaker(lexicon, whole.names, whole.names.run(whole.version, lexicon.digest))
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    frame = replace(whole, readings=(), concepts=frozenset())
    with Bodies(scratch, folder / "claims.jsonl") as bodies, GraphFiles(folder, scratch, frame, bodies) as files:
        for reading in whole.readings:
            files.add(maker.make(reading), f"{reading.document.sha256}{'0' * 32}".encode(), b"{}")
        files.finish()
    shutil.rmtree(scratch)
    return folder


def many(lexicon: Lexicon, count: int) -> list[Reading]:
    """Papers and reviews whose texts, titles, figures, names and studies differ, a few of them on one study."""
    made = [atlas(lexicon)]
    for number in range(count):
        one = (paper, review)[number % 2]()
        document = replace(one.document, text=f"{one.document.text} No. {number}.", sha256="", title=f"Title {number}")
        claims = [
            replace(c, method=tuple(m.replace("0a1b2c", f"0a1b2{number % 7}") for m in c.method))
            for c in one.claims[number % 3 :]
        ]
        made.append(replace(one, document=document, claims=tuple(claims)))
    return made


def retold(reading: Reading, printed: str) -> Reading:
    """The same text, read to say another figure."""
    claims = (replace(c, results=tuple(replace(r, reported_as=printed) for r in c.results)) for c in reading.claims)
    return replace(reading, claims=tuple(claims), document=replace(reading.document, title=f"Title with {printed}"))


def held(index: Path) -> tuple[set[str], set[str]]:
    """All quads of an index, and the names of its graphs."""
    store = Store.read_only(str(index))
    return {str(quad) for quad in store}, {str(name) for name in store.named_graphs()}


def pairs(old: Path, new: Path) -> list[Pair]:
    return [Pair(old / name, new / name, form) for name, form in GRAPH_FILES.items()]


def digests(index: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(index.iterdir())}


# ----------------------------------------------------------------------------------- The same as made from nothing


def test_after_any_changes_the_index_is_as_made_from_nothing(
    tmp_path: Path, small: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents come, go and are read otherwise, twenty times, each index made from the one before."""
    monkeypatch.setattr(reindex, "LARGEST_SHARE", 1_000.0)
    draw = random.Random(5)
    pool = many(small, 24)
    kept = pool[:12]
    old = written(tmp_path / "0", small, *kept)
    index = build_store(old, old / "store")
    done = 0
    for step in range(1, 21):
        kept = [r for r in kept if draw.random() < 0.8]
        kept += [r for r in draw.sample(pool, 4) if r.document.sha256 not in {k.document.sha256 for k in kept}]
        kept = [retold(r, draw.choice(["0.95", "0.950", "0.9"])) if draw.random() < 0.2 else r for r in kept]
        new = written(tmp_path / str(step), small, *kept)
        (new / "scratch").mkdir()
        assert updated_index(index, new / "index", pairs(old, new), new / "scratch")
        assert held(new / "index") == held(build_store(new, new / "store"))
        old, index, done = new, new / "index", done + 1
    assert done == 20


def test_a_build_over_a_build_brings_its_index_up_to_date(tmp_path: Path) -> None:
    output, more = tmp_path / "output", tmp_path / "more"
    more.mkdir()
    (more / "a.txt").write_text("U-Net segments gliomas on MRI with a Dice of 0.91.", encoding="utf-8")
    build([SAMPLES], output, Settings())
    assert not (index_path(output) / TAKEN).exists()
    build([SAMPLES, more], output, Settings())
    index = index_path(output)
    assert (index / TAKEN).exists()
    assert held(index) == held(build_store(output, tmp_path / "anew"))
    build([SAMPLES], output, Settings())
    assert (index_path(output) / TAKEN).exists()
    assert held(index_path(output)) == held(build_store(output, tmp_path / "anew"))


def test_a_triple_that_goes_over_to_another_file_stays(tmp_path: Path) -> None:
    old, new = small_build(tmp_path / "old"), small_build(tmp_path / "new")
    said = b"<http://example.org/a> a <http://example.org/B> .\n\n"
    other = b"<http://example.org/c> a <http://example.org/D> .\n\n"
    for folder, first, second in ((old, said, other), (new, other, said)):
        for name, block in (("graph.ttl", first), ("inferred.ttl", second)):
            with (folder / name).open("ab") as file:
                file.write(b"\n" + block)
    index = build_store(old, old / "store")
    updated = build_store(new, new / "store", old)
    assert (updated / TAKEN).exists()
    assert held(updated) == held(index)
    assert any("http://example.org/a" in quad for quad in held(updated)[0])


def test_numbers_that_the_index_writes_alike_are_not_lost(tmp_path: Path) -> None:
    """Of 0.950 and 0.95, which are one triple of an index, one goes."""
    old, new = small_build(tmp_path / "old"), small_build(tmp_path / "new")
    for folder, values in ((old, b"0.95 , 0.950"), (new, b"0.95")):
        with (folder / "graph.ttl").open("ab") as file:
            file.write(b"\n<http://example.org/a> <http://example.org/value> %s .\n\n" % values)
    build_store(old, old / "store")
    updated = build_store(new, new / "store", old)
    assert (updated / TAKEN).exists()
    assert sum("http://example.org/value" in quad for quad in held(updated)[0]) == 1


def test_no_triple_is_said_by_two_blocks(sample_output: Path, tmp_path: Path, small: Lexicon) -> None:
    """That is what taking out a block's triples rests on: a subject has one block, and inferred is what is not said."""
    outputs = [sample_output, written(tmp_path / "small", small, *many(small, 24))]
    for output in outputs:
        said: Counter[bool] = Counter()
        for name, form in GRAPH_FILES.items():
            quads = list(parse(path=str(output / name), format=form))
            blocks = [key for key, _ in groupby((str(q.graph_name), str(q.subject)) for q in quads)]
            assert len(blocks) == len(set(blocks)) > 5, name
            said[form == RdfFormat.TRIG] += len(quads)
        store = open_store(output)
        in_default = sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))
        assert (in_default, len(store) - in_default) == (said[False], said[True])


# ------------------------------------------------------------------------------------------- The old one is not touched


def test_the_old_index_does_not_change_by_a_byte(tmp_path: Path, small: Lexicon) -> None:
    readings = many(small, 40)
    old, new = (written(tmp_path / name, small, *some) for name, some in (("old", readings[:39]), ("new", readings)))
    index = build_store(old, old / "store")
    before, holding = digests(index), held(index)
    updated = build_store(new, new / "store", old)
    shared = [p for p in updated.glob("*.sst") if p.stat().st_nlink > 1]
    assert (updated / TAKEN).exists()
    assert shared
    store = Store(str(updated))
    store.update("DELETE WHERE { ?s ?p ?o }")
    store.optimize()
    del store
    assert digests(index) == before
    assert held(index) == holding


# ----------------------------------------------------------------------------------------------- Else made from nothing


def index_of(old: Path) -> Path:
    return next((old / "store").glob("index-*"))


def spoil_prefixes(old: Path) -> None:
    for name in GRAPH_FILES:
        (old / name).write_bytes(b"@prefix more: <http://example.org/more/> .\n" + (old / name).read_bytes())
    build_store(old, old / "store")


def spoil_files(old: Path) -> None:
    with (old / "graph.ttl").open("ab") as file:
        file.write(b"\n<http://example.org/a> a <http://example.org/B> .\n")


def spoil_one_file(old: Path) -> None:
    (old / "inferred.ttl").unlink()


def spoil_index(old: Path) -> None:
    (index_of(old) / "CURRENT").write_bytes(b"nonsense\n")


def cut_table(old: Path) -> None:
    largest = max(index_of(old).glob("*.sst"), key=lambda p: p.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-100])


def lose_table(old: Path) -> None:
    max(index_of(old).glob("*.sst"), key=lambda p: p.stat().st_size).unlink()


def lose_index(old: Path) -> None:
    shutil.rmtree(index_of(old))


def lose_all(old: Path) -> None:
    shutil.rmtree(old)


def garble_count(old: Path) -> None:
    (index_of(old) / TAKEN).write_text("many", encoding="ascii")


SPOILT = [
    spoil_prefixes, spoil_files, spoil_one_file, spoil_index, cut_table, lose_table, lose_index, lose_all, garble_count,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILT)
def test_an_old_build_that_is_of_no_use_does_no_harm(
    tmp_path: Path, small: Lexicon, spoil: Callable[[Path], None]
) -> None:
    readings = many(small, 40)
    old, new = (written(tmp_path / name, small, *some) for name, some in (("old", readings[:39]), ("new", readings)))
    build_store(old, old / "store")
    spoil(old)
    updated = build_store(new, new / "store", old)
    assert not (updated / TAKEN).exists()
    assert held(updated) == held(build_store(new, tmp_path / "anew"))
    assert [p.name for p in (new / "store").iterdir()] == [updated.name]


def test_where_much_differs_the_index_is_made_from_nothing(tmp_path: Path, small: Lexicon) -> None:
    readings = many(small, 40)
    old, new = (written(tmp_path / name, small, *some) for name, some in (("old", readings[:20]), ("new", readings)))
    build_store(old, old / "store")
    updated = build_store(new, new / "store", old)
    assert not (updated / TAKEN).exists()


def test_what_was_taken_out_before_counts_as_different(tmp_path: Path, small: Lexicon) -> None:
    """Names and texts of what is taken out stay in the index: it is made anew before they are a fifth of it."""
    readings = many(small, 40)
    old, made = tmp_path / "none", []
    for step in range(14):
        kept = readings[:step] + readings[step + 1 :]
        new = written(tmp_path / str(step), small, *kept)
        index = build_store(new, new / "store", old)
        made.append((index / TAKEN).exists())
        old = new
    assert made[:3] == [False, True, True]
    assert False in made[3:]
    assert held(index_of(old)) == held(build_store(old, tmp_path / "anew"))


def test_a_run_that_is_stopped_leaves_nothing(tmp_path: Path, small: Lexicon, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = many(small, 40)
    old, new = (written(tmp_path / name, small, *some) for name, some in (("old", readings[:39]), ("new", readings)))
    index = build_store(old, old / "store")
    before = digests(index)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reindex, "load_file", stopped)  # when what is gone is out and what is new is not yet in
    with pytest.raises(KeyboardInterrupt):
        build_store(new, new / "store", old)
    assert list((new / "store").iterdir()) == []
    assert digests(index) == before


# --------------------------------------------------------------------------------------------------------- Differences


HEAD = b"@prefix a: <http://example.org/> .\n"


def turtle(keys: list[int], *, long: int = 1) -> bytes:
    return HEAD + b"".join(b"a:s%d a:p a:o%s .\n\n" % (key, b"x" * (key % 7 * long)) for key in keys)


def trig(graphs: dict[int, list[int]]) -> bytes:
    return HEAD + b"".join(
        b"\na:g%d {\n%s}\n" % (name, b"".join(b"\ta:s%d a:p a:o .\n" % key for key in keys))
        for name, keys in graphs.items()
    )


def facts(data: bytes, form: RdfFormat) -> Counter[str]:
    return Counter(str(quad) for quad in parse(data, format=form))


def compared(folder: Path, old: bytes, new: bytes, form: RdfFormat, window: int) -> tuple[Counter[str], Counter[str]]:
    """What is gone and what is new by `differences`, after a check that they lead from the old to the new."""
    one, other = folder / "one", folder / "other"
    one.write_bytes(old)
    other.write_bytes(new)
    found = list(differences(one, other, form, window))
    gone = facts(HEAD + b"".join(b for blocks, _ in found for b in blocks), form)
    come = facts(HEAD + b"".join(b for _, blocks in found for b in blocks), form)
    assert facts(old, form) - gone + come == facts(new, form)
    assert not gone - facts(old, form)
    return gone, come


@pytest.mark.parametrize("window", [1, 100, 1 << 16])
def test_differences_lead_from_one_turtle_file_to_the_other(tmp_path: Path, window: int) -> None:
    draw, done = random.Random(window), 0
    for _ in range(120):
        keys = sorted(draw.sample(range(200), draw.randrange(60)))
        others = [key for key in keys if draw.random() < 0.8] + draw.sample(range(200, 300), draw.randrange(6))
        draw.shuffle(others) if draw.random() < 0.2 else others.sort()
        long = draw.choice([1, 1, 30])
        gone, come = compared(tmp_path, turtle(keys), turtle(others, long=long), RdfFormat.TURTLE, window)
        if window > 100 and others == sorted(others):
            kept = set(keys) & set(others) if long == 1 else {key for key in keys if key in others and not key % 7}
            assert (sum(gone.values()), sum(come.values())) == (len(keys) - len(kept), len(others) - len(kept))
        done += 1
    assert done == 120


@pytest.mark.parametrize("window", [1, 100, 1 << 16])
def test_differences_lead_from_one_file_of_named_graphs_to_the_other(tmp_path: Path, window: int) -> None:
    draw, done = random.Random(window), 0
    for _ in range(120):
        graphs = {name: sorted(draw.sample(range(30), 1 + draw.randrange(20))) for name in range(draw.randrange(12))}
        others = {name: [key for key in keys if draw.random() < 0.8] or keys for name, keys in graphs.items()}
        others = {name: keys for name, keys in others.items() if draw.random() < 0.8} | {50: [1, 2]}
        compared(tmp_path, trig(graphs), trig(dict(sorted(others.items()))), RdfFormat.TRIG, window)
        done += 1
    assert done == 120


def test_of_a_long_file_only_what_differs_is_given(tmp_path: Path) -> None:
    """Many times as long as what is compared at once."""
    draw = random.Random(1)
    old = set(range(0, 60_000, 2))
    gone, new = draw.sample(sorted(old), 40), draw.sample(range(1, 60_000, 2), 50)
    after = sorted(old - set(gone) | set(new))
    found = compared(tmp_path, turtle(sorted(old)), turtle(after), RdfFormat.TURTLE, 1 << 25)
    assert tuple(sum(count.values()) for count in found) == (40, 50)


def test_a_long_stretch_that_is_new_makes_nothing_else_different(tmp_path: Path) -> None:
    """Longer than what is compared at once, and in the middle of what both files have."""
    old = [*range(2_000), *range(60_000, 62_000)]
    new = [*range(2_000), *range(2_000, 40_000), *range(60_000, 62_000)]
    gone, come = compared(tmp_path, turtle(old), turtle(new), RdfFormat.TURTLE, 1 << 25)
    assert (sum(gone.values()), sum(come.values())) == (0, 38_000)


def test_of_a_graph_that_both_have_only_what_differs_is_given(tmp_path: Path) -> None:
    old, new = {1: [1, 2, 3], 2: [4, 5]}, {1: [1, 2, 3, 6], 2: [4, 5], 3: [7]}
    gone, come = compared(tmp_path, trig(old), trig(new), RdfFormat.TRIG, 1 << 16)
    assert (sum(gone.values()), sum(come.values())) == (0, 2)


@pytest.mark.parametrize("body", [b"\na:g {\n\ta:s a:p a:o .\n", b"\na:s a:p a:o .\n}\n", b"\na:g { a:s a:p a:o }\n"])
def test_named_graphs_that_were_not_written_here_are_not_guessed_at(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "one").write_bytes(trig({1: [1]}))
    (tmp_path / "other").write_bytes(HEAD + body)
    with pytest.raises(ValueError, match="is no named graph"):
        list(differences(tmp_path / "one", tmp_path / "other", RdfFormat.TRIG))

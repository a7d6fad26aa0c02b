"""Runs in a process of its own: answers queries to one store, one after the other, until its input ends.

    python -m imagingkg.serve.child INDEX PARENT SECONDS MEMORY ROWS SIZE

A query that is malformed, or whose result is too large, gets a plain answer. One that takes more time or memory than
it may ends the process; the server then answers in its place and starts another.
"""

from __future__ import annotations

import gc
import os
import re
import resource
import signal
import sys
from itertools import islice
from typing import Final

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from imagingkg.errors import QueryError
from imagingkg.graph.names import VOCABULARIES
from imagingkg.graph.safety import check_query
from imagingkg.serve.formats import SOLUTIONS, TRIPLES, settled, write_graph
from imagingkg.serve.frames import Asked, Head, read_request, write_answer
from imagingkg.serve.jail import end_with, limit_memory, no_network
from imagingkg.serve.limits import Limits

_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_CELL: Final = re.compile(rb'"(?:[^"]|"")*"')
_SHOWN: Final = 300
_WORN: Final = 4  # the part of the memory that a child may keep from query to query: one in so many


class _TooLarge(Exception):
    pass


class _Bounded:
    """A file in memory that takes so many bytes and no more."""

    def __init__(self, most: int) -> None:
        self.parts: list[bytes] = []
        self.left = most

    def write(self, data: bytes) -> int:
        self.left -= len(data)
        if self.left < 0:
            raise _TooLarge
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """All is where it belongs already."""


def answer(store: Store, asked: Asked, limits: Limits) -> tuple[Head, bytes]:
    """The answer to a query, or what is wrong with it. Time and memory are not watched here."""
    try:
        check_query(asked.query)
        results = _query(store, asked)
        form = _form(results)
        media = asked.triples if form == "triples" else asked.solutions
        if media is None:
            known = ", ".join(TRIPLES if form == "triples" else SOLUTIONS)
            what = f"gives {form}, which are written in none of the accepted types"
            return Head(406, form=form, wrong=what, advice=f"There are {known}"), b""
        if isinstance(results, QueryTriples):
            return _triples(results, media, limits)
        return _solutions(results, form, media, limits)
    except QueryError as error:
        return Head(400, wrong=error.what, advice=error.advice), b""
    except SyntaxError as error:
        return Head(400, wrong=f"is not SPARQL ({(error.msg or '')[:_SHOWN]})"), b""
    except (RuntimeError, ValueError) as error:
        return Head(400, wrong=f"cannot be answered ({str(error)[:_SHOWN]})"), b""
    except _TooLarge:
        return _too_large(f"{limits.size:,} bytes"), b""
    except OSError as error:
        return Head(503, wrong=f"the store cannot be read ({str(error)[:_SHOWN]})", worn=True), b""


def _query(store: Store, asked: Asked) -> QuerySolutions | QueryBoolean | QueryTriples:
    if asked.default is None or asked.named is None:
        return store.query(asked.query, base_iri=asked.base, prefixes=VOCABULARIES)
    # Given together: a graph that the protocol names is all that there is, as the standard has it.
    return store.query(
        asked.query,
        base_iri=asked.base,
        prefixes=VOCABULARIES,
        default_graph=[NamedNode(iri) for iri in asked.default],
        named_graphs=[NamedNode(iri) for iri in asked.named],
    )


def _form(results: QuerySolutions | QueryBoolean | QueryTriples) -> str:
    if isinstance(results, QueryTriples):
        return "triples"
    return "boolean" if isinstance(results, QueryBoolean) else "solutions"


def _too_large(bound: str) -> Head:
    return Head(422, wrong=f"its result has more than {bound}", advice="Ask for less, or in pages: LIMIT and OFFSET")


def _triples(results: QueryTriples, media: str, limits: Limits) -> tuple[Head, bytes]:
    triples = list(islice(results, limits.rows + 1))
    if len(triples) > limits.rows:
        return _too_large(f"{limits.rows:,} triples"), b""
    out = _Bounded(limits.size)
    write_graph(triples, media, VOCABULARIES, out)  # type: ignore[arg-type]
    data = settled(b"".join(out.parts), media)
    if media == "application/rdf+xml" and b"<oxprefix: " in data:
        what = "a predicate cannot be written in RDF/XML, as its end is no XML name"
        return Head(406, form="triples", wrong=what, advice="Ask for text/turtle"), b""
    return Head(200, media, "triples"), data


def _solutions(results: QuerySolutions | QueryBoolean, form: str, media: str, limits: Limits) -> tuple[Head, bytes]:
    out = _Bounded(limits.size)
    results.serialize(out, SOLUTIONS[media])  # type: ignore[arg-type]
    data = b"".join(out.parts)
    # pyoxigraph writes far faster than Python could count as it goes; no row takes less than a byte.
    if len(data) > limits.rows and row_count(data, media) > limits.rows:
        return _too_large(f"{limits.rows:,} rows"), b""
    return Head(200, media, form), data


def row_count(data: bytes, media: str) -> int:
    """Rows of solutions as pyoxigraph writes them."""
    if media.endswith("xml"):
        return data.count(b"<result>")
    if media.endswith("json"):
        bare = _STRING.sub(b"", data)
        return 0 if bare.endswith(b"[]}}") else bare.count(b"},{") + 1
    if media == "text/csv":
        return _CELL.sub(b"", data).count(b"\n") - 1
    return data.count(b"\n") - 1


def main(arguments: list[str]) -> int:
    """Serve until the input ends. Says first, with an empty answer, that it is ready."""
    index, parent, seconds, memory, rows, size = arguments
    end_with(int(parent))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    cut_off = no_network()
    limits = Limits(children=1, seconds=float(seconds), memory=int(memory), rows=int(rows), size=int(size))
    store = Store.read_only(index)
    limit_memory(limits.memory)
    gc.freeze()
    start = _peak()
    _say(Head(200, form="alone" if cut_off else "watched"), b"")
    while (asked := read_request(sys.stdin.buffer.read)) is not None:
        # The server's clock comes first; this one is for the case that the server is no more.
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + 2)
        head, body = answer(store, asked, limits)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if head.worn or _peak() - start > limits.memory // _WORN:
            head = Head(head.status, head.media, head.form, head.wrong, head.advice, worn=True)
        _say(head, body)
    return 0


def _peak() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _say(head: Head, body: bytes) -> None:
    data = memoryview(write_answer(head, len(body)) + body)
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

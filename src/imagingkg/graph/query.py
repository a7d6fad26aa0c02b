"""Questions to the graph: the named ones of ontology/queries, and free SPARQL.

A query file starts with comments: `# title:`, `# en:` and `# zh:` (the question), and a line `# param: name = default |
what it is` for each parameter. A parameter enters the query where a line has `VALUES ?asked_<name> { UNDEF }`: the
value that was asked for is put between the braces as a term, never as text. Left as it is, the file is a query that
asks for any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions, Store, Triple

from imagingkg.errors import GraphError, OntologyError, QueryError
from imagingkg.graph.labels import KIND_OF_ROLE, class_of, find_concept, find_paper
from imagingkg.graph.names import INTEGER, VOCABULARIES
from imagingkg.graph.results import Results, Term
from imagingkg.graph.safety import check_query
from imagingkg.ontology_files import ontology_dir

ANY: Final = "any"
"""The value of a parameter that asks for no restriction."""

_COMMENT: Final = re.compile(r"#\s*(title|en|zh|param):\s*(.*)")
_PARAMETER: Final = re.compile(r"(\w+)\s*=\s*([^|]*?)\s*\|\s*(.+)")
_SLOT: Final = re.compile(r"VALUES\s+\?asked_(\w+)\s*\{[^{}]*\}")
_OTHER_PARAMETERS: Final = frozenset({"paper", "kind", "since", "lang"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a named query can be told. An empty `default` must be given, `ANY` restricts nothing."""

    name: str
    default: str
    note: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A competency question: its name (the file's), the question in English and Chinese, and its SPARQL."""

    name: str
    title: str
    en: str
    zh: str
    parameters: tuple[Parameter, ...]
    text: str


def load_queries(directory: Path | None = None) -> dict[str, NamedQuery]:
    """The named queries of `directory` (default: those shipped), by name, sorted. Raises OntologyError."""
    files = sorted((directory or ontology_dir() / "queries").glob("*.rq"))
    return {path.stem: _read(path) for path in files}


def _read(path: Path) -> NamedQuery:
    text = path.read_text(encoding="utf-8")
    facts: dict[str, str] = {}
    parameters = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if (found := _COMMENT.match(line)) is None:
            continue
        if found[1] != "param":
            facts[found[1]] = found[2].strip()
        elif (said := _PARAMETER.fullmatch(found[2].strip())) is None:
            raise OntologyError(path.name, f"{line!r} is not `# param: name = default | note`")
        else:
            parameters.append(Parameter(said[1], said[2], said[3]))
    if missing := [key for key in ("title", "en", "zh") if not facts.get(key)]:
        raise OntologyError(path.name, f"has no line `# {missing[0]}: ...` at its start")
    names = {p.name for p in parameters}
    slots = {found[1] for found in _SLOT.finditer(text)}
    if odd := sorted(names ^ slots):
        raise OntologyError(
            path.name, f"{odd[0]!r} must be declared with # param: and stand in VALUES ?asked_{odd[0]} {{ }}"
        )
    if unknown := sorted(names - KIND_OF_ROLE.keys() - _OTHER_PARAMETERS):
        raise OntologyError(path.name, f"{unknown[0]!r} is no kind of parameter")
    return NamedQuery(path.stem, facts["title"], facts["en"], facts["zh"], tuple(parameters), text)


def run_named(graph: Store, name: str, /, **given: str | int) -> Results:
    """The answer to a named query; `given` overrides the defaults of its parameters.

    Parameters are labels in Chinese or English, or ids, of concepts (modality, task, disease, ...), `paper`, `kind`,
    `since` (a year) and `lang` ("en" or "zh"); "any" restricts nothing. Raises QueryError for an unknown query,
    parameter or value, with names like it.
    """
    queries = load_queries()
    if name not in queries:
        near = get_close_matches(name, queries, n=3, cutoff=0.4)
        advice = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(queries)}"
        raise QueryError("query", f"there is none called {name!r}", advice)
    return run_query(graph, queries[name], given)


def run_query(graph: Store, query: NamedQuery, given: Mapping[str, str | int]) -> Results:
    """As `run_named`, for a query that is at hand."""
    known = {p.name: p.default for p in query.parameters}
    if unknown := sorted(given.keys() - known.keys()):
        advice = f"It has {', '.join(known)}" if known else "It has none"
        raise QueryError(query.name, f"has no parameter {unknown[0]!r}", advice)
    values = {name: str(given.get(name, default)).strip() for name, default in known.items()}
    terms = {name: _term(graph, name, value) for name, value in values.items() if value != ANY or name == "lang"}

    def filled(slot: re.Match[str]) -> str:
        # A term writes itself in N-Triples syntax, escaped: nothing in it can end the braces.
        return f"VALUES ?asked_{slot[1]} {{ {terms[slot[1]]} }}" if slot[1] in terms else slot[0]

    return _ask(graph, _SLOT.sub(filled, query.text))


def _term(graph: Store, name: str, value: str) -> NamedNode | Literal:
    if name in KIND_OF_ROLE:
        return find_concept(graph, name, value)
    if name == "paper":
        return find_paper(graph, value)
    if name == "kind":
        return class_of(value)
    if name == "since":
        if not re.fullmatch(r"[0-9]{1,4}", value):
            raise QueryError("since", f"{value!r} is no year", "Give a year such as 2019")
        return Literal(value, datatype=INTEGER)
    if value not in ("en", "zh"):
        raise QueryError("lang", f"{value!r} is not read here", "Use en or zh")
    return Literal(value)


def run_text(graph: Store, sparql: str) -> Results:
    """The answer to a SPARQL query (SELECT, ASK, CONSTRUCT or DESCRIBE).

    Raises QueryError for one that is malformed, that changes the graph or reaches out, or that is too long or too deep.
    The prefixes of the graph's vocabularies need not be declared. There is no limit on time or memory: a stranger's
    query belongs into a process of its own.
    """
    check_query(sparql)
    return _ask(graph, with_prefixes(sparql))


def with_prefixes(sparql: str) -> str:
    """The query with the usual prefixes that it uses and does not declare, on the line of its first word."""
    missing = (
        f"PREFIX {name}: <{iri}> "
        for name, iri in VOCABULARIES.items()
        if re.search(rf"(?<![\w-]){name}:", sparql) and not re.search(rf"(?i)\bprefix\s+{name}\s*:", sparql)
    )
    return "".join(missing) + sparql


def _ask(graph: Store, sparql: str) -> Results:
    try:
        answer = graph.query(sparql)
        if isinstance(answer, QueryBoolean):
            truth = Literal(bool(answer))
            return Results("ask", ("answer",), ((truth,),))
        if isinstance(answer, QuerySolutions):
            columns = tuple(v.value for v in answer.variables)
            return Results("select", columns, tuple(tuple(solution) for solution in answer))
        triples = sorted(answer, key=str)
    except SyntaxError as error:
        raise QueryError("query", f"is not SPARQL ({error.msg})", "Update and other forms are not read here") from error
    except (RuntimeError, ValueError) as error:
        raise QueryError("query", f"cannot be answered ({error})") from error
    except OSError as error:
        raise GraphError("store", f"is damaged ({error})", "Delete the store directory of the output") from error
    return Results("construct", ("subject", "predicate", "object"), tuple(map(_parts, dict.fromkeys(triples))))


def _parts(triple: Triple) -> tuple[Term, Term, Term]:
    return triple.subject, triple.predicate, triple.object

"""Tables out of a build, read back by csv, openpyxl, pyarrow and bibtexparser: what each holds, and what it changes."""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import bibtexparser
import openpyxl
import pyarrow.parquet
import pytest
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from exports_case import HOSTILE, IKG, ROLES, SKOS, Said, graph_of, label, said
from imagingkg.errors import MissingExtra
from imagingkg.publish.export_xlsx import CELL_LIMIT
from imagingkg.publish.exports import export, export_to

Row = dict[str, str]


@pytest.fixture(params=["sample", "hostile"])
def output(request: pytest.FixtureRequest, sample_output: Path, hostile_output: Path) -> Path:
    return sample_output if request.param == "sample" else hostile_output


def unpacked(output: Path, form: str) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(export(output, form))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unapostrophed(text: str) -> str:
    """A cell less the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if re.match(r"'[=+\-@\t\r]", text) else text


def tables_of(data: bytes) -> list[Row]:
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return [{name: unapostrophed(cell) for name, cell in row.items()} for row in rows]


def agree(rows: Iterable[Row], claims: Mapping[str, Said], change: Any = str) -> int:
    """Asserts that each row of a table of claims says what its claim says; gives the number of rows."""
    count = 0
    for row in rows:
        claim = claims[row["claim"]]
        assert (row["certainty"], row["asserted as"]) == (claim.certainty, claim.asserted_as)
        assert row["quote"] == change(claim.quote)
        assert row["document"] == change(claim.title)
        assert [f for f in claim.figures if change(f) not in row["figures"]] == []
        for authors, year, doi, pmid in claim.studies:
            assert change(authors) in row["study"]
            assert all(part in row[name] for name, part in (("year", year), ("study doi", doi), ("study pmid", pmid)))
        english = "; ".join(row[role] for role in ROLES)
        chinese = "; ".join(row[f"{role} (zh)"] for role in ROLES)
        assert [n for n in claim.english if change(n) not in english] == []
        assert [n for n in claim.chinese if change(n) not in chinese] == []
        count += 1
    return count


# ---------------------------------------------------------------------------------------------------------------- CSV


def test_each_row_of_the_csv_says_what_its_claim_says(output: Path) -> None:
    claims = said(graph_of(output))
    assert agree(tables_of(export(output, "csv")), claims) == len(claims) > 80


def test_no_cell_of_a_csv_begins_a_formula(output: Path, tmp_path: Path) -> None:
    export_to(output, "csv", tmp_path / "tables")
    cells = 0
    for name in ("claims.csv", "nodes.csv", "edges.csv"):
        for row in csv.reader(io.StringIO((tmp_path / "tables" / name).read_text(encoding="utf-8-sig"), newline="")):
            for cell in row:
                assert not re.match(r"[=+\-@\t\r]", cell) or re.fullmatch(r"-?\d+", cell), cell
                cells += 1
    assert cells > 10_000


def test_the_csv_folder_has_every_concept_in_both_languages_and_every_link_with_its_certainty(
    output: Path, tmp_path: Path
) -> None:
    export_to(output, "csv", tmp_path / "tables")
    nodes = tables_of((tmp_path / "tables" / "nodes.csv").read_bytes())
    facts: dict[str, dict[str, set[tuple[str, str]]]] = {}
    for s, p, o in graph_of(output):
        facts.setdefault(s, {}).setdefault(p, set()).add(o)
    concepts = {s: f for s, f in facts.items() if SKOS + "prefLabel" in f}
    assert {n["concept"]: (n["label (en)"], n["label (zh)"]) for n in nodes} == {
        s: (label(f, "en"), label(f, "zh")) for s, f in concepts.items()
    }
    edges = tables_of((tmp_path / "tables" / "edges.csv").read_bytes())
    certainty = {iri: c.certainty for iri, c in said(graph_of(output)).items()}
    claimed = [e for e in edges if e["origin"] == "claim"]
    assert all(e["certainty"] == certainty[e["claim"]] for e in claimed)
    assert {e["certainty"] for e in claimed} == {"affirmed", "hedged", "negated"}
    direct = {(e["subject"], e["link"], e["object"]) for e in claimed if e["direct"] == "true"}
    asserted = {
        (s, p.removeprefix(IKG), o) for s, f in concepts.items() for p, objects in f.items() for o, _ in objects
        if p in {IKG + n for n in ("performs", "usesModality", "appliedTo", "targets", "images", "supportsTask",
                                   "predicts", "markerOf")}
    }  # fmt: skip
    assert direct == asserted
    assert len(direct) > 100
    broader = {(s, o) for s, f in concepts.items() for o, _ in f.get(SKOS + "broader", set())}
    assert {(e["subject"], e["object"]) for e in edges if e["link"] == "broader"} == broader
    assert tables_of((tmp_path / "tables" / "claims.csv").read_bytes()) == tables_of(export(output, "csv"))


# --------------------------------------------------------------------------------------------------------------- Excel


def sheet_rows(output: Path, name: str) -> list[Row]:
    book = openpyxl.load_workbook(io.BytesIO(export(output, "xlsx")), read_only=True)
    head, *rows = book[name].iter_rows(values_only=True)
    names = [str(n) for n in head]
    return [dict(zip(names, ["" if c is None else str(c) for c in row], strict=True)) for row in rows]


def test_each_row_of_the_workbook_says_what_its_claim_says(sample_output: Path) -> None:
    claims = said(graph_of(sample_output))
    assert agree(sheet_rows(sample_output, "Evidence"), claims) == len(claims) > 80


def test_hostile_text_is_text_in_a_workbook_and_a_cut_is_told(hostile_output: Path) -> None:
    claims = said(graph_of(hostile_output))
    book = openpyxl.load_workbook(io.BytesIO(export(hostile_output, "xlsx")))
    head = [c.value for c in book["Evidence"][1]]
    kinds = Counter(c.data_type for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None)
    assert set(kinds) == {"s", "n"}  # strings and numbers, no formula
    assert not any(c.hyperlink for sheet in book for row in sheet.iter_rows() for c in row)
    formulas = [
        c for sheet in book for row in sheet.iter_rows(min_row=2) for c in row if str(c.value)[:1] in tuple("=+-@")
    ]
    assert len(formulas) > 20
    assert all(c.quotePrefix for c in formulas)
    cut = whole = 0
    for row in book["Evidence"].iter_rows(min_row=2, values_only=True):
        cells = dict(zip(head, row, strict=True))
        quote = claims[str(cells["claim"])].quote
        if len(quote) > CELL_LIMIT:
            assert str(cells["quote"]).startswith(quote[:30_000])
            kept = str(cells["quote"]).partition(" … [")[0]
            assert str(cells["quote"]).endswith(f"[{len(quote) - len(kept):,} characters more]")
            cut += 1
        else:
            # Excel, like XML, has one kind of line end, and openpyxl shows some controls by their escapes.
            assert plain(str(cells["quote"])) == plain(quote)
            whole += 1
    assert cut >= 1
    assert whole > 60


def plain(text: str) -> str:
    spelled = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text)
    return re.sub(r"\r\n?", "\n", spelled)


def test_a_full_sheet_goes_on_in_another_under_the_same_headings(
    sample_output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sheet_rows(sample_output, "Evidence")
    monkeypatch.setattr("imagingkg.publish.export_xlsx.ROW_LIMIT", 41)
    names = openpyxl.load_workbook(io.BytesIO(export(sample_output, "xlsx")), read_only=True).sheetnames
    sheets = [name for name in names if name.startswith("Evidence")]
    assert sheets == ["Evidence", "Evidence 2", "Evidence 3"]
    assert [row for name in sheets for row in sheet_rows(sample_output, name)] == whole


def test_the_workbook_lists_concepts_and_studies(sample_output: Path) -> None:
    concepts = {row["id"]: row for row in sheet_rows(sample_output, "Concepts")}
    assert concepts["disease/glioma"]["label (zh)"] == "胶质瘤"
    assert "MONDO:0021042" in concepts["disease/glioma"]["exact match"]
    studies = sheet_rows(sample_output, "Studies")
    wanted = {s for s, p, (o, _) in graph_of(sample_output) if o == IKG + "Study"}
    assert {row["study"] for row in studies} == wanted


# ------------------------------------------------------------------------------------------------------------- Parquet


def test_parquet_holds_every_text_exactly_and_figures_nested(output: Path, tmp_path: Path) -> None:
    export_to(output, "parquet", tmp_path / "tables")
    read = {p.stem: pyarrow.parquet.read_table(p).to_pylist() for p in (tmp_path / "tables").glob("*.parquet")}
    assert set(read) == {"claims", "nodes", "edges", "studies", "documents"}
    claims = said(graph_of(output))
    titles = {d["iri"]: d["title"] for d in read["documents"]}
    studies = {s["iri"]: (s["authors"], s["year"], s["doi"], s["pmid"]) for s in read["studies"]}
    names = {n["iri"]: {"en": n["label_en"], "zh": n["label_zh"]} for n in read["nodes"]}

    def name(iri: str, language: str) -> str:
        return names[iri][language] or min(filter(None, names[iri].values()))

    found = {}
    for c in read["claims"]:
        fillers = {f for role in ROLES for f in c[role]}
        found[c["iri"]] = Said(
            c["certainty"], c["asserted_as"], c["quote"], frozenset(f["reported"] for f in c["figures"]),
            titles[c["document"]], frozenset(studies[s] for s in c["studies"]),
            frozenset(name(f, "en") for f in fillers), frozenset(name(f, "zh") for f in fillers),
        )  # fmt: skip
    assert found == claims
    numbers = {o for s, p, (o, _) in graph_of(output) if p == IKG + "value" and "/result/" in s}
    assert {f["value"] for c in read["claims"] for f in c["figures"]} == numbers
    assert all(f["number"] == float(f["value"]) for c in read["claims"] for f in c["figures"])
    assert {e["certainty"] for e in read["edges"]} == {None, "affirmed", "hedged", "negated"}


# --------------------------------------------------------------------------------------------------------------- Neo4j


def neo4j(output: Path) -> dict[str, list[Row]]:
    files = unpacked(output, "neo4j")
    tables = {}
    for name in (n for n in files if not n.endswith("-header.csv")):
        (head,) = csv.reader(io.StringIO(files[name.replace(".csv", "-header.csv")].decode("utf-8"), newline=""))
        rows = csv.reader(io.StringIO(files[name].decode("utf-8"), newline=""))
        tables[name.removesuffix(".csv")] = [dict(zip(head, row, strict=True)) for row in rows]
    return tables


def test_the_tables_for_neo4j_hold_every_claim_with_its_evidence_and_sources(output: Path) -> None:
    tables = neo4j(output)
    assert len(tables) == 7
    joined: dict[str, dict[str, list[str]]] = {}
    for r in tables["relationships"]:
        joined.setdefault(r[":START_ID"], {}).setdefault(r[":TYPE"], []).append(r[":END_ID"])
    documents = {d["iri:ID"]: d["title"] for d in tables["documents"]}
    studies = {s["iri:ID"]: (s["authors"], s["year:long"], s["doi"], s["pmid"]) for s in tables["studies"]}
    results = {r["iri:ID"]: r["reportedAs"] for r in tables["results"]}
    labels = {c["iri:ID"]: {"en": c["label_en"], "zh": c["label_zh"]} for c in tables["concepts"]}

    def name(iri: str, language: str) -> str:
        return labels[iri][language] or min(filter(None, labels[iri].values()))

    found = {}
    for c in tables["claims"]:
        tied = joined[c["iri:ID"]]
        fillers = {f for role in ROLES for f in tied.get(role.upper(), ())}
        (document,) = tied["STATED_IN"]
        found[c["iri:ID"]] = Said(
            c["certainty"], c["assertedAs"], c["quote"], frozenset(results[r] for r in tied.get("RESULT", ())),
            documents[document], frozenset(studies[s] for s in tied["STUDY"]),
            frozenset(name(f, "en") for f in fillers), frozenset(name(f, "zh") for f in fillers),
        )  # fmt: skip
    assert found == said(graph_of(output))


def test_neo4j_gets_each_node_once_and_no_relationship_to_a_missing_one(output: Path) -> None:
    tables = neo4j(output)
    ids = [row["iri:ID"] for name, rows in tables.items() if name != "relationships" for row in rows]
    assert len(ids) == len(set(ids)) > 500
    ends = {r[end] for r in tables["relationships"] for end in (":START_ID", ":END_ID")}
    assert ends <= set(ids)
    assert all(row[":LABEL"] for name, rows in tables.items() if name != "relationships" for row in rows)
    assert all(re.fullmatch("[A-Z_]+", r[":TYPE"]) for r in tables["relationships"])
    finding = next(c for c in tables["concepts"] if c["id"] == "disease/lung-nodule")
    assert finding[":LABEL"].split("\x1f") == ["Concept", "Disease", "Finding"]


# ----------------------------------------------------------------------------------------------------------------- KGX


def kgx(output: Path) -> tuple[list[Row], list[Row]]:
    """Nodes and edges, read as KGX itself reads them: split at tabs and line feeds, quotes mean nothing."""
    files = unpacked(output, "kgx")
    read = []
    for name in ("nodes.tsv", "edges.tsv"):
        head, *rows = [line.split("\t") for line in files[name].decode("utf-8").removesuffix("\n").split("\n")]
        read.append([dict(zip(head, row, strict=True)) for row in rows])
    return read[0], read[1]


def on_a_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


def test_each_claim_is_an_association_with_certainty_negation_quote_figures_and_publications(output: Path) -> None:
    nodes, edges = kgx(output)
    claims = {iri.rsplit("/", 1)[-1]: c for iri, c in said(graph_of(output)).items()}
    named = {n["id"]: n for n in nodes}
    assert len(named) == len(nodes)
    seen: dict[str, list[Row]] = {}
    for e in edges:
        assert e["subject"] in named
        assert e["object"] in named
        assert re.fullmatch("biolink:[a-z_]+", e["predicate"])
        assert e["category"] == "biolink:Association"
        if e["claim"]:
            seen.setdefault(e["claim"].removeprefix("claim:"), []).append(e)
    assert len({e["id"] for e in edges}) == len(edges)
    assert seen.keys() == claims.keys()
    for key, claim in claims.items():
        ends = [named[e[end]] for e in seen[key] for end in ("subject", "object")]
        assert {on_a_line(n) for n in claim.english} <= {n["name"] for n in ends}
        assert {on_a_line(n) for n in claim.chinese} <= {n[name] for n in ends for name in ("name", "name_zh")}
        for e in seen[key]:
            assert e["negated"] == ("true" if claim.certainty == "negated" else "false")
            assert (e["certainty"], e["asserted_as"]) == (claim.certainty, claim.asserted_as)
            assert e["supporting_text"] == on_a_line(claim.quote)
            assert [f for f in claim.figures if on_a_line(f).replace("|", "¦") not in e["figures"]] == []
            assert named[e["document"]]["name"] == on_a_line(claim.title)
            published = e["publications"].split("|")
            for _, _, doi, pmid in claim.studies:
                assert not doi or f"DOI:{doi}" in published
                assert not pmid or f"PMID:{pmid}" in published
    assert Counter(e["negated"] for e in edges)["true"] > 3


def test_kgx_categories_are_those_of_biolink(sample_output: Path) -> None:
    nodes, _ = kgx(sample_output)
    by_id = {n["id"]: n["category"] for n in nodes}
    assert by_id["disease:glioma"] == "biolink:Disease"
    assert by_id["disease:lung-nodule"] == "biolink:PhenotypicFeature"
    assert by_id["modality:mri"] == "biolink:Procedure"
    assert by_id["anatomy:brain"] == "biolink:AnatomicalEntity"
    assert {c for i, c in by_id.items() if i.startswith("study:")} == {"biolink:Study"}
    assert {c for i, c in by_id.items() if i.startswith("document:")} == {"biolink:Publication"}


# -------------------------------------------------------------------------------------------------------------- BibTeX


def bibliography(output: Path) -> dict[str, dict[str, str]]:
    """The fields of each entry by the study's IRI, as LaTeX prints them."""
    library = bibtexparser.parse_string(export(output, "bibtex").decode("utf-8"))
    assert library.failed_blocks == []
    commands = get_default_latex_context_db()
    braces = [
        MacroTextSpec("textbraceleft", "{"),
        MacroTextSpec("textbraceright", "}"),
    ]  # LaTeX's; pylatexenc lacks them
    commands.add_context_category("braces", macros=braces, prepend=True)
    plain = LatexNodes2Text(commands, strict_latex_spaces=True)
    out = {}
    for entry in library.entries:
        fields = {name: str(field.value) for name, field in entry.fields_dict.items()}
        kept = {n: v for n, v in fields.items() if n in ("imagingkg", "doi", "pmid", "year")}
        out[fields["imagingkg"]] = {n: plain.latex_to_text(v).replace("ˆ", "^") for n, v in fields.items()} | kept
    assert len(out) == len(library.entries)
    return out


def in_print(text: str) -> str:
    return re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]+", " ", text).strip()


def test_each_study_with_a_name_is_an_entry_annotated_with_what_is_said_of_it(output: Path) -> None:
    entries = bibliography(output)
    facts: dict[str, dict[str, str]] = {}
    about: dict[str, set[str]] = {}
    for s, p, (o, _) in graph_of(output):
        facts.setdefault(s, {})[p.removeprefix(IKG)] = o
        if p == IKG + "study":
            about.setdefault(o, set()).add(s)
    known = {s for s in about if facts[s].keys() & {"title", "doi", "pmid", "authors"}}
    assert entries.keys() == known
    assert len(known) > 30
    claims = said(graph_of(output))
    for study, claim in ((s, claims[c]) for s in known for c in about[s]):
        entry, fact = entries[study], facts[study]
        assert entry.get("title", "") == in_print(fact.get("title", ""))
        assert unquote(entry.get("doi", "")) == fact.get("doi", "")
        assert (entry.get("pmid", ""), entry.get("year", "")) == (fact.get("pmid", ""), fact.get("year", ""))
        note = entry["annote"]
        assert f"[{claim.certainty}, {claim.asserted_as}]" in note
        for text in (claim.quote, claim.title, *claim.figures, *claim.english, *claim.chinese):
            assert squeezed(text) in squeezed(note)


def squeezed(text: str) -> str:
    """Letters, digits and marks alone: where the spaces of LaTeX go is its own affair."""
    return re.sub(r"\s+", "", in_print(text))


def test_the_bibliography_has_balanced_braces_and_unique_keys(output: Path) -> None:
    text = export(output, "bibtex").decode("utf-8")
    depth = 0
    for c in text:
        depth += {"{": 1, "}": -1}.get(c, 0)
        assert depth >= 0
    assert depth == 0
    keys = re.findall(r"^@\w+\{([^,\s]+),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) > 30
    assert len(keys) == text.count("\n@")


# ---------------------------------------------------------------------------------------------------------- The extras


@pytest.mark.parametrize(("form", "package"), [("parquet", "pyarrow"), ("xlsx", "xlsxwriter")])
def test_a_missing_package_is_an_error_that_names_the_extra(
    sample_output: Path, monkeypatch: pytest.MonkeyPatch, form: str, package: str
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == package] or [package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"pip install 'imagingkg\[{form}\]'"):
        export(sample_output, form)


def test_the_hostile_texts_reach_the_tables(hostile_output: Path) -> None:
    quotes = [row["quote"] for row in tables_of(export(hostile_output, "csv"))]
    assert sum(any(q.startswith(h) for q in quotes) for h in HOSTILE) >= 15

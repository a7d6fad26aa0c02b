"""The tagged formats in which libraries and databases export records, and which of their tags are read.

Tags are those that the exports themselves use: RIS (EndNote, Zotero, Mendeley, CNKI, Wanfang), MEDLINE as PubMed saves
it, EndNote's own, RefWorks and NoteExpress as CNKI and Wanfang write them, and CNKI's list with Chinese names of tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Field = Literal["title", "abstract", "authors", "year", "venue", "doi", "pmid", "kind"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a format writes records.

    `line` matches a line with a tag (group 1) and its value (group 2). `start` is the tag that opens a record, `end`
    the one that closes it ("" where a format has none). A field has tags in order of preference.
    """

    name: str
    line: re.Pattern[str]
    start: str
    end: str
    fields: Mapping[Field, tuple[str, ...]]


RIS: Final = Dialect(
    "RIS",
    re.compile(r"([A-Z][A-Z0-9])  -(?: (.*)|\s*)$"),
    "TY",
    "ER",
    {
        "title": ("TI", "T1", "BT"), "abstract": ("AB", "N2"), "authors": ("AU", "A1"), "year": ("PY", "Y1", "DA"),
        "venue": ("JO", "JF", "T2", "JA", "J2"), "doi": ("DO", "DI", "M3", "UR", "L3"), "pmid": ("PM", "N1", "C7"),
        "kind": ("TY",),
    },
)  # fmt: skip
MEDLINE: Final = Dialect(
    "MEDLINE",
    re.compile(r"(?=.{4}- )([A-Z][A-Z0-9]{1,3}) *- (.*)$"),
    "PMID",
    "",
    {
        "title": ("TI", "BTI"), "abstract": ("AB", "OAB"), "authors": ("AU", "CN"), "year": ("DP",),
        "venue": ("JT", "TA"), "doi": ("LID", "AID"), "pmid": ("PMID",), "kind": ("PT",),
    },
)  # fmt: skip
ENDNOTE: Final = Dialect(
    "EndNote",
    re.compile(r"(%[0-9A-Z@+!?<>^&*()=~$]) ?(.*)$"),
    "%0",
    "",
    {
        "title": ("%T",), "abstract": ("%X",), "authors": ("%A",), "year": ("%D", "%8"), "venue": ("%J", "%B"),
        "doi": ("%R", "%U"), "pmid": ("%M",), "kind": ("%0",),
    },
)  # fmt: skip
REFWORKS: Final = Dialect(
    "RefWorks",
    # Its tags stand out by nothing from words in capitals, "CT images": so only those that it has.
    re.compile(
        r"(RT|SR|ID|A[1-6]|AB|AD|AN|AV|CL|CN|DB|DO|DS|ED|FD|IS|J[FO]|K1|LA|LK|NO|OP|P[BMP]|RD|S[NP]|T[1-3]|U[1-5L]|VO|YR)"
        r"(?: (.*)|\s*)$"
    ),
    "RT",
    "",
    {
        "title": ("T1",), "abstract": ("AB",), "authors": ("A1",), "year": ("YR", "FD"), "venue": ("JF", "JO", "T2"),
        "doi": ("DO", "LK"), "pmid": ("PM",), "kind": ("RT",),
    },
)  # fmt: skip
NOTEEXPRESS: Final = Dialect(
    "NoteExpress",
    re.compile(r"\{([A-Za-z /()-]{2,40})\}[:：] ?(.*)$"),
    "Reference Type",
    "",
    {
        "title": ("Title",), "abstract": ("Abstract",), "authors": ("Author",),
        "year": ("Year", "Publishing Date", "Date"), "venue": ("Journal", "Secondary Title"), "doi": ("DOI", "URL"),
        "pmid": ("PMID",), "kind": ("Reference Type",),
    },
)  # fmt: skip
CNKI: Final = Dialect(
    "CNKI",
    re.compile(r"([A-Za-z]{2,20}-[\u4e00-\u9fffA-Z]{1,8})[:：] ?(.*)$"),
    "SrcDatabase-来源库",
    "",
    {
        "title": ("Title-题名",), "abstract": ("Summary-摘要",), "authors": ("Author-作者",),
        "year": ("Year-年", "PubTime-发表时间"), "venue": ("Source-文献来源", "Source-刊名"),
        "doi": ("DOI-DOI", "URL-网址"), "pmid": (), "kind": ("SrcDatabase-来源库",),
    },
)  # fmt: skip

DIALECTS: Final = (RIS, MEDLINE, ENDNOTE, REFWORKS, NOTEEXPRESS, CNKI)


def dialect_of(line: str) -> Dialect | None:
    """The format that a file is in whose first line that is not blank is this one."""
    for dialect in DIALECTS:
        found = dialect.line.match(line.strip().lstrip("\ufeff"))
        if found and found[1] == dialect.start and (found[2] or "").strip():
            return dialect
    return None

"""From a record to a document: controls out, glyphs restored, language told, everything known about it kept."""

from __future__ import annotations

from imagingkg.errors import InputError
from imagingkg.ingest.controls import cleaned
from imagingkg.ingest.edits import Draft, undo
from imagingkg.ingest.fonts import RepairTools
from imagingkg.ingest.language import named_language, tell_language
from imagingkg.ingest.records import Record
from imagingkg.ingest.repair import repair_glyphs
from imagingkg.model import Document, Skipped


def record_document(record: Record, source: str, encoding: str, tools: RepairTools) -> Document:
    """The document that a record holds. Raises InputError where it holds no text."""
    draft = cleaned(record.text)
    if not draft.text.strip():
        raise InputError(source.rpartition("#")[0], "holds no text")
    draft = repair_glyphs(draft, tools)
    return Document(
        id=record.id or source,
        text=draft.text,
        title=_mended_title(record.title, draft),
        lang=named_language(record.lang) if record.lang else tell_language(draft.text),
        source=source,
        sources=(source,),
        year=record.year,
        doi=record.doi,
        pmid=record.pmid,
        authors=record.authors,
        venue=record.venue,
        retracted=record.retracted,
        encoding=encoding,
        repairs=draft.repairs,
        references=record.references,
        links=record.links,
        revised=record.revised,
        raw=raw_text(draft),
    )


def _mended_title(title: str, draft: Draft) -> str:
    """The title as the stored text has it, when that begins with it; repairs keep its line in place."""
    title = cleaned(title).text
    if not draft.repairs or not title or "\n" in title:
        return title
    first, _, _ = draft.text.partition("\n")
    raw_first = undo(first, [r for r in draft.repairs if r.end <= len(first)])
    return first if raw_first == undo(title, cleaned(title).repairs) or first == title else title


def raw_text(draft: Draft) -> str | None:
    """The text as it was read, where repairs changed it."""
    return undo(draft.text, draft.repairs) if draft.repairs else None


def skipped(error: InputError) -> Skipped:
    """The line in the report for an input that raised."""
    return Skipped(error.where, f"{error.what}. {error.advice}" if error.advice else error.what, error.line)

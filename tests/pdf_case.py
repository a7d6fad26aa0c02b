"""PDF files written by hand: pages of lines at places, so that a test knows what stands where."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 595, 842


class At(NamedTuple):
    """A line of text with its left end at `x`, its base line at `y` points from the bottom.

    `font` is F1, F3 or F4 for text in ASCII, whose names are FONTS; text in Chinese is in F2.
    """

    x: float
    y: float
    text: str
    size: float = 10
    font: str = "F1"


FONTS = {"F1": "Helvetica", "F3": "ABCDEF+Invented-Latin", "F4": "ABCDEF+Invented-Marks"}


def pdf(pages: Sequence[Sequence[At]], *, packed: bool = False, extra: bytes = b"", trailer: str = "") -> bytes:
    """A file of these pages. `extra` is put into the first content stream, `trailer` into the trailer."""
    letters = sorted({c for page in pages for line in page for c in line.text if c > "\x7f"})
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    objects.append(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H /DescendantFonts [5 0 R]"
        b" /ToUnicode 6 0 R >>"
    )
    objects.append(
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Song /CIDSystemInfo"
        b" << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 >>"
    )
    pairs = "\n".join(f"<{n:04x}> <{ord(c):04x}>" for n, c in enumerate(letters, 1))
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(letters)} beginbfchar\n{pairs}\nendbfchar\n"
        "endcmap end end"
    )
    objects.append(_stream(cmap.encode("ascii")))
    kids = []
    more = len(objects) + 2 * len(pages) + 1
    for number, page in enumerate(pages):
        content = b"\n".join(_drawn(line, letters) for line in page) + (extra if number == 0 else b"")
        data = zlib.compress(content) if packed else content
        kids.append(len(objects) + 1)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {len(objects) + 2} 0 R"
            f" /Resources << /Font << /F1 3 0 R /F2 4 0 R /F3 {more} 0 R /F4 {more + 1} 0 R >> >> >>".encode("ascii")
        )
        objects.append(_stream(data, "/Filter /FlateDecode" if packed else ""))
    named = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects += [named.format(FONTS[name]).encode("ascii") for name in ("F3", "F4")]
    references = " ".join(f"{kid} 0 R" for kid in kids)
    objects[1] = f"<< /Type /Pages /Kids [{references}] /Count {len(kids)} >>".encode("ascii")
    return _file(objects, trailer)


def _file(objects: Sequence[bytes], trailer: str) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, data in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode("ascii") + data + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode("ascii")
    out += b"".join(f"{place:010} 00000 n \n".encode("ascii") for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode("ascii")
    return bytes(out)


def _stream(data: bytes, entries: str = "") -> bytes:
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode("ascii") + data + b"\nendstream"


def _drawn(line: At, letters: Sequence[str]) -> bytes:
    if not line.text:
        return b""
    if line.text.isascii():
        text = line.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        shown, font = f"({text})", line.font
    else:
        # Latin letters in a Chinese line go by the same font here.
        codes = "".join(f"{letters.index(c) + 1:04x}" for c in line.text if c > "\x7f")
        shown, font = f"<{codes}>", "F2"
    return f"BT /{font} {line.size} Tf 1 0 0 1 {line.x} {line.y} Tm {shown} Tj ET".encode("ascii")

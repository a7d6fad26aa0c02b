"""Bytes to text: a byte-order mark decides, else strict UTF-8, else GB18030 if it reads as Chinese, else detection."""

from __future__ import annotations

import codecs
from typing import Final

from imagingkg.errors import InputError

# UTF-32 before UTF-16: the mark of the one begins with that of the other.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY: Final = {
    b"%PDF-": "a PDF file", b"PK\x03\x04": "a zip, docx or xlsx file", b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"\x1f\x8b": "a gzip file", b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old Office file", b"SQLite format 3": "a database", b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file", b"7z\xbc\xaf": "a 7z file", b"{\\rtf": "an RTF file",
}  # fmt: skip
_TEXT_CONTROLS: Final = b"\t\n\r\f"
_MAX_CONTROLS: Final = 0.05
_DETECTION_SAMPLE: Final = 1 << 18
# What papers are met in. Left to all encodings, detection takes a French abstract for an Eastern European one.
_LIKELY: Final = ["big5", "cp1252", "cp1251", "shift_jis", "euc_jp", "euc_kr"]


def decode(data: bytes, where: str) -> tuple[str, str]:
    """The text and the name of the encoding it was in.

    Raises InputError for binary data and for bytes that no encoding explains; its `line` is that of the bad byte.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, where), encoding
    _refuse_binary(data, where)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data):
            raise _undecodable(data, "utf-8", error, where) from error
    chinese = _as_chinese(data)
    return (chinese, "gb18030") if chinese is not None else _detected(data, where)


def _strictly(data: bytes, encoding: str, where: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(data, encoding, error, where) from error


def _undecodable(data: bytes, encoding: str, error: UnicodeDecodeError, where: str) -> InputError:
    line = data.count(b"\n", 0, error.start) + 1
    bad = data[error.start : error.start + 1].hex()
    what = f"is {encoding.upper()} but for byte {error.start} (0x{bad})"
    return InputError(where, what, "Save it again as UTF-8", line=line)


def _refuse_binary(data: bytes, where: str) -> None:
    for magic, kind in _BINARY.items():
        if data.startswith(magic):
            raise InputError(where, f"is {kind}, not text", "Convert it to text first")
    controls = sum(data.count(code) for code in range(32) if code not in _TEXT_CONTROLS)
    if controls > _MAX_CONTROLS * len(data):
        line = next((data.count(b"\n", 0, i) + 1 for i, c in enumerate(data) if c < 32 and c not in _TEXT_CONTROLS), 1)
        raise InputError(where, f"is binary ({controls} control bytes in {len(data)})", line=line)


def _is_damaged_utf8(data: bytes) -> bool:
    """Nearly all that is not ASCII is good UTF-8: then a wrong byte is damage, and no sign of another encoding."""
    readable = data.decode("utf-8", "ignore")
    good = len(readable.encode("utf-8")) - sum(c < "\x80" for c in readable)
    foreign = sum(byte >= 0x80 for byte in data)
    return good >= 3 and good >= 0.9 * foreign


def _as_chinese(data: bytes) -> str | None:
    """The text if strict GB18030 gives everyday Chinese, mostly of the 3,755 characters of GB 2312's first level."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = [c for c in text if c >= "\x80"]
    everyday = sum(_is_everyday(c) for c in foreign)
    return text if foreign and everyday >= 0.8 * len(foreign) else None


def _is_everyday(character: str) -> bool:
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7


def _detected(data: bytes, where: str) -> tuple[str, str]:
    # Imported when needed: most files are UTF-8, and starting fast is worth more.
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_DETECTION_SAMPLE], cp_isolation=_LIKELY).best()
    if best is not None:
        try:
            return data.decode(best.encoding), best.encoding
        except (UnicodeDecodeError, LookupError):
            pass
    raise InputError(where, "is in no encoding that could be told", "Save it as UTF-8")

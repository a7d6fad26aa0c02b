"""Bytes become text by the order of trust: byte-order mark, UTF-8, plausible GB18030, detection; the rest is named."""

from __future__ import annotations

import pytest

from imagingkg.errors import InputError
from imagingkg.ingest.encoding import decode
from imagingkg.ingest.language import named_language, tell_language

CHINESE = "影像组学特征可区分肺腺癌与鳞癌，AUC为0.87。"
FRENCH = (
    "L'étude a évalué la sensibilité de la tomographie chez des patients âgés, où la lésion était déjà traitée à Nîmes."
)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\x00\x00"),
        ("utf-32-be", b"\x00\x00\xfe\xff"),
    ],
)
def test_a_byte_order_mark_decides_and_is_no_text(encoding: str, mark: bytes) -> None:
    assert decode(mark + CHINESE.encode(encoding), "a.txt") == (CHINESE, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "gb18030"),
        ("肺结节", "gb18030"),
        (FRENCH, "cp1252"),
        ("電腦斷層掃描影像的深度學習研究，結果顯示敏感度與特異度均有提升。", "big5"),
    ],
)
def test_the_encoding_is_told_and_named(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.txt") == (text, encoding)


def test_one_wrong_byte_in_utf8_is_named_with_its_line() -> None:
    data = "第一行\n第二".encode() + b"\xff" + "行\n".encode()
    with pytest.raises(InputError, match="byte 16 ") as caught:
        decode(data, "a.txt")
    assert caught.value.line == 2


def test_bytes_behind_a_mark_that_do_not_fit_are_named() -> None:
    with pytest.raises(InputError, match="UTF-16"):
        decode(b"\xff\xfe\x00\xd8\x41\x00", "a.txt")


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 rest",
        b"PK\x03\x04rest",
        b"\x89PNG\r\n\x1a\n",
        bytes(range(32)) * 10,
        b"CT\x00\x00\x00",
        bytes(range(128, 256)),
    ],
    ids=["pdf", "zip", "png", "controls", "zeros", "noise"],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode(data, "a.txt")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("基于U-Net的肝脏CT自动分割", "zh"),
        ("We train a network to segment the liver in CT.", "en"),
        ("Automatic liver segmentation", "en"),
        ("胶质瘤 (glioma) was graded by the network that we describe in this paper and tested with MRI.", "en"),
        (FRENCH, "other"),
        ("深層学習を用いて肺結節を検出した。", "other"),
        ("Глубокое обучение для диагностики", "other"),
        ("딥러닝을 이용한 폐결절 검출", "other"),
        ("12 34 56", "other"),
    ],
)
def test_the_language_is_told_by_script_and_small_words(text: str, lang: str) -> None:
    assert tell_language(text) == lang


def test_language_tags_of_records_are_understood() -> None:
    assert [named_language(n) for n in ("zh-CN", "EN", "eng", "chi", "Chinese", "fr", "??")] == [
        "zh", "en", "en", "zh", "zh", "other", "other",
    ]  # fmt: skip

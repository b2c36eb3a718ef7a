"""Base64 is read strictly, and content must be of a type that is taken and that it shows."""

import base64
from hashlib import sha1, sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.translate.attached_content import MEDIA, decoded, media_type, plain

PLAIN = "text/plain"
EXAMPLES = {
    "application/pdf": b"\n%PDF-1.4",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF89a",
    "image/tiff": b"II*\0",
    "application/dicom": bytes(128) + b"DICM",
    "text/plain": b"no more than words",
    "text/rtf": b"{\\rtf1",
    "application/rtf": b"{\\rtf1",
    "text/xml": b"\xef\xbb\xbf <?xml version='1.0'?><ClinicalDocument/>",
    "application/xml": b"<ClinicalDocument/>",
    "application/cda+xml": b"<ClinicalDocument/>",
    "application/hl7-v3+xml": b"<ClinicalDocument/>",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": b"PK\x03\x04",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK\x03\x04",
}


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@given(st.binary(min_size=1, max_size=2000), st.integers(1, 80))
def test_bytes_come_out_as_they_went_in(content: bytes, width: int) -> None:
    data = encoded(content).replace("\0", "")
    folded = "\r\n".join(data[start : start + width] for start in range(0, len(data), width))

    found = decoded(folded, PLAIN)

    if b"\0" in content[:1024]:
        assert found.content is None
    else:
        assert found.content is not None
        assert b"".join(found.content.pieces()) == content == b"".join(found.content.pieces())
        assert (found.content.size, found.content.hash) == (len(content), sha256(content).hexdigest())
        assert found.sha1 == sha1(content, usedforsecurity=False).digest()


def test_a_long_content_comes_piece_by_piece() -> None:
    content = b"word " * 100_001
    found = decoded(encoded(content), PLAIN)

    assert found.content is not None
    pieces = list(found.content.pieces())
    assert len(pieces) > 2
    assert max(map(len, pieces)) < 200_000
    assert b"".join(pieces) == content


@pytest.mark.parametrize(
    "data",
    ["====", "A", "AB", "ABC", "AAAA=AAA", "AA==AAAA", "AA=A", "\u00e9\u00e9\u00e9\u00e9", "A" * 262_143 + "=AAAA"],
)
def test_what_is_not_base64(data: str) -> None:
    assert decoded(data, PLAIN).fault == "The data is not base64."


@pytest.mark.parametrize("data", ["", " \n"])
def test_nothing_is_not_a_document(data: str) -> None:
    assert decoded(data, PLAIN).fault == "The document is empty (0 bytes)."


def test_every_type_has_an_example() -> None:
    assert EXAMPLES.keys() == MEDIA.keys()


@pytest.mark.parametrize("media", MEDIA)
def test_content_shows_its_type(media: str) -> None:
    others = [name for name, head in EXAMPLES.items() if not decoded(encoded(head), media).fault]

    assert media in others
    assert decoded(encoded(b"\x7fELF\0\0"), media).fault.startswith("The content is not of the type")


@pytest.mark.parametrize(
    "head", [b"<!DOCTYPE x><a/>", b"<?xml version='1.0'?>\n<!doctype x [<!ENTITY a 'b'>]>", b"a<b/>"]
)
def test_xml_brings_no_document_type(head: bytes) -> None:
    assert decoded(encoded(head), "text/xml").fault


def test_media_types_are_compared_bare() -> None:
    assert media_type(" Text/Plain ; charset=utf-8") == "text/plain"
    assert media_type("") == ""


def test_bytes_at_hand() -> None:
    content = plain(b"{}")

    assert (content.size, list(content.pieces()), list(content.pieces())) == (2, [b"{}"], [b"{}"])

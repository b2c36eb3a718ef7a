"""The bytes of an attachment: base64 read strictly and piece by piece, and of a type that is taken and that they show.

Must not unpack, render or run anything: a document of an office program is an archive, and stays closed.
"""

import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha1, sha256

from fhir_um.cases.attachments import Content

_PIECE_CHARACTERS = 4 * 65_536
_HEAD_BYTES = 1_024
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ARCHIVE = b"PK\x03\x04"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _begins_with(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


def _is_xml(head: bytes) -> bool:
    """XML without a document type: what entities it would bring in is nobody's business."""
    return head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<") and b"<!doctype" not in head.lower()


def _is_text(head: bytes) -> bool:
    return b"\0" not in head


MEDIA: dict[str, Callable[[bytes], bool]] = {
    "application/pdf": lambda head: b"%PDF-" in head,
    "image/jpeg": _begins_with(b"\xff\xd8\xff"),
    "image/png": _begins_with(b"\x89PNG\r\n\x1a\n"),
    "image/gif": _begins_with(b"GIF87a", b"GIF89a"),
    "image/tiff": _begins_with(b"II*\0", b"MM\0*"),
    "application/dicom": lambda head: head[128:132] == b"DICM",
    "text/plain": _is_text,
    "text/rtf": _begins_with(b"{\\rtf"),
    "application/rtf": _begins_with(b"{\\rtf"),
    "text/xml": _is_xml,
    "application/xml": _is_xml,
    "application/cda+xml": _is_xml,
    "application/hl7-v3+xml": _is_xml,
    _WORD: _begins_with(_ARCHIVE),
    _SHEET: _begins_with(_ARCHIVE),
}
"""The types that are taken, each with what the first bytes of such a file look like."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The content of one Attachment, or what is wrong with it; `sha1` is the hash FHIR R4 writes down."""

    content: Content | None
    sha1: bytes = b""
    fault: str = ""


def media_type(written: str) -> str:
    """The bare type, without its parameters.

    >>> media_type("Application/PDF; version=1.7")
    'application/pdf'
    """
    return written.partition(";")[0].strip().lower()


def decoded(data: str, media: str) -> Decoded:
    """The content behind base64 text of one of the `MEDIA`."""
    text = data if data.isalnum() else "".join(data.split())
    if not text:
        return Decoded(None, fault="The document is empty (0 bytes).")
    size, head, of_fhir, ours = 0, b"", sha1(usedforsecurity=False), sha256()
    try:
        for piece in _pieces(text):
            size += len(piece)
            head += piece[: max(0, _HEAD_BYTES - len(head))]
            of_fhir.update(piece)
            ours.update(piece)
    except (binascii.Error, ValueError):
        return Decoded(None, fault="The data is not base64.")
    if not MEDIA[media](head):
        return Decoded(None, fault=f"The content is not of the type it says to be ({media}).")
    return Decoded(Content(size, ours.hexdigest(), lambda: _pieces(text)), of_fhir.digest())


def plain(content: bytes) -> Content:
    """Bytes at hand as content."""
    return Content(len(content), sha256(content).hexdigest(), lambda: iter((content,)))


def _pieces(text: str) -> Iterator[bytes]:
    for start in range(0, len(text), _PIECE_CHARACTERS):
        piece = text[start : start + _PIECE_CHARACTERS]
        if start + _PIECE_CHARACTERS < len(text) and "=" in piece:
            raise ValueError("padding in the middle")
        yield binascii.a2b_base64(piece, strict_mode=True)

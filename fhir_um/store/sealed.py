"""How documents are sealed before they are written: what is bound to which row. Must not know SQL.

What was written before there was a key names none (`sealed_by` is empty) and is read as it is.
"""

from base64 import b64decode, b64encode
from binascii import Error as NoBase64

from fhir_um.vault import CannotOpen, Vault

CLEAR = ""
"""`sealed_by` of what is not sealed."""

WORDS, PRINT = "words", "print"
"""Of a letter: what it says, and its PDF."""


def seal_piece(vault: Vault, piece: bytes, payer_id: str, content_hash: str, place: int) -> bytes:
    """A piece of a content, for its place in that content and no other."""
    return vault.seal_bytes(piece, _of_piece(payer_id, content_hash, place))


def open_piece(vault: Vault | None, kept: bytes, sealed_by: str, payer_id: str, content_hash: str, place: int) -> bytes:
    """The piece as it came. Raises: CannotOpen; LookupError when the store was opened without a key."""
    if sealed_by == CLEAR:
        return kept
    return demanded(vault).open_bytes(kept, _of_piece(payer_id, content_hash, place))


def seal_evidence(vault: Vault, text: str, payer_id: str, id: str) -> str:
    """What was read out of a document, for that document and no other."""
    return b64encode(vault.seal_bytes(text.encode(), _of_evidence(payer_id, id))).decode()


def open_evidence(vault: Vault | None, kept: str, sealed_by: str, payer_id: str, id: str) -> str:
    """The text as it was. Raises: CannotOpen; LookupError when the store was opened without a key."""
    if sealed_by == CLEAR:
        return kept
    try:
        sealed = b64decode(kept, validate=True)
    except (NoBase64, ValueError) as fault:
        raise CannotOpen("What should be sealed was altered since.") from fault
    return demanded(vault).open_bytes(sealed, _of_evidence(payer_id, id)).decode()


def seal_notice(vault: Vault, words: bytes, payer_id: str, id: str, form: str) -> bytes:
    """What a letter says or its PDF, for that letter and no other; nothing where there is none."""
    return vault.seal_bytes(words, _of_notice(payer_id, id, form)) if words else b""


def open_notice(vault: Vault | None, kept: bytes, sealed_by: str, payer_id: str, id: str, form: str) -> bytes:
    """The bytes as they were. Raises: CannotOpen; LookupError when the store was opened without a key."""
    if sealed_by == CLEAR or not kept:
        return kept
    return demanded(vault).open_bytes(kept, _of_notice(payer_id, id, form))


def demanded(vault: Vault | None) -> Vault:
    """The vault. Raises: LookupError when the store was opened without a key."""
    if vault is None:
        raise LookupError("the store was opened without a key for secrets")
    return vault


def _of_piece(payer_id: str, content_hash: str, place: int) -> bytes:
    return "\n".join(("piece", payer_id, content_hash, str(place))).encode()


def _of_evidence(payer_id: str, id: str) -> bytes:
    return "\n".join(("evidence", payer_id, id)).encode()


def _of_notice(payer_id: str, id: str, form: str) -> bytes:
    return "\n".join(("notice", payer_id, id, form)).encode()

"""Seals what must not be read where it is kept: secrets of subscribers, and documents. Must not know whose.

Every key of the operator opens, the first one seals, so that keys can change. Short texts are sealed by Fernet
(AES-128-CBC with HMAC-SHA-256). Documents are sealed by AES-256-GCM with a key of their own, derived from the
operator's by HKDF-SHA-256, and bound to the place where they are kept: what was moved to another row does not open.

A sealed document is 0x01, eight bytes that name the key, a nonce of twelve, and the ciphertext with its tag.
"""

import os
from base64 import urlsafe_b64decode
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORM = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12
_HEAD_BYTES = len(_FORM) + _ID_BYTES + _NONCE_BYTES
_KEY_BYTES = 32
_FOR_DOCUMENTS = b"fhir-um: documents at rest, AES-256-GCM, 1"
_FOR_ITS_NAME = b"fhir-um: name of a key, 1"

KeyId = str
"""Names a key without telling anything of it: sixteen hexadecimal digits, the same wherever the key is used."""


class CannotOpen(Exception):
    """Something was sealed with a key that is not known any more, or altered since; the text is for the operator."""


_NO_KEY = "A stored secret was sealed with a key that is not among FHIR_UM_SECRET_KEYS."
_ALTERED = "What was sealed was altered since, or belongs to another place."
_NOT_SEALED = "What should be sealed is not in the form of a sealed document."


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    """One key of the operator, ready for use."""

    id: KeyId
    fernet: Fernet
    documents: AESGCM


class Vault:
    """Seals with the first of its keys and opens what any of them sealed.

    Raises: ValueError for a key that is not 32 bytes in URL-safe base64, and for no key at all.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        if not keys:
            raise ValueError("no key")
        self._keys = tuple(map(_key, keys))
        self._by_id = {key.id: key for key in self._keys}
        self._fernet = MultiFernet([key.fernet for key in self._keys])

    @property
    def key_ids(self) -> tuple[KeyId, ...]:
        """The names of its keys; the first one seals."""
        return tuple(key.id for key in self._keys)

    def seal(self, text: str) -> str:
        """The text, unreadable without the key."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises: CannotOpen."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as fault:
            raise CannotOpen(_NO_KEY) from fault

    def sealed_by(self, sealed: str) -> KeyId | None:
        """Which key sealed a text; None when it is none of these."""
        return next((key.id for key in self._keys if _opens(key.fernet, sealed)), None)

    def seal_bytes(self, clear: bytes, place: bytes) -> bytes:
        """The bytes, unreadable without the key and bound to the place where they will be kept."""
        key, nonce = self._keys[0], os.urandom(_NONCE_BYTES)
        head = _FORM + bytes.fromhex(key.id) + nonce
        return head + key.documents.encrypt(nonce, clear, place)

    def open_bytes(self, sealed: bytes, place: bytes) -> bytes:
        """The bytes that were sealed for that place. Raises: CannotOpen."""
        if len(sealed) <= _HEAD_BYTES or not sealed.startswith(_FORM):
            raise CannotOpen(_NOT_SEALED)
        key = self._by_id.get(sealed[len(_FORM) : len(_FORM) + _ID_BYTES].hex())
        if key is None:
            raise CannotOpen(_NO_KEY)
        nonce = sealed[_HEAD_BYTES - _NONCE_BYTES : _HEAD_BYTES]
        try:
            return key.documents.decrypt(nonce, memoryview(sealed)[_HEAD_BYTES:], place)
        except InvalidTag as fault:
            raise CannotOpen(_ALTERED) from fault


def new_key() -> str:
    """A key nobody has seen before."""
    return Fernet.generate_key().decode()


def _key(text: str) -> _Key:
    fernet = Fernet(text)
    secret = urlsafe_b64decode(text)
    return _Key(
        id=_derived(secret, _FOR_ITS_NAME, _ID_BYTES).hex(),
        fernet=fernet,
        documents=AESGCM(_derived(secret, _FOR_DOCUMENTS, _KEY_BYTES)),
    )


def _derived(secret: bytes, label: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=label).derive(secret)


def _opens(fernet: Fernet, sealed: str) -> bool:
    try:
        fernet.decrypt(sealed)
    except InvalidToken:
        return False
    return True

"""Keeps secrets that have to be read again, such as the headers a subscriber wants to be sent. Must not know whose.

Fernet (AES-128-CBC with HMAC-SHA-256) of `cryptography`. The first key seals; every key opens, so that keys can change.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """A secret was sealed with a key that is not known any more; the text is for the operator."""


class Vault:
    """Seals texts with the first of its keys and opens what any of them sealed.

    Raises: ValueError for a key that is not 32 bytes in URL-safe base64, and for no key at all.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        if not keys:
            raise ValueError("no key")
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> str:
        """The text, unreadable without the key."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises: CannotOpen."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as fault:
            raise CannotOpen("A stored secret was sealed with a key that is not among FHIR_UM_SECRET_KEYS.") from fault


def new_key() -> str:
    """A key nobody has seen before."""
    return Fernet.generate_key().decode()

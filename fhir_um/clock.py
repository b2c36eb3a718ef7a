"""Real time and real chance, made once at start-up and passed in. The only door to both."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

Clock = Callable[[], datetime]
NewId = Callable[[], str]
NewNumber = Callable[[], str]
NewToken = Callable[[], str]

_CHANCE = secrets.SystemRandom()
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 O 1 I L U: the number is read over the telephone."""


def now() -> datetime:
    """This instant, UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh random id, RFC 9562 version 4, in lower case with dashes."""
    return str(uuid4())


def new_number() -> str:
    """Ten characters of chance (49 bits): unique by the store's own check, never guessed from another."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def new_token() -> str:
    """256 bits of chance as text: what opens a door and cannot be guessed."""
    return secrets.token_urlsafe(32)


def chance() -> float:
    """A number from 0 to 1, to spread in time what would otherwise happen at once."""
    return _CHANCE.random()

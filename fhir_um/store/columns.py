"""How single values are kept: instants, and texts from outside that serve as keys. Must not know any table."""

from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Dialect, String
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

_LONGEST_KEY = 200
"""Characters. PostgreSQL refuses index entries over about 2,700 bytes; four bytes a character leave room for five."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: TIMESTAMP WITH TIME ZONE, or ISO 8601 text of fixed width (sorts as time) on SQLite."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """The column type of that database."""
        return TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(32)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """To the database. Raises: ValueError for a datetime without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A datetime without a time zone cannot be stored: {value.isoformat()}")
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def as_key(text: str) -> str:
    """A text from outside as it is kept and sought in an index: itself, or a digest when no index could hold it.

    >>> as_key("urn:uuid:1")
    'urn:uuid:1'
    >>> len(as_key("x" * 5000))
    71
    """
    if len(text) <= _LONGEST_KEY and "\0" not in text:
        return text
    return "sha256:" + sha256(text.encode(errors="surrogatepass")).hexdigest()

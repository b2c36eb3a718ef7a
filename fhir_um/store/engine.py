"""Connections to SQLite and PostgreSQL, set up so that an answered request survives a crash. Must not know tables."""

import os
import weakref
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import Error as SQLiteError

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from fhir_um.store.driver import begin_writing, run

_BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another one before the caller is told to try again."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = {synchronous}",
    f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32000",
    "PRAGMA wal_autocheckpoint = 8000",  # 32 MB; with the usual 1000 pages one commit in 30 copies them back and waits
)

_LATE = "fhir_um_late"
"""Execution option of a connection whose transactions begin without the write lock."""

_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


def make_engine(url: str, synchronous: str = "FULL") -> Engine:
    """An engine for that URL; it connects on first use and forgets its connections in a forked child.

    `synchronous` is SQLite's: FULL keeps every committed transaction through a power cut, NORMAL only through a crash
    of the process. Raises: ValueError for a database that is neither a SQLite file nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise ValueError("write an address such as sqlite:///var/fhir-um.sqlite") from fault
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        engine = _sqlite(parsed, synchronous)
    elif kind in ("postgresql", "postgres"):
        engine = _postgresql(parsed)
    else:
        raise ValueError(f"FHIR_UM_DATABASE_URL names a database that is not supported: {kind}")
    _forget_connections_after_fork(engine)
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for transactions that only read one moment's data: no write lock on SQLite, no writes at all
    on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_LATE: True})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writing_late(engine: Engine) -> Engine:
    """The same engine for transactions that look first and write at the end, after `take_turn`."""
    return engine.execution_options(**{_LATE: True})


def take_turn(connection: Connection) -> None:
    """Wait for the other writers of a SQLite file; from here to the end of the transaction none of them writes.

    What was read before may have changed meanwhile. Must come before the transaction's first change.
    """
    if connection.dialect.name == "sqlite":
        run(connection, "COMMIT")
        begin_writing(connection)


def lock_key(connection: Connection, key: str) -> None:
    """On PostgreSQL, wait for others who locked that key, and keep it to the end of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_KEY, {"key": key})


_PASSING_SQLITE = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
    "SQLITE_READONLY",
)
_PASSING_POSTGRESQL = frozenset({"25006", "53100", "53200", "53300"})
"""Read-only (a stand-by after a failover), disk full, out of memory, too many connections: an operator mends them, and
then the same request works."""


def is_busy(error: DBAPIError) -> bool:
    """True when the same transaction may succeed later: locked, deadlocked, or the database cannot be reached."""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, SQLiteError):
        return error.orig.sqlite_errorname.startswith(_PASSING_SQLITE)
    return isinstance(error, OperationalError) or getattr(error.orig, "sqlstate", "") in _PASSING_POSTGRESQL


class FileWatch:
    """Notices that the SQLite file was moved, deleted or replaced under an open connection, which SQLite does not.

    Watches nothing on PostgreSQL. What is written to a file without a name would be lost.
    """

    def __init__(self, engine: Engine) -> None:
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = Path(file) if file else None
        self._seen: int | None = None

    def is_gone(self) -> bool:
        """True when the file is not the one seen first in this process."""
        if self._file is None:
            return False
        try:
            found = self._file.stat().st_ino
        except OSError:
            return self._seen is not None
        if self._seen is None:
            self._seen = found
        return found != self._seen


def _sqlite(url: URL, synchronous: str) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("FHIR_UM_DATABASE_URL must name a SQLite file, for example sqlite:///var/fhir-um.db")
    if synchronous not in ("FULL", "NORMAL", "EXTRA"):
        raise ValueError(f"SQLite knows no synchronous mode {synchronous}; use FULL, NORMAL or EXTRA")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=1, max_overflow=-1, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _set_up(connection: SQLiteConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own; _begin does
        for pragma in _PRAGMAS:
            connection.execute(pragma.format(synchronous=synchronous)).close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_LATE):
            run(connection, "BEGIN")
        else:
            begin_writing(connection)

    return engine


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=1,
        max_overflow=-1,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "application_name": "fhir-um",
            "options": f"-c timezone=UTC -c lock_timeout={_BUSY_TIMEOUT_MS}",
        },
    )


def _forget_connections_after_fork(engine: Engine) -> None:
    alive = weakref.ref(engine)

    def forget() -> None:
        inherited = alive()
        if inherited is not None:
            inherited.dispose(close=False)

    os.register_at_fork(after_in_child=forget)

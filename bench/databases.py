"""The databases benchmarks run over: a new SQLite file, and a PostgreSQL server that keeps what it has committed.

The server is the one of the tests, with the disk waited for; where it is not installed only SQLite is measured.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bench.table import say
from fhir_um.deps import Deps

_DURABLE = "-c shared_buffers=256MB -c max_wal_size=2GB"


@contextmanager
def databases(folder: Path, name: str) -> Iterator[tuple[str, ...]]:
    """Addresses of new, empty databases, SQLite first; the server is ended with the block."""
    sqlite = f"sqlite:///{folder / name}.sqlite"
    try:
        from tests.postgresql import PostgreSQL  # a program may be installed without its tests

        server = PostgreSQL(_DURABLE)
    except (ImportError, RuntimeError, OSError) as fault:
        say(f"no PostgreSQL here, so only SQLite is measured: {fault}")
        yield (sqlite,)
        return
    try:
        yield sqlite, server.url(server.new_database())
    finally:
        server.stop()


def settle(deps: Deps) -> None:
    """After so much was put in: rows counted and pages on disk, as they are by themselves some time later."""
    with deps.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
            with suppress(DBAPIError):  # not everybody may
                connection.exec_driver_sql("CHECKPOINT")

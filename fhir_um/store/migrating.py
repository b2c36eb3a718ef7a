"""Brings a database to the schema of this program, and tells when it is not there. Must not know single tables.

Alembic is loaded by what migrates and by nothing else: every process asks at its start whether the schema is there, and
that takes a number and the names of files.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from fhir_um.errors import NotMigrated

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = "fhir_um.store:migrations"
_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_KEPT = text("SELECT version_num FROM alembic_version")
_LOCK = 0x4648_4952_554D
"""Any number nobody else uses on that PostgreSQL database; the letters spell FHIRUM."""


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema in one transaction; processes that start together take turns."""
    from alembic import command

    with engine.begin() as connection:  # on SQLite this takes the write lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_migrated(connection: Connection) -> None:
    """Raises: NotMigrated unless the database has exactly the schema this program needs."""
    found, needed = _current(connection), max(_known_revisions())
    if found == needed:
        return
    if found is None:
        raise NotMigrated("The database has no tables of fhir-um yet. Run `fhir-um migrate`, then start again.")
    if found in _known_revisions():
        raise NotMigrated(
            f"The database has schema {found}, this program needs {needed}. Run `fhir-um migrate`, then start again."
        )
    raise NotMigrated(f"The database has schema {found}, which a newer fhir-um made. Use that version of fhir-um.")


def _current(connection: Connection) -> str | None:
    return connection.scalar(_KEPT) if inspect(connection).has_table("alembic_version") else None


@cache
def _known_revisions() -> frozenset[str]:
    """Every revision is in a file that begins with its number, and a later one has a higher number."""
    return frozenset(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*_*.py"))


def migrations() -> "Config":
    """Where Alembic finds the migrations."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    config.set_main_option("path_separator", "os")
    return config

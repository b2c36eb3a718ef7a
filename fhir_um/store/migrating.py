"""Brings a database to the schema of this program, and tells when it is not there. Must not know single tables."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from fhir_um.errors import NotMigrated

_MIGRATIONS = "fhir_um.store:migrations"
_LOCK = 0x4648_4952_554D
"""Any number nobody else uses on that PostgreSQL database; the letters spell FHIRUM."""


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema in one transaction; processes that start together take turns."""
    with engine.begin() as connection:  # on SQLite this takes the write lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_migrated(connection: Connection) -> None:
    """Raises: NotMigrated unless the database has exactly the schema this program needs."""
    found, needed = MigrationContext.configure(connection).get_current_revision(), newest_revision()
    if found == needed:
        return
    if found is None:
        raise NotMigrated("The database has no tables of fhir-um yet. Run `fhir-um migrate`, then start again.")
    if found in _known_revisions():
        raise NotMigrated(
            f"The database has schema {found}, this program needs {needed}. Run `fhir-um migrate`, then start again."
        )
    raise NotMigrated(f"The database has schema {found}, which a newer fhir-um made. Use that version of fhir-um.")


@cache
def newest_revision() -> str | None:
    """The revision this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    config.set_main_option("path_separator", "os")
    return config

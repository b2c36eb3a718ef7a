"""Insert-or-replace, which SQLite and PostgreSQL say alike but SQLAlchemy keeps in two places. Must not know tables."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert


@dataclass(frozen=True, slots=True)
class ByDatabase:
    """One statement for each database."""

    sqlite: Insert
    postgresql: Insert

    def of(self, connection: Connection) -> Insert:
        """The statement for the database behind this connection."""
        return self.sqlite if connection.dialect.name == "sqlite" else self.postgresql


def insert_or_replace(table: Table) -> ByDatabase:
    """Insert a row, or replace all of the row that has the same primary key."""
    keys = [column.name for column in table.primary_key]
    rest = [column.name for column in table.columns if column.name not in keys]

    def replacing(statement: sqlite.Insert | postgresql.Insert) -> Insert:
        return statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in rest}
        )

    return _both(table, replacing)


def insert_or_leave(table: Table, *unique: str) -> ByDatabase:
    """Insert a row unless there is one with the same values in those columns (a unique key of the table).

    The result's `rowcount` tells: 1 inserted, 0 left.
    """
    return _both(
        table,
        lambda statement: statement.on_conflict_do_nothing(index_elements=unique).execution_options(
            preserve_rowcount=True
        ),
    )


def _both(table: Table, finish: Callable[[sqlite.Insert | postgresql.Insert], Insert]) -> ByDatabase:
    return ByDatabase(finish(sqlite.insert(table)), finish(postgresql.insert(table)))

"""Rows read as they are found, also when somebody altered them by hand. Must not know what a row means."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Dialect, LargeBinary, Table, type_coerce
from sqlalchemy.types import NullType

from fhir_um.store.columns import Instant

NO_INSTANT = datetime.min.replace(tzinfo=UTC)
"""Stands for what was found in place of an instant and is none."""


class FoundInstant(Instant):
    """An instant, or `NO_INSTANT`."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        try:
            return super().process_result_value(value, dialect)
        except (ValueError, TypeError, AttributeError, OverflowError):
            return NO_INSTANT


def as_found(table: Table) -> list[ColumnElement[Any]]:
    """The columns of a table for a query that must not fail on any value in them."""
    return [_as_found(column) for column in table.columns]


def _as_found(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, Instant):
        return type_coerce(column, FoundInstant).label(column.key)
    if isinstance(column.type, LargeBinary):
        return type_coerce(column, NullType).label(column.key)
    return column

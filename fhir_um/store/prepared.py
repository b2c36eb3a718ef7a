"""Statements that every request runs, compiled once. Must not know tables.

SQLAlchemy spends five times on a small statement what SQLite needs to run it. So on SQLite a `Prepared` hands the
compiled text and the converted values to the driver itself. PostgreSQL goes the ordinary way: there the way to the
server costs more than SQLAlchemy, and SQLAlchemy notices a lost connection.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from fhir_um.store.driver import run, run_for_each
from fhir_um.store.writing import ByDatabase

Named = Mapping[str, Any]
Convert = Callable[[Any], Any]
Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete

_MOST_PLANS = 64
"""Compiled forms kept of one statement, one for each length of its lists; more lengths go the ordinary way."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A statement as the driver takes it. `values`: a name, the place in its list or -1, and what converts the value.

    `fixed`: values the statement itself holds. `results`: the places of a row that are to be converted, and by what.
    """

    sql: str
    values: tuple[tuple[str, int, Convert | None], ...]
    fixed: dict[str, Any]
    results: tuple[tuple[int, Convert], ...]

    def of(self, named: Named) -> tuple[Any, ...]:
        """The values in the order of the text."""
        known = {**self.fixed, **named} if self.fixed else named
        found = []
        for name, index, convert in self.values:
            value = known[name] if index < 0 else known[name][index]
            found.append(value if convert is None else convert(value))
        return tuple(found)

    def converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row as the caller knows its columns."""
        cells = list(row)
        for index, convert in self.results:
            cells[index] = convert(cells[index])
        return tuple(cells)


class Prepared:
    """A query or a change; every value in it is a named `bindparam` or that of a column. Lists stand for "any of"."""

    def __init__(self, statement: Statement | ByDatabase) -> None:
        self._statement = statement
        self._plans: dict[tuple[int, ...], _Plan] = {}

    def rows(self, connection: Connection, named: Named) -> Sequence[Sequence[Any]]:
        """Every row the query finds."""
        plan = self._plan(connection, named)
        if plan is None:
            return connection.execute(self._core(connection), named).all()
        found = run(connection, plan.sql, plan.of(named)).fetchall()
        return [plan.converted(row) for row in found] if plan.results else found

    def scalar(self, connection: Connection, named: Named) -> Any:
        """The first column of the first row, None when there is no row."""
        rows = self.rows(connection, named)
        return rows[0][0] if rows else None

    def change(self, connection: Connection, rows: Sequence[Named]) -> int:
        """Run it for each of the rows, which all name the same values; how many rows of the table it touched."""
        if not rows:
            return 0
        plan = self._plan(connection, rows[0])
        if plan is None:
            return connection.execute(self._core(connection), rows if len(rows) > 1 else rows[0]).rowcount
        if len(rows) == 1:
            return run(connection, plan.sql, plan.of(rows[0])).rowcount
        return run_for_each(connection, plan.sql, map(plan.of, rows)).rowcount

    def _core(self, connection: Connection) -> Statement:
        return self._statement.of(connection) if isinstance(self._statement, ByDatabase) else self._statement

    def _plan(self, connection: Connection, named: Named) -> _Plan | None:
        if connection.dialect.name != "sqlite":
            return None
        lengths = tuple([len(value) for value in named.values() if type(value) is list])
        plan = self._plans.get(lengths)
        if plan is None and 0 not in lengths and len(self._plans) < _MOST_PLANS:
            plan = self._plans[lengths] = _planned(self._core(connection), connection.dialect, named)
        return plan


def _planned(statement: Statement, dialect: Dialect, named: Named) -> _Plan:
    compiled = statement.compile(dialect=dialect, column_keys=list(named))
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"not a statement: {statement!r}")
    written = compiled.construct_expanded_state(dict(named))
    places = {name: (name, -1) for name in written.parameters}
    for name, several in written.parameter_expansion.items():
        places |= {one: (name, index) for index, one in enumerate(several)}
    converts = {
        name: _implementation(bind.type, dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
    }
    values = [(*places[each], converts[places[each][0]]) for each in written.positiontup or ()]
    columns = statement.selected_columns if isinstance(statement, Select | CompoundSelect) else ()
    results = [_implementation(column.type, dialect).result_processor(dialect, None) for column in columns]
    return _Plan(
        written.statement,
        tuple(values),
        {name: value for name, value in compiled.params.items() if name not in named},
        tuple((index, convert) for index, convert in enumerate(results) if convert is not None),
    )


def _implementation(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)

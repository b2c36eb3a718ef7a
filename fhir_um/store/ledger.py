"""What was used of authorizations, inside one transaction. Must not know what an authorization allows.

A use is counted for the line that its number stands for, also when the line got another number since.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, insert, select

from fhir_um.cases.ledger import Use
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store.columns import as_key
from fhir_um.store.ledger_tables import authorization_uses
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import issued_numbers

_USE, _REVERSAL = "use", "reversal"
_PAYER: BindParameter[str] = bindparam("of_payer")
_uses = authorization_uses.c
_numbers = issued_numbers.c

_OF_LINES = (
    select(
        _numbers.case_id,
        _numbers.sequence,
        _uses.number,
        _uses.use_id,
        _uses.kind,
        _uses.served_on,
        _uses.units,
        _uses.npi,
        _uses.recorded_at,
        _uses.recorded_by,
    )
    .join_from(
        issued_numbers,
        authorization_uses,
        and_(_uses.number == _numbers.number, _uses.payer_id == _numbers.payer_id),
    )
    .where(_numbers.payer_id == _PAYER)
)
_OF_CASES = Prepared(_OF_LINES.where(_numbers.case_id.in_(bindparam("ids", expanding=True))))
_PLACE = Prepared(
    select(_numbers.payer_id, _numbers.case_id, _numbers.sequence).where(
        _numbers.number == bindparam("of_number"), _numbers.payer_id.in_(bindparam("payers", expanding=True))
    )
)
_ADD = Prepared(insert(authorization_uses))

Uses = dict[tuple[CaseId, int], tuple[Use, ...]]
"""Uses by the case and the line they count for, in the order they were recorded."""


class LedgerRead:
    """A transaction that reads what was used."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def place_of(self, payer_ids: tuple[PayerId, ...], number: str) -> tuple[PayerId, CaseId, int] | None:
        """Payer, case and line that a number stands for now, at one of those payers; None when it is not known."""
        named = {"of_number": as_key(number), "payers": sorted(payer_ids)}
        for payer_id, case_id, sequence in _PLACE.rows(self._connection, named) if payer_ids else ():
            return PayerId(payer_id), CaseId(case_id), sequence
        return None

    def uses_of(self, payer_id: PayerId, number: str) -> tuple[Use, ...]:
        """What was used of the line behind that number, in the order it was recorded."""
        place = self.place_of((payer_id,), number)
        return () if place is None else self.uses_by_line(payer_id, (place[1],)).get((place[1], place[2]), ())

    def uses_by_line(self, payer_id: PayerId, case_ids: Iterable[CaseId]) -> Uses:
        """What was used of every line of those cases."""
        ids = sorted(set(case_ids))
        if not ids:
            return {}
        found: dict[tuple[CaseId, int], list[Sequence[Any]]] = defaultdict(list)
        for case_id, sequence, *row in _OF_CASES.rows(self._connection, {"of_payer": payer_id, "ids": ids}):
            found[CaseId(case_id), sequence].append(row)
        return {line: _in_order(rows) for line, rows in found.items()}


class Ledger(LedgerRead):
    """A transaction that may record uses; whoever does has the case kept from others."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def add(self, payer_id: PayerId, use: Use) -> None:
        """Record a use."""
        _ADD.change(self._writing(), [_row(payer_id, use) | {"kind": _USE}])

    def reverse(self, payer_id: PayerId, use: Use) -> None:
        """Record that a use was taken back, as its `reversed_at` and `reversed_by` say; the use itself stays."""
        taken_back = {"kind": _REVERSAL, "recorded_at": use.reversed_at, "recorded_by": use.reversed_by}
        _ADD.change(self._writing(), [_row(payer_id, use) | taken_back])


def _row(payer_id: PayerId, use: Use) -> dict[str, Any]:
    return {
        "payer_id": payer_id,
        "number": use.number,
        "use_id": use.use_id,
        "served_on": use.served_on.isoformat(),
        "units": str(use.units),
        "npi": use.npi,
        "recorded_at": use.recorded_at,
        "recorded_by": use.recorded_by,
    }


def _in_order(rows: list[Sequence[Any]]) -> tuple[Use, ...]:
    back = {(number, use_id): (at, by) for number, use_id, kind, *_, at, by in rows if kind == _REVERSAL}
    uses = [_use(row, *back.get((row[0], row[1]), (None, ""))) for row in rows if row[2] == _USE]
    return tuple(sorted(uses, key=lambda use: (use.recorded_at, use.use_id)))


def _use(row: Sequence[Any], reversed_at: Any, reversed_by: str) -> Use:
    number, use_id, _, served_on, units, npi, recorded_at, recorded_by = row
    return Use(
        use_id,
        number,
        date.fromisoformat(served_on),
        Decimal(units),
        npi,
        recorded_at,
        recorded_by,
        reversed_at,
        reversed_by,
    )

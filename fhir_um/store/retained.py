"""What must be kept and what may go, in the words of the business, inside one transaction.

Must not open or end the transaction, or decide what goes; holds no SQL.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from fhir_um.cases.model import PayerId
from fhir_um.cases.retention import Candidate, Going, LegalHold, Purge, Purged, RecordKind
from fhir_um.coverage.model import Directory
from fhir_um.store import holds, purge_reports
from fhir_um.store.purging import Key, case_candidates, document_candidates, purge_cases, purge_documents
from fhir_um.store.purging_deliveries import delivery_candidates, purge_deliveries
from fhir_um.store.purging_hooks import hook_candidates, purge_hooks

_CANDIDATES = {
    RecordKind.CASE: case_candidates,
    RecordKind.DOCUMENT: document_candidates,
    RecordKind.DELIVERY: delivery_candidates,
    RecordKind.HOOK: hook_candidates,
}
_ZONES_APART = timedelta(days=2)
"""A day ends somewhere else up to a day later; `due_to_go` knows where."""


class RetentionRead:
    """A transaction that reads what must be kept and what may go."""

    def __init__(self, connection: Connection, directory: Callable[[], Directory]) -> None:
        self._connection = connection
        self._directory = directory

    def holds(self, active: bool = True) -> tuple[LegalHold, ...]:
        """Legal holds in the order they were placed, also those released unless only the active ones are wanted."""
        return holds.all_holds(self._connection, active)

    def knows_member(self, payer_id: PayerId, member_id: str) -> bool:
        """True when the payer has that member, or a case of theirs."""
        return holds.knows_member(self._connection, payer_id, member_id)

    def candidates(self, kind: RecordKind, until: datetime, after: Key, most: int) -> tuple[Candidate, ...]:
        """The next records of a kind that last changed, or were to be kept until, about then or before."""
        return _CANDIDATES[kind](self._connection, self._zone_of, until + _ZONES_APART, after, most, False)

    def reports(self) -> tuple[Purged, ...]:
        """What was purged, oldest first."""
        return purge_reports.all_reports(self._connection)

    def is_purged(self, case_id: str) -> bool:
        """True when a case with that id was here and went."""
        return purge_reports.is_purged(self._connection, case_id)

    def _zone_of(self, payer_id: str) -> str:
        payer = self._directory().payer(payer_id)
        return payer.time_zone if payer else "UTC"


class Retention(RetentionRead):
    """A transaction that may place and release holds, and purge."""

    def __init__(
        self, connection: Connection, directory: Callable[[], Directory], writing: Callable[[], Connection]
    ) -> None:
        super().__init__(connection, directory)
        self._writing = writing

    def hold(self, new: LegalHold) -> None:
        """Keep from going, from now on, what the hold covers."""
        holds.add_hold(self._writing(), new)

    def release(self, id: str, by: str, at: datetime, reason: str) -> LegalHold | None:
        """The hold, released from now on; None when there is none with that id that still holds."""
        return holds.release_hold(self._writing(), id, by, at, reason)

    def candidates_to_go(self, kind: RecordKind, until: datetime, after: Key, most: int) -> tuple[Candidate, ...]:
        """As `candidates`; nobody changes them, or places a hold, until the transaction ends."""
        connection = self._writing()
        holds.only_one(connection)
        return _CANDIDATES[kind](connection, self._zone_of, until + _ZONES_APART, after, most, True)

    def purge(self, kind: RecordKind, going: Sequence[Going], purge: Purge) -> tuple[Going, ...]:
        """Remove records of one kind and count them in the report; those that went."""
        connection, gone = self._writing(), tuple(going)
        if kind is RecordKind.CASE:
            purge_cases(connection, gone, purge)
        elif kind is RecordKind.DOCUMENT:
            purge_documents(connection, gone)
        elif kind is RecordKind.DELIVERY:
            gone = tuple(purge_deliveries(connection, gone))
        else:
            purge_hooks(connection, gone)
        purge_reports.count(connection, gone, purge)
        return gone

"""The audit log in the words of the business, inside one transaction. Must not open or end it, and holds no SQL."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from sqlalchemy import Connection

from fhir_um.cases.auditing import Anchor, AuditEntry, AuditRow, AuditSearch, DayAnchor, Subject
from fhir_um.cases.model import MemberId, PayerId
from fhir_um.store import anchors, audit, audit_search


class AuditRead:
    """A transaction that reads the log."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, payer_ids: tuple[PayerId, ...], wanted: AuditSearch) -> tuple[AuditRow, ...]:
        """Rows of those payers, or of none, latest first."""
        return audit_search.search(self._connection, payer_ids, wanted)

    def about_member(self, payer_id: PayerId, member_id: MemberId) -> tuple[AuditRow, ...]:
        """Every row that names the member, oldest first."""
        return audit_search.about_member(self._connection, payer_id, member_id)

    def since(self, payer_ids: tuple[PayerId, ...], at: datetime) -> Iterator[AuditRow]:
        """Rows of those payers, or of none, from then on, oldest first; to be used inside the transaction."""
        return audit_search.rows_since(self._connection, payer_ids, at)

    def with_member(self, subject: Subject) -> Subject:
        """The same with the member of its case, where it names none."""
        return audit.with_member(self._connection, subject)

    def end(self) -> Anchor:
        """The last row."""
        return audit.end_of(self._connection)

    def anchors(self) -> tuple[DayAnchor, ...]:
        """The anchor of every day that has one, oldest first."""
        return anchors.anchors(self._connection)

    def is_anchored(self, day: date) -> bool:
        """True when that day has its anchor."""
        return anchors.is_anchored(self._connection, day)

    def emergencies_since(self, at: datetime) -> frozenset[str]:
        """The emergency grants that were used from then on."""
        return audit_search.emergencies_since(self._connection, at)


class AuditLog(AuditRead):
    """A transaction that may add to the log."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def keep_anchor(self, made: DayAnchor) -> bool:
        """Keep the anchor of a day; False when the day has one."""
        return anchors.keep_anchor(self._writing(), made)

    def add(self, entry: AuditEntry) -> int:
        """Put the entry at the end of the log; its place.

        Must be the last thing a transaction does: from here to its end no other writer can add a row.
        """
        return audit.add_row(self._writing(), entry)

"""What a transaction of the business reaches beside cases: ledger and reviewers, each with its own file.

Must not open or end the transaction, and holds no SQL. `work` builds on it and stays short so.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store.calls import calls_over
from fhir_um.store.clock_rows import Clocks, ClocksRead
from fhir_um.store.facts import Facts, FactsRead
from fhir_um.store.ledger import Ledger, LedgerRead
from fhir_um.store.reviewers import Reviewers, ReviewersRead
from fhir_um.store.waiting import WaitingRead, WaitingWork


class RoomsRead:
    """What a transaction that reads reaches."""

    _connection: Connection

    def calls_over(self, payer_ids: Sequence[PayerId], at: datetime, limit: int) -> tuple[tuple[PayerId, CaseId], ...]:
        """Payer and id of cases with a peer-to-peer conversation whose time is over."""
        return calls_over(self._connection, payer_ids, at, limit)

    @property
    def clocks(self) -> ClocksRead:
        """Clocks across cases: which are to be told about, and which run out."""
        return ClocksRead(self._connection)

    @property
    def facts(self) -> FactsRead:
        """What measures are made of, and what was published."""
        return FactsRead(self._connection)

    @property
    def ledger(self) -> LedgerRead:
        """What was used of authorizations."""
        return LedgerRead(self._connection)

    @property
    def reviewers(self) -> ReviewersRead:
        """The payer's clinicians, and what is on file about them."""
        return ReviewersRead(self._connection)

    @property
    def waiting(self) -> WaitingRead:
        """What waits for people, and who has it."""
        return WaitingRead(self._connection)


class Rooms(RoomsRead):
    """What a transaction that may write reaches; each waits for its turn before it writes."""

    def _writing(self) -> Connection:
        """The connection in this transaction's turn. How a turn is taken is known to `Work`, which is these rooms."""
        raise NotImplementedError

    @property
    def clocks(self) -> Clocks:
        """Clocks across cases: which are to be told about, and which run out."""
        return Clocks(self._connection, self._writing)

    @property
    def facts(self) -> Facts:
        """What measures are made of, and what was published."""
        return Facts(self._connection, self._writing)

    @property
    def ledger(self) -> Ledger:
        """What was used of authorizations."""
        return Ledger(self._connection, self._writing)

    @property
    def reviewers(self) -> Reviewers:
        """The payer's clinicians, and what is on file about them."""
        return Reviewers(self._connection, self._writing)

    @property
    def waiting(self) -> WaitingWork:
        """What waits for people, and who takes it."""
        return WaitingWork(self._connection, self._writing)

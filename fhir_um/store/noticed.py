"""Letters in the words of the business, inside one transaction: what may be read of them, and what may be added.

Must not open or end the transaction, and holds no SQL.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from fhir_um.cases.model import Case, CaseId, PayerId
from fhir_um.cases.notices import Notice, NoticeDelivery, NoticeSearch, NoticeWords
from fhir_um.store import notices
from fhir_um.store.sealed import demanded
from fhir_um.vault import Vault


class NoticesRead:
    """A transaction that reads letters."""

    def __init__(self, connection: Connection, vault: Vault | None) -> None:
        self._connection = connection
        self._vault = vault

    def find(self, payers: Sequence[PayerId], id: str) -> Notice | None:
        """The letter with that id at one of those payers, or None."""
        return notices.find_notice(self._connection, payers, id)

    def of_case(self, payer_id: PayerId, case_id: CaseId) -> tuple[Notice, ...]:
        """Every letter about a case, in the order of what they follow from."""
        return notices.notices_of(self._connection, payer_id, case_id)

    def keys_of(self, payer_id: PayerId, case_id: CaseId) -> frozenset[tuple[int, str, str]]:
        """Which letters about a case are there: step, kind and recipient of each."""
        return notices.keys_of(self._connection, payer_id, case_id)

    def search(self, payers: Sequence[PayerId], wanted: NoticeSearch) -> tuple[Notice, ...]:
        """One page of the letters of those payers, oldest first."""
        return notices.search_notices(self._connection, payers, wanted)

    def words(self, notice: Notice) -> NoticeWords:
        """The letter itself. Raises: CannotOpen."""
        return notices.words_of(self._connection, self._vault, notice)

    def tries(self, notice: Notice) -> tuple[NoticeDelivery, ...]:
        """What became of every try to give it, oldest first."""
        return notices.tries_of(self._connection, notice)

    def cases_decided(
        self, payers: Sequence[PayerId], since: datetime, until: datetime, after: tuple[str, str], most: int
    ) -> tuple[Case, ...]:
        """The next cases, by id and payer, with a line that is not pended, last changed in that time."""
        return notices.cases_decided(self._connection, payers, since, until, after, most)


class Notices(NoticesRead):
    """A transaction that may add letters and what became of them; letters need a key."""

    def __init__(self, connection: Connection, vault: Vault | None, writing: Callable[[], Connection]) -> None:
        super().__init__(connection, vault)
        self._writing = writing

    def add(self, notice: Notice, words: NoticeWords) -> bool:
        """Keep a letter; False, and nothing is written, when the same one was made before."""
        return notices.add_notice(self._writing(), demanded(self._vault), notice, words)

    def keep_pdf(self, notice: Notice, words: NoticeWords) -> None:
        """Keep the PDF of a letter; one that is there already stays as it is."""
        notices.keep_pdf(self._writing(), demanded(self._vault), notice, words)

    def find_for_change(self, payer_id: PayerId, id: str) -> Notice | None:
        """The letter, kept from others until the transaction ends; or None."""
        notices.lock_notice(self._writing(), payer_id, id)
        return notices.find_notice(self._writing(), (payer_id,), id)

    def move(self, notice: Notice) -> None:
        """Write how far the letter got."""
        notices.move_notice(self._writing(), notice)

    def add_try(self, made: NoticeDelivery) -> NoticeDelivery:
        """Add what became of one try; it gets the next number."""
        return notices.add_try(self._writing(), made)

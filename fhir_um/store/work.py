"""One transaction in the words of the business: everything a use case may read (`Reading`) or also write (`Work`).

Must not open or end the transaction, and holds no SQL; each method hands on to the file that has it.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from fhir_um.cases.auditing import Subject, subject_of
from fhir_um.cases.clocks import Clock
from fhir_um.cases.guidance import CardFeedback, CardTold, Guidance, Invocation
from fhir_um.cases.model import Case, CaseId, ClientId, Event, IssuedNumber, LineState, MemberId, PayerId, SubmissionId
from fhir_um.cases.submission import CaseSearch, DueAfter, StoredSubmission
from fhir_um.coverage.model import Directory, GoldCard, Member, Payer, Plan, Provider, UsedService
from fhir_um.errors import Overtaken
from fhir_um.store import (
    cases,
    coverage,
    events,
    finding,
    hook_tokens,
    hooks,
    lines,
    submissions,
    work_rows,
)
from fhir_um.store.attached import Attachments, AttachmentsRead
from fhir_um.store.audited import AuditLog, AuditRead
from fhir_um.store.clients import Clients, ClientsRead
from fhir_um.store.directory import DirectoryCache
from fhir_um.store.documents import used_of
from fhir_um.store.engine import lock_key, take_turn
from fhir_um.store.feed import Feed, FeedRead, add_to_feed
from fhir_um.store.hook_reading import HookReading
from fhir_um.store.noticed import Notices, NoticesRead
from fhir_um.store.people import People, PeopleRead
from fhir_um.store.retained import Retention, RetentionRead
from fhir_um.store.rooms import Rooms, RoomsRead
from fhir_um.store.sealed import demanded
from fhir_um.store.sealing import Sealing, SealingRead
from fhir_um.store.subscribers import Subscribers, SubscribersRead
from fhir_um.store.visible import Visible
from fhir_um.vault import Vault
from fhir_um.words import Identifier


class Reading(HookReading, RoomsRead):
    """A transaction that reads. Every method stays inside the payer it is given."""

    def __init__(self, connection: Connection, directory: DirectoryCache, vault: Vault | None = None) -> None:
        self._connection = connection
        self._directory = directory
        self._vault = vault

    @property
    def subscribers(self) -> SubscribersRead:
        """Who is told about decisions."""
        return SubscribersRead(self._connection, self._vault)

    @property
    def attachments(self) -> AttachmentsRead:
        """Documents that came after the request."""
        return AttachmentsRead(self._connection, self._vault)

    @property
    def notices(self) -> NoticesRead:
        """Letters about cases."""
        return NoticesRead(self._connection, self._vault)

    @property
    def feed(self) -> FeedRead:
        """Every step of every case, in the order in which they became final."""
        return FeedRead(self._connection)

    @property
    def clients(self) -> ClientsRead:
        """Systems that may call, and their access tokens."""
        return ClientsRead(self._connection)

    @property
    def people(self) -> PeopleRead:
        """Who signed in, and emergency access."""
        return PeopleRead(self._connection, self._vault)

    @property
    def visible(self) -> Visible:
        """Cases as far as the party that is named may see them."""
        return Visible(self._connection)

    @property
    def audit(self) -> AuditRead:
        """Who did what."""
        return AuditRead(self._connection)

    @property
    def retention(self) -> RetentionRead:
        """What must be kept, what may go, and what went."""
        return RetentionRead(self._connection, self.directory)

    @property
    def sealing(self) -> SealingRead:
        """What is sealed, with which keys."""
        return SealingRead(self._connection, demanded(self._vault))

    def directory(self) -> Directory:
        """Payers, plans and gold cards; may be up to 30 seconds old when another process changed them."""
        return self._directory.read(self._connection)

    def find_members(self, payer_id: PayerId, identifiers: tuple[Identifier, ...]) -> tuple[Member, ...]:
        """Members with any of the identifiers, each once; a system that either side left out matches any."""
        return coverage.find_members(self._connection, payer_id, identifiers)

    def find_providers(self, payer_id: PayerId, npis: frozenset[str]) -> tuple[Provider, ...]:
        """The providers on file with those NPIs."""
        return coverage.find_providers(self._connection, payer_id, npis)

    def member_history(self, payer_id: PayerId, member_id: MemberId) -> tuple[UsedService, ...]:
        """Paid claims, and the approved and pended lines of all the member's cases."""
        return coverage.member_history(self._connection, payer_id, member_id)

    def find_submission(self, payer_id: PayerId, sender: ClientId, content_hash: str) -> StoredSubmission | None:
        """The submission of exactly that content by that sender, or None."""
        return submissions.find_submission(self._connection, payer_id, sender, content_hash)

    def submission(self, payer_id: PayerId, submission_id: SubmissionId) -> StoredSubmission | None:
        """The submission with that id, or None."""
        return submissions.load_submission(self._connection, payer_id, submission_id)

    def load_case(self, payer_id: PayerId, case_id: CaseId) -> Case | None:
        """The case as it stands, or None."""
        return cases.load_case(self._connection, payer_id, case_id)

    def events_of(self, payer_id: PayerId, case_id: CaseId, until: datetime | None = None) -> tuple[Event, ...]:
        """Every step of the case up to and including `until`, oldest first."""
        return events.events_of(self._connection, payer_id, case_id, until)

    def find_by_claim(
        self, payer_id: PayerId, sender: ClientId, claim_url: str, identifiers: tuple[Identifier, ...]
    ) -> tuple[Case, ...]:
        """The sender's cases by claim address, else by any claim identifier; latest submission first, at most 20."""
        return finding.find_by_claim(self._connection, payer_id, sender, claim_url, identifiers)

    def find_for_inquiry(
        self, payer_id: PayerId, member_id: str, numbers: frozenset[str], limit: int
    ) -> tuple[Case, ...]:
        """The member's cases, latest first; with numbers, only those the numbers were ever handed out for."""
        return finding.find_for_inquiry(self._connection, payer_id, member_id, numbers, limit)

    def find_sent(self, payer_id: PayerId, sender: ClientId, numbers: frozenset[str], limit: int) -> tuple[Case, ...]:
        """The sender's cases any of the numbers was ever handed out for, whoever the member, latest first."""
        return finding.find_sent(self._connection, payer_id, sender, numbers, limit)

    def search(self, payer_id: PayerId, sender: ClientId, wanted: CaseSearch) -> tuple[Case, ...]:
        """The sender's cases that match, latest first; a search for nothing finds nothing."""
        return finding.search(self._connection, payer_id, sender, wanted)

    def worklist(
        self, payer_id: PayerId, states: frozenset[LineState], limit: int, after: DueAfter | None = None
    ) -> tuple[Case, ...]:
        """Cases with a line in one of the states, earliest due first; those after that place."""
        return finding.worklist(self._connection, payer_id, states, limit, after)

    def waits_over(self, at: datetime, limit: int) -> tuple[tuple[PayerId, CaseId], ...]:
        """Payer and id of cases with a line that has waited for its documents as long as it should."""
        return finding.waits_over(self._connection, at, limit)

    def clocks_of(self, payer_id: PayerId, case_id: CaseId) -> tuple[Clock, ...]:
        """The decision clocks of a case, by line."""
        return lines.clocks_of(self._connection, payer_id, case_id)


class Work(Rooms, Reading):
    """A transaction that may write; all of it is kept or none.

    Until its first change other writers go on; then it waits for its turn, and looks whether the histories it read
    still stand. The other things it may have read cannot mislead it: a case to change is read once more in its turn,
    a submission is kept once, and reference data may be a moment old.
    """

    def __init__(
        self, connection: Connection, directory: DirectoryCache, vault: Vault | None = None, alone: bool = False
    ) -> None:
        super().__init__(connection, directory, vault)
        self._has_turn = alone
        self._histories: dict[tuple[PayerId, MemberId], list[str]] = {}
        self._about: dict[tuple[PayerId, MemberId, CaseId], Subject] = {}

    @property
    def subscribers(self) -> Subscribers:
        """Who is told about decisions, and what they are owed."""
        return Subscribers(self._connection, self._vault, self._writing)

    @property
    def attachments(self) -> Attachments:
        """Documents that came after the request."""
        return Attachments(self._connection, self._vault, self._writing)

    @property
    def notices(self) -> Notices:
        """Letters about cases, and what became of them."""
        return Notices(self._connection, self._vault, self._writing)

    @property
    def feed(self) -> Feed:
        """Every step of every case, and how far our own followers have read."""
        return Feed(self._connection, self._writing)

    @property
    def audit(self) -> AuditLog:
        """Who did what: to be added to last of all."""
        return AuditLog(self._connection, self._writing)

    @property
    def clients(self) -> Clients:
        """Systems that may call, and their access tokens."""
        return Clients(self._connection, self._writing)

    @property
    def people(self) -> People:
        """Who signed in, their sessions, and emergency access."""
        return People(self._connection, self._vault, self._writing)

    @property
    def has_turn(self) -> bool:
        """True once it has written, or could have: then an entry of the audit log costs no second wait."""
        return self._has_turn

    @property
    def about(self) -> tuple[Subject, ...]:
        """Members and cases of which it has written or was to write, as the audit log names them."""
        return tuple(self._about.values())

    def concern(self, subjects: Iterable[Subject]) -> None:
        """Name members and cases that this transaction is about although it writes nothing of them.

        Of a case that is named without its member, the member is looked up.
        """
        for subject in subjects:
            self._concern(self.audit.with_member(subject))

    def _concern(self, subject: Subject) -> None:
        self._about[subject.payer_id, subject.member_id, subject.case_id] = subject

    @property
    def retention(self) -> Retention:
        """What must be kept, what may go, and what went."""
        return Retention(self._connection, self.directory, self._writing)

    @property
    def sealing(self) -> Sealing:
        """What is sealed, with which keys; to be sealed again with the first."""
        return Sealing(self._connection, demanded(self._vault), self._writing)

    def member_history(self, payer_id: PayerId, member_id: MemberId) -> tuple[UsedService, ...]:
        """As `Reading.member_history`; nobody else's change to it comes between this and what is written."""
        if self._has_turn:
            lock_key(self._connection, _member_key(payer_id, member_id))
        kept = coverage.used_documents(self._connection, payer_id, member_id)
        self._histories[payer_id, member_id] = kept
        return tuple(map(used_of, kept))

    def _writing(self) -> Connection:
        """The connection, in this transaction's turn. Raises: Overtaken."""
        if not self._has_turn:
            take_turn(self._connection)
            self._has_turn = True
            for (payer_id, member_id), kept in sorted(self._histories.items()):
                lock_key(self._connection, _member_key(payer_id, member_id))
                if sorted(coverage.used_documents(self._connection, payer_id, member_id)) != sorted(kept):
                    raise Overtaken
        return self._connection

    def load_case_for_change(self, payer_id: PayerId, case_id: CaseId) -> Case | None:
        """The case, kept from other writers until the transaction ends; or None."""
        case = cases.load_case(self._writing(), payer_id, case_id, to_change=True)
        if case is not None:
            self._concern(subject_of(case))
        return case

    def new_case(
        self, case: Case, events: tuple[Event, ...], numbers: tuple[IssuedNumber, ...], clocks: tuple[Clock, ...]
    ) -> None:
        """Write a case for the first time, with its steps, numbers and clocks."""
        new = cases.new_case(case, events)
        waiting = work_rows.rows_of(case)
        connection = self._writing()
        self._concern(subject_of(case))
        cases.insert_case(connection, new)
        add_to_feed(connection, case.payer_id, case.id, events)
        lines.add_numbers(connection, case.payer_id, numbers)
        lines.put_clocks(connection, case.payer_id, clocks)
        work_rows.add_rows(connection, waiting)

    def save_case(
        self,
        case: Case,
        expected_version: int,
        events: tuple[Event, ...],
        numbers: tuple[IssuedNumber, ...],
        clocks: tuple[Clock, ...],
    ) -> None:
        """Replace a case and add its new steps, numbers and clocks; clocks of lines no longer pended stop.

        Raises: VersionConflict when the case is not at `expected_version` any more.
        """
        cases.update_case(self._writing(), case, expected_version, events)
        add_to_feed(self._writing(), case.payer_id, case.id, events)
        self._concern(subject_of(case))
        lines.add_numbers(self._writing(), case.payer_id, numbers)
        lines.put_clocks(self._writing(), case.payer_id, clocks)
        lines.stop_clocks(self._writing(), case, case.changed_at)
        work_rows.follow(self._writing(), case)

    def hand_on_number(self, payer_id: PayerId, number: str, case_id: CaseId, sequence: int) -> None:
        """Have a number find another case from now on: the one that took over what it stands for."""
        lines.hand_on_number(self._writing(), payer_id, number, case_id, sequence)

    def add_submission(self, arrived: StoredSubmission, claim_identifiers: tuple[Identifier, ...]) -> None:
        """Keep what arrived, and the names of its claim.

        Raises: DuplicateSubmission when this sender sent the same content before; nothing is written then.
        """
        submissions.add_submission(self._writing(), arrived, claim_identifiers)

    def add_guidance(self, rows: tuple[Guidance, ...]) -> None:
        """Note coverage assertions before they are told; one that is known already stays as it is."""
        hooks.add_guidance(self._writing(), rows)
        for row in rows:
            if row.member_id:
                self._concern(Subject(row.payer_id, MemberId(row.member_id)))

    def use_guidance(self, payer_id: PayerId, member_id: str, ids: tuple[str, ...], case_id: CaseId) -> None:
        """Tie assertions of that member to the case a submission made of them."""
        hooks.use_guidance(self._writing(), payer_id, member_id, ids, case_id)

    def add_invocation(self, row: Invocation, cards: tuple[CardTold, ...]) -> None:
        """Note one hook call and its cards; what was kept long enough goes."""
        connection = self._writing()
        hooks.add_invocation(connection, row, cards)
        if hooks.is_any_over(connection, row.answered_at):
            hooks.forget_over(connection, row.answered_at)

    def spend_token(self, issuer: str, jti: str, expires_at: datetime, at: datetime) -> bool:
        """Note that a token was used; False when it was used before. Those that expired before `at` go."""
        return hook_tokens.spend(self._writing(), issuer, jti, expires_at, at)

    def add_feedback(self, rows: tuple[CardFeedback, ...]) -> None:
        """Note what became of cards."""
        hooks.add_feedback(self._writing(), rows)

    def save_payers(self, new: tuple[Payer, ...]) -> None:
        """Add payers, or replace those with the same id."""
        coverage.save_payers(self._writing(), new)
        self._directory.changed()

    def save_plans(self, new: tuple[Plan, ...]) -> None:
        """Add plans, or replace those with the same id."""
        coverage.save_plans(self._writing(), new)
        self._directory.changed()

    def save_gold_cards(self, new: tuple[GoldCard, ...]) -> None:
        """Add gold cards, or replace those with the same id."""
        coverage.save_gold_cards(self._writing(), new)
        self._directory.changed()

    def save_members(self, new: tuple[Member, ...]) -> None:
        """Add members with their identifiers, or replace those with the same id."""
        coverage.save_members(self._writing(), new)

    def save_providers(self, new: tuple[Provider, ...]) -> None:
        """Add providers, or replace those with the same NPI."""
        coverage.save_providers(self._writing(), new)

    def save_history(self, payer_id: PayerId, member_id: MemberId, services: tuple[UsedService, ...]) -> None:
        """Add paid claims to a member's history; the same in every part is the same claim and counts once."""
        coverage.save_history(self._writing(), payer_id, member_id, services)


def _member_key(payer_id: PayerId, member_id: MemberId) -> str:
    return f"{payer_id}\n{member_id}"

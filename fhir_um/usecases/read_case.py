"""Read cases: one, as of any past moment, its history, the sender's own by search, the reviewers' list.

Changes nothing. "Not yours" and "not there" are the same answer.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Clock, ClockKind
from fhir_um.cases.history import rebuild
from fhir_um.cases.ledger import authorization_of
from fhir_um.cases.model import PENDED, Case, CaseId, Event, LineState
from fhir_um.cases.submission import NEVER, CaseSearch, DueAfter, Submission
from fhir_um.deps import Deps, Reading
from fhir_um.errors import Kind, Refusal


def read_case(
    deps: Deps, caller: Caller, case_id: CaseId, at: datetime | None = None, version: int | None = None
) -> Case:
    """A case of one of the caller's payers, now, as it stood at `at`, or at one of its versions.

    Raises: Refusal NOT_FOUND when there is none, none yet at that moment, or no such version.
    """
    with deps.open_reading() as work:
        case = case_of_payers(work, caller, case_id)
        if at is None and version in (None, case.version):
            return case
        events = work.events_of(case.payer_id, case_id, until=at)
        if version is not None:
            events = tuple(event for event in events if event.version <= version <= case.version)
        if not events:
            raise no_such_case()
        return rebuild(events)


def clocks_of(deps: Deps, case: Case) -> tuple[Clock, ...]:
    """The decision clock behind the due date of each pended line of the case as given, by line."""
    dues = {line.sequence: line.due_at for line in case.lines if line.state in PENDED}
    if not dues:
        return ()
    with deps.open_reading() as work:
        clocks = work.clocks_of(case.payer_id, case.id)
    decisions = (clock for clock in clocks if clock.kind is ClockKind.DECISION)
    return tuple(clock for clock in decisions if dues.get(clock.sequence) == clock.deadline.due_at)


def used_of(deps: Deps, case: Case) -> dict[int, Decimal]:
    """How many units of each line were used, by line; nothing is asked about a case that has no authorization."""
    if not any(line.authorization_number for line in case.lines):
        return {}
    with deps.open_reading() as work:
        uses = work.ledger.uses_by_line(case.payer_id, (case.id,))
    lines = (authorization_of(case, line, uses.get((case.id, line.sequence), ())) for line in case.lines)
    return {line.sequence: line.used for line in lines}


def read_events(deps: Deps, caller: Caller, case_id: CaseId) -> tuple[Event, ...]:
    """The whole history of a case, oldest first. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as work:
        case = case_of_payers(work, caller, case_id)
        return work.events_of(case.payer_id, case_id)


def read_own(deps: Deps, caller: Caller, case_id: CaseId) -> tuple[Case, bytes]:
    """A case the caller submitted, with its current submission's bytes. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as work:
        case = work.visible.sent(caller.payer_ids, caller.sender, case_id)
        if case is None:
            raise no_such_case()
        return case, body_of(work, case)


def search_own(deps: Deps, caller: Caller, search: CaseSearch) -> tuple[tuple[tuple[Case, bytes], ...], bool]:
    """One page of the caller's own cases by business identifier or patient, most recent first; are there more?"""
    end = search.offset + search.limit
    to_the_end = replace(search, limit=end + 1)
    with deps.open_reading() as work:
        found = [case for payer in caller.payer_ids for case in work.search(payer, caller.sender, to_the_end)]
        found.sort(key=lambda case: (case.received_at, case.id), reverse=True)
        return tuple((case, body_of(work, case)) for case in found[search.offset : end]), len(found) > end


def list_work(
    deps: Deps, caller: Caller, states: frozenset[LineState], limit: int, after: DueAfter | None = None
) -> tuple[Case, ...]:
    """Cases with a line in one of those states, earliest due first, those without a deadline last; after that place."""
    with deps.open_reading() as work:
        found = [case for payer in caller.payer_ids for case in work.worklist(payer, states, limit, after)]
        return tuple(sorted(found, key=lambda case: (case.due_at or NEVER, case.id))[:limit])


def case_with_body(deps: Deps, case: Case) -> tuple[Case, bytes]:
    """A case and the bytes of its current submission."""
    with deps.open_reading() as work:
        return case, body_of(work, case)


def body_behind(deps: Deps, case: Case, submission: Submission) -> bytes:
    """The bytes a case's current request was read from.

    They are those of this submission, unless it repeats one that has been amended since.
    """
    if case.request == replace(submission.request, lines=()):
        return submission.body
    return case_with_body(deps, case)[1]


def body_of(work: Reading, case: Case) -> bytes:
    """The bytes of a case's current submission, inside a running transaction."""
    stored = work.submission(case.payer_id, case.submission_id)
    if stored is None:
        raise LookupError(f"submission {case.submission_id} of case {case.id} is missing")
    return stored.body


def case_of_payers(work: Reading, caller: Caller, case_id: CaseId) -> Case:
    """The case of one of the caller's payers, inside a running transaction. Raises: Refusal NOT_FOUND."""
    case = work.visible.case(caller.payer_ids, case_id)
    if case is None:
        raise no_such_case()
    return case


def no_such_case() -> Refusal:
    """The refusal of a case that is not there, or not the caller's to see."""
    return Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such case here.")

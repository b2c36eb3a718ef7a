"""One change of a case by somebody, from finding it to telling of it: the same way for every small machine.

Must not know what changes. One transaction: who may act is checked, the case is locked and held against the version
that was read, and what came about is saved with its steps, numbers and clocks, and told to those who listen.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime

from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Clock
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider
from fhir_um.cases.history import Journal
from fhir_um.cases.information_requests import information_clocks
from fhir_um.cases.model import Case, CaseId, EventKind, Line, Priority
from fhir_um.cases.placing import Numbers
from fhir_um.cases.zones import zone_of
from fhir_um.coverage.model import Payer
from fhir_um.deps import Deps, Work
from fhir_um.errors import VersionConflict
from fhir_um.usecases.read_case import no_such_case


class Change:
    """A case while somebody changes it. `before` is the case as they read it, `clocks` those that are to be put."""

    def __init__(self, deps: Deps, work: Work, before: Case, by: Decider, at: datetime) -> None:
        self.deps = deps
        self.work = work
        self.before = before
        self.by = by
        self.at = at
        self.journal = Journal(before, at, by)
        self.numbers = Numbers(deps.new_number, before.id, at)
        self.clocks: list[Clock] = []
        self.kept_clocks = work.clocks_of(before.payer_id, before.id)

    @property
    def case(self) -> Case:
        """The case as it stands by now."""
        return self.journal.case

    @property
    def payer(self) -> Payer:
        """Whose case it is. Raises: LookupError when that payer is not on file any more."""
        payer = self.work.directory().payer(self.before.payer_id)
        if payer is None:
            raise LookupError(f"payer {self.before.payer_id} of case {self.before.id} is not on file")
        return payer

    @property
    def today(self) -> date:
        """The day it is where the payer is."""
        return self.at.astimezone(zone_of(self.zone)).date()

    @property
    def zone(self) -> str:
        """Where the payer's days end."""
        return self.payer.time_zone

    @property
    def plan_state(self) -> str:
        """The state of the member's plan, empty while it is not established."""
        plan = self.work.directory().plan(self.before.plan_id)
        return plan.state if plan else ""

    def move(self, line: Line, path: tuple[str, ...]) -> None:
        """Set one line."""
        self.journal.line(EventKind.LINE_MOVED, line, path)

    def set_priority(self, priority: Priority) -> None:
        """How fast the case is to be decided from now on."""
        self.journal.header(EventKind.PRIORITY_CHANGED, replace(self.case, priority=priority))

    def save(self) -> None:
        """Keep all of it. Raises: VersionConflict."""
        self.clocks += information_clocks(self.case, self.kept_clocks, self.at)
        events, numbers = tuple(self.journal.events), tuple(self.numbers.issued)
        self.work.save_case(self.case, self.before.version, events, numbers, tuple(self.clocks))
        if any(event.review is None for event in events):
            self.work.subscribers.announce(self.case, self.at)


@contextmanager
def change_case(deps: Deps, caller: Caller, case_id: CaseId, expected_version: int, by: Decider) -> Iterator[Change]:
    """A case of one of the caller's payers to be changed by somebody; kept when the block ends well.

    Raises: VersionConflict when it changed since they read it; RoleNotAllowed; Refusal NOT_FOUND.
    """
    demand_decider(caller, by)
    at = deps.clock()
    with deps.open_work() as work:
        case = case_for_change(work, caller, case_id)
        if case.version != expected_version:
            raise VersionConflict(expected_version, case.version)
        change = Change(deps, work, case, by, at)
        yield change
        change.save()


def case_for_change(work: Work, caller: Caller, case_id: CaseId) -> Case:
    """The case of one of the caller's payers, kept from other writers. Raises: Refusal NOT_FOUND."""
    found = (work.load_case_for_change(payer_id, case_id) for payer_id in caller.payer_ids)
    case = next((case for case in found if case is not None), None)
    if case is None:
        raise no_such_case()
    return case

"""How fast a submission's lines must be decided, each by its own coverage and kind of review.

Must not decide anything else. The clock starts at true receipt; a priority once expedited stays so.
"""

from datetime import date

from fhir_um.cases.asked import EXTENSION, ClaimRequest, LineRequest
from fhir_um.cases.clock_rules import Facts
from fhir_um.cases.clock_subjects import subjects_of
from fhir_um.cases.clocks import Clock, Deadline
from fhir_um.cases.deadlines import clock_of, decision_deadline
from fhir_um.cases.drugs import DrugCodes
from fhir_um.cases.lifecycle import ENGINE_MOVES
from fhir_um.cases.model import PENDED, Case, CaseId, Course, Line, LineState, Priority, ReviewType
from fhir_um.cases.submission import Submission
from fhir_um.coverage.model import Plan
from fhir_um.deps import Deps
from fhir_um.usecases.eligibility import Standing


def priority_of(request: ClaimRequest, before: Case | None = None) -> Priority:
    """Expedited when the sender marked the request urgent, or when the case already is.

    Only a person may take an expedited request back to standard; an update without the mark does not.
    """
    expedited = request.expedited or (before is not None and before.priority is Priority.EXPEDITED)
    return Priority.EXPEDITED if expedited else Priority.STANDARD


def review_type_of(lines: tuple[LineRequest, ...], received_on: date) -> ReviewType:
    """What the request as a whole is: retrospective only when nothing is still to come."""
    kinds = {review_type_of_line(line, received_on) for line in lines if not line.withdrawn}
    if kinds == {ReviewType.RETROSPECTIVE}:
        return ReviewType.RETROSPECTIVE
    return ReviewType.CONCURRENT if ReviewType.CONCURRENT in kinds else ReviewType.PROSPECTIVE


def review_type_of_line(line: LineRequest, received_on: date) -> ReviewType:
    """Retrospective when its last day is over (an open end is not), concurrent when a running service is extended."""
    if line.serviced.end is not None and line.serviced.end < received_on:
        return ReviewType.RETROSPECTIVE
    return ReviewType.CONCURRENT if line.certification == EXTENSION else ReviewType.PROSPECTIVE


def facts_of(
    line: LineRequest, plan: Plan | None, priority: Priority, on: date, drugs: DrugCodes, line_of_business: str = ""
) -> Facts:
    """What rules of time ask about a line that came, or is looked at anew, on that day.

    Without a plan the rules of every line of business bind, or those of the one that is given.
    """
    business = plan.line_of_business if plan else line_of_business
    review = review_type_of_line(line, on)
    return Facts(business, review, priority, plan.state if plan else "", subjects_of(line, drugs))


class Timing:
    """The deadlines of one submission; equal ones are worked out once."""

    def __init__(self, deps: Deps, standing: Standing, submission: Submission, priority: Priority) -> None:
        self._rules = deps.clock_rules
        self._drugs = deps.drug_codes
        self._standing = standing
        self._received_at = submission.received_at
        self._priority = priority
        self._known: dict[tuple[Facts, bool], Deadline] = {}

    def of(self, line: LineRequest, waits: bool = False) -> Deadline:
        """The strictest decision deadline of a line, counted from receipt; of all rules while its plan is unknown.

        `waits`: information was asked for at once, so that rules that count from it have not started.
        """
        plan = self._standing.plan_of(line.sequence)
        facts = facts_of(line, plan, self._priority, self._standing.received_on, self._drugs)
        known = self._known.get((facts, waits))
        if known is None:
            zone = self._standing.payer.time_zone
            known = decision_deadline(self._rules, facts, self._received_at, zone, waits)
            self._known[facts, waits] = known
        return known

    def for_course(self, line: LineRequest, course: Course) -> Deadline | None:
        """The deadline of a line that takes that course; None when nobody has to decide anything."""
        state, _ = ENGINE_MOVES[course]
        return self.of(line, state is LineState.PENDED_INFO) if state in PENDED else None

    def clock(self, case_id: CaseId, line: Line) -> Clock:
        """The decision clock of a line that was pended."""
        deadline = self.of(line.request, line.state is LineState.PENDED_INFO)
        return clock_of(case_id, line.sequence, deadline, self._standing.payer.time_zone)

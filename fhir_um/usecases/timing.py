"""How fast a submission's lines must be decided, each by its own coverage and kind of review.

Must not decide anything else. The clock starts at true receipt; a priority once expedited stays so.
"""

from datetime import date

from fhir_um.cases.asked import EXTENSION, ClaimRequest, LineRequest
from fhir_um.cases.clocks import Deadline
from fhir_um.cases.deadlines import decision_deadline
from fhir_um.cases.model import Case, Priority, ReviewType
from fhir_um.cases.submission import Submission
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


class Timing:
    """The deadlines of one submission; equal ones are worked out once."""

    def __init__(self, deps: Deps, standing: Standing, submission: Submission, priority: Priority) -> None:
        self._rules = deps.clock_rules
        self._standing = standing
        self._received_at = submission.received_at
        self._priority = priority
        self._known: dict[tuple[str, ReviewType], Deadline] = {}

    def of(self, line: LineRequest) -> Deadline:
        """The strictest decision deadline of a line, counted from receipt; of all rules while its plan is unknown."""
        plan = self._standing.plan_of(line.sequence)
        line_of_business = plan.line_of_business if plan else ""
        key = line_of_business, review_type_of_line(line, self._standing.received_on)
        if key not in self._known:
            zone = self._standing.payer.time_zone
            self._known[key] = decision_deadline(self._rules, *key, self._priority, self._received_at, zone)
        return self._known[key]

"""From what the rules propose to where a line stands: numbers issued, period set, clock started.

Must not know policies or SQL. The engine's moves are those of `lifecycle.ENGINE_MOVES` and no others.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.basis import Basis
from fhir_um.cases.clocks import Deadline
from fhir_um.cases.deadlines import documents_due
from fhir_um.cases.deciders import Decider
from fhir_um.cases.granting import in_units
from fhir_um.cases.lifecycle import ENGINE_MOVES, Move, Ruling, issues_authorization, issues_reference
from fhir_um.cases.model import PENDED, CaseId, Decision, Determination, IssuedNumber, Line, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import ENGINE, PHYSICIANS
from fhir_um.words import Period

AUTHORIZATION = "authorization"
REFERENCE = "reference"


class Numbers:
    """Hands out numbers for one case within one transaction and remembers them for the store."""

    def __init__(self, new_number: Callable[[], str], case_id: CaseId, at: datetime) -> None:
        self._new_number = new_number
        self._case_id = case_id
        self._at = at
        self.issued: list[IssuedNumber] = []

    def authorization(self, sequence: int) -> str:
        """A fresh authorization number (X12 REF-BB), `A` and ten characters."""
        return self._issue("A", AUTHORIZATION, sequence)

    def reference(self, sequence: int) -> str:
        """A fresh administrative reference number (X12 REF-NT), `R` and ten characters."""
        return self._issue("R", REFERENCE, sequence)

    def _issue(self, prefix: str, kind: str, sequence: int) -> str:
        number = prefix + self._new_number()
        self.issued.append(IssuedNumber(number, kind, self._case_id, sequence, self._at))
        return number


def place(
    request: LineRequest,
    determination: Determination,
    numbers: Numbers,
    at: datetime,
    on: date,
    deadline: Deadline | None,
    previous: Line | None = None,
    continued: str = "",
) -> tuple[Line, tuple[str, ...]]:
    """The line where the engine puts it, and the names of the moves taken.

    `previous` is the line this one amends: its numbers stay known and, while it is still pended, it is due no later
    than before. `deadline` is needed for a line that waits, and for no other. `continued` is the member's earlier
    authorization that the line extends, renews or revises.
    """
    state, path = ENGINE_MOVES[determination.course]
    decision = Decision(at, ENGINE, determination.reason, determination.text, determination.authorized)
    line = Line(
        sequence=request.sequence,
        request=request,
        state=state,
        decision=decision,
        findings=(determination.finding,) if determination.finding else (),
        documents=determination.documents,
        specialty=determination.specialty,
        administrative_reference=previous.administrative_reference if previous else "",
        previous_authorization_number=_replaced_number(previous) or continued,
        reviewed=previous is not None and previous.reviewed,
    )
    return _settle(line, numbers, on, _due(state, deadline, previous)), path


def rule(
    line: Line,
    ruling: Ruling,
    move: Move,
    decider: Decider,
    numbers: Numbers,
    at: datetime,
    on: date,
    basis: Basis | None = None,
    due_at: datetime | None = None,
) -> Line:
    """The line after a person's ruling that was found legal and complete; `due_at` is when it is due, while it waits.

    A line that is opened again keeps the number it had as its previous one.
    """
    authorized = in_units(ruling.authorized, line.request)
    decision = Decision(at, decider, ruling.reason, ruling.text.strip(), authorized, ruling.second_opinion, basis)
    state = _only_state(move)
    documents = (ruling.documents or line.documents) if state is LineState.PENDED_INFO else ()
    moved = replace(line, state=state, decision=decision, documents=documents, reviewed=True)
    if state in PENDED:
        moved = replace(moved, authorization_number="", previous_authorization_number=_replaced_number(line))
    return _settle(moved, numbers, on, due_at)


def _only_state(move: Move) -> LineState:
    state = next(iter(move.to))
    if len(move.to) != 1 or not isinstance(state, LineState):
        raise ValueError(f"move {move.name} is no ruling: it does not say where the line goes")
    return state


def take_over(request: LineRequest, earned: Line, at: datetime) -> Line:
    """The line with the authorization its order had earned: same number, days and finding."""
    text = f"Approved when it was ordered, on {earned.issued_on}: the criteria of the policy were met then."
    return Line(
        sequence=request.sequence,
        request=request,
        state=earned.state,
        decision=Decision(at, ENGINE, earned.decision.reason, text, earned.decision.authorized),
        findings=earned.findings,
        specialty=earned.specialty,
        authorization_number=earned.authorization_number,
        issued_on=earned.issued_on,
        period=earned.period,
    )


def hand_over(line: Line, to: CaseId, at: datetime) -> Line:
    """The line of an order after its submission took its authorization over."""
    text = f"Submitted: the authorization {line.authorization_number} belongs to the request {to} from now on."
    decision = Decision(at, ENGINE, Reason.SUBMITTED, text)
    return replace(line, state=LineState.CANCELLED, decision=decision, taken_over_by=to)


def cancel(line: Line, decider: Decider, at: datetime) -> Line:
    """The line cancelled by its sender; its numbers stay on it, so that they still find it."""
    return replace(
        line,
        state=LineState.CANCELLED,
        decision=_cancellation(decider, at),
        due_at=None,
        documents_due_at=None,
        documents=(),
    )


def never_started(request: LineRequest, decider: Decider, at: datetime) -> Line:
    """A line that arrived already cancelled: it is answered, and nothing is decided about it."""
    return Line(request.sequence, request, LineState.CANCELLED, _cancellation(decider, at))


def _cancellation(decider: Decider, at: datetime) -> Decision:
    return Decision(at, decider, Reason.CANCELLED_BY_REQUESTER, "Cancelled at the request of the sender.")


def give_up_waiting(line: Line, at: datetime) -> Line:
    """The line with whoever decides it without the documents: the physician who asked for them, else a nurse."""
    decider = line.decision.decider
    by_physician = line.reviewed and decider.role in PHYSICIANS
    state = LineState.PHYSICIAN_REVIEW if by_physician else LineState.NURSE_REVIEW
    asked_for = "; ".join(needed.label for needed in line.documents)
    text = f"Not received in time: {asked_for}. It was sent to a person, who decides by what is there."
    decision = Decision(at, ENGINE, Reason.MEDICAL_REVIEW, text)
    return replace(line, state=state, decision=decision, documents=(), documents_due_at=None)


def _settle(line: Line, numbers: Numbers, on: date, due_at: datetime | None) -> Line:
    if issues_authorization(line.state):
        number = numbers.authorization(line.sequence)
        return replace(
            line, authorization_number=number, issued_on=on, period=_period(line), due_at=None, documents_due_at=None
        )
    if issues_reference(line.state) and not line.administrative_reference:
        line = replace(line, administrative_reference=numbers.reference(line.sequence))
    due_at = due_at if line.state in PENDED else None
    until = documents_due(line.decision.at, due_at) if due_at and line.state is LineState.PENDED_INFO else None
    return replace(line, due_at=due_at, documents_due_at=until, issued_on=None, period=None)


def _period(line: Line) -> Period | None:
    authorized = line.decision.authorized
    if authorized and authorized.period:
        return authorized.period
    serviced = line.request.serviced
    return serviced if serviced.start or serviced.end else None


def _due(state: LineState, deadline: Deadline | None, previous: Line | None) -> datetime | None:
    if state not in PENDED:
        return None
    if deadline is None:
        raise ValueError("a line that waits for a decision needs a deadline")
    return min(previous.due_at, deadline.due_at) if previous and previous.due_at else deadline.due_at


def _replaced_number(previous: Line | None) -> str:
    """The number in force before, also when the line waited in between."""
    return (previous.authorization_number or previous.previous_authorization_number) if previous else ""

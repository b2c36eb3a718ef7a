"""Which moves a line may make, by whom, and what must be given: one table, no exceptions elsewhere.

Must not know policies, FHIR or SQL. Events keep the name of each move (`T7`), so a name never comes to mean another
one. Reopening and appeals are not moves of this table.
"""

from dataclasses import dataclass
from enum import StrEnum

from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.granting import as_asked, has_unit, in_full, is_less
from fhir_um.cases.model import AUTHORIZED, PENDED, Authorized, Course, Line, LineState
from fhir_um.cases.reasons import ADMINISTRATIVE_DENIALS, APPROVALS, CLINICAL_DENIALS, Reason
from fhir_um.cases.roles import ADMINISTRATIVE_DENIERS, CLINICIANS, PHYSICIANS, Role
from fhir_um.errors import IllegalMove, RoleNotAllowed

ENGINE_MOVES: dict[Course, tuple[LineState, tuple[str, ...]]] = {
    Course.NO_AUTHORIZATION: (LineState.NO_ACTION, ("T1", "T3", "T5")),
    Course.APPROVE: (LineState.APPROVED, ("T1", "T3", "T6", "T7")),
    Course.PEND_DOCUMENTS: (LineState.PENDED_INFO, ("T1", "T3", "T6", "T9")),
    Course.PEND_REVIEW: (LineState.NURSE_REVIEW, ("T1", "T3", "T6", "T8")),
    Course.PEND_PHYSICIAN: (LineState.PHYSICIAN_REVIEW, ("T1", "T3", "T6", "T8", "T12")),
    Course.PEND_INTAKE: (LineState.INTAKE_REVIEW, ("T1", "T3", "T4")),
    Course.DENY_BENEFIT: (LineState.DENIED_ADMINISTRATIVE, ("T1", "T3", "T18")),
    Course.CONTACT_PAYER: (LineState.DISMISSED, ("T1", "T3", "T25")),
}
"""All that software may do. There is no clinical denial and no reduction in this table, and there never will be."""

CANCEL_PATH = ("T23",)
INFORMED_PATH = ("T10",)
"""Out of waiting for information, because it came; the moves of where the line goes follow it."""

NOT_INFORMED_PATHS = {LineState.NURSE_REVIEW: ("T10", "T8"), LineState.PHYSICIAN_REVIEW: ("T10", "T8", "T12")}
"""Out of waiting for information that did not come in time, to a person. Nothing is denied for it by software."""

EARNED_PATH = ("T1", "T3", "T6", "T7")
TAKEN_OVER_PATH = ("T32",)
"""The authorization an order had earned: onto the line of its submission, and away from the line of the order."""


class RulingAction(StrEnum):
    """What a person may rule on a pended line."""

    APPROVE = "approve"
    MODIFY = "modify"
    DENY_CLINICAL = "deny-clinical"
    DENY_ADMINISTRATIVE = "deny-administrative"
    REFER_NURSE = "refer-nurse"
    REFER_PHYSICIAN = "refer-physician"
    REQUEST_INFORMATION = "request-information"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's ruling on one line: what, why (our reason code), in words, and what is authorized or asked.

    `second_opinion`: whether a second surgical opinion is wanted, when the person said so.
    """

    sequence: int
    action: RulingAction
    reason: str
    text: str
    authorized: Authorized | None = None
    documents: tuple[DocumentNeeded, ...] = ()
    second_opinion: bool | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table. `reasons` limits the reason codes; `needs` names what must come with the ruling."""

    name: str
    from_states: frozenset[LineState]
    to_state: LineState
    roles: frozenset[Role]
    reasons: frozenset[Reason] | None = None
    needs: frozenset[str] = frozenset()


_CLINICAL_QUEUES = frozenset({LineState.NURSE_REVIEW, LineState.PENDED_INFO, LineState.PHYSICIAN_REVIEW})
_BEFORE_PHYSICIAN = frozenset({LineState.NURSE_REVIEW, LineState.PENDED_INFO})
_PHYSICIAN_QUEUE = frozenset({LineState.PHYSICIAN_REVIEW})
_ADVERSE = frozenset({"text", "npi"})
_IN_FULL = frozenset({"member", "in full"})

MOVES: dict[RulingAction, tuple[Move, ...]] = {
    RulingAction.APPROVE: (
        Move("T11", _BEFORE_PHYSICIAN, LineState.APPROVED, CLINICIANS, APPROVALS, _IN_FULL),
        Move("T15", _PHYSICIAN_QUEUE, LineState.APPROVED, PHYSICIANS, APPROVALS, _IN_FULL),
    ),
    RulingAction.MODIFY: (
        Move(
            "T16",
            _CLINICAL_QUEUES,
            LineState.MODIFIED,
            PHYSICIANS,
            CLINICAL_DENIALS | {Reason.EXCEEDS_PLAN_MAXIMUM, Reason.OUT_OF_NETWORK},
            _ADVERSE | {"member", "authorized", "changed", "less"},
        ),
    ),
    RulingAction.DENY_CLINICAL: (
        Move("T17", _CLINICAL_QUEUES, LineState.DENIED_CLINICAL, PHYSICIANS, CLINICAL_DENIALS, _ADVERSE),
    ),
    RulingAction.DENY_ADMINISTRATIVE: (
        Move(
            "T18",
            PENDED,
            LineState.DENIED_ADMINISTRATIVE,
            ADMINISTRATIVE_DENIERS,
            ADMINISTRATIVE_DENIALS,
            frozenset({"text"}),
        ),
    ),
    RulingAction.REFER_NURSE: (
        Move("T8", frozenset({LineState.INTAKE_REVIEW}), LineState.NURSE_REVIEW, frozenset({Role.INTAKE}) | CLINICIANS),
    ),
    RulingAction.REFER_PHYSICIAN: (Move("T12", _BEFORE_PHYSICIAN, LineState.PHYSICIAN_REVIEW, CLINICIANS),),
    RulingAction.REQUEST_INFORMATION: (
        Move("T9", _CLINICAL_QUEUES, LineState.PENDED_INFO, CLINICIANS, needs=frozenset({"text"})),
    ),
    RulingAction.DISMISS: (
        Move(
            "T25",
            frozenset({LineState.INTAKE_REVIEW}),
            LineState.DISMISSED,
            frozenset({Role.INTAKE, Role.OPERATIONS_MANAGER}),
            needs=frozenset({"text"}),
        ),
    ),
}
"""What people may do. A clinical denial or a reduction has physicians in its row and nobody else."""

_SHORTEST_REASON_CHARACTERS = 20


def move_for(line: Line, ruling: Ruling, decider: Decider, member_known: bool, path: str) -> Move:
    """The legal move behind a ruling.

    Raises: IllegalMove when the line is not in a state for it or something is missing; RoleNotAllowed when the role
    may not make it. Both say what to do instead.
    """
    rows = MOVES[ruling.action]
    fitting = [row for row in rows if line.state in row.from_states]
    if not fitting:
        raise IllegalMove(_not_from(line, ruling), path)
    allowed = [row for row in fitting if decider.role in row.roles]
    if not allowed:
        roles = ", ".join(sorted({role for row in fitting for role in row.roles}))
        raise RoleNotAllowed(
            f"The role {decider.role} may not {ruling.action} line {line.sequence} while it is in {line.state}; "
            f"it takes one of: {roles}."
        )
    _demand(allowed[0], line, ruling, decider, member_known, path)
    return allowed[0]


def _not_from(line: Line, ruling: Ruling) -> str:
    if line.state not in PENDED:
        return (
            f"Line {line.sequence} is {line.state} and no longer pended; a decided line is changed by a new request, "
            "an update by its sender, or a reopening."
        )
    froms = ", ".join(sorted({state for row in MOVES[ruling.action] for state in row.from_states}))
    return f"Line {line.sequence} is in {line.state}; {ruling.action} is possible from: {froms}."


def _demand(move: Move, line: Line, ruling: Ruling, decider: Decider, member_known: bool, path: str) -> None:
    if ruling.reason not in set(Reason):
        raise IllegalMove(f"Unknown reason code {ruling.reason!r}; use one of: {', '.join(sorted(Reason))}.", path)
    if move.reasons is not None and ruling.reason not in move.reasons:
        raise IllegalMove(
            f"The reason {ruling.reason} does not fit {ruling.action}; use one of: {', '.join(sorted(move.reasons))}.",
            path,
        )
    asked, granted = line.request, ruling.authorized
    amount = granted.quantity if granted else None
    given = {
        "in full": in_full(asked, granted),
        "text": len(ruling.text.strip()) >= _SHORTEST_REASON_CHARACTERS,
        "npi": bool(decider.npi),
        "member": member_known,
        "authorized": granted is not None,
        "changed": granted is None or not as_asked(asked, granted),
        "less": ruling.reason != Reason.QUANTITY_REDUCED or is_less(asked.quantity, amount),
        "unit": amount is None or has_unit(amount) or has_unit(asked.quantity),
    }
    for need, what in _NEEDS.items():
        if need in move.needs | {"unit"} and not given[need]:
            raise IllegalMove(f"{ruling.action} on line {ruling.sequence}: {what}", path)


_NEEDS = {
    "authorized": "say what is authorized instead (authorized).",
    "in full": "an approval grants what was asked; to grant something else or less, a physician rules modify.",
    "text": f"give the specific reason in at least {_SHORTEST_REASON_CHARACTERS} characters of plain words.",
    "npi": "give the deciding physician's NPI (reviewer.npi).",
    "member": "the member is not established; complete the intake first.",
    "changed": "this is an approval: it grants exactly what was asked. Say what is authorized instead, or approve.",
    "less": f"the reason {Reason.QUANTITY_REDUCED} takes an amount below the one asked, in its unit.",
    "unit": "give a unit for the amount; the request has none (authorized.quantity.unit).",
}
"""What a ruling may lack, in the order it is told; a unit is needed wherever an amount is given (PAS prof-2)."""


def issues_authorization(state: LineState) -> bool:
    """True when reaching that state hands out an authorization number."""
    return state in AUTHORIZED


def issues_reference(state: LineState) -> bool:
    """True when reaching that state hands out an administrative reference number (REF-NT)."""
    return state in PENDED or state in {
        LineState.DENIED_CLINICAL,
        LineState.DENIED_ADMINISTRATIVE,
        LineState.DISMISSED,
    }

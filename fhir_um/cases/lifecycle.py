"""What software does with a line and what a person may rule on it: the rows of the table of moves, put to use.

Must not know policies, FHIR or SQL.
"""

from dataclasses import dataclass

from fhir_um.cases.basis import Basis
from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import Truth
from fhir_um.cases.model import AUTHORIZED, PENDED, Authorized, Course, Line, LineState
from fhir_um.cases.moves import Move, RulingAction, choose, rows_of
from fhir_um.cases.roles import PHYSICIANS
from fhir_um.errors import RoleNotAllowed

__all__ = [
    "CANCEL_PATH",
    "EARNED_PATH",
    "ENGINE_MOVES",
    "INFORMED_PATH",
    "NOT_INFORMED_PATHS",
    "TAKEN_OVER_PATH",
    "Move",
    "Reading",
    "Ruling",
    "RulingAction",
    "issues_authorization",
    "issues_reference",
    "move_for",
    "waits_for_physician",
]

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


@dataclass(frozen=True, slots=True)
class Reading:
    """A person's own reading of one criterion of the line's finding, with the reason and what they read it in."""

    criterion_id: str
    truth: Truth
    reason: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's ruling on one line: what, why (our reason code), in words, and what is authorized or asked.

    `second_opinion`: whether a second surgical opinion is wanted, when the person said so. `basis` holds what a person
    says their ruling rests on, without what the house pins to it.
    """

    sequence: int
    action: RulingAction
    reason: str
    text: str
    authorized: Authorized | None = None
    documents: tuple[DocumentNeeded, ...] = ()
    second_opinion: bool | None = None
    readings: tuple[Reading, ...] = ()
    basis: Basis = Basis()


def move_for(line: Line, ruling: Ruling, decider: Decider, path: str) -> Move:
    """The row of the table behind a ruling; what must come with it is not looked at here (`determining.faults_in`).

    Raises: IllegalMove when the line is not in a state for it; RoleNotAllowed when the role may not make it. Both say
    what to do instead.
    """
    move = choose(rows_of(ruling.action), ruling.action, line.sequence, line.state, decider.role, path)
    is_asked_again = ruling.action is RulingAction.REQUEST_INFORMATION and waits_for_physician(line)
    if is_asked_again and decider.role not in PHYSICIANS:
        raise RoleNotAllowed(f"A physician asked for what line {line.sequence} waits for; a physician asks for more.")
    return move


def waits_for_physician(line: Line) -> bool:
    """True while a line waits for information and goes back to a physician then (T10)."""
    return line.state is LineState.PENDED_INFO and line.reviewed and line.decision.decider.role in PHYSICIANS


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

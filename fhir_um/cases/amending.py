"""What an update changes, found by comparing it with the stored case line by line.

Must not trust change flags: they may be stale, also on a first submission. Source: PAS 2.2.1 spec-68 to spec-72,
prof-5 to prof-10; 2.0.1 allows an update to leave unchanged lines out.
"""

from dataclasses import replace
from enum import Enum, auto

from fhir_um.cases.asked import APPEALS, CONTINUING, LineRequest
from fhir_um.cases.model import CORRECT, DENIED, DO_NOT_RESUBMIT, OVER, BusinessError, Case, Line
from fhir_um.cases.submission import Submission
from fhir_um.words import Concept


class Change(Enum):
    """What becomes of one line by the update."""

    SAME = auto()
    ADDED = auto()
    CHANGED = auto()
    CANCELLED = auto()
    LEFT_OUT = auto()
    KEPT = auto()
    DENIED_BEFORE = auto()
    CANCELLED_BEFORE = auto()


Changes = tuple[tuple[int, Change, LineRequest | None], ...]


def changes_of(case: Case, submission: Submission) -> Changes:
    """Every line of the case and of the update, in sequence order, with what the update does to it."""
    asked = {line.sequence: line for line in submission.request.lines}
    stored = {line.sequence: line for line in case.lines}
    sequences = sorted(asked.keys() | stored.keys())
    return tuple((n, _change(stored.get(n), asked.get(n), submission), asked.get(n)) for n in sequences)


def _change(old: Line | None, new: LineRequest | None, submission: Submission) -> Change:
    if submission.request.cancel_all:
        terminal = old is not None and old.state in DENIED | OVER
        return Change.KEPT if terminal else Change.CANCELLED
    if new is None:
        return Change.KEPT if submission.differential_updates or _was_cancelled(old) else Change.LEFT_OUT
    cancelling = new.withdrawn
    if old is None:
        return Change.CANCELLED if cancelling else Change.ADDED
    if _was_cancelled(old):
        return Change.KEPT if cancelling else Change.CANCELLED_BEFORE
    same = is_same_request(old.request, new)
    if old.state in DENIED:
        return Change.SAME if same and not cancelling else Change.DENIED_BEFORE
    if cancelling:
        return Change.CANCELLED
    return Change.SAME if same else Change.CHANGED


def _was_cancelled(line: Line | None) -> bool:
    return line is not None and line.state in OVER


def is_same_request(old: LineRequest, new: LineRequest) -> bool:
    """True when both ask for the same service in the same amount, time and place.

    A certification type counts only where the new one says something: continue, or appeal.
    """
    says_something = new.certification in CONTINUING | APPEALS and new.certification != old.certification
    return not says_something and _essence(old) == _essence(new)


def _essence(line: LineRequest) -> LineRequest:
    """The line without addresses, links, numbers, flags and the sender's wording."""
    quantity = line.quantity
    return replace(
        line,
        path="",
        service=_coded(line.service),
        service_end=_coded(line.service_end) if line.service_end else None,
        modifiers=tuple(map(_coded, line.modifiers)),
        location=_coded(line.location) if line.location else None,
        category=_coded(line.category) if line.category else None,
        quantity=replace(quantity, unit="", system="") if quantity and quantity.code else quantity,
        certification_type=None,
        trace_numbers=(),
        diagnosis_sequences=(),
        care_team_sequences=(),
        information_sequences=(),
        authorization_number="",
        administrative_reference="",
        requested_service_ref="",
        changed="",
        cancelled=False,
    )


def _coded(concept: Concept) -> Concept:
    """The codes alone, in an order of our own; the text only where there is no code."""
    if not concept.codes:
        return concept
    return Concept(tuple(sorted(concept.codes, key=lambda code: (code.system, code.code))))


_DENIED_CODE = "33"
_DENIED_TEXT = "A denied request cannot be updated; send a new request."


def refusals(case: Case, changes: Changes) -> tuple[BusinessError, ...]:
    """What the update may not do: one error for the whole of it when all is denied, else one per line concerned."""
    live = [line for line in case.lines if line.state not in OVER]
    if live and all(line.state in DENIED for line in live):
        path = "Bundle.entry[0].resource.related"
        return (BusinessError(_DENIED_CODE, DO_NOT_RESUBMIT, path, _DENIED_TEXT, "2000E-UM02"),)
    return tuple(
        error
        for sequence, change, asked in changes
        for error in _line_refusal(sequence, change, asked, case.line(sequence))
    )


def _line_refusal(sequence: int, change: Change, asked: LineRequest | None, old: Line | None) -> list[BusinessError]:
    path = asked.path if asked else "Bundle.entry[0].resource.item"
    if change is Change.DENIED_BEFORE:
        text = f"Line {sequence} was denied and cannot be updated; ask for it in a new request."
        return [BusinessError(_DENIED_CODE, DO_NOT_RESUBMIT, path, text, "2000F-UM02", sequence)]
    if change is Change.CANCELLED_BEFORE and old is not None:
        text = f"Line {sequence} was {old.state} and stays so; add a new line instead."
        return [BusinessError(_DENIED_CODE, CORRECT, path, text, "2000F-UM02", sequence)]
    if change is Change.LEFT_OUT:
        text = f"Line {sequence} is missing from the update; it stays as it was. Send every line ever submitted."
        return [BusinessError("15", CORRECT, path, text, "2000F-HL01", sequence)]
    return []

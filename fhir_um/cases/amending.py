"""What an update changes, found by comparing it with the stored case line by line.

Must not trust change flags: they may be stale, also on a first submission. Source: PAS 2.2.1 spec-68 to spec-72,
prof-5 to prof-10; 2.0.1 allows an update to leave unchanged lines out.
"""

from dataclasses import replace
from enum import Enum, auto

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.model import (
    DENIED,
    Case,
    Line,
    LineState,
)
from fhir_um.cases.submission import Submission

CERTIFICATION_CANCEL = "3"
_CONTINUING = frozenset({"4", "R", "S"})


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


def changes_of(case: Case, submission: Submission) -> tuple[tuple[int, Change, LineRequest | None], ...]:
    """Every line of the case and of the update, in sequence order, with what the update does to it."""
    asked = {line.sequence: line for line in submission.request.lines}
    stored = {line.sequence: line for line in case.lines}
    sequences = sorted(asked.keys() | stored.keys())
    return tuple((n, _change(stored.get(n), asked.get(n), submission), asked.get(n)) for n in sequences)


def _change(old: Line | None, new: LineRequest | None, submission: Submission) -> Change:
    if submission.request.cancel_all:
        terminal = old is not None and (old.state in DENIED or old.state is LineState.CANCELLED)
        return Change.KEPT if terminal else Change.CANCELLED
    if new is None:
        return Change.KEPT if submission.differential_updates or _was_cancelled(old) else Change.LEFT_OUT
    cancelling = is_cancelled(new)
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


def is_cancelled(line: LineRequest) -> bool:
    """True when the sender cancels the line, by flag or by certification type 3 (spec-69, spec-70)."""
    return line.cancelled or _certification(line) == CERTIFICATION_CANCEL


def _was_cancelled(line: Line | None) -> bool:
    return line is not None and line.state is LineState.CANCELLED


def is_same_request(old: LineRequest, new: LineRequest) -> bool:
    """True when both ask for the same service in the same amount, time and place."""
    return _essence(old) == _essence(new)


def _certification(line: LineRequest) -> str:
    return line.certification_type.code if line.certification_type else ""


def _essence(line: LineRequest) -> tuple[LineRequest, str]:
    """The line without addresses, links, numbers and flags; only a continuing certification type counts."""
    code = _certification(line)
    bare = replace(
        line,
        path="",
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
    return bare, code if code in _CONTINUING else ""

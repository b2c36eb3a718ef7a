"""Which letters follow from a step of a case, to whom; and which lines owe none, with the reason.

Must not know words, templates or how anything is sent. Source: um-domain 2.3 T19, 2.11 I10.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fhir_um.cases.granting import as_asked
from fhir_um.cases.model import NOTES, PENDED, Case, Event, EventKind, Line, LineState
from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.cases.review import ExtensionState, NoticeStep

_OF_STATE = {
    LineState.MODIFIED: NoticeKind.PARTIAL,
    LineState.DENIED_CLINICAL: NoticeKind.DENIAL,
    LineState.DENIED_ADMINISTRATIVE: NoticeKind.ADMINISTRATIVE_DENIAL,
    LineState.DISMISSED: NoticeKind.DISMISSAL,
    LineState.WITHDRAWN: NoticeKind.WITHDRAWAL,
    LineState.VOIDED: NoticeKind.VOID,
}
_REOPENED = "T29"
_NONE_OWED = {
    LineState.NO_ACTION: "No authorization is needed; the answer to the request says so.",
    LineState.CANCELLED: "The requester took it back and was answered at once.",
}


@dataclass(frozen=True, slots=True)
class NoticeOwed:
    """A letter to make: of which kind, to whom, about which lines, and the step that it follows from."""

    kind: NoticeKind
    recipient: Recipient
    sequences: tuple[int, ...]
    event_sequence: int
    at: datetime

    @property
    def key(self) -> tuple[int, str, str]:
        """What makes it one and the same letter within its case."""
        return self.event_sequence, self.kind.value, self.recipient.value


def owed_after(events: Iterable[Event], case: Case) -> tuple[NoticeOwed, ...]:
    """The letters that follow from those steps, which are one transaction; `case` stands after them.

    One letter tells all lines that share a kind. Whom nobody knows gets none.
    """
    found: dict[NoticeKind, tuple[list[int], Event]] = {}
    for event in events:
        for kind, sequences in _kinds_of(event, case):
            lines, _ = found.setdefault(kind, ([], event))
            lines += [sequence for sequence in sequences if sequence not in lines]
    return tuple(
        NoticeOwed(kind, recipient, tuple(sorted(lines)), event.sequence, event.at)
        for kind, (lines, event) in found.items()
        for recipient in recipients_of(case)
    )


def recipients_of(case: Case) -> tuple[Recipient, ...]:
    """Who is told: the provider, and the member once it is known who that is."""
    return (Recipient.MEMBER, Recipient.PROVIDER) if case.member_id else (Recipient.PROVIDER,)


def kind_of(line: Line) -> NoticeKind | None:
    """The letter that tells where a line stands; None when none does."""
    if line.taken_over_by:
        return None
    if line.state is LineState.APPROVED:
        granted = line.decision.authorized
        limited = granted is not None and not as_asked(line.request, granted)
        return NoticeKind.APPROVAL_WITH_LIMITS if limited else NoticeKind.APPROVAL
    if line.state is LineState.PENDED_INFO:
        return NoticeKind.INFORMATION_REQUEST
    return _OF_STATE.get(line.state)


def why_none(line: Line) -> str:
    """Why a line that is over or decided owes no letter, empty when it does or is still pended."""
    if line.taken_over_by:
        return "Another request holds its authorization, and is told."
    return _NONE_OWED.get(line.state, "")


def steps_for(line: Line, steps: Sequence[NoticeStep]) -> tuple[NoticeStep, ...]:
    """The letters that tell where the line stands now, not those of an earlier decision; calls are none."""
    kind = kind_of(line)
    return tuple(
        step
        for step in steps
        if step.kind == kind
        and line.sequence in step.sequences
        and step.at >= line.decision.at
        and step.channel != "phone"
    )


def lacks_notice(case: Case, line: Line) -> bool:
    """True for a decided line that nobody was written to about, and that has no reason for none (I10)."""
    if line.state in PENDED or why_none(line):
        return False
    told = {step.recipient for step in steps_for(line, case.review.notices)}
    return not told.issuperset(recipients_of(case))


def _kinds_of(event: Event, case: Case) -> list[tuple[NoticeKind, tuple[int, ...]]]:
    if event.kind in NOTES:
        return []
    if event.line is not None:
        kind = _kind_of_step(event, event.line)
        return [(kind, (event.line.sequence,))] if kind else []
    return _kinds_of_review(event, case)


def _kind_of_step(event: Event, line: Line) -> NoticeKind | None:
    if _REOPENED in event.path:
        return NoticeKind.REOPENING
    if line.decision.at != event.at:
        return None
    return kind_of(line)


def _kinds_of_review(event: Event, case: Case) -> list[tuple[NoticeKind, tuple[int, ...]]]:
    review = event.review
    if review is None:
        return []
    if event.kind is EventKind.EXTENSION:
        granted = [entry for entry in review.extensions if entry.state is ExtensionState.GRANTED]
        return [(NoticeKind.EXTENSION, entry.sequences) for entry in granted]
    if any(not entry.granted for entry in review.priorities):
        waiting = tuple(line.sequence for line in case.lines if line.state in PENDED)
        return [(NoticeKind.EXPEDITE_REFUSAL, waiting)]
    return []

"""A case is the fold of its events: the same events always give the same case.

Must not know how events are stored. `rebuild` with only the events up to an instant gives the case at that instant.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import NOTES, Case, Event, EventKind, Line, SubmissionId
from fhir_um.cases.review import NOTHING, Review

_HEADER = frozenset({EventKind.OPENED, EventKind.AMENDED, EventKind.PRIORITY_CHANGED})
_NEWS = frozenset({EventKind.AMENDED, EventKind.INFORMATION_RECEIVED})
"""After these, what was opened before is no longer all there is."""

_REOPENED = ("T29",)
"""Whoever decides a line that was opened again looks at it anew, whatever moves it takes meanwhile."""


def rebuild(events: Iterable[Event]) -> Case:
    """The case after those events.

    Raises: ValueError when they do not begin with an opening or are out of order.
    """
    case: Case | None = None
    for expected, event in enumerate(events, start=1):
        if event.sequence != expected:
            raise ValueError(f"event {event.sequence} stands where event {expected} belongs")
        case = apply(case, event)
    if case is None:
        raise ValueError("a case without events")
    return case


def apply(case: Case | None, event: Event) -> Case:
    """The case after one more event."""
    if event.kind in _HEADER:
        if event.case is None:
            raise ValueError(f"event {event.sequence} carries no header")
        kept = case or event.case
        review = kept.review.unopened() if event.kind in _NEWS else kept.review
        return replace(event.case, lines=case.lines if case else (), review=review, event_count=event.sequence)
    if case is None:
        raise ValueError(f"event {event.sequence} stands before any opening")
    if event.kind is EventKind.UPDATE_REFUSED:
        return replace(case, version=event.version, event_count=event.sequence)
    if event.kind in NOTES and event.review is not None:
        return replace(case, review=case.review.merged(event.review), event_count=event.sequence)
    is_news = event.kind in _NEWS or event.path == _REOPENED
    review = case.review.unopened() if is_news else case.review
    changed = replace(case, version=event.version, changed_at=event.at, event_count=event.sequence)
    if event.review is not None:
        return replace(changed, review=review.merged(event.review))
    if event.line is None:
        raise ValueError(f"event {event.sequence} concerns a line of nothing")
    return replace(changed, lines=_with_line(case.lines, event.line), review=review)


def as_answered(case: Case, submission_id: SubmissionId, events: Iterable[Event]) -> Case:
    """The case as the answer to one of its submissions tells it: an update refused as a whole with its refusal.

    Only that answer tells it so. For the case itself such an update is a step of its history and nothing else.
    """
    for event in events:
        if event.kind is EventKind.UPDATE_REFUSED and event.case and event.case.submission_id == submission_id:
            return replace(event.case, lines=case.lines, event_count=event.sequence)
    return case


def _with_line(lines: tuple[Line, ...], new: Line) -> tuple[Line, ...]:
    kept = [line for line in lines if line.sequence != new.sequence]
    return tuple(sorted([*kept, new], key=lambda line: line.sequence))


class Journal:
    """Collects the events of one transaction and keeps the case they lead to.

    Every step has the same `version`, instant and actor, unless a step names another actor. Notes (`model.NOTES`) keep
    the version the case has, so that nobody who decides is told of a conflict with them.
    """

    def __init__(self, case: Case | None, at: datetime, actor: Decider) -> None:
        self._case = case
        self._at = at
        self._actor = actor
        self._version = case.version + 1 if case else 1
        self._next = case.event_count + 1 if case else 1
        self.events: list[Event] = []

    @property
    def case(self) -> Case:
        """The case as it stands after the events so far."""
        if self._case is None:
            raise ValueError("nothing was opened")
        return self._case

    def header(self, kind: EventKind, case: Case) -> None:
        """Opens a case, replaces its header, or keeps the header of a refused update; the lines stay as they are."""
        bare = replace(case, lines=(), review=NOTHING, version=self._version, changed_at=self._at)
        self._append(Event(self._next, self._version, self._at, kind, self._actor, case=bare))

    def line(self, kind: EventKind, line: Line, path: tuple[str, ...], actor: Decider | None = None) -> None:
        """Sets one line."""
        before = self.case.line(line.sequence)
        self._append(
            Event(
                self._next,
                self._version,
                self._at,
                kind,
                actor or self._actor,
                line=line,
                before=before.state if before else None,
                path=path,
            )
        )

    def review(self, kind: EventKind, change: Review, path: tuple[str, ...] = ()) -> None:
        """Puts entries of the review beside those that are there."""
        version = self.case.version if kind in NOTES else self._version
        self._append(Event(self._next, version, self._at, kind, self._actor, path=path, review=change))

    def _append(self, event: Event) -> None:
        self._case = apply(self._case, event)
        self._next += 1
        self.events.append(event)

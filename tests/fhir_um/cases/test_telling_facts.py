"""From events to facts: what is told of a line, what supersedes what, and when it was known."""

from dataclasses import replace
from datetime import datetime, timedelta

from fhir_um.cases.deciders import Decider
from fhir_um.cases.history import Journal
from fhir_um.cases.line_facts import Fact, Place, exchanges_of, instant, micros, place_of, rfis_of
from fhir_um.cases.model import BusinessError, Case, Course, Decision, EventKind, Line, LineState, Priority
from fhir_um.cases.notices import NoticeKind, NoticeStatus
from fhir_um.cases.review import (
    Extension,
    ExtensionGround,
    ExtensionState,
    NoticeStep,
    PeerToPeer,
    PeerToPeerOutcome,
    PeerToPeerState,
    Review,
)
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.telling_facts import facts_of
from fhir_um.deps import shipped_drug_codes
from tests.builders import AT, claim_request, journal_of

NURSE = Decider("n", "nurse", True)
PHYSICIAN = Decider("d", "physician", True, "1910200405")
EVER = micros(AT + timedelta(days=9_000))


def hours(n: float) -> datetime:
    return AT + timedelta(hours=n)


class History:
    """A case whose every step is a transaction of its own, so many hours after the request."""

    def __init__(self, course: Course) -> None:
        first = journal_of(course)
        self.case: Case = first.case
        self.events = list(first.events)

    def _do(self, at: float, actor: Decider) -> Journal:
        return Journal(self.case, hours(at), actor)

    def _keep(self, journal: Journal) -> "History":
        self.case = journal.case
        self.events += journal.events
        return self

    def moved(self, at: float, state: LineState, actor: Decider = NURSE, kind=EventKind.LINE_MOVED) -> "History":
        journal = self._do(at, actor)
        journal.line(kind, self.line(at, state, actor), ("T0",))
        return self._keep(journal)

    def line(self, at: float, state: LineState, actor: Decider) -> Line:
        line = self.case.line(1)
        assert line is not None
        reason = "not-necessary" if state is LineState.DENIED_CLINICAL else "criteria-met"
        return replace(line, state=state, decision=Decision(hours(at), actor, reason, ""))

    def reviewed(self, at: float, kind: EventKind, review: Review, actor: Decider = NURSE) -> "History":
        journal = self._do(at, actor)
        journal.review(kind, review)
        return self._keep(journal)

    def header(self, at: float, kind: EventKind, **changes: object) -> "History":
        journal = self._do(at, ENGINE)
        journal.header(kind, replace(self.case, **changes))  # type: ignore[arg-type]  # test data by field name
        return self._keep(journal)

    def informed(self, at: float, state: LineState) -> "History":
        journal = self._do(at, ENGINE)
        line = self.line(at, LineState.PENDED_INFO, ENGINE)
        journal.line(EventKind.INFORMATION_RECEIVED, line, ())
        journal.line(EventKind.LINE_MOVED, replace(line, state=state), ("T10",))
        return self._keep(journal)

    @property
    def facts(self) -> tuple[Fact, ...]:
        return facts_of(self.events, shipped_drug_codes())


def at(moment: int | None) -> float | None:
    return None if moment is None else (instant(moment) - AT) / timedelta(hours=1)


def test_a_line_approved_by_software_is_one_fact() -> None:
    (fact,) = History(Course.APPROVE).facts

    assert (fact.action, fact.decider, fact.state) == ("A1", "engine", "approved")
    assert fact.received_at == fact.asked_at == fact.first_response_at == fact.decided_at == micros(AT)
    assert (fact.pended_at, fact.superseded_at, fact.number) == (None, None, 1)
    assert (fact.line_of_business, fact.provider_npi, fact.channel) == ("COMM", "1999999992", "fhir")
    assert [each.type for each in exchanges_of(fact.exchanges, EVER)] == ["initial"]


def test_a_line_on_its_way_through_review() -> None:
    history = History(Course.PEND_REVIEW).moved(2, LineState.PHYSICIAN_REVIEW)
    history.moved(5, LineState.DENIED_CLINICAL, PHYSICIAN)

    (fact,) = history.facts

    assert (at(fact.pended_at), at(fact.nurse_at), at(fact.referred_at), at(fact.decided_at)) == (0, 0, 2, 5)
    assert (fact.action, fact.decider, fact.state) == ("A3", "physician", "denied-clinical")
    assert place_of(fact, micros(hours(4))) is Place.OPEN
    assert place_of(fact, micros(hours(5))) is Place.DECIDED


def test_information_that_came_is_told_from_information_that_did_not() -> None:
    came = History(Course.PEND_DOCUMENTS).informed(30, LineState.NURSE_REVIEW)
    late = History(Course.PEND_DOCUMENTS).moved(72, LineState.NURSE_REVIEW, ENGINE)

    assert [(at(asked), at(answered)) for asked, answered in rfis_of(came.facts[0].rfis, EVER)] == [(0, 30)]
    assert [(at(asked), at(answered)) for asked, answered in rfis_of(late.facts[0].rfis, EVER)] == [(0, None)]
    assert rfis_of(came.facts[0].rfis, micros(hours(29)))[0][1] is None
    assert rfis_of(came.facts[0].rfis, micros(hours(-1))) == []


def test_reopening_supersedes_a_determination_and_keeps_the_first_instant() -> None:
    history = History(Course.PEND_REVIEW).moved(3, LineState.DENIED_CLINICAL, PHYSICIAN)
    history.moved(50, LineState.PHYSICIAN_REVIEW, PHYSICIAN).moved(60, LineState.APPROVED, PHYSICIAN)

    first, second = history.facts

    assert (first.number, at(first.superseded_at), at(first.decided_at), first.action) == (1, 50, 3, "A3")
    assert (second.number, at(second.since), at(second.decided_at), second.action) == (2, 50, 60, "A1")
    assert at(second.first_decided_at) == 3
    assert at(second.reworked_at) == 50
    assert first.reworked_at is None


def test_a_line_cancelled_after_its_determination_keeps_it_and_one_voided_does_not() -> None:
    decided = History(Course.PEND_REVIEW).moved(3, LineState.APPROVED)
    cancelled = decided.moved(9, LineState.CANCELLED).facts[0]
    voided = History(Course.PEND_REVIEW).moved(3, LineState.APPROVED).moved(9, LineState.VOIDED).facts[0]
    undecided = History(Course.PEND_REVIEW).moved(9, LineState.WITHDRAWN).facts[0]

    assert (place_of(cancelled, EVER), cancelled.action) == (Place.DECIDED, "A1")
    assert (place_of(voided, EVER), place_of(voided, micros(hours(8)))) == (Place.VOIDED, Place.DECIDED)
    assert (place_of(undecided, EVER), undecided.action) == (Place.WITHDRAWN, "C")
    assert place_of(undecided, micros(hours(8))) is Place.OPEN


def test_another_priority_begins_another_fact_of_an_open_line_alone() -> None:
    waiting = History(Course.PEND_REVIEW).header(2, EventKind.PRIORITY_CHANGED, priority=Priority.EXPEDITED)
    done = History(Course.APPROVE).header(2, EventKind.PRIORITY_CHANGED, priority=Priority.EXPEDITED)

    assert [(fact.priority, at(fact.since)) for fact in waiting.facts] == [("standard", 0), ("expedited", 2)]
    assert [fact.priority for fact in done.facts] == ["standard"]


def test_updates_are_exchanges_and_those_with_errors_say_so() -> None:
    error = (BusinessError("33", "N", "Bundle", "no"),)
    history = History(Course.PEND_REVIEW).header(1, EventKind.AMENDED).header(2, EventKind.UPDATE_REFUSED, errors=error)
    history.header(3, EventKind.AMENDED, request=replace(claim_request(), lines=(), cancel_all=True))

    found = exchanges_of(history.facts[0].exchanges, EVER)

    assert [(each.type, at(each.at), each.faulty) for each in found] == [
        ("initial", 0, False),
        ("update", 1, False),
        ("update", 2, True),
        ("cancel", 3, False),
    ]


def test_calls_extensions_and_notices_leave_their_instants() -> None:
    call = PeerToPeer("p", (1,), PeerToPeerState.OFFERED, NURSE, hours(1), hours(48))
    held = replace(call, state=PeerToPeerState.COMPLETED, outcome=PeerToPeerOutcome.OVERTURNED)
    granted = Extension(
        "x", (1,), ExtensionState.GRANTED, ExtensionGround.MEMBER_REQUEST, "time", 14, NURSE, hours(2), PHYSICIAN
    )
    letter = NoticeStep("l", (1,), NoticeKind.APPROVAL, "member", NoticeStatus.READY, "mail", hours(8))
    history = History(Course.PEND_REVIEW)
    history.reviewed(1, EventKind.PEER_TO_PEER, Review(peer_to_peers=(call,)))
    history.reviewed(2, EventKind.EXTENSION, Review(extensions=(replace(granted, state=ExtensionState.PROPOSED),)))
    history.reviewed(3, EventKind.EXTENSION, Review(extensions=(granted,)))
    history.reviewed(4, EventKind.PEER_TO_PEER, Review(peer_to_peers=(held,)))
    history.moved(7, LineState.APPROVED, PHYSICIAN)
    history.reviewed(8, EventKind.NOTICE, Review(notices=(letter,)))
    history.reviewed(9, EventKind.NOTICE, Review(notices=(replace(letter, status=NoticeStatus.SENT),)))
    history.reviewed(10, EventKind.NOTICE, Review(notices=(replace(letter, status=NoticeStatus.DELIVERED),)))

    (fact,) = history.facts

    assert (at(fact.peer_opened_at), at(fact.peer_completed_at), fact.peer_outcome) == (1, 4, "overturned")
    assert (at(fact.extended_at), at(fact.decided_at), at(fact.notified_at)) == (3, 7, 9)


def test_the_same_events_give_the_same_facts_and_a_case_without_lines_none() -> None:
    history = History(Course.PEND_REVIEW).moved(3, LineState.APPROVED)

    assert history.facts == history.facts
    assert facts_of(history.events[:1], shipped_drug_codes()) == ()

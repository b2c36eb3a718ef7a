"""What waits of a case: one item a queue, with what somebody who chooses work must see and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import PENDED, Case, Course, LineState, Priority
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import Alarm, PeerToPeer, PeerToPeerState, Review
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.routing import Flag
from fhir_um.cases.work_items import WorkItem, escalated_item, items_of
from fhir_um.store.routed import shipped_routing
from tests.builders import AT, DEADLINE, case_of

DUE = DEADLINE.due_at


def items(case: Case) -> dict[str, WorkItem]:
    return {item.queue: item for item in items_of(case, shipped_routing())}


def with_line(case: Case, sequence: int = 1, **changes: object) -> Case:
    lines = (replace(line, **changes) if line.sequence == sequence else line for line in case.lines)  # type: ignore[arg-type]  # test data by field name
    return replace(case, lines=tuple(lines))


def with_alarm(case: Case, percent: int, **changes: object) -> Case:
    alarm = Alarm("1/decision/D01/75", 1, "decision", "D01", percent, DUE, AT)
    return replace(case, review=replace(case.review, alarms=(replace(alarm, **changes),)))  # type: ignore[arg-type]  # test data by field name


def saying(case: Case, text: str, decider: Decider = ENGINE, reason: str = "needs-medical-review") -> Case:
    line = case.lines[0]
    return with_line(case, decision=replace(line.decision, text=text, decider=decider, reason=reason))


def test_nothing_waits_of_a_case_that_is_decided() -> None:
    assert items(case_of(Course.APPROVE, Course.DENY_BENEFIT)) == {}


def test_lines_of_one_queue_are_one_item_due_first() -> None:
    case = case_of(Course.PEND_REVIEW, Course.PEND_REVIEW, Course.PEND_PHYSICIAN, Course.APPROVE)
    sooner = DUE - timedelta(days=1)
    case = with_line(case, 2, due_at=sooner, specialty="astrology")

    found = items(case)

    assert {queue: item.lines for queue, item in found.items()} == {"nurse-general": (1, 2), "physician": (3,)}
    assert found["nurse-general"].due_at == sooner
    assert found["nurse-general"].specialty == "astrology"
    assert (found["physician"].state, found["physician"].code) == (LineState.PHYSICIAN_REVIEW, "E1390")


@pytest.mark.parametrize(
    ("percent", "changes", "flags", "queues"),
    [
        (75, {}, {Flag.AT_RISK}, {"nurse-general"}),
        (90, {}, {Flag.AT_RISK}, {"nurse-general"}),
        (100, {}, {Flag.LATE}, {"nurse-general", "late"}),
        (100, {"sequence": 0}, {Flag.LATE}, {"nurse-general", "late"}),
        (100, {"sequence": 2}, set(), {"nurse-general"}),
        (100, {"kind": "notice-written"}, set(), {"nurse-general"}),
        (100, {"due_at": DUE - timedelta(days=14)}, set(), {"nurse-general"}),
    ],
)
def test_alarms_of_the_clock_as_it_runs_now_are_told(percent, changes, flags, queues) -> None:
    found = items(with_alarm(case_of(Course.PEND_REVIEW), percent, **changes))

    assert set(found) == queues
    assert {*found["nurse-general"].flags} == flags


@pytest.mark.parametrize(
    ("text", "flag", "queue"),
    [
        ("Information received. A person reads it.", Flag.INFORMATION_BACK, "nurse-general"),
        ("Not received in time: notes. Sent on.", Flag.INFORMATION_OVERDUE, "information-overdue"),
    ],
)
def test_what_became_of_information_is_news_until_a_person_rules(text: str, flag: Flag, queue: str) -> None:
    case = case_of(Course.PEND_REVIEW)
    nurse = Decider("rn-1", "nurse", human=True)

    assert items(saying(case, text))[queue].flags == (flag,)
    assert items(saying(case, text, nurse))["nurse-general"].flags == ()


@pytest.mark.parametrize(
    ("state", "flag"),
    [
        (PeerToPeerState.REQUESTED, Flag.PEER_TO_PEER_ASKED),
        (PeerToPeerState.SCHEDULED, Flag.PEER_TO_PEER_SCHEDULED),
        (PeerToPeerState.OFFERED, None),
        (PeerToPeerState.COMPLETED, None),
    ],
)
def test_calls_wait_beside_the_physician(state: PeerToPeerState, flag: Flag | None) -> None:
    call = PeerToPeer("p1", (1,), state, ENGINE, AT, DUE)
    case = replace(case_of(Course.PEND_PHYSICIAN), review=Review(peer_to_peers=(call,)))

    found = items(case)

    assert set(found) == ({"physician", "peer-to-peer"} if flag else {"physician"})
    assert found["physician"].flags == ((flag,) if flag else ())


def test_other_flags_come_from_the_case() -> None:
    case = replace(case_of(Course.PEND_REVIEW), priority=Priority.EXPEDITED, sensitivity=("hiv",))

    assert items(saying(case, "", reason=Reason.DUPLICATE))["nurse-general"].flags == (
        Flag.EXPEDITED,
        Flag.DUPLICATE,
        Flag.SENSITIVE,
    )
    assert Flag.REOPENED in items(saying(case, "", reason=Reason.REOPENED))["nurse-general"].flags


def test_supervisors_see_all_that_waits_as_urgent() -> None:
    case = case_of(Course.PEND_REVIEW, Course.APPROVE, Course.PEND_PHYSICIAN)

    found = escalated_item(case)

    assert found is not None
    assert (found.queue, found.lines, found.priority) == ("late", (1, 3), Priority.EXPEDITED)
    assert escalated_item(case_of(Course.APPROVE)) is None


COURSES = st.lists(st.sampled_from([course for course in Course if course is not Course.CONTACT_PAYER]), min_size=1)
HOURS = st.lists(st.none() | st.integers(-100, 100), min_size=8, max_size=8)


@settings(max_examples=60)
@given(COURSES.map(lambda courses: courses[:8]), HOURS, st.sampled_from(list(Priority)))
def test_every_pended_line_waits_and_no_item_is_due_later_than_its_lines(courses, hours, priority) -> None:
    case = replace(case_of(*courses), priority=priority)
    for line, by in zip(case.lines, hours, strict=False):
        if line.state in PENDED:
            case = with_line(case, line.sequence, due_at=None if by is None else DUE + timedelta(hours=by))

    found = items_of(case, shipped_routing())

    pended = {line.sequence: line for line in case.lines if line.state in PENDED}
    assert {sequence for item in found for sequence in item.lines} == set(pended)
    for item in found:
        dues = [due for sequence in item.lines if (due := pended[sequence].due_at)]
        assert item.due_at == min(dues, default=None)

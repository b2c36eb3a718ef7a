"""More time: proposed by one, granted by another, once, on a ground the rule knows, before the time is over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from fhir_um.cases.extensions import STEPS, ExtensionSaid, Room, extended_line, next_extension
from fhir_um.cases.model import Case, Course, LineState
from fhir_um.cases.review import Extension, ExtensionGround, ExtensionState, Review
from fhir_um.cases.roles import Role
from fhir_um.cases.steps import Lacking
from fhir_um.errors import IllegalMove, RoleNotAllowed
from tests.builders import AT, DEADLINE, case_of
from tests.fhir_um.cases.stepping import ACTS, somebody, walk

CASE = case_of(Course.PEND_REVIEW, Course.PEND_PHYSICIAN, Course.APPROVE)
DUE = DEADLINE.due_at
NURSE, DOCTOR = somebody(Role.NURSE, "rn-1"), somebody(id="d-1")
MANAGER = somebody(Role.OPERATIONS_MANAGER, "m-1")
ROOM = Room(DUE, 14, frozenset({ExtensionGround.MEMBER_REQUEST}), DUE + timedelta(days=10), "ma-7-days")
SAID = ExtensionSaid((1,), ExtensionGround.MEMBER_REQUEST, 10, "The member asked to wait for a test.")


def take(
    extension: Any,
    name: str,
    by: Any,
    said: ExtensionSaid = SAID,
    case: Case = CASE,
    at: Any = AT,
    room: Room = ROOM,
) -> Extension:
    return next_extension(case, extension, name, said, by, at, "x-1", {1: room, 2: room})


def faults(extension: Any, name: str, by: Any, said: ExtensionSaid = SAID, **more: Any) -> list[str]:
    with pytest.raises(Lacking) as refused:
        take(extension, name, by, said, **more)
    return [issue.path for issue in refused.value.issues]


def test_one_proposes_and_another_grants() -> None:
    proposed = take(None, "propose", NURSE)
    granted = take(proposed, "grant", MANAGER)

    assert (proposed.state, proposed.days, proposed.proposed_by) == (ExtensionState.PROPOSED, 10, NURSE)
    assert (granted.state, granted.decided_by, granted.due_before) == (ExtensionState.GRANTED, MANAGER, ((1, DUE),))


def test_nobody_grants_their_own() -> None:
    proposed = take(None, "propose", DOCTOR)

    assert faults(proposed, "grant", DOCTOR) == ["reviewer"]
    with pytest.raises(RoleNotAllowed):
        take(proposed, "grant", NURSE)


def test_it_is_refused_with_a_reason() -> None:
    proposed = take(None, "propose", NURSE)

    assert faults(proposed, "refuse", DOCTOR, ExtensionSaid()) == ["note"]
    refused = take(proposed, "refuse", DOCTOR, replace(SAID, note="The facts are all there already."))
    assert (refused.state, refused.note, refused.due_before) == ("refused", "The facts are all there already.", ())
    with pytest.raises(IllegalMove):
        take(refused, "grant", DOCTOR)


@pytest.mark.parametrize(
    ("room", "said", "told"),
    [
        (replace(ROOM, most_days=0, grounds=frozenset(), later=DUE), SAID, ["lines"]),
        (ROOM, replace(SAID, ground=ExtensionGround.EXTRAORDINARY), ["ground"]),
        (ROOM, replace(SAID, days=15), ["days"]),
        (ROOM, replace(SAID, days=0), ["days"]),
        (replace(ROOM, later=DUE), SAID, ["lines"]),
        (ROOM, replace(SAID, lines=(1, 1), text="so"), ["lines", "text"]),
        (ROOM, replace(SAID, lines=(3,)), ["lines"]),
    ],
)
def test_only_what_the_rule_allows(room: Room, said: ExtensionSaid, told: list[str]) -> None:
    assert faults(None, "propose", NURSE, said, room=room) == told


def test_refusal_names_the_rule_of_each_line() -> None:
    with pytest.raises(Lacking) as refused:
        take(None, "propose", NURSE, replace(SAID, lines=(1, 2), days=15))

    assert "line 1 by ma-7-days, line 2 by ma-7-days" in refused.value.issues[0].text


def test_it_is_taken_before_the_time_is_over() -> None:
    proposed = take(None, "propose", NURSE)

    assert faults(None, "propose", NURSE, at=DUE) == [""]
    assert faults(proposed, "grant", DOCTOR, at=DUE) == [""]


def test_it_is_done_once() -> None:
    proposed = take(None, "propose", NURSE)
    other = replace(proposed, id="x-2")
    granted = replace(CASE, review=Review(extensions=(take(proposed, "grant", DOCTOR), other)))

    assert faults(None, "propose", NURSE, case=replace(CASE, review=Review(extensions=(proposed,)))) == ["lines"]
    assert faults(other, "grant", DOCTOR, case=granted) == ["lines"]
    assert take(None, "propose", NURSE, replace(SAID, lines=(2,)), case=granted).sequences == (2,)


def test_a_line_decided_meanwhile_gets_no_more_time() -> None:
    proposed = take(None, "propose", NURSE)
    decided = replace(CASE, lines=(replace(CASE.lines[0], state=LineState.APPROVED), *CASE.lines[1:]))

    assert faults(proposed, "grant", DOCTOR, case=decided) == ["lines"]


def test_the_line_is_due_later_and_so_is_what_it_waits_for() -> None:
    waiting = replace(CASE.lines[0], state=LineState.PENDED_INFO, documents_due_at=AT + timedelta(days=1))
    later = DUE + timedelta(days=10)

    assert extended_line(CASE.lines[0], later, AT).due_at == later
    assert extended_line(waiting, later, AT).documents_due_at == AT + (later - AT) / 2
    almost = DUE - timedelta(hours=1)
    kept = replace(waiting, documents_due_at=DUE + timedelta(days=6))
    assert extended_line(kept, later, almost).documents_due_at == kept.documents_due_at


@settings(max_examples=60)
@given(ACTS)
def test_only_steps_of_the_table_come_about(acts: list[Any]) -> None:
    states = walk(STEPS, acts, take, lambda full: SAID if full else ExtensionSaid((1,), SAID.ground))

    assert states[:1] in ([], [ExtensionState.PROPOSED])
    assert len(states) <= 2

"""How fast a case is decided: up at once for a physician, down only by a clinician, and never due later."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.model import Case, Course, LineState, Priority
from fhir_um.cases.priorities import STEPS, PrioritySaid, hastened, next_priority
from fhir_um.cases.review import PriorityRequest
from fhir_um.cases.roles import CLINICIANS, Role
from fhir_um.cases.steps import Lacking
from fhir_um.errors import IllegalMove, RoleNotAllowed
from tests.builders import AT, DEADLINE, case_of
from tests.fhir_um.cases.stepping import somebody

CASE = case_of(Course.PEND_REVIEW, Course.APPROVE)
URGENT = replace(CASE, priority=Priority.EXPEDITED)
DUE = DEADLINE.due_at
INTAKE, NURSE, DOCTOR = somebody(Role.INTAKE, "i-1"), somebody(Role.NURSE, "rn-1"), somebody(id="d-1")
SAID = PrioritySaid("the ordering physician", False, "Waiting a week could cost the leg.")
SUPPORTED = replace(SAID, supported_by_physician=True)


def take(name: str, by: Any, said: PrioritySaid = SAID, case: Case = CASE) -> tuple[PriorityRequest, Priority]:
    return next_priority(case, name, said, by, AT, "p-1")


def faults(name: str, by: Any, said: PrioritySaid, case: Case = CASE) -> list[str]:
    with pytest.raises(Lacking) as refused:
        take(name, by, said, case)
    return [issue.path for issue in refused.value.issues]


def test_what_a_physician_supports_is_granted_at_once_by_whoever_notes_it() -> None:
    request, priority = take("expedite", INTAKE, SUPPORTED)

    assert (request.granted, request.asked_by, priority) == (True, SAID.asked_by, Priority.EXPEDITED)
    assert faults("refuse", DOCTOR, SUPPORTED) == ["supportedByPhysician"]


@pytest.mark.parametrize("who", [NURSE, DOCTOR, somebody(Role.OPERATIONS_MANAGER)])
def test_without_one_a_clinician_or_manager_finds_it_urgent(who: Any) -> None:
    assert take("expedite", who)[1] is Priority.EXPEDITED
    assert faults("expedite", INTAKE, SAID) == ["supportedByPhysician"]


def test_a_clinician_refuses_and_says_why() -> None:
    request, priority = take("refuse", NURSE)

    assert (request.granted, request.lowered, priority) == (False, False, Priority.STANDARD)
    assert faults("refuse", NURSE, PrioritySaid()) == ["askedBy", "text"]
    for role in (INTAKE, somebody(Role.OPERATIONS_MANAGER)):
        with pytest.raises(RoleNotAllowed):
            take("refuse", role)


def test_down_it_goes_by_a_clinician_with_a_reason() -> None:
    request, priority = take("lower", NURSE, SAID, URGENT)

    assert (request.granted, request.lowered, priority) == (False, True, Priority.STANDARD)
    assert faults("lower", DOCTOR, PrioritySaid(), URGENT) == ["text"]
    with pytest.raises(RoleNotAllowed):
        take("lower", somebody(Role.OPERATIONS_MANAGER), SAID, URGENT)


def test_what_is_urgent_is_not_made_so_again() -> None:
    with pytest.raises(IllegalMove):
        take("expedite", DOCTOR, SUPPORTED, URGENT)
    with pytest.raises(IllegalMove):
        take("lower", DOCTOR, SAID, CASE)


def test_there_is_nothing_to_hurry_when_nothing_waits() -> None:
    assert faults("expedite", DOCTOR, SAID, case_of(Course.APPROVE)) == [""]


def test_what_was_given_already_is_not_hurried() -> None:
    with pytest.raises(Lacking) as refused:
        next_priority(CASE, "expedite", SUPPORTED, DOCTOR, AT, "p-1", is_over=True)

    assert "no faster decision" in refused.value.issues[0].text
    assert next_priority(CASE, "refuse", SAID, NURSE, AT, "p-1", is_over=True)[1] is Priority.STANDARD


def test_a_line_is_due_sooner_and_never_later() -> None:
    line, sooner = CASE.lines[0], AT + timedelta(days=3)
    waiting = replace(line, state=LineState.PENDED_INFO, documents_due_at=AT + timedelta(days=3))

    assert hastened(line, sooner, AT) == replace(line, due_at=sooner)
    assert hastened(line, DUE, AT) is None
    assert hastened(line, DUE + timedelta(days=1), AT) is None
    assert hastened(CASE.lines[1], sooner, AT) is None
    moved = hastened(waiting, sooner, AT)
    assert moved is not None
    assert moved.documents_due_at == AT + timedelta(days=1.5)


@settings(max_examples=60)
@given(st.sampled_from(["expedite", "refuse", "lower"]), st.sampled_from(sorted(Role)), st.booleans(), st.booleans())
def test_only_steps_of_the_table_come_about(name: str, role: Role, supported: bool, is_urgent: bool) -> None:
    case, by = URGENT if is_urgent else CASE, somebody(role)
    rows = [row for row in STEPS if row.name == name and role in row.roles and case.priority in row.sources]

    try:
        _, priority = take(name, by, replace(SAID, supported_by_physician=supported), case)
    except (IllegalMove, RoleNotAllowed):
        return
    assert priority in {row.to for row in rows}
    assert priority is Priority.EXPEDITED or role in CLINICIANS

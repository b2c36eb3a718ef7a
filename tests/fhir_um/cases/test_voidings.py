"""Entries made in error: it takes two people, and what was used stays."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from fhir_um.cases.model import Case, Course, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import Review, Voiding, VoidState
from fhir_um.cases.roles import Role
from fhir_um.cases.steps import Lacking
from fhir_um.cases.voidings import STEPS, VoidSaid, next_voiding, voided
from fhir_um.errors import IllegalMove, RoleNotAllowed
from tests.builders import AT, case_of
from tests.fhir_um.cases.stepping import ACTS, somebody, walk

CASE = case_of(Course.APPROVE, Course.PEND_REVIEW)
MANAGER, OFFICER = somebody(Role.OPERATIONS_MANAGER, "m-1"), somebody(Role.COMPLIANCE_PRIVACY, "c-1")
SAID = VoidSaid((1,), "Keyed in for another member.", "It was keyed in rightly.")


def take(
    voiding: Any, name: str, by: Any, said: VoidSaid = SAID, case: Case = CASE, used: frozenset[int] = frozenset()
) -> Voiding:
    return next_voiding(case, voiding, name, said, by, AT, "v-1", used)


def faults(voiding: Any, name: str, by: Any, said: VoidSaid = SAID, **more: Any) -> list[str]:
    with pytest.raises(Lacking) as refused:
        take(voiding, name, by, said, **more)
    return [issue.path for issue in refused.value.issues]


def test_one_proposes_and_another_confirms() -> None:
    proposed = take(None, "propose", MANAGER)
    confirmed = take(proposed, "confirm", OFFICER)

    assert (proposed.state, proposed.proposed_by, proposed.sequences) == (VoidState.PROPOSED, MANAGER, (1,))
    assert (confirmed.state, confirmed.decided_by) == (VoidState.CONFIRMED, OFFICER)
    assert faults(proposed, "confirm", replace(OFFICER, id="m-1")) == ["reviewer"]
    for step, role in (("confirm", MANAGER), ("propose", OFFICER)):
        with pytest.raises((RoleNotAllowed, IllegalMove)):
            take(proposed, step, role)


def test_it_is_refused_with_a_reason() -> None:
    proposed = take(None, "propose", MANAGER)

    assert faults(proposed, "refuse", OFFICER, VoidSaid()) == ["note"]
    assert take(proposed, "refuse", OFFICER).note == SAID.note


def test_an_authorization_that_was_used_is_not_voided() -> None:
    proposed = take(None, "propose", MANAGER)

    assert faults(None, "propose", MANAGER, used=frozenset({1})) == ["lines"]
    assert faults(proposed, "confirm", OFFICER, used=frozenset({1})) == ["lines"]


def test_everything_it_lacks_is_told() -> None:
    assert faults(None, "propose", MANAGER, VoidSaid((9,))) == ["lines", "reason"]
    proposed = replace(CASE, review=Review(voidings=(take(None, "propose", MANAGER),)))
    assert faults(None, "propose", MANAGER, case=proposed) == ["lines"]


def test_a_line_that_is_over_is_not_voided() -> None:
    over = replace(CASE, lines=(replace(CASE.lines[0], state=LineState.WITHDRAWN), CASE.lines[1]))

    assert faults(None, "propose", MANAGER, case=over) == ["lines"]
    assert faults(take(None, "propose", MANAGER), "confirm", OFFICER, case=over) == ["lines"]


def test_the_line_is_off_the_books_and_still_found() -> None:
    line = voided(CASE.lines[0], AT, OFFICER)

    assert (line.state, line.decision.reason, line.due_at) == (LineState.VOIDED, Reason.VOIDED, None)
    assert line.authorization_number == CASE.lines[0].authorization_number


@settings(max_examples=60)
@given(ACTS)
def test_only_steps_of_the_table_come_about(acts: list[Any]) -> None:
    states = walk(STEPS, acts, take, lambda full: SAID if full else VoidSaid((1,)))

    assert states[:1] in ([], [VoidState.PROPOSED])
    assert len(states) <= 2

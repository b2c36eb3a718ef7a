"""Nobody decides on what they ordered, and nobody answers as the specialist they asked themselves."""

from dataclasses import replace

import pytest

from fhir_um.cases.deciders import Decider
from fhir_um.cases.independence import conflicts
from fhir_um.cases.model import Course, LineState
from fhir_um.cases.review import OpinionState, Review, SpecialistOpinion
from fhir_um.cases.roles import Role
from tests.builders import AT, case_of

ASKER = Decider("dr-1", Role.PHYSICIAN, human=True, npi="1910200405")
PEER = Decider("dr-2", Role.PEER, human=True, npi="1910140148")
CASE = case_of(Course.PEND_REVIEW)
LINE = replace(
    CASE.lines[0], state=LineState.SPECIALIST_REVIEW, decision=replace(CASE.lines[0].decision, decider=ASKER)
)


def places(by: Decider, specialist: Decider | None = None, is_specialist: bool = True) -> list[str]:
    asked = SpecialistOpinion("o", 1, OpinionState.ACCEPTED, "cardiology", "Is it?", ASKER, AT, specialist=specialist)
    case = replace(CASE, review=Review(opinions=(asked,) if specialist else ()))
    return [fault.path for fault in conflicts(case, LINE, by, is_specialist, "lines[0]")]


@pytest.mark.parametrize("npi", sorted(CASE.request.provider_npis))
def test_nobody_decides_on_their_own_request(npi) -> None:
    assert places(replace(PEER, npi=npi), is_specialist=False) == ["reviewer.npi"]


def test_the_specialist_is_not_the_one_who_asked() -> None:
    assert places(PEER) == places(PEER, PEER) == []
    assert places(replace(ASKER, role=Role.PEER)) == places(replace(PEER, id="DR-1")) == ["lines[0]"]
    assert places(replace(ASKER, role=Role.PEER), is_specialist=False) == []


def test_a_question_that_was_accepted_is_with_whoever_accepted_it() -> None:
    assert places(replace(PEER, id="dr-3", npi="1910030034"), PEER) == ["lines[0]"]

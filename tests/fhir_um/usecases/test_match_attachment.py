"""A person finds the request of a document; once, for their own payer, and everything follows as if it had fitted."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fhir_um.cases.model import LineState
from fhir_um.cases.roles import ENGINE
from fhir_um.errors import Kind, Refusal, RoleNotAllowed
from fhir_um.usecases.match_attachment import Matching, match_attachment
from fhir_um.usecases.read_attachments import attachments_of, held_attachments
from fhir_um.usecases.submit_claim import submit_claim
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.attached import NURSE, REPORT, StillChart, attach, call, document, form, oxygen


@pytest.fixture
def case(deps):
    return submit_claim(deps, a_caller(), oxygen())


def held(deps, what):
    attach(deps, call("a-typo", what))
    (row,) = held_attachments(deps, a_caller(), 10)
    return row


def match(deps, row, case, lines=(1,), final=True, who=NURSE, caller=None):
    return match_attachment(deps, caller or a_caller("um"), row.id, Matching(case.id, lines, final, who), StillChart)


def test_an_answered_form_approves(deps, case) -> None:
    after = match(deps, held(deps, form(86)), case)

    assert (after.version, after.line(1).state) == (2, LineState.APPROVED)
    assert held_attachments(deps, a_caller(), 10) == ()
    assert deps.store.verify().faults == []


@pytest.mark.parametrize(("final", "state"), [(True, LineState.NURSE_REVIEW), (False, LineState.PENDED_INFO)])
def test_a_paper_ends_the_waiting_when_the_person_says_so(deps, case, final, state) -> None:
    after = match(deps, held(deps, document(REPORT)), case, final=final)

    assert after.line(1).state is state
    assert [row.matched_by for row in attachments_of(deps, a_caller(), case.id)] == ["rn-1"]


def test_two_people_at_once_match_it_once(deps, case) -> None:
    row = held(deps, document(REPORT))

    def one(_) -> str:
        try:
            return str(match(deps, row, case, final=False).version)
        except Refusal as refusal:
            return refusal.kind.value

    with ThreadPoolExecutor(2) as people:
        outcomes = sorted(people.map(one, range(2)))

    assert outcomes == ["2", Kind.CONFLICT.value]


def test_another_payers_people_find_nothing(deps, case) -> None:
    row = held(deps, document(REPORT))

    with pytest.raises(Refusal) as refused:
        match(deps, row, case, caller=a_caller("um-2", "prairie"))

    assert refused.value.kind is Kind.NOT_FOUND
    assert held_attachments(deps, a_caller(), 10) == (row,)


def test_software_matches_nothing(deps, case) -> None:
    with pytest.raises(RoleNotAllowed):
        match(deps, held(deps, document(REPORT)), case, who=ENGINE)

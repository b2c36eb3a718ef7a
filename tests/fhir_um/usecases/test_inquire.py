"""What an asker may learn, and nothing more."""

from dataclasses import replace

import pytest

from fhir_um.cases.asked import PriorClaim
from fhir_um.cases.inquiry import Inquiry, LineFilter
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import Decider
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.inquire import inquire
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code
from tests.builders import line_request, party
from tests.fhir_um.usecases.asking import CLINIC, a_caller, ask, insurer, member_with, sent

PHYSICIAN = Decider("dr-1", Role.PHYSICIAN, human=True, npi="1910140148")


def _inquiry(asker=CLINIC, **changes) -> Inquiry:
    asked = ask()
    made = Inquiry(asked.payer, asker, (asker,), frozenset(), asked.member, asked.coverage)
    return replace(made, **changes)


@pytest.fixture
def case(deps):
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"))))


@pytest.mark.spec("pas:spec-46")
def test_the_submitter_finds_its_case(deps, case) -> None:
    assert [found.id for found, _ in inquire(deps, a_caller(), _inquiry())] == [case.id]


@pytest.mark.spec("pas:spec-52")
@pytest.mark.spec("pas:spec-53")
def test_another_system_finds_it_only_by_a_provider_of_the_case(deps, case) -> None:
    stranger, same = a_caller("other-ehr"), _inquiry(CLINIC)

    assert [found.id for found, _ in inquire(deps, stranger, same)] == [case.id]
    assert inquire(deps, stranger, _inquiry(party("1910040041"))) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"member": member_with("NOBODY", "Whitfield"), "coverage": None},
        {"member": member_with("H1001-6103", "Somebody")},
        {"payer": insurer("1111111112")},
        {"lines": (LineFilter(authorization_number="A-unknown"),)},
    ],
)
def test_what_does_not_fit_is_no_match_and_nothing_more(deps, case, changes) -> None:
    assert inquire(deps, a_caller(), _inquiry(**changes)) == ()


@pytest.mark.spec("pas:spec-47")
@pytest.mark.spec("pas:spec-48")
def test_a_replaced_number_finds_the_current_authorization(deps, case) -> None:
    ruling = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "")
    approved = decide_case(deps, a_caller(), case.id, 1, PHYSICIAN, (ruling,))
    old = approved.line(1).authorization_number
    renewal = line_request(1, "K0823", certification_type=Code("https://codesystem.x12.org/005010/1322", "R"))
    update = ask(renewal, prior=PriorClaim(case.request.claim_url), claim_url="urn:second")
    renewed = submit_claim(deps, a_caller(), sent(update))

    ((found, _),) = inquire(deps, a_caller(), _inquiry(authorization_number=old))

    assert found == renewed
    assert renewed.line(1).authorization_number != old


def test_several_requests_of_one_member_are_all_found(deps, case) -> None:
    second = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"))))

    assert {found.id for found, _ in inquire(deps, a_caller(), _inquiry())} == {case.id, second.id}


# --- by a number of one's own, when the member or the payer was not established -------------------------------------

WRONG_NUMBER = member_with("H9999-0000", "Whitfield", ask().member.birth_date)
WRONG_NAME = member_with("H1001-6103", "Whitfeild")
ELSEWHERE = {"full_url": "https://ehr.example.test/fhir/Patient/another-address"}


def _reference(case) -> str:
    return case.lines[0].administrative_reference


@pytest.mark.parametrize("sent_as", [WRONG_NUMBER, WRONG_NAME])
@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("address", [{}, ELSEWHERE])
def test_a_number_given_for_an_unknown_member_finds_its_case(deps, sent_as, corrected, address) -> None:
    waiting = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), member=sent_as)))
    named = replace(ask().member if corrected else sent_as, **address)
    wanted = _inquiry(member=named, coverage=None, administrative_reference=_reference(waiting).lower())

    assert waiting.member_id == ""
    assert [found.id for found, _ in inquire(deps, a_caller(), wanted)] == [waiting.id]
    assert inquire(deps, a_caller("other-ehr"), wanted) == ()
    assert inquire(deps, a_caller(), replace(wanted, administrative_reference="R0")) == ()
    assert inquire(deps, a_caller(), replace(wanted, administrative_reference="")) == ()


@pytest.mark.parametrize("named", [ask().member, WRONG_NUMBER])
def test_once_corrected_the_number_finds_it_under_the_member_and_as_first_sent(deps, named) -> None:
    waiting = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), member=WRONG_NUMBER)))
    update = ask(line_request(1, "K0823"), prior=PriorClaim(waiting.request.claim_url), claim_url="urn:corrected")
    corrected = submit_claim(deps, a_caller(), sent(update))

    found = inquire(
        deps, a_caller(), _inquiry(member=named, coverage=None, administrative_reference=_reference(waiting))
    )

    assert (corrected.id, bool(corrected.member_id)) == (waiting.id, True)
    assert [case for case, _ in found] == [corrected]


@pytest.mark.parametrize("insurer_asked", [insurer("1111111112"), ask().payer])
def test_a_number_given_for_an_unknown_payer_finds_its_case(deps, insurer_asked) -> None:
    waiting = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), payer=insurer("1111111112"))))
    wanted = _inquiry(payer=insurer_asked, administrative_reference=_reference(waiting))

    assert "T4" in {error.code for error in waiting.errors}
    assert [found.id for found, _ in inquire(deps, a_caller(), wanted)] == [waiting.id]
    assert insurer_asked == ask().payer or inquire(deps, a_caller("other-ehr"), wanted) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"member": member_with("H1006-5409", "Castellano"), "coverage": None},
        {"member": member_with("H1001-6103", "Somebody"), "coverage": None},
        {"payer": insurer("1111111112")},
    ],
)
def test_a_number_of_an_established_member_is_no_way_around_the_members_data(deps, case, changes) -> None:
    assert case.member_id
    assert inquire(deps, a_caller(), _inquiry(administrative_reference=_reference(case), **changes)) == ()


def test_a_number_does_not_lead_from_another_known_member_to_a_corrected_case(deps) -> None:
    theirs = replace(member_with("H1006-5409", "Whitfield"), birth_date=ask().member.birth_date)
    waiting = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), member=theirs)))
    update = ask(line_request(1, "K0823"), prior=PriorClaim(waiting.request.claim_url), claim_url="urn:corrected")
    submit_claim(deps, a_caller(), sent(update))
    other = member_with("H1006-5409", "Castellano")

    wanted = _inquiry(member=other, coverage=None, administrative_reference=_reference(waiting))

    assert waiting.member_id == ""
    assert inquire(deps, a_caller(), wanted) == ()

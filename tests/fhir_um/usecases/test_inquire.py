"""What an asker may learn, and nothing more."""

from dataclasses import replace

import pytest

from fhir_um.cases.asked import ClaimedDiagnosis, PriorClaim
from fhir_um.cases.history import Journal
from fhir_um.cases.inquiry import Inquiry, LineFilter
from fhir_um.cases.model import EventKind
from fhir_um.cases.roles import ENGINE
from fhir_um.usecases.inquire import inquire
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code, Concept
from profiles.canonicals import ICD10_CM
from tests.builders import line_request, party
from tests.fhir_um.deciding import approval, decided
from tests.fhir_um.usecases.asking import CLINIC, a_caller, ask, found_by, insurer, member_with, sent

BY_A_STRANGER = {"requester": party("1910040041"), "requester_parties": (party("1910040041"),), "care_team": ()}


def _inquiry(asker=CLINIC, **changes) -> Inquiry:
    asked = ask()
    made = Inquiry(asked.payer, asker, (asker,), frozenset(), asked.member, asked.coverage)
    return replace(made, **changes)


@pytest.fixture
def case(deps):
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"))))


@pytest.mark.spec("pas:spec-46")
def test_the_submitter_finds_its_case(deps, case) -> None:
    assert [found.id for found, _ in found_by(deps, a_caller(), _inquiry())] == [case.id]


@pytest.mark.spec("pas:spec-52")
@pytest.mark.spec("pas:spec-53")
def test_another_system_finds_it_only_by_a_provider_of_the_case(deps, case) -> None:
    stranger, same = a_caller("other-ehr"), _inquiry(CLINIC)

    assert [found.id for found, _ in found_by(deps, stranger, same)] == [case.id]
    assert found_by(deps, stranger, _inquiry(party("1910040041"))) == ()


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
    assert found_by(deps, a_caller(), _inquiry(**changes)) == ()


@pytest.mark.spec("pas:spec-47")
@pytest.mark.spec("pas:spec-48")
def test_a_replaced_number_finds_the_current_authorization(deps, case) -> None:
    approved = decided(deps, a_caller(), case.id, approval())
    old = approved.line(1).authorization_number
    renewal = line_request(1, "K0823", certification_type=Code("https://codesystem.x12.org/005010/1322", "R"))
    update = ask(renewal, prior=PriorClaim(case.request.claim_url), claim_url="urn:second")
    renewed = submit_claim(deps, a_caller(), sent(update))

    ((found, _),) = found_by(deps, a_caller(), _inquiry(authorization_number=old))

    assert found == renewed
    assert renewed.line(1).authorization_number != old


def test_several_requests_of_one_member_are_all_found(deps, case) -> None:
    second = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"))))

    assert {found.id for found, _ in found_by(deps, a_caller(), _inquiry())} == {case.id, second.id}


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
    assert [found.id for found, _ in found_by(deps, a_caller(), wanted)] == [waiting.id]
    assert found_by(deps, a_caller("other-ehr"), wanted) == ()
    assert found_by(deps, a_caller(), replace(wanted, administrative_reference="R0")) == ()
    assert found_by(deps, a_caller(), replace(wanted, administrative_reference="")) == ()


@pytest.mark.parametrize("named", [ask().member, WRONG_NUMBER])
def test_once_corrected_the_number_finds_it_under_the_member_and_as_first_sent(deps, named) -> None:
    waiting = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), member=WRONG_NUMBER)))
    update = ask(line_request(1, "K0823"), prior=PriorClaim(waiting.request.claim_url), claim_url="urn:corrected")
    corrected = submit_claim(deps, a_caller(), sent(update))

    found = found_by(
        deps, a_caller(), _inquiry(member=named, coverage=None, administrative_reference=_reference(waiting))
    )

    assert (corrected.id, bool(corrected.member_id)) == (waiting.id, True)
    assert [case for case, _ in found] == [corrected]


@pytest.mark.parametrize("insurer_asked", [insurer("1111111112"), ask().payer])
def test_a_number_given_for_an_unknown_payer_finds_its_case(deps, insurer_asked) -> None:
    waiting = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), payer=insurer("1111111112"))))
    wanted = _inquiry(payer=insurer_asked, administrative_reference=_reference(waiting))

    assert "T4" in {error.code for error in waiting.errors}
    assert [found.id for found, _ in found_by(deps, a_caller(), wanted)] == [waiting.id]
    assert insurer_asked == ask().payer or found_by(deps, a_caller("other-ehr"), wanted) == ()


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
    assert found_by(deps, a_caller(), _inquiry(administrative_reference=_reference(case), **changes)) == ()


def test_a_number_does_not_lead_from_another_known_member_to_a_corrected_case(deps) -> None:
    theirs = replace(member_with("H1006-5409", "Whitfield"), birth_date=ask().member.birth_date)
    waiting = submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), member=theirs)))
    update = ask(line_request(1, "K0823"), prior=PriorClaim(waiting.request.claim_url), claim_url="urn:corrected")
    submit_claim(deps, a_caller(), sent(update))
    other = member_with("H1006-5409", "Castellano")

    wanted = _inquiry(member=other, coverage=None, administrative_reference=_reference(waiting))

    assert waiting.member_id == ""
    assert found_by(deps, a_caller(), wanted) == ()


# --- sensitive care -------------------------------------------------------------------------------------------------

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OPIOIDS = (ClaimedDiagnosis(1, Concept((Code(ICD10_CM, "F11.20"),)), None, None),)


@pytest.fixture
def sensitive(deps):
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), diagnoses=OPIOIDS)))


def _untagged(deps, case) -> None:
    """As it was kept before anybody looked at codes."""
    with deps.open_work() as work:
        held = work.load_case_for_change(case.payer_id, case.id)
        events = Journal(held, deps.clock(), ENGINE)
        events.header(EventKind.AMENDED, replace(held, sensitivity=None))
        work.save_case(events.case, held.version, tuple(events.events), (), ())


@pytest.mark.spec("hrex:sec-5", "hrex:sec-17")
@pytest.mark.spec("pas:spec-49")
@pytest.mark.parametrize("tagged", [True, False])
def test_sensitive_care_is_told_to_others_by_number_only(deps, sensitive, tagged) -> None:
    assert sensitive.sensitivity == ("substance-use",)
    if not tagged:
        _untagged(deps, sensitive)
    stranger, number = a_caller("other-ehr"), _reference(sensitive)

    assert found_by(deps, stranger, _inquiry()) == ()
    assert [c.id for c, _ in found_by(deps, stranger, _inquiry(administrative_reference=number))] == [sensitive.id]
    assert [c.id for c, _ in found_by(deps, a_caller(), _inquiry())] == [sensitive.id]
    assert [c.id for c, _ in found_by(deps, a_caller(), _inquiry(administrative_reference=number))] == [sensitive.id]
    foreign = _inquiry(party("1910040041"), administrative_reference=number)
    assert found_by(deps, stranger, foreign) == ()


@ON_SQLITE
def test_an_ordinary_case_nobody_looked_at_is_told(deps, case) -> None:
    _untagged(deps, case)

    assert [found.id for found, _ in found_by(deps, a_caller("other-ehr"), _inquiry())] == [case.id]


@ON_SQLITE
def test_a_client_of_the_same_organisation_is_the_submitter(deps, sensitive) -> None:
    twin = replace(a_caller("another-client"), organisation="ehr-1")

    assert [found.id for found, _ in found_by(deps, twin, _inquiry())] == [sensitive.id]


@ON_SQLITE
def test_a_case_that_becomes_sensitive_is_withheld_and_stays_so(deps, case) -> None:
    stranger = a_caller("other-ehr")
    update = ask(
        line_request(1, "K0823"), prior=PriorClaim(case.request.claim_url), claim_url="urn:2", diagnoses=OPIOIDS
    )
    submit_claim(deps, a_caller(), sent(update))
    assert found_by(deps, stranger, _inquiry()) == ()

    back = ask(line_request(1, "K0823"), prior=PriorClaim("urn:2"), claim_url="urn:3")
    assert submit_claim(deps, a_caller(), sent(back)).id == case.id

    assert found_by(deps, stranger, _inquiry()) == ()


@ON_SQLITE
@pytest.mark.spec("pas:spec-50")
def test_whether_something_was_withheld_does_not_show(deps, sensitive) -> None:
    """The warning follows from the question alone, for whoever asks and whatever is on file."""
    stranger, nobody = a_caller("other-ehr"), member_with("NOBODY", "Whitfield")

    told = [
        inquire(deps, caller, asked)
        for caller in (stranger, a_caller())
        for asked in (_inquiry(), _inquiry(member=nobody, coverage=None), _inquiry(party("1910040041")))
    ]

    assert {(one.is_broad, one.contact) for one in told} == {(True, "Utilization management, +1 555 0100")}
    assert told[0] == told[1] == told[2]
    assert not inquire(deps, stranger, _inquiry(authorization_number="A-unknown")).is_broad


@pytest.mark.spec("hrex:sec-5")
@ON_SQLITE
def test_records_under_part_2_are_marked_for_others_alone(deps, sensitive) -> None:
    asked = _inquiry(administrative_reference=_reference(sensitive))

    assert inquire(deps, a_caller("other-ehr"), asked).under_part_2 == {sensitive.id}
    assert inquire(deps, a_caller(), asked).under_part_2 == frozenset()


def test_whoever_asks_is_told_which_requests_are_their_own(deps, case) -> None:
    asked = _inquiry(CLINIC)

    assert inquire(deps, a_caller(), asked).own == {case.id}
    assert inquire(deps, a_caller("other-ehr"), asked).own == frozenset()


def test_a_provider_of_the_request_before_is_none_of_it_now(deps, case) -> None:
    update = ask(
        line_request(1, "K0823"), prior=PriorClaim(case.request.claim_url), claim_url="urn:second", **BY_A_STRANGER
    )
    submit_claim(deps, a_caller(), sent(update))

    assert found_by(deps, a_caller("other-ehr"), _inquiry()) == ()
    assert [c.id for c, _ in found_by(deps, a_caller("other-ehr"), _inquiry(party("1910040041")))] == [case.id]

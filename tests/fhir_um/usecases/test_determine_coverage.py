"""What an EHR is told while somebody orders, and that it is what a submission would have come to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks.desk import Amount, Coding, Covered, DocNeeded, DocPurpose, InfoNeeded, NotOurs, PaNeeded, ReasonCode
from fhir_um.api.hook_desk import HookDesk
from fhir_um.cases.asked import PriorClaim
from fhir_um.cases.lifecycle import ENGINE_MOVES
from fhir_um.cases.model import AUTHORIZED, PENDED, LineState, PayerId
from fhir_um.settings import Settings
from fhir_um.translate.order_in import Loose, evidence_in, orders_in
from fhir_um.usecases.asserting import ANSWERS
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Identifier
from tests.builders import AT
from tests.fhir_um.asking_hooks import (
    COPD,
    COVERAGE,
    CPT,
    EHR,
    HCPCS,
    PATIENT,
    PAYOR,
    THIS_YEAR,
    TWELVE,
    order,
    question,
    saturation,
)
from tests.fhir_um.usecases.asking import a_caller, ask, sent

LOW = (COPD, saturation())


@pytest.fixture
def desk(deps):
    return HookDesk(deps, Settings(public_url="https://payer.example.org"))


@pytest.fixture
def quick(lite):
    """On SQLite alone."""
    return HookDesk(lite, Settings(public_url="https://payer.example.org"))


def told(desk, *orders, chart=(), **changes):
    """What is said about a single order."""
    answered = desk.answer(question(*orders, chart=chart, **changes))
    ((only,),) = answered.assertions.values()
    return only


def cases_of(desk):
    with desk.deps.open_reading() as work:
        return work.find_for_inquiry("harbor", "harbor-1001", frozenset(), 50)


# --- authorizations earned and found --------------------------------------------------------------------------------


@pytest.mark.spec("crd:resp-29")
def test_an_order_whose_criteria_are_met_is_authorized_at_once(desk):
    only = told(desk, order(quantity=TWELVE), chart=LOW)

    (case,) = cases_of(desk)
    (line,) = case.lines
    assert (only.covered, only.pa_needed, only.satisfied_pa_id) == (
        Covered.COVERED,
        PaNeeded.SATISFIED,
        line.authorization_number,
    )
    assert (line.state, line.request.quantity.value, case.sender) == (LineState.APPROVED, Decimal(12), "ehr-1")
    assert [(d.code, d.value.value if d.code == "allowed-quantity" else d.value.end) for d in only.details] == [
        ("allowed-quantity", Decimal(12)),
        ("allowed-period", line.period.end),
    ]
    assert only.expires == line.period.end


@pytest.mark.spec("crd:resp-29")
def test_the_assertion_of_an_authorization_is_kept_with_it(desk):
    only = told(desk, order(), chart=LOW)

    with desk.deps.open_reading() as work:
        (kept,) = work.guidance("harbor", (only.id,))
    assert (kept.number, kept.policy_id, kept.member_id) == (only.satisfied_pa_id, "home-oxygen", "harbor-1001")
    assert kept.policy_hash


def test_the_same_order_again_is_covered_by_the_authorization_on_file(desk):
    first, again = told(desk, order(), chart=LOW), told(desk, order(), chart=LOW)

    assert again.satisfied_pa_id == first.satisfied_pa_id
    assert again.id != first.id
    assert len(cases_of(desk)) == 1


@pytest.mark.parametrize(
    "beyond",
    [{"quantity": TWELVE}, {"period": replace(THIS_YEAR, end=date(2027, 9, 1))}, {"codes": (Coding(HCPCS, "E1391"),)}],
    ids=["more", "longer", "another"],
)
def test_an_authorization_covers_its_code_days_and_amount_only(quick, beyond):
    first = told(quick, order(), chart=LOW)

    other = told(quick, order(**beyond))

    assert other.satisfied_pa_id == ""
    assert first.satisfied_pa_id
    assert other.pa_needed is PaNeeded.AUTH_NEEDED


def test_one_authorization_covers_one_order_of_a_call(quick):
    told(quick, order(), chart=LOW)

    answered = quick.answer(question(order(id="a"), order(id="b"), chart=LOW))

    (one,), (other,) = answered.assertions.values()
    assert one.pa_needed is PaNeeded.SATISFIED
    assert other.pa_needed is PaNeeded.AUTH_NEEDED


def test_two_equal_orders_of_a_call_do_not_both_get_an_authorization(quick):
    answered = quick.answer(question(order(id="a"), order(id="b"), chart=LOW))

    assert [row[0].pa_needed for row in answered.assertions.values()] == [PaNeeded.SATISFIED, PaNeeded.AUTH_NEEDED]
    assert len(cases_of(quick)) == 1


@pytest.mark.spec("crd:found-35")
@pytest.mark.parametrize("changes", [{"determine": False}, {"is_secondary": True, "hook": "order-select"}])
def test_a_what_if_and_a_choice_get_no_new_number(quick, changes):
    only = told(quick, order(), chart=LOW, **changes)

    assert (only.pa_needed, only.satisfied_pa_id) == (PaNeeded.AUTH_NEEDED, "")
    assert cases_of(quick) == ()
    assert "met" in only.reasons[0].text


def test_an_unknown_requester_gets_no_number(quick):
    only = told(quick, order(requester_npis=("1999999992",)), chart=LOW)

    assert (only.pa_needed, only.satisfied_pa_id) == (PaNeeded.AUTH_NEEDED, "")


def test_an_order_of_a_denied_case_is_not_covered_by_it(quick):
    """Only what is authorized covers."""
    only = told(quick, order("K0823"))

    assert only.pa_needed is PaNeeded.AUTH_NEEDED


# --- what else is told ----------------------------------------------------------------------------------------------


@pytest.mark.spec("crd:resp-38")
def test_missing_facts_are_named_with_the_form_of_the_policy(desk):
    only = told(desk, order("72148", CPT))

    assert (only.covered, only.pa_needed) == (Covered.COVERED, PaNeeded.AUTH_NEEDED)
    assert (only.doc_needed, only.doc_purpose) == ((DocNeeded.CLINICAL,), (DocPurpose.WITH_PA,))
    policy = desk.deps.policies.policy("lumbar-spine-mri")
    assert only.questionnaires == (f"https://payer.example.org/fhir/Questionnaire/lumbar-spine-mri|{policy.version}",)
    assert "how many weeks the symptoms have lasted" in only.reasons[0].text
    assert only.contacts[0].telecom == (("phone", "+1 555 0100"),)
    assert cases_of(desk) == ()


@pytest.mark.spec("crd:hook-19")
def test_nothing_is_asked_of_somebody_who_is_choosing(quick):
    only = told(quick, order("72148", CPT), is_secondary=True, hook="order-select")

    assert (only.doc_needed, only.doc_purpose, only.questionnaires) == ((), (), ())
    assert only.pa_needed is PaNeeded.AUTH_NEEDED


def test_a_free_service_needs_nothing(desk):
    only = told(desk, order("G0399"))

    assert (only.covered, only.pa_needed, only.doc_purpose) == (Covered.COVERED, PaNeeded.NO_AUTH, ())
    assert only.expires == only.on + timedelta(days=90)


def test_an_excluded_service_is_not_covered(quick):
    only = told(quick, order("A9300"))

    assert (only.covered, only.pa_needed) == (Covered.NOT_COVERED, None)
    assert "does not cover" in only.reasons[0].text


def test_a_billing_code_no_rule_names_is_not_guessed_about(quick):
    only = told(quick, order("Z9999"))

    assert (only.covered, only.pa_needed, only.info_needed) == (Covered.INDETERMINATE, PaNeeded.INDETERMINATE, ())
    assert only.reasons[0].code is None


@pytest.mark.parametrize("code", [("", ""), ("229070002", "http://snomed.info/sct")])
def test_an_order_too_coarse_for_rules_waits_for_a_finer_code(quick, code):
    only = told(quick, order(*code))

    assert (only.covered, only.pa_needed) == (Covered.CONDITIONAL, PaNeeded.CONDITIONAL)
    assert only.info_needed == (InfoNeeded.DETAIL_CODE,)


@pytest.mark.spec("crd:billopt-2")
@pytest.mark.spec("crd:billopt-3")
def test_a_billing_option_decides_where_the_order_has_no_code_of_its_own(quick):
    """Found by the billing code, and said to hold for it."""
    snomed = Coding("http://snomed.info/sct", "229070002")

    only = told(quick, order(codes=(snomed, Coding(HCPCS, "G0399"))))

    assert only.pa_needed is PaNeeded.NO_AUTH
    assert [code.code for code in only.billing_codes] == ["G0399"]


@pytest.mark.spec("crd:found-10")
def test_cpt_under_the_address_of_hcpcs_is_the_same_code(quick):
    assert told(quick, order("72148", HCPCS)).questionnaires == told(quick, order("72148", CPT)).questionnaires


def test_two_orders_share_what_is_left_of_a_benefit(quick):
    """Twelve visits need no authorization: two orders of eight do."""
    eight = Amount(Decimal(8), "")
    orders = [order("97110", CPT, id=i, quantity=eight) for i in "ab"]

    answered = quick.answer(question(*orders))

    assert [row[0].pa_needed is PaNeeded.NO_AUTH for row in answered.assertions.values()] == [True, False]


# --- who is insured -------------------------------------------------------------------------------------------------


@pytest.mark.spec("crd:resp-42")
@pytest.mark.spec("crd-check:87")
@pytest.mark.spec("crd:resp-44")
def test_a_stranger_is_not_covered(desk):
    patient = PATIENT | {"identifier": [{"value": "NOBODY"}]}
    only = told(desk, patient=patient, coverage=COVERAGE | {"subscriberId": "NOBODY"})

    assert (only.covered, only.pa_needed) == (Covered.NOT_COVERED, None)
    assert only.reasons[0].code is ReasonCode.NO_MEMBER_FOUND


@pytest.mark.spec("crd:resp-43")
def test_a_stranger_whose_record_could_not_be_read_may_be_none(quick):
    coverage = COVERAGE | {"subscriberId": "NOBODY"}
    only = told(
        quick, patient=None, coverage=coverage, missing={"Patient": "late"}, resources={"Coverage/cov": coverage}
    )

    assert only.covered is Covered.INDETERMINATE
    assert only.reasons[0].code is ReasonCode.TECHNICAL


@pytest.mark.spec("crd-check:87")
@pytest.mark.spec("crd:resp-45")
def test_coverage_that_is_over_is_not_covered(quick):
    only = told(quick, order(), at=AT - timedelta(days=365 * 30))

    assert only.covered is Covered.NOT_COVERED
    assert only.reasons[0].code is ReasonCode.NO_ACTIVE_COVERAGE


@pytest.mark.spec("crd:resp-44", "crd-check:87")
def test_member_without_any_coverage_on_file_is_told_so(quick):
    with quick.deps.open_work() as work:
        (member,) = work.find_members(PayerId("harbor"), (Identifier("", "H1001-6103"),))
        work.save_members((replace(member, enrollments=()),))

    only = told(quick, order())

    assert only.covered is Covered.NOT_COVERED
    assert only.reasons[0].code is ReasonCode.COVERAGE_NOT_FOUND


@pytest.mark.spec("crd:hook-13")
def test_another_payers_coverage_is_not_ours(quick):
    stranger = PAYOR | {"identifier": [{"system": "urn:other", "value": "1"}]}

    with pytest.raises(NotOurs):
        quick.answer(question(resources={"Organization/harbor": stranger, "Coverage/cov": COVERAGE}))


@pytest.mark.spec("crd:resp-51")
def test_a_coverage_that_names_no_payer_is_of_the_one_who_knows_the_member(quick):
    bare = COVERAGE | {"payor": [{"display": "Harbor"}]}

    assert told(quick, order("G0399"), coverage=bare).pa_needed is PaNeeded.NO_AUTH


def test_without_a_coverage_nothing_is_said(quick):
    answered = quick.answer(question(coverage=None, coverage_ref=""))

    assert answered.assertions == {}
    assert answered.source_label


# --- again ----------------------------------------------------------------------------------------------------------


def carrying(made, coverage="Coverage/cov"):
    """An order that carries that assertion."""
    parts = [
        {"url": "coverage", "valueReference": {"reference": coverage}},
        {"url": "coverage-assertion-id", "valueString": made.id},
    ]
    url = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
    return {"extension": [{"url": url, "extension": parts}]}


@pytest.mark.spec("crd-check:92")
@pytest.mark.spec("crd:resp-35")
@pytest.mark.spec("crd:resp-36")
def test_an_order_that_carries_our_answer_gets_the_same_one(desk, clock):
    first = told(desk, order(), chart=LOW)

    again = told(desk, order(resource=carrying(first)), chart=LOW, at=AT + timedelta(days=3))

    assert again == first


@pytest.mark.spec("crd:resp-32", "crd-check:84")
@pytest.mark.parametrize("carried", [{"coverage": "Coverage/other"}, {"coverage": f"{EHR}/Coverage/cov"}])
def test_only_an_answer_for_the_same_coverage_counts(quick, carried):
    first = told(quick, order(), chart=LOW)

    again = told(quick, order(resource=carrying(first, **carried)), chart=LOW)

    assert (again.id == first.id) is (carried["coverage"] != "Coverage/other")


@pytest.mark.spec("crd-check:84")
@pytest.mark.spec("crd:resp-32")
def test_every_answer_has_an_id_of_its_own(quick):
    answered = quick.answer(question(*(order("G0399", id=f"o{n}") for n in range(5))))

    assert len({row[0].id for row in answered.assertions.values()}) == 5


# --- as a submission would ------------------------------------------------------------------------------------------


def test_every_course_has_an_answer():
    assert ANSWERS.keys() == ENGINE_MOVES.keys()


@pytest.mark.spec("crd:found-11")
@pytest.mark.spec("crd:found-9")
def test_what_is_told_is_what_a_submission_comes_to(lite):
    desk = HookDesk(lite, Settings())
    codes = [("E1390", HCPCS), ("72148", CPT), ("G0399", HCPCS), ("K0823", HCPCS), ("A9300", HCPCS), ("Z9999", HCPCS)]
    codes += [("97110", CPT), ("E0601", HCPCS)]

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        code=st.sampled_from(codes),
        quantity=st.sampled_from([None, 1, 6, 12, 40]),
        percent=st.sampled_from(["86", "89", "95"]),
        has_chart=st.booleans(),
        days=st.sampled_from([None, 10, 400]),
    )
    def agree(code, quantity, percent, has_chart, days):
        period = (
            replace(THIS_YEAR, end=THIS_YEAR.start + timedelta(days=days)) if days else replace(THIS_YEAR, end=None)
        )
        amount = None if quantity is None else Amount(Decimal(quantity), "")
        chart = (COPD, saturation(percent)) if has_chart else ()
        asked = question(order(*code, quantity=amount, period=period), chart=chart, determine=False)
        ((only,),) = desk.answer(asked).assertions.values()
        loose = Loose.of(asked)
        (one,) = orders_in(loose)

        case = submit_claim(lite, a_caller(), sent(one.request, evidence=evidence_in(loose)))

        (line,) = case.lines
        assert _agrees(only, line, lite), (only, line.state, line.decision)

    agree()


def _agrees(only, line, deps) -> bool:
    if only.pa_needed is PaNeeded.SATISFIED:
        with deps.open_reading() as work:
            (case,) = work.find_for_inquiry("harbor", "harbor-1001", frozenset({only.satisfied_pa_id}), 2)
        return any(each.authorization_number == only.satisfied_pa_id for each in case.lines if each.state in AUTHORIZED)
    if only.pa_needed is PaNeeded.NO_AUTH:
        return line.state is LineState.NO_ACTION
    if only.covered is Covered.NOT_COVERED:
        return line.state is LineState.DENIED_ADMINISTRATIVE
    if only.covered is Covered.COVERED:
        return line.state in PENDED | {LineState.APPROVED}
    return line.state in PENDED


# --- at once --------------------------------------------------------------------------------------------------------


def test_the_same_order_signed_at_once_gets_one_authorization(desk):
    """Whoever comes second finds what the first one got."""
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(lambda _: told(desk, order(), chart=LOW), range(4)))

    assert len({only.satisfied_pa_id for only in answers}) == 1
    assert len(cases_of(desk)) == 1


def test_an_answer_without_an_authorization_writes_nothing(desk):
    told(desk, order("72148", CPT), chart=LOW)

    with desk.deps.store.engine.connect() as connection:
        counted = connection.exec_driver_sql("SELECT count(*) FROM coverage_assertions").scalar()
    assert counted == 0


def test_an_authorization_nobody_needs_is_cancelled_by_its_sender(quick):
    told(quick, order(), chart=LOW)
    (case,) = cases_of(quick)
    again = replace(
        ask(replace(case.lines[0].request, path="Bundle.entry[0].resource.item[0]")),
        prior=PriorClaim(case.request.claim_url),
        cancel_all=True,
    )

    cancelled = submit_claim(quick.deps, a_caller(), sent(again))

    assert (cancelled.id, cancelled.status) == (case.id, "cancelled")
    assert told(quick, order(), chart=LOW).satisfied_pa_id != case.lines[0].authorization_number

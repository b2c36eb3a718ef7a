"""The desk behind the counter: what it asks the chart for, and what it makes of advice."""

from decimal import Decimal

import pytest

from cds_hooks.desk import AdviceKind, Amount
from fhir_um.api.hook_desk import HookDesk
from fhir_um.settings import Settings
from tests.fhir_um.asking_hooks import COPD, COVERAGE, CPT, order, question, saturation
from tests.fhir_um.usecases.conftest import HandClock, _seeded


@pytest.fixture
def desk(sqlite_url):
    clock = HandClock()
    yield from (HookDesk(deps, Settings()) for deps in _seeded(sqlite_url, clock))


@pytest.mark.spec("crd:found-28")
@pytest.mark.spec("crd:found-5")
def test_the_chart_is_asked_for_what_the_policies_look_at(desk):
    searches = dict(desk.needs(question(order(), order("G0399", id="b"))).searches)

    assert searches.keys() == {"Condition", "Observation"}
    assert "code=http://loinc.org|2703-7," in searches["Observation"]
    assert searches["Condition"] == "patient={patient}"


def test_what_came_along_is_not_asked_for(desk):
    asked = question(order(), chart=(COPD, saturation()))

    assert [kind for kind, _ in desk.needs(asked).searches] == ["Observation"]
    assert "2708-6" not in dict(desk.needs(asked).searches)["Observation"]


@pytest.mark.spec("crd:found-28")
def test_an_order_no_policy_names_needs_nothing(desk):
    assert desk.needs(question(order("G0399"))).searches == ()


@pytest.mark.spec("crd:resp-53")
def test_an_order_proposed_instead_is_the_order_with_another_code(desk):
    sent = {"priority": "routine", "extension": [{"url": "urn:own", "valueString": "kept"}]}
    asked = question(order("K0823", resource=sent))

    answered = desk.answer(asked)

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.ALTERNATE_REQUEST]
    (action,) = card.suggestions[0].actions
    assert (action.type, action.resource["id"], action.resource["priority"]) == ("update", "o1", "routine")
    assert action.resource["code"]["coding"][0]["code"] != "K0823"
    assert action.resource["extension"] == sent["extension"]
    assert asked.orders[0].resource["code"]["coding"][0]["code"] == "K0823"


def test_an_order_that_goes_with_it_is_a_draft_for_the_same_patient(desk):
    requester = {"requester": {"reference": "Practitioner/1"}}
    answered = desk.answer(question(order(resource=requester), chart=(COPD, saturation())))

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.ADDITIONAL_ORDERS]
    (action,) = card.suggestions[0].actions
    assert (action.type, action.resource["subject"]) == ("create", {"reference": "Patient/nora"})
    assert action.resource["requester"] == requester["requester"]
    assert card.about == ("ServiceRequest/o1",)
    assert card.policy == "home-oxygen"


def test_advice_about_two_orders_is_one_card(desk):
    answered = desk.answer(question(order("72148", CPT, id="a"), order("72149", CPT, id="b")))

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.EXTERNAL_REFERENCE]
    assert card.about == ("ServiceRequest/a", "ServiceRequest/b")


@pytest.mark.spec("crd-check:97")
@pytest.mark.spec("crd:resp-4")
def test_the_insurer_is_named_as_on_the_card(desk):
    assert desk.answer(question(order("G0399"))).source_label == "Harbor Example Health Plan"


@pytest.mark.spec("crd:resp-62")
def test_a_form_is_a_task_of_the_insurer_for_the_orders_it_concerns(desk):
    answered = desk.answer(question(order("97110", CPT)))

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.FORM_COMPLETION]
    (action,) = card.suggestions[0].actions
    task = action.resource
    assert (action.type, task["resourceType"]) == ("create", "Task")
    assert task["input"][0]["valueCanonical"] == "http://127.0.0.1:8080/fhir/Questionnaire/outpatient-therapy|1.0.0"
    assert task["requester"] == {"reference": "Organization/harbor"}
    assert (task["for"], task["basedOn"]) == ({"reference": "Patient/nora"}, [{"reference": "ServiceRequest/o1"}])


def test_no_form_is_asked_for_by_nobody(desk):
    unnamed = {name: value for name, value in COVERAGE.items() if name != "payor"}

    answered = desk.answer(question(order("97110", CPT), coverage=unnamed))

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.FORM_COMPLETION]
    assert card.suggestions == ()


@pytest.mark.spec("crd:resp-72")
def test_an_app_is_told_for_which_orders_it_is_opened_and_nothing_of_the_patient(desk):
    answered = desk.answer(question(order("97110", CPT, quantity=Amount(Decimal(13), "visits"))))

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.SMART_LAUNCH]
    (link,) = card.links
    assert link.app_context == "policy=outpatient-therapy&orders=ServiceRequest/o1"
    assert "nora" not in link.url + link.app_context


def test_a_billing_code_is_proposed_as_the_guide_writes_it(desk):
    answered = desk.answer(question(order(), chart=(COPD, saturation())))

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.ADDITIONAL_ORDERS]
    (coding,) = card.suggestions[0].actions[0].resource["codeCodeableConcept"]["coding"]
    assert coding["system"] == "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"


@pytest.mark.spec("crd:resp-70")
def test_an_outdated_plan_on_record_is_corrected_with_the_plan_in_force(desk):
    outdated = COVERAGE | {"class": [{"type": {"coding": [{"code": "plan"}]}, "value": "harbor-bronze"}]}

    answered = desk.answer(question(order("G0399"), coverage=outdated))

    (card,) = [a for a in answered.advice if a.kind is AdviceKind.COVERAGE_UPDATE]
    assert card.summary == "Correct the insurance on record: the plan is Harbor Employer Choice"
    assert card.suggestions[0].actions[0].resource["class"][0]["value"] == "harbor-comm"

"""The desk behind the counter: what it asks the chart for, and what it makes of advice."""

import pytest

from cds_hooks.desk import AdviceKind
from fhir_um.api.hook_desk import HookDesk
from fhir_um.settings import Settings
from tests.fhir_um.asking_hooks import COPD, CPT, order, question, saturation
from tests.fhir_um.usecases.conftest import HandClock, _seeded


@pytest.fixture
def desk(sqlite_url):
    clock = HandClock()
    yield from (HookDesk(deps, Settings()) for deps in _seeded(sqlite_url, clock))


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

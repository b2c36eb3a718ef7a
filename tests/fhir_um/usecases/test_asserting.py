"""The words of a reason: what was missing is named where it matters, and who did not give it is told truly."""

from decimal import Decimal

import pytest

from cds_hooks.desk import Amount
from fhir_um.api.hook_desk import HookDesk
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import ClientId, Course, Determination
from fhir_um.cases.ordered import CoverageAsked
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import Payer
from fhir_um.settings import Settings
from fhir_um.translate.order_in import Loose, orders_in
from fhir_um.usecases.asserting import Weighed, assertion_of
from tests.builders import AT, ON
from tests.fhir_um.asking_hooks import CPT, order, question, saturation

IMAGE = order("72148", CPT)
UNGIVEN = " The EHR did not give: "
UNASKED = " Did not come with the call, and the EHR could not be asked for it: "


@pytest.fixture
def quick(lite):
    """On SQLite alone."""
    return HookDesk(lite, Settings(public_url="https://payer.example.org"))


def reason(quick, *orders, **missing):
    answered = quick.answer(question(*orders, missing=missing))
    ((only,),) = answered.assertions.values()
    return only.reasons[0].text


@pytest.mark.spec("crd:resp-43", "crd:covinfo-2")
@pytest.mark.parametrize(
    ("missing", "ending"),
    [
        ({"Condition": "not-asked"}, UNASKED + "Condition."),
        ({"Condition": "late"}, UNGIVEN + "Condition."),
        ({"Observation": "refused", "Condition": "unreachable"}, UNGIVEN + "Condition, Observation."),
        ({"Observation": "not-asked", "Condition": "garbage"}, UNGIVEN + "Condition." + UNASKED + "Observation."),
    ],
)
def test_who_did_not_give_what_would_tell_more_is_told_truly(quick, missing, ending):
    assert reason(quick, IMAGE, **missing).endswith(ending)


def test_nothing_is_said_of_it_where_nothing_was_missing(quick):
    assert not reason(quick, IMAGE).endswith("Condition.")


@pytest.mark.parametrize("code", ["G0399", "A9300"])
def test_nothing_is_said_of_it_where_it_would_change_nothing(quick, code):
    assert "Condition" not in reason(quick, order(code), Condition="late")


def test_an_order_that_cannot_be_named_says_what_might_have_named_it(quick):
    assert reason(quick, order("no code of any list", "urn:unknown"), Device="late").endswith(UNGIVEN + "Device.")


# --- what a nurse would want to be told ------------------------------------------------------------------------------


@pytest.mark.spec("crd:resp-38")
def test_the_papers_that_could_show_what_is_missing_are_named(quick):
    told = reason(quick, order("K0823"))

    assert "Not found in the chart: " in told
    assert " Could be shown by: Examination in person with the reasons for a power wheelchair; Plan of care" in told


def test_nobody_who_is_only_choosing_is_asked_for_papers(quick):
    answered = quick.answer(question(order("K0823"), hook="order-select", is_secondary=True))

    ((only,),) = answered.assertions.values()
    assert "Could be shown by" not in only.reasons[0].text


def test_who_decides_and_why_it_is_not_software_is_told(quick):
    """What was not shown to be met is named, and more than may go without a person."""
    physician = question(order("27447", CPT), chart=(UNUSUALLY_HEAVY,))
    many = question(order("E1390", quantity=Amount(Decimal(13), "mo")))

    (heavy,), (year,) = (row for asked in (physician, many) for row in quick.answer(asked).assertions.values())

    assert heavy.reasons[0].text.startswith("Authorization is needed; a physician decides under the policy Knee")
    assert heavy.reasons[0].text.endswith("Not shown to be met: Body mass index under 45.")
    assert year.reasons[0].text.startswith("Authorization is needed; a clinician decides under the policy Home oxygen")
    assert "13 units are requested and 0 are on file in 365 days; more than 12 need review." in year.reasons[0].text


UNUSUALLY_HEAVY = saturation("47") | {
    "code": {"coding": [{"system": "http://loinc.org", "code": "39156-5"}]},
    "valueQuantity": {"value": Decimal(47), "unit": "kg/m2", "code": "kg/m2", "system": "http://unitsofmeasure.org"},
}


def test_what_somebody_else_administers_is_not_said_to_be_looked_at():
    asked = question(order("J0178"))
    (one,) = orders_in(Loose.of(asked))
    elsewhere = Determination(Course.CONTACT_PAYER, Reason.CONTACT_OTHER, "Send the request to the pharmacy manager.")
    call = CoverageAsked("order-sign", "1", ClientId("ehr-1"), "Coverage/cov", (one,), Evidence(), AT, {})
    payer = Payer("harbor", "Harbor", (), "UTC", "Intake, +1 555 0100")

    told = assertion_of(Weighed(call, one, payer, elsewhere, None, (), None, ON, ()), "answer-1")

    assert [why.text for why in told.reasons] == ["Send the request to the pharmacy manager."]
    assert told.contacts


def test_words_fit_what_is_no_order_as_well(quick):
    """An encounter is asked about too, and has no code but that of its type."""
    assert "order" not in reason(quick, order("", resource={"resourceType": "Encounter"}, ref="Encounter/o1"))

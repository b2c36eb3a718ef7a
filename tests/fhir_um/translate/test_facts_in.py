import json
from datetime import date
from decimal import Decimal

import pytest

from fhir_um.cases.evidence import Answer, Document, Medication, Order, Procedure, Stay
from fhir_um.translate.facts_in import read_evidence
from fhir_um.words import Code, Concept, Quantity
from tests.fhir_um.translate.by_hand import EHR, SUBMISSION, read

EVIDENCE = read_evidence(read())
LOINC = "http://loinc.org"
FORM = "https://payer.example.test/Questionnaire/home-oxygen|1"


def with_entry(resource, keep=True):
    bundle = json.loads(SUBMISSION)
    url = f"{EHR}/{resource['resourceType']}/{resource['id']}"
    bundle["entry"] = bundle["entry"] if keep else bundle["entry"][:9]
    bundle["entry"].append({"fullUrl": url, "resource": resource})
    return read_evidence(read(json.dumps(bundle).encode()))


def observation(**elements):
    whole = {"resourceType": "Observation", "id": "x", "status": "final", "code": {"coding": [{"code": "c"}]}}
    return with_entry(whole | {"subject": {"reference": "Patient/p1"}} | elements, keep=False).observations


def test_an_observation_and_its_components_are_facts_of_their_own():
    first, second, third = EVIDENCE.observations

    assert (first.ref, first.value, first.unit, first.on) == (
        f"{EHR}/Observation/spo2",
        Decimal("86.0"),
        "%",
        date(2026, 2, 26),
    )
    assert (second.ref, second.value, second.unit) == (f"{EHR}/Observation/spo2#component-1", Decimal(2), "L/min")
    assert (third.codes, third.value) == ((Code(LOINC, "2703-7"),), "<55")


def test_a_record_about_somebody_else_is_not_evidence():
    assert all("Observation/other" not in o.ref for o in EVIDENCE.observations)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueBoolean": False}, False),
        ({"valueInteger": 3}, Decimal(3)),
        ({"valueString": "mild"}, "mild"),
        ({"valueDateTime": "2026-03-01T08:00:00Z"}, date(2026, 3, 1)),
        ({"valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA6576-8"}]}}, Code(LOINC, "LA6576-8")),
        ({"valueCodeableConcept": {"text": "yes"}}, "yes"),
        ({"dataAbsentReason": {"text": "not done"}}, None),
    ],
)
def test_an_observation_holds_exactly_what_was_said(value, expected):
    assert observation(**value)[0].value == expected


def test_a_voiding_status_is_kept_for_policies_to_see():
    assert observation(status="entered-in-error")[0].status == "entered-in-error"
    assert [(c.clinical_status, c.on) for c in EVIDENCE.conditions] == [("active", None), ("refuted", None)]


def test_procedures_stays_orders_and_documents_are_read():
    snomed = "http://snomed.info/sct"
    hcpcs = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
    note = Concept((Code(LOINC, "11506-3"),))

    assert EVIDENCE.procedures == (
        Procedure(f"{EHR}/Procedure/proc", (Code(snomed, "127783003"),), "completed", date(2026, 2, 20)),
    )
    assert EVIDENCE.stays == (Stay(f"{EHR}/Encounter/e1", "IMP", "finished", date(2026, 2, 25)),)
    assert EVIDENCE.documents == (Document(f"{EHR}/DocumentReference/d1", note, "PY", date(2026, 2, 27)),)
    assert EVIDENCE.orders[0] == Order(f"{EHR}/DeviceRequest/o1", (Code(hcpcs, "E1390"),), None, date(2026, 3, 1))


def test_a_prescription_is_a_medication_with_its_days_and_an_order():
    rxnorm = (Code("http://www.nlm.nih.gov/research/umls/rxnorm", "896188"),)
    url = f"{EHR}/MedicationRequest/rx"

    assert EVIDENCE.medications == (Medication(url, rxnorm, "active", date(2026, 1, 5), Decimal(28)),)
    assert EVIDENCE.orders[1] == Order(url, rxnorm, Quantity(Decimal(1), "inhaler"), date(2026, 1, 5))


def test_a_prescription_not_to_give_is_no_medication():
    rx = {"resourceType": "MedicationRequest", "id": "no", "doNotPerform": True, "subject": {"reference": "Patient/p1"}}

    assert with_entry(rx, keep=False).medications == ()


def test_a_dispense_tells_the_supply_and_a_month_is_not_guessed_in_days():
    dispense = {"resourceType": "MedicationDispense", "id": "m", "subject": {"reference": "Patient/p1"}}
    days = {"daysSupply": {"value": 30, "unit": "days"}}
    month = {"daysSupply": {"value": 1, "code": "mo"}}

    assert with_entry(dispense | days, keep=False).medications[0].days == Decimal(30)
    assert with_entry(dispense | month, keep=False).medications[0].days is None


def test_answers_are_read_at_any_depth_from_a_questionnaire_response_bundle():
    url, on = f"{EHR}/QuestionnaireResponse/q1", date(2026, 3, 1)

    assert EVIDENCE.answers == (
        Answer(f"{url}#1.1", FORM, "1.1", True, on),
        Answer(f"{url}#1.1.1", FORM, "1.1.1", Code(LOINC, "LA33-6"), on),
        Answer(f"{url}#1.2", FORM, "1.2", Decimal("86.50"), on),
        Answer(f"{url}#1.3", FORM, "1.3", Decimal(2), on, "L/min"),
    )


@pytest.mark.parametrize(("status", "count"), [("completed", 1), ("amended", 1), ("in-progress", 0), ("stopped", 0)])
def test_only_finished_questionnaires_are_answers(status, count):
    item = {"linkId": "a", "answer": [{"valueString": "x"}]}
    form = {"resourceType": "QuestionnaireResponse", "id": "f", "status": status, "item": [item]}

    assert len(with_entry(form | {"subject": {"reference": "Patient/p1"}}, keep=False).answers) == count


def test_a_record_without_a_subject_counts_only_when_the_claim_points_to_it():
    assert with_entry({"resourceType": "DocumentReference", "id": "loose"}, keep=False).documents[1:] == ()

    bundle = json.loads(SUBMISSION)
    del bundle["entry"][8]["resource"]["subject"]
    assert len(read_evidence(read(json.dumps(bundle).encode())).documents) == 1


def test_nutrition_orders_carry_the_codes_of_their_formula_and_diet():
    order = {
        "resourceType": "NutritionOrder",
        "id": "n",
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2026-03-01",
        "oralDiet": {"type": [{"coding": [{"code": "diet"}]}]},
        "enteralFormula": {"baseFormulaType": {"coding": [{"code": "B4150"}]}},
    }

    assert [c.code for c in with_entry(order, keep=False).orders[-1].codes] == ["diet", "B4150"]

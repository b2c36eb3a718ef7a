"""Orders read as the submissions they would become."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cds_hooks.desk import Amount, Period
from fhir_um.cases.evidence import Observation
from fhir_um.translate.order_in import NO_SERVER, Loose, codes_at_hand, evidence_in, orders_in
from fhir_um.words import Code, Concept
from fhir_um.words import Period as Days
from tests.fhir_um.asking_hooks import (
    CLINIC,
    COPD,
    COVERAGE,
    EHR,
    HCPCS,
    ICD10,
    NPI,
    PAYOR,
    order,
    question,
    saturation,
)


def read(*orders, chart=(), **changes):
    return orders_in(Loose.of(question(*orders, chart=chart, **changes)))


def test_an_order_asks_for_one_line():
    period = Period(date(2026, 3, 10), date(2026, 4, 9))

    (one, other) = read(order(quantity=Amount(Decimal("1.50"), "mo"), period=period, text="Oxygen"), order(id="b"))

    assert (one.line.sequence, other.line.sequence) == (1, 2)
    assert one.line.service == Concept((Code(HCPCS, "E1390"),), "Oxygen")
    assert (str(one.line.quantity.value), one.line.quantity.unit) == ("1.50", "mo")
    assert one.line.serviced == Days(period.start, period.end)
    assert one.line.requested_service_ref == f"{EHR}/ServiceRequest/o1"
    assert (one.has_quantity, other.has_quantity, other.line.quantity.value) == (True, False, Decimal(1))


@pytest.mark.parametrize("server", [EHR, f"{EHR}/", "", "not an address"])
@pytest.mark.parametrize("written", ["relative", "absolute"])
def test_member_coverage_and_payer_are_found_however_they_are_referred_to(server, written):
    base = EHR if server.startswith("http") else NO_SERVER
    prefix = f"{base}/" if written == "absolute" else ""
    coverage = COVERAGE | {"payor": [{"reference": f"{prefix}Organization/harbor"}]}
    held = {"Coverage/cov": coverage, "Organization/harbor": PAYOR}

    (one,) = read(server=server, coverage=coverage, resources=held)

    request = one.request
    assert (request.member.family, request.coverage.subscriber_id) == ("Whitfield", "H1001-6103")
    assert request.payer.npi == request.coverage.payor.npi == "1234567893"


def test_a_payer_inside_the_coverage_is_found():
    coverage = COVERAGE | {"contained": [PAYOR | {"id": "in"}], "payor": [{"reference": "#in"}]}

    (one,) = read(coverage=coverage)

    assert one.request.payer.npi == one.request.coverage.payor.npi == "1234567893"


@pytest.mark.parametrize(
    "resource",
    [
        {"requester": {"reference": "PractitionerRole/r"}},
        {"requester": {"reference": "Practitioner/p"}},
        {"requester": {"reference": "#c"}, "contained": [{"resourceType": "Practitioner", "id": "c"}]},
        {},
    ],
)
def test_who_orders_is_known_by_npi(resource):
    (one,) = read(order(resource=resource, performer_npis=("1999999992",)))

    assert CLINIC in {party.npi for party in one.request.requester_parties}
    assert one.request.provider_npis == {CLINIC, "1999999992"}


def test_a_role_brings_its_practitioner_and_organization():
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "Practitioner/p"},
        "organization": {"reference": "Organization/harbor"},
    }
    person = {"resourceType": "Practitioner", "id": "p", "identifier": [{"system": NPI, "value": "1888888883"}]}

    (one,) = read(order(resource={"requester": {"reference": "PractitionerRole/r"}}), chart=(role, person))

    assert {party.npi for party in one.request.requester_parties} == {CLINIC, "1888888883", "1234567893"}


def test_reasons_of_the_order_are_its_diagnoses_alone():
    coded = {"reasonCode": [{"coding": [{"system": ICD10, "code": "M54.16"}]}]}
    pointed = {"reasonReference": [{"reference": "Condition/copd"}]}

    one, other, none = read(order(resource=coded), order(id="b", resource=pointed), order(id="c"), chart=(COPD,))

    assert [d.concept.codes[0].code for d in one.request.diagnoses] == ["M54.16"]
    assert [d.concept.codes[0].code for d in other.request.diagnoses] == ["J44.9"]
    assert none.request.diagnoses == ()


@pytest.mark.spec("crd:conf-2")
@pytest.mark.parametrize(
    "category",
    [
        {"category": [{"coding": [{"system": "urn:c", "code": "vital-signs"}]}]},
        {"category": {"coding": [{"code": "vital-signs"}]}},
        {},
    ],
    ids=["us-core", "object", "none"],
)
def test_evidence_is_read_from_loose_resources(category):
    found = evidence_in(Loose.of(question(chart=(COPD, saturation("86.0", **category)))))

    assert found.observations == (
        Observation(
            f"{EHR}/Observation/spo2",
            (Code("http://loinc.org", "59408-5"),),
            "final",
            Decimal("86.0"),
            "%",
            date(2026, 2, 26),
        ),
    )
    assert [c.ref for c in found.conditions] == [f"{EHR}/Condition/copd"]


def test_another_patients_record_is_no_evidence():
    found = evidence_in(Loose.of(question(chart=(saturation(subject={"reference": "Patient/other"}),))))

    assert found.observations == ()


def test_the_submission_holds_what_the_decision_rests_on_and_no_more():
    other = saturation(id="other")
    (one,) = read(chart=(COPD, saturation("86.0"), other))

    made = one.as_submission((f"{EHR}/Observation/spo2", f"{EHR}/Condition/copd#x"))

    kept = [e["fullUrl"].removeprefix(f"{EHR}/") for e in json.loads(made.body)["entry"]]
    assert kept[0].startswith("Claim/")
    assert sorted(kept[1:]) == [
        "Condition/copd",
        "Coverage/cov",
        "Observation/spo2",
        "Organization/harbor",
        "Patient/nora",
        "ServiceRequest/o1",
    ]
    assert b'"value":86.0' in made.body
    paths = {"lines": one.request.lines}
    assert replace(made.request, **paths).lines == one.request.lines
    assert made.request.member.identifiers == one.request.member.identifiers


def test_two_calls_make_two_submissions():
    first, again = (read()[0].as_submission(()) for _ in range(2))

    assert first.content_hash != again.content_hash


def test_an_assertion_carried_for_this_coverage_is_seen():
    url = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
    held = [
        {
            "url": url,
            "extension": [
                {"url": "coverage", "valueReference": {"reference": coverage}},
                {"url": "coverage-assertion-id", "valueString": id},
            ],
        }
        for coverage, id in (("Coverage/cov", "ours"), ("Coverage/other", "theirs"), (f"{EHR}/Coverage/cov", "too"))
    ]

    (one,) = read(order(resource={"extension": [*held, {"url": url}, "odd"]}))

    assert one.carried == ("ours", "too")


def test_odd_shapes_are_passed_over():
    odd = {"reasonCode": {"coding": []}, "requester": "me", "extension": 3, "reasonReference": [None, {}]}

    (one,) = read(order(resource=odd), coverage=COVERAGE | {"payor": "x"})

    assert one.request.diagnoses == ()
    assert one.carried == ()


def test_what_came_along_is_known_by_type_and_code():
    found = codes_at_hand(question(chart=(saturation(),)))

    assert found["Observation"] == {Code("http://loinc.org", "59408-5")}
    assert "ServiceRequest" not in found

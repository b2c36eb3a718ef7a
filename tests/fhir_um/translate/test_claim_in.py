import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_um.cases.asked import DocumentInformation, HomeHealth, PriorClaim, TransmissionIds
from fhir_um.translate.claim_in import read_claim
from fhir_um.translate.facts_in import read_evidence
from fhir_um.translate.inquiry_in import read_inquiry
from fhir_um.words import Code, Concept, Identifier, Period, Quantity
from profiles.canonicals import PAS_SD
from profiles.reading import Entry, ReadBundle
from tests.fhir_um.translate.by_hand import EHR, REQUEST, SUBMISSION, read

X12 = "https://codesystem.x12.org/005010/"
ELEMENTS = sorted(json.loads(SUBMISSION)["entry"][0]["resource"])


def changed(**elements):
    """The submission with these elements of the Claim replaced; None leaves one out."""
    bundle = json.loads(SUBMISSION)
    claim = bundle["entry"][0]["resource"]
    claim |= elements
    bundle["entry"][0]["resource"] = {name: value for name, value in claim.items() if value is not None}
    return read(json.dumps(bundle).encode())


def certification(code):
    value = {"coding": [{"system": X12 + "1322", "code": code}]}
    return [{"url": PAS_SD + "extension-certificationType", "valueCodeableConcept": value}]


def test_parties_are_read_with_everyone_behind_a_practitioner_role():
    assert REQUEST.payer.npi == "1999999984"
    assert REQUEST.payer.path == "Bundle.entry[2].resource"
    assert REQUEST.requester.full_url == f"{EHR}/PractitionerRole/r1"
    assert [p.name for p in REQUEST.requester_parties] == ["", "Nell Ibarra", "Hill Street Clinic"]
    assert REQUEST.provider_npis == {"1999999976", "1999999968"}


def test_a_party_without_an_entry_keeps_identifier_display_and_the_place_it_is_named():
    insurer = {"identifier": {"system": "s", "value": "77"}, "display": "Some Plan"}

    payer = read_claim(changed(insurer=insurer)).payer

    assert (payer.full_url, payer.identifiers, payer.name) == ("", (Identifier("s", "77"),), "Some Plan")
    assert payer.path == "Bundle.entry[0].resource.insurer"


def test_member_takes_the_official_name_and_the_member_number():
    member = REQUEST.member

    assert (member.family, member.given, member.gender) == ("Okafor", "Maren Lee", "female")
    assert member.birth_date == date(1958, 7, 9)
    assert member.identifiers == (Identifier("https://payer.example.test/members", "M-100", "MB"),)


def test_coverage_is_the_focal_one_with_a_year_that_covers_all_its_days():
    coverage = REQUEST.coverage

    assert (coverage.subscriber_id, coverage.status) == ("S-100", "active")
    assert coverage.period == Period(date(2026, 1, 1), date(2026, 12, 31))
    assert coverage.payor.name == "Lakeside Health Plan"


@pytest.mark.spec("pas:conf-5")
@pytest.mark.spec("pas:conf-4")
def test_every_must_support_part_of_the_claim_is_read():
    assert REQUEST.bundle_identifier == Identifier("urn:trnorg:9000000001", "TX-1")
    assert REQUEST.transmission == TransmissionIds("EHRAPP", "PAYAPP", "EHRID", "PAYID")
    assert REQUEST.level_of_service == Code(X12 + "1338", "U")
    assert (REQUEST.authorization_number, REQUEST.administrative_reference) == ("OLDAUTH", "OLDREF")
    assert REQUEST.conditions[0].holds and REQUEST.conditions[0].codes == (Code(X12 + "1321", "09"),)
    assert REQUEST.home_health == HomeHealth(Code(X12 + "923", "1"), date(2026, 3, 10))
    assert REQUEST.accident.on == date(2026, 1, 2) and REQUEST.accident.state == "OH"
    assert REQUEST.encounter_ref == f"{EHR}/Encounter/e1"
    assert REQUEST.diagnoses[0].recorded == date(2026, 1, 15)
    assert REQUEST.care_team[0].whole_claim is True
    assert REQUEST.care_team[0].qualification == Concept((Code("http://nucc.org/provider-taxonomy", "207RP1001X"),))


@pytest.mark.spec("pas:conf-4")
def test_supporting_information_is_read_whatever_its_category():
    by_sequence = {info.sequence: info for info in REQUEST.supporting_info}

    assert by_sequence[1].timing == Period(date(2026, 3, 10), date(2026, 6, 10))
    assert by_sequence[4].ref == f"{EHR}/DocumentReference/d1"
    assert by_sequence[4].document == DocumentInformation(
        Code(X12 + "755", "PY"), Code(X12 + "756", "EL"), "CTRL-7", "Clinic note"
    )
    assert by_sequence[5].text == "Please call before noon."


@pytest.mark.spec("pas:conf-4")
def test_every_part_of_a_line_is_read():
    line = REQUEST.lines[0]

    assert (line.sequence, line.path) == (1, "Bundle.entry[0].resource.item[0]")
    assert line.service.codes[0].code == "E1390" and line.service_end.codes[0].code == "E1392"
    assert line.quantity == Quantity(Decimal("1.00"), "", X12 + "673", "MO")
    assert str(line.quantity.value) == "1.00" and str(line.unit_price.value) == "120.50"
    assert line.revenue.codes == (Code("https://www.nubc.org/CodeSystem/RevenueCodes", "0290"),)
    assert (line.request_type.code, line.certification_type.code) == ("HS", "I")
    assert line.trace_numbers == (Identifier("urn:trnorg:9000000001", "TRACE-1"),)
    assert (line.diagnosis_sequences, line.care_team_sequences, line.information_sequences) == ((1,), (1,), (4,))
    assert (line.authorization_number, line.administrative_reference) == ("PRIOR-BB", "PRIOR-NT")
    assert line.requested_service_ref == f"{EHR}/DeviceRequest/o1"
    assert line.epsdt is False and line.revenue_unit_rate_limit == "100.10"
    assert line.nursing_home_level.codes[0].code == "2" and line.nursing_home_status.codes[0].code == "2"


@pytest.mark.parametrize(
    ("level", "stat", "expected"),
    [("U", "normal", True), ("03", "normal", True), ("E", "stat", True), ("E", "normal", False)],
)
def test_expedited_when_the_level_is_urgent_or_the_priority_stat(level, stat, expected):
    value = {"coding": [{"system": X12 + "1338", "code": level}]}
    extension = [{"url": PAS_SD + "extension-levelOfServiceCode", "valueCodeableConcept": value}]

    request = read_claim(changed(extension=extension, priority={"coding": [{"code": stat}]}))

    assert request.expedited is expected


@pytest.mark.parametrize(("code", "expected"), [("3", True), ("I", False)])
def test_cancel_all_is_the_certification_type_of_the_claim_itself(code, expected):
    assert read_claim(changed(extension=certification(code))).cancel_all is expected


@pytest.mark.spec("pas:spec-69")
def test_a_cancelled_line_and_a_changed_one_are_flagged():
    gone = {"url": PAS_SD + "modifierextension-infoCancelled", "valueBoolean": True}
    newer = {"url": PAS_SD + "extension-infoChanged", "valueCode": "changed"}
    items = [{"sequence": 1, "modifierExtension": [gone], "extension": [newer]}, {"sequence": 2}]

    lines = read_claim(changed(item=items)).lines

    assert [(line.cancelled, line.changed) for line in lines] == [(True, "changed"), (False, "")]


@pytest.mark.spec("pas:spec-65")
@pytest.mark.parametrize("relationship", ["prior", "replaces"])
def test_prior_claim_is_known_by_address_and_identifiers(relationship):
    claim = {"reference": "Claim/old", "identifier": {"system": "s", "value": "PA-0"}}
    related = [{"claim": claim, "relationship": {"coding": [{"code": relationship}]}}]

    assert read_claim(changed(related=related)).prior == PriorClaim(f"{EHR}/Claim/old", (Identifier("s", "PA-0"),))


def test_a_claim_merely_associated_is_not_a_prior_one():
    related = [{"claim": {"reference": "Claim/old"}, "relationship": {"coding": [{"code": "associated"}]}}]

    assert read_claim(changed(related=related)).prior is None


def test_the_identifiers_of_an_included_prior_claim_are_read():
    bundle = json.loads(SUBMISSION)
    prior = {"resourceType": "Claim", "id": "old", "identifier": [{"system": "s", "value": "PA-9"}]}
    bundle["entry"].append({"fullUrl": f"{EHR}/Claim/old", "resource": prior})
    bundle["entry"][0]["resource"]["related"] = [
        {"claim": {"reference": "Claim/old"}, "relationship": {"coding": [{"code": "prior"}]}}
    ]

    assert read_claim(read(json.dumps(bundle).encode())).prior.identifiers == (Identifier("s", "PA-9"),)


@pytest.mark.spec("pas:conf-14")
@pytest.mark.parametrize("element", ELEMENTS)
def test_any_element_left_out_or_odd_is_no_crash(element):
    for odd in (None, [], {}, "x", 7, [None, 3, "x", {}], {"coding": 4}, [{"extension": {"a": 1}}]):
        bundle = changed(**{element: odd})

        assert read_claim(bundle).lines is not None
        assert read_evidence(bundle).conditions is not None
        assert read_inquiry(bundle).lines is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_resource_with_an_odd_value_anywhere_is_no_crash(data):
    bundle = json.loads(SUBMISSION)
    entry = data.draw(st.sampled_from(bundle["entry"]))
    node, steps = entry["resource"], data.draw(st.integers(1, 5))
    for _ in range(steps):
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(list(keys)))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner:
            break
        node, parent, last = inner, node, key
        if _ == steps - 1:
            parent[last] = data.draw(st.sampled_from([None, 3, "x", [], {}, [4], True]))
    entries = tuple(Entry(i, e["fullUrl"], e["resource"]) for i, e in enumerate(bundle["entry"]))
    read_one = ReadBundle(bundle, entries)

    read_claim(read_one)
    read_evidence(read_one)
    read_inquiry(read_one)

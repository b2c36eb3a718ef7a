"""Each row of the tables of known defects: what is told without it, and that it still is needed."""

from collections.abc import Iterator
from typing import Any

import pytest

from profiles.issues import Issue
from profiles.library import shipped_library
from profiles.suppressions import AMENDMENTS, KNOWN_DEFECTS, SUPPRESSIONS, Amendment, KnownDefects, Suppression
from profiles.validating.validator import Validator

CORE = "http://hl7.org/fhir/StructureDefinition/"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
CRD = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/"
LOINC = "http://loinc.org"
GUIDE = "hl7.fhir.us.davinci-pas#2.2.1"
Raw = dict[str, Any]


def identified(system: str, code: str) -> Raw:
    return {
        "resourceType": "Basic",
        "identifier": [{"type": {"coding": [{"system": system, "code": code}]}, "value": "1"}],
    }


def categorized(system: str, code: str) -> Raw:
    return {"resourceType": "Condition", "category": [{"coding": [{"system": system, "code": code}]}]}


def formatted(system: str, code: str) -> Raw:
    return {
        "resourceType": "DocumentReference",
        "meta": {"profile": [f"{US_CORE}us-core-documentreference|6.1.0"]},
        "content": [{"attachment": {"url": "urn:x"}, "format": {"system": system, "code": code}}],
    }


def coded(profile: str, code: str) -> Raw:
    return {
        "resourceType": "Observation",
        "meta": {"profile": [f"{US_CORE}{profile}|3.1.1"]},
        "code": {"coding": [{"system": LOINC, "code": code}]},
    }


def breathed(version: str, code: str) -> Raw:
    flow = {"value": 6, "unit": "L/min", "system": "http://unitsofmeasure.org", "code": "L/min"}
    return {
        "resourceType": "Observation",
        "meta": {"profile": [f"{US_CORE}us-core-pulse-oximetry|{version}"]},
        "component": [{"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": flow}],
    }


def covered(kind: str) -> Raw:
    return {"resourceType": kind, "extension": [{"url": f"{CRD}ext-coverage-information", "extension": []}]}


def stated(form: str) -> Raw:
    return {"resourceType": "CapabilityStatement", "format": [form]}


def needing(authorization: str) -> Raw:
    """An order whose coverage information asks for documents that go with an authorization."""
    said = [("pa-needed", authorization), ("doc-needed", "clinical"), ("doc-purpose", "withpa")]
    parts: list[Raw] = [{"url": url, "valueCode": code} for url, code in said]
    return {
        "resourceType": "ServiceRequest",
        "extension": [{"url": f"{CRD}ext-coverage-information", "extension": parts}],
    }


FORMAT = "urn:hl7-org:sdwg:ccda-structuredBody:2.1"
IHE = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
OLD_IHE = "urn:oid:1.3.6.1.4.1.19376.1.2.3"
UNIT = "http://unitsofmeasure.org#L/min"
CATEGORIES = "http://hl7.org/fhir/us/core/CodeSystem"
MEMBER = ("http://terminology.hl7.org/CodeSystem/v2-0203", "MB")
PAYER = ("http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType", "payerid")
PULSE = f"{US_CORE}us-core-pulse-oximetry|"
COVERAGE_2_0_1 = f"{CRD}ext-coverage-information|2.0.1"

SAMPLES: dict[tuple[str, str, str], tuple[Raw, str]] = {
    ("dom-6", f"{CORE}DomainResource|", ""): ({"resourceType": "Basic", "code": {"text": "a"}}, GUIDE),
    ("extensible", f"{CORE}Identifier|", "#".join(MEMBER)): (identified(*MEMBER), GUIDE),
    ("extensible", f"{CORE}Identifier|", "#".join(PAYER)): (identified(*PAYER), GUIDE),
    ("required", f"{CORE}CapabilityStatement|", "#json"): (stated("json"), GUIDE),
    ("required", f"{CORE}CapabilityStatement|", "#xml"): (stated("xml"), GUIDE),
    ("required", f"{CORE}CapabilityStatement|", "#ttl"): (stated("ttl"), GUIDE),
    ("extensible", f"{CORE}Condition|", f"{CATEGORIES}/condition-category#health-concern"): (
        categorized(f"{CATEGORIES}/condition-category", "health-concern"),
        GUIDE,
    ),
    ("extensible", f"{CORE}Condition|", f"{CATEGORIES}/us-core-category#sdoh"): (
        categorized(f"{CATEGORIES}/us-core-category", "sdoh"),
        GUIDE,
    ),
    ("extensible", f"{US_CORE}us-core-documentreference|", f"{IHE}#{FORMAT}"): (formatted(IHE, FORMAT), GUIDE),
    ("extensible", f"{US_CORE}us-core-documentreference|", f"{OLD_IHE}#{FORMAT}"): (formatted(OLD_IHE, FORMAT), GUIDE),
    ("required", PULSE, UNIT): (breathed("3.1.1", "3151-8"), GUIDE),
    ("extensible", PULSE, UNIT): (breathed("6.1.0", "3151-8"), GUIDE),
    ("extensible", US_CORE, f"{LOINC}#3150-0"): (breathed("3.1.1", "3150-0"), GUIDE),
    ("extensible", US_CORE, f"{LOINC}#3151-8"): (breathed("3.1.1", "3151-8"), GUIDE),
    ("extensible", US_CORE, f"{LOINC}#59576-9"): (coded("pediatric-bmi-for-age", "59576-9"), GUIDE),
    ("extensible", US_CORE, f"{LOINC}#77606-2"): (coded("pediatric-weight-for-height", "77606-2"), GUIDE),
    ("extensible", US_CORE, f"{LOINC}#8289-1"): (
        coded("head-occipital-frontal-circumference-percentile", "8289-1"),
        GUIDE,
    ),
    ("context", COVERAGE_2_0_1, "Appointment"): (covered("Appointment"), "hl7.fhir.us.davinci-crd#2.0.1"),
    ("context", COVERAGE_2_0_1, "VisionPrescription"): (covered("VisionPrescription"), "hl7.fhir.us.davinci-crd#2.0.1"),
}
"""For each row, and each code or type it names, a message that meets the defect, and the guide it is checked by."""

AMENDED: dict[str, tuple[str, Raw, Raw]] = {
    "telecom or endpoint": (
        "pd-1",
        {
            "resourceType": "PractitionerRole",
            "meta": {"profile": [f"{US_CORE}us-core-practitionerrole|6.1.0"]},
            "endpoint": [{"reference": "Endpoint/1"}, {"reference": "Endpoint/2"}],
        },
        {"resourceType": "PractitionerRole", "meta": {"profile": [f"{US_CORE}us-core-practitionerrole|6.1.0"]}},
    ),
    "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')": (
        "que-0",
        {"resourceType": "Questionnaire", "status": "draft"},
        {"resourceType": "Questionnaire", "status": "draft", "name": "no identifier"},
    ),
    "start.hasValue().not() or end.hasValue().not() or (start <= end)": (
        "per-1",
        {"resourceType": "Encounter", "period": {"start": "2026-01", "end": "2026"}},
        {"resourceType": "Encounter", "period": {"start": "2026-03-01", "end": "2026-02"}},
    ),
    next(row.published for row in AMENDMENTS if "doc-purpose" in row.published): (
        "crd-ci-q4",
        needing("auth-needed"),
        needing("no-auth"),
    ),
}
"""For each amended invariant, its key, a message it was never meant against, and one it still is."""


def one_by_one() -> Iterator[tuple[Suppression, str]]:
    for row in SUPPRESSIONS:
        for about in row.about or ("",):
            yield row, about


def found(resource: Raw, guide: str, defects: KnownDefects) -> list[Issue]:
    return Validator(shipped_library(), guide, defects=defects).check(resource)


def without(row: Suppression) -> KnownDefects:
    return KnownDefects([other for other in SUPPRESSIONS if other is not row], AMENDMENTS)


def test_there_is_a_sample_for_everything_a_row_names() -> None:
    assert {(row.rule, row.profile, about) for row, about in one_by_one()} == SAMPLES.keys()
    assert {row.published for row in AMENDMENTS} == AMENDED.keys()


@pytest.mark.parametrize(("row", "about"), list(one_by_one()), ids=lambda value: getattr(value, "rule", value))
def test_a_row_is_needed_and_silences_only_its_own_finding(row: Suppression, about: str) -> None:
    resource, guide = SAMPLES[row.rule, row.profile, about]
    told, left = found(resource, guide, without(row)), found(resource, guide, KNOWN_DEFECTS)
    silenced = [issue for issue in told if issue not in left]
    assert silenced and all(issue.rule == row.rule for issue in silenced)
    assert all(issue.profile.startswith(row.profile) for issue in silenced)
    assert [issue for issue in told if issue not in silenced] == left


@pytest.mark.parametrize("row", AMENDMENTS, ids=lambda row: row.published)
def test_an_amended_invariant_is_still_asked(row: Amendment) -> None:
    key, spared, wrong = AMENDED[row.published]
    rest = [other for other in AMENDMENTS if other is not row]
    published = found(spared, GUIDE, KnownDefects(SUPPRESSIONS, rest))
    meant = found(spared, GUIDE, KNOWN_DEFECTS)
    assert key in [issue.rule for issue in published]
    assert key not in [issue.rule for issue in meant]
    told = [issue for issue in found(wrong, GUIDE, KNOWN_DEFECTS) if issue.rule == key]
    assert [issue.code for issue in told] == ["invariant"]


@pytest.mark.parametrize("row", [*SUPPRESSIONS, *AMENDMENTS], ids=lambda row: row.reason[:40])
def test_every_row_says_why(row: Suppression | Amendment) -> None:
    assert len(row.reason) > 40 and row.reason.endswith(".")


def test_what_is_no_known_defect_keeps_its_severity() -> None:
    row = Suppression("bdl-1", "urn:a|", "A reason.", ("urn:s#a",), left="information")
    defects = KnownDefects([row], [])
    assert defects.left_of("bdl-1", "urn:a|1", "urn:s#a", "error") == "information"
    assert defects.left_of("bdl-1", "urn:a|1", "urn:s#b", "error") == "error"
    assert defects.left_of("bdl-1", "urn:b|1", "urn:s#a", "error") == "error"
    assert defects.left_of("bdl-2", "urn:a|1", "urn:s#a", "warning") == "warning"
    assert defects.meant("a.exists()") == "a.exists()"

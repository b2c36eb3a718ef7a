"""Parts of the good request, ways to make it an update, and what is told about it."""

import copy
from typing import Any

from profiles.issues import Issue

Raw = dict[str, Any]
CLAIM = "Bundle.entry[0].resource"
PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"


def claim_of(raw: Raw) -> Raw:
    claim: Raw = raw["entry"][0]["resource"]
    return claim


def resource_of(raw: Raw, kind: str) -> Raw:
    found: Raw = next(e["resource"] for e in raw["entry"] if e["resource"]["resourceType"] == kind)
    return found


def errors_in(issues: tuple[Issue, ...]) -> set[str]:
    return {issue.path for issue in issues if issue.severity == "error"}


def update_of(reference: str) -> Raw:
    """What makes a Claim an update of another one."""
    prior = {"system": "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship", "code": "prior"}
    return {
        "meta": {"profile": [f"{PAS}profile-claim-update"]},
        "related": [{"claim": {"reference": reference}, "relationship": {"coding": [prior]}}],
    }


def updated(good: Raw) -> Raw:
    prior = copy.deepcopy(good["entry"][0])
    prior["fullUrl"] = prior["fullUrl"].replace("claim-1", "claim-0")
    prior["resource"] |= {"id": "claim-0"} | update_of("Claim/claim-before-that")
    claim_of(good).update(update_of("Claim/claim-0"))
    good["entry"].append(prior)
    return good

"""A scene of an authorization that is changed, and asked for by the number it had before."""

import copy
from typing import Any

import msgspec

from fhir_um.conformance.marks import CANCELLED, FOUND, TIDYING, UPDATE
from fhir_um.conformance.model import Exchange
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.answered import APPROVED, claim_responses, lines
from fhir_um.conformance.stage import BrokenOff, Stage
from profiles.canonicals import (
    CERTIFICATION_CANCEL,
    EXT_CERTIFICATION_TYPE,
    EXT_INFO_CHANGED,
    PAS_SD,
    TERMINOLOGY,
    X12_CERTIFICATION_TYPE,
)

_STORY, _SUBMITTED, _BY_NUMBER = "inquiry-ways", "submitted", "by-number"
_PRIOR = {"coding": [{"system": f"{TERMINOLOGY}ex-relatedclaimrelationship", "code": "prior"}]}
_WITHDRAWN = {
    "url": EXT_CERTIFICATION_TYPE,
    "valueCodeableConcept": {"coding": [{"system": X12_CERTIFICATION_TYPE, "code": CERTIFICATION_CANCEL}]},
}
Json = dict[str, Any]


def replaced_number(stage: Stage) -> None:
    """Authorized, changed, asked for by the first number, withdrawn."""
    url = f"{stage.base}/Claim/$submit"
    first = stage.send("submitted", "POST", url, stage.asked(_STORY, _SUBMITTED))
    sequence, number = _authorized(first)
    longer = updated(first.asked, "longer")
    for item in longer["entry"][0]["resource"]["item"]:
        if item["sequence"] == sequence:
            item["quantity"]["value"] += 1
            item["extension"] = [*item.get("extension", ()), {"url": EXT_INFO_CHANGED, "valueCode": "changed"}]
    stage.send("changed", "POST", url, msgspec.json.encode(longer), None, (UPDATE,))
    asked = stage.asked(_STORY, _BY_NUMBER, {"AUTHNUMBER": number})
    marks = (FOUND, situations.SUPERSEDED)
    stage.send("by-first-number", "POST", f"{stage.base}/Claim/$inquire", asked, None, marks)
    gone = updated(longer, "withdrawn")
    claim = gone["entry"][0]["resource"]
    claim["extension"] = [*claim.get("extension", ()), _WITHDRAWN]
    stage.send("withdrawn", "POST", url, msgspec.json.encode(gone), None, (UPDATE, CANCELLED, TIDYING))


def _authorized(exchange: Exchange) -> tuple[Any, str]:
    """The first line that was authorized, and its number. Raises: BrokenOff when there is none."""
    for response in claim_responses(exchange):
        for line in lines(response):
            if line.action == APPROVED and line.number:
                return line.sequence, line.number
    raise BrokenOff("no line was authorized with a number, so none can be replaced")


def updated(bundle: Json, name: str) -> Json:
    """The same request once more as an update of itself: another Claim, which names and brings the one before."""
    again = copy.deepcopy(bundle)
    before = copy.deepcopy(bundle["entry"][0])
    entry, rest = again["entry"][0], [one for one in again["entry"][1:] if one["resource"]["resourceType"] != "Claim"]
    claim = entry["resource"]
    claim["id"], entry["fullUrl"] = f"{claim['id']}-{name}", f"{entry['fullUrl']}-{name}"
    claim["meta"] = {"profile": [f"{PAS_SD}profile-claim-update"]}
    claim["related"] = [{"claim": {"reference": before["fullUrl"]}, "relationship": _PRIOR}]
    for identifier in (again["identifier"], *claim["identifier"]):
        identifier["value"] += f"-{name}"
    for item in claim["item"]:
        item["extension"] = [one for one in item.get("extension", ()) if one["url"] != EXT_INFO_CHANGED]
    again["entry"] = [entry, before, *rest]
    return again

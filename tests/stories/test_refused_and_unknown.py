"""Over the wire on both bases: an update refused as a whole, and the number of a case whose member nobody knew."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests import wire
from tests.stories.test_wire import AUTHORIZATION, STORIES, VERSIONS, Ear, _answers, _asked, _read, client

__all__ = ["client"]
UNKNOWN = next(story for story in STORIES if story.name == "unknown-member")


def _claim(bundle: dict[str, Any]) -> dict[str, Any]:
    claim: dict[str, Any] = bundle["entry"][0]["resource"]
    return claim


def _update_of(bundle: dict[str, Any]) -> dict[str, Any]:
    """The same bundle as an update: a claim of its own, its predecessor beside it."""
    update = deepcopy(bundle)
    before = deepcopy(update["entry"][0])
    update["entry"][0]["fullUrl"] = f"{before['fullUrl']}-update"
    _claim(update)["id"] = f"{_claim(update)['id']}-update"
    _claim(update)["meta"] = {"profile": [f"{wire.PAS}profile-claim-update"]}
    _claim(update)["related"] = [
        {
            "claim": {"reference": before["fullUrl"]},
            "relationship": {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship", "code": "prior"}
                ]
            },
        }
    ]
    update["entry"].append(before)
    return update


def _deny(ear: Ear, case_id: str) -> None:
    text = "A cane serves the need inside the home."
    basis = {"considered": ["request"], "alternative": "A cane is covered.", "attestation": True}
    line = {"sequence": 1, "action": "deny-clinical", "reason": "not-necessary", "text": text, "basis": basis}
    opening = {"role": "physician", "reviewer": {"id": "dr-irene-falk", "npi": "1910200405"}}
    body = {"version": 1, **opening, "lines": [line]}
    path = f"/um/v1/cases/{case_id}"
    ear.client.post(f"{path}/openings", json=opening, headers={"Host": "127.0.0.1:8080"})
    got = ear.client.post(f"{path}/decisions", json=body, headers={"Host": "127.0.0.1:8080"})
    assert got.status_code == 200, got.text


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refused_update_is_told_in_its_answer_and_nowhere_else(version: str, client) -> None:
    ear = Ear(client, version)
    asked = _asked("pended", AUTHORIZATION)
    case_id = _claim(ear.post("$submit", json.dumps(asked).encode()))["id"]
    _deny(ear, case_id)
    denied = _read(ear, case_id)
    update = json.dumps(_update_of(asked)).encode()

    told = ear.post("$submit", update)
    again = ear.post("$submit", update)
    after = _read(ear, case_id)

    assert [error["code"]["coding"][0]["code"] for error in _claim(told)["error"]] == ["33"]
    assert again == told
    assert after == denied
    assert ear.faults == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("corrected", [False, True])
def test_the_reference_of_an_unknown_members_case_finds_it(corrected: bool, version: str, client) -> None:
    ear = Ear(client, version)
    asked = _asked("unknown", UNKNOWN)
    waiting = _claim(ear.post("$submit", json.dumps(asked).encode()))
    told = {e["url"].rpartition("-")[2]: e for e in waiting["item"][0]["extension"]}
    reference = told["administrationReferenceNumber"]["valueString"]
    inquiry = _inquiry_like(asked, reference.lower())
    if corrected:
        text = json.dumps(inquiry).replace("H9999-7001", "H9999-7002")
        inquiry = json.loads(text)

    found = ear.post("$inquire", json.dumps(inquiry).encode())

    assert [[r["id"] for r in inside] for inside in _answers(found)] == [[waiting["id"]]]
    assert ear.faults == []


def _inquiry_like(asked: dict[str, Any], reference: str) -> dict[str, Any]:
    """The story's inquiry about the patient of that request, by the number alone."""
    inquiry = _asked("found", AUTHORIZATION)
    claim, kinds = _claim(inquiry), ("Patient", "Coverage")
    inquiry["entry"] = [e for e in inquiry["entry"] if e["resource"]["resourceType"] not in kinds]
    inquiry["entry"] += [e for e in asked["entry"] if e["resource"]["resourceType"] in kinds]
    claim["patient"], claim["insurance"] = _claim(asked)["patient"], _claim(asked)["insurance"]
    extension = f"{wire.PAS}extension-administrationReferenceNumber"
    claim["extension"] = [{"url": extension, "valueString": reference}]
    line = _claim(asked)["item"][0]
    claim["item"] = [{name: line[name] for name in ("sequence", "category", "productOrService")}]
    return inquiry

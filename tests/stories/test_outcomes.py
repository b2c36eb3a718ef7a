"""Every outcome a request can have, over the wire and end to end: what the EHR is told and what the reviewer sees."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from profiles.canonicals import CPT, HCPCS, RXNORM
from tests.people import people
from tests.serving import actions_of, serving

STORIES = Path(__file__).parents[2] / "fixtures" / "stories"
PLAIN = "pended-for-documents/01-submit-without-test"
MEMBERS = {member.id: member for member in people().members}
NOW = datetime(2026, 11, 10, 15, 0, tzinfo=UTC)
COMMERCIAL, SENIOR, MARKETPLACE = "harbor-1001", "harbor-1006", "harbor-1013"
_messages = count(1)

NOTHING_NEEDED = ("NA", "no-action")
APPROVED = ("A1", "approved")
DENIED = ("A3", "denied-administrative")
INTAKE, DOCUMENTS, NURSE, PHYSICIAN = (
    ("A4", state) for state in ("intake-review", "pended-info", "nurse-review", "physician-review")
)


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    with serving(sqlite_url, clock=lambda: NOW) as made:
        yield made


def story(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STORIES / f"{name}.request.json").read_text("utf-8"))
    return found


def request(
    code: str, system: str = HCPCS, quantity: int = 1, member_id: str = COMMERCIAL, **item: Any
) -> dict[str, Any]:
    """The plainest request of the stories, for another service and another member."""
    member, template = MEMBERS[member_id], story(PLAIN)
    number = member.identifiers[0].value
    text = json.dumps(template).replace("H1006-5409", number).replace("MSG-1006-01", f"MSG-{next(_messages)}")
    bundle: dict[str, Any] = json.loads(text)
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["name"] = [{"family": member.family, "given": [member.given]}]
            entry["resource"]["birthDate"] = member.birth_date.isoformat()
    line = bundle["entry"][0]["resource"]["item"][0]
    line |= {"productOrService": {"coding": [{"system": system, "code": code}]}, "quantity": {"value": quantity}} | item
    return bundle


def drug(code: str) -> dict[str, Any]:
    """A request for a drug, by RxNorm and by the package code that PAS wants of drugs."""
    package = {"system": "http://hl7.org/fhir/sid/ndc", "code": "00074-0243-02"}
    return request(code, productOrService={"coding": [package, {"system": RXNORM, "code": code}]})


def submit(client: FlaskClient, bundle: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/fhir/Claim/$submit", json=bundle, content_type="application/fhir+json")
    assert answer.status_code == 200, answer.text
    answered: dict[str, Any] = answer.get_json()
    return answered


def case_of(client: FlaskClient, answer: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = client.get(f"/um/v1/cases/{answer['entry'][0]['resource']['id']}").get_json()
    return seen


def outcome(client: FlaskClient, answer: dict[str, Any]) -> tuple[str, str, str]:
    """Review action, state and reason of the first line."""
    line = case_of(client, answer)["lines"][0]
    return actions_of(answer)[1], line["state"], line["decision"]["reason"]


@pytest.mark.parametrize(
    ("bundle", "expected", "reason"),
    [
        pytest.param(request("G0399"), NOTHING_NEEDED, "no-auth-required", id="no authorization needed"),
        pytest.param(story("prior-authorization/01-submit-oxygen"), APPROVED, "criteria-met", id="auto-approved"),
        pytest.param(request("E1390"), DOCUMENTS, "need-patient-info", id="pended for documents"),
        pytest.param(request("Z9999"), NURSE, "unknown-service", id="unknown service"),
        pytest.param(request("S8948"), PHYSICIAN, "needs-medical-review", id="experimental"),
        pytest.param(
            story("prior-authorization/02-submit-wheelchair"), PHYSICIAN, "needs-medical-review", id="never automatic"
        ),
        pytest.param(request("E1390", quantity=13), NURSE, "needs-medical-review", id="quantity-limited"),
        pytest.param(request("97110", CPT, 12), NOTHING_NEEDED, "within-free-visits", id="visits before authorization"),
        pytest.param(request("97110", CPT, 20), NURSE, "needs-medical-review", id="more visits than are free"),
        pytest.param(request("A9300"), DENIED, "not-covered", id="benefit exclusion"),
        pytest.param(
            request("A9300", member_id=SENIOR), INTAKE, "intake-review", id="benefit exclusion, software may not deny"
        ),
        pytest.param(request("81162", CPT, member_id=MARKETPLACE), NURSE, "needs-medical-review", id="once in a life"),
        pytest.param(story("gold-card/01-submit-mri"), NOTHING_NEEDED, "gold-card", id="gold card"),
        pytest.param(drug("327361"), ("CT", "dismissed"), "contact-other-administrator", id="contact payer"),
    ],
)
def test_outcome(client, bundle, expected, reason) -> None:
    assert outcome(client, submit(client, bundle)) == (*expected, reason)


def test_a_duplicate_is_compared_by_a_person(client) -> None:
    first = submit(client, request("E1390"))
    second = submit(client, request("E1390"))

    assert outcome(client, first)[:2] == DOCUMENTS
    assert outcome(client, second) == (*INTAKE, "dup")


_ADVERSE = {"considered": ["request"], "alternative": "Less is covered.", "attestation": True, "missing": ["a test"]}
BASIS = {
    "approve": {"exception": "The notes show why it is needed."},
    "modify": _ADVERSE,
    "deny-clinical": _ADVERSE,
    "deny-administrative": {"rule": "Evidence of coverage, what is not covered"},
}


def decide(client: FlaskClient, answer: dict[str, Any], role: str, **line: Any) -> Any:
    reviewer = {"id": "reviewer-1", "npi": "1910200405"}
    case = case_of(client, answer)
    opening = {"role": role, "reviewer": reviewer}
    body = {"version": case["version"], **opening, "lines": [{"sequence": 1, "basis": BASIS[line["action"]]} | line]}
    client.post(f"/um/v1/cases/{case['id']}/openings", json=opening)
    return client.post(f"/um/v1/cases/{case['id']}/decisions", json=body)


def action_now(client: FlaskClient, answer: dict[str, Any]) -> str:
    read = client.get(f"/fhir/ClaimResponse/{answer['entry'][0]['resource']['id']}").get_json()
    return actions_of({"entry": [{"resource": read}]})[1]


NOT_NECESSARY = {
    "action": "deny-clinical",
    "reason": "not-necessary",
    "text": "A cane serves the need inside the home.",
}
TWELVE = {"quantity": {"value": 12, "unit": "visits"}}
REDUCED = {"reason": "qty-reduced", "text": "Twelve visits, then a new look at progress.", "authorized": TWELVE}


@pytest.mark.spec("pas:spec-36")
@pytest.mark.parametrize(
    ("bundle", "ruling", "action"),
    [(request("K0823"), NOT_NECESSARY, "A3"), (request("97110", CPT, 20), {"action": "modify"} | REDUCED, "A6")],
    ids=["denied clinically", "modified"],
)
def test_only_a_physician_denies_or_reduces(client, bundle, ruling, action) -> None:
    answer = submit(client, bundle)

    nurse = decide(client, answer, "nurse", **ruling)
    assert nurse.status_code == 403
    assert action_now(client, answer) == "A4"

    physician = decide(client, answer, "physician", **ruling)
    assert physician.status_code == 200
    assert action_now(client, answer) == action


def test_a_reduction_cannot_go_by_the_name_of_approval(client) -> None:
    answer = submit(client, request("97110", CPT, 20))

    hidden = decide(client, answer, "nurse", action="approve", **REDUCED | {"reason": "criteria-met"})

    assert hidden.status_code == 422
    assert action_now(client, answer) == "A4"

"""A request that is pended for documents, and what an EHR sends after it."""

import base64
import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fhir_um.api.outcomes import issues_told

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "pended-for-documents"
FHIR = {"Content-Type": "application/fhir+json"}
MEMBER = {"system": "https://harbor.example.test/member-number", "value": "H1006-5409"}
PATIENT = {"reference": "Patient/rosa-castellano"}
PDF = b"%PDF-1.7\n" + b"a report of an oxygen measurement\n" * 40
REPORT, NOTE = "11502-2", "34117-2"
NOW = "2026-11-20T10:00:00-05:00"


def pended(client: FlaskClient, base: str = "/fhir", **changes: Any) -> str:
    """The id of a case whose one line waits for the oxygen test."""
    bundle = json.loads((STORY / "01-submit-without-test.request.json").read_text())
    bundle |= changes
    answer = client.post(f"{base}/Claim/$submit", data=json.dumps(bundle), headers=FHIR)
    assert answer.status_code == 200, answer.text
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


def line_of(client: FlaskClient, case_id: str) -> dict[str, Any]:
    (line,) = client.get(f"/um/v1/cases/{case_id}").json["lines"]
    return dict(line)


def answers(form: str = "completed", subject: Any = PATIENT, **values: Any) -> dict[str, Any]:
    """A QuestionnaireResponse with a decimal answer per link."""
    return {
        "resourceType": "QuestionnaireResponse",
        "status": form,
        **({"subject": subject} if subject else {}),
        "authored": NOW,
        "item": [{"linkId": link, "answer": [{"valueDecimal": value}]} for link, value in values.items()],
    }


def report(
    content: bytes = PDF, media: str = "application/pdf", loinc: str = REPORT, **attachment: Any
) -> dict[str, Any]:
    """A DocumentReference with its bytes."""
    written = {"contentType": media, "data": base64.b64encode(content).decode(), **attachment}
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": PATIENT,
        "date": NOW,
        "content": [{"attachment": {name: value for name, value in written.items() if value is not None}}],
    }


def attachment(content: Any, *lines: str, code: str = "") -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"name": "LineItem", "valueString": line} for line in lines]
    if code:
        parts.append(
            {"name": "Code", "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": code}]}}
        )
    return {"name": "Attachment", "part": [*parts, {"name": "Content", "resource": content}]}


def parameters(tracking: str, *attachments: dict[str, Any], final: bool | None = None, **others: Any) -> dict[str, Any]:
    """A body of `$submit-attachment`; `others` replace or add parameters by name, None leaves one out."""
    rows: dict[str, dict[str, Any] | None] = {
        "TrackingId": {"valueIdentifier": {"value": tracking}},
        "AttachTo": {"valueCode": "preauthorization"},
        "ProviderId": {"valueIdentifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1910020027"}},
        "OrganizationId": {"valueIdentifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1910010010"}},
        "MemberId": {"valueIdentifier": MEMBER},
        **others,
    }
    written = [{"name": name, **row} for name, row in rows.items() if row is not None]
    end = [] if final is None else [{"name": "Final", "valueBoolean": final}]
    return {"resourceType": "Parameters", "parameter": [*written, *attachments, *end]}


def send(client: FlaskClient, body: Any, base: str = "/fhir") -> TestResponse:
    return client.post(f"{base}/$submit-attachment", data=json.dumps(body), headers=FHIR)


def told(answer: TestResponse) -> list[str]:
    """What an OperationOutcome, or a problem, says, with the severity of each."""
    return [f"{issue['severity']}: {issue['details']['text']}" for issue in issues_told(answer)]


def listed(client: FlaskClient, case_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/um/v1/cases/{case_id}/attachments").json["attachments"]
    return rows

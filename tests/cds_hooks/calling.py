"""Hook calls of invented people, and a counter with a fake desk to send them to."""

import copy
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.door import HookClient, OpenDoor
from cds_hooks.ehr import EhrPolicy
from cds_hooks.http import counter
from cds_hooks.invoking import HookHouse
from cds_hooks.request import REQUESTED_VERSION
from profiles.reading import Limits
from tests.cds_hooks.fake_desk import FakeDesk

Json = dict[str, Any]
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
EXTENSION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"

PATIENT: Json = {"resourceType": "Patient", "id": "pat1", "birthDate": "1960-01-01"}
COVERAGE: Json = {
    "resourceType": "Coverage",
    "id": "cov1",
    "status": "active",
    "beneficiary": {"reference": "Patient/pat1"},
    "payor": [{"reference": "Organization/payer1", "identifier": {"system": "urn:example:payers", "value": "P1"}}],
}


def order(id: str = "1", kind: str = "ServiceRequest", **more: Any) -> Json:
    """An order of the patient as the guide wants it."""
    concept = {"coding": [{"system": HCPCS, "code": "E0431"}]}
    elements: dict[str, Json] = {
        "ServiceRequest": {"code": concept},
        "DeviceRequest": {"codeCodeableConcept": concept},
        "MedicationRequest": {"medicationCodeableConcept": concept},
        "NutritionOrder": {"oralDiet": {"type": [concept]}, "orderer": {"reference": "Practitioner/pra1"}},
        "VisionPrescription": {
            "lensSpecification": [{"product": concept, "eye": "right"}],
            "prescriber": {"reference": "Practitioner/pra1"},
        },
        "CommunicationRequest": {
            "basedOn": [{"reference": "ServiceRequest/9"}],
            "payload": [
                {
                    "contentString": "A note",
                    "extension": [
                        {
                            "url": "http://hl7.org/fhir/5.0/StructureDefinition/"
                            "extension-CommunicationRequest.payload.content%5Bx%5D",
                            "valueCodeableConcept": concept,
                        }
                    ],
                }
            ],
        },
    }
    subject = "patient" if kind in {"NutritionOrder", "VisionPrescription"} else "subject"
    made: Json = {
        "resourceType": kind,
        "id": id,
        "status": "draft",
        "intent": "order",
        subject: {"reference": "Patient/pat1"},
        "authoredOn": "2026-03-02",
        "requester": {"reference": "Practitioner/pra1"},
    }
    return made | elements.get(kind, {}) | more


def appointment(id: str = "a1", **more: Any) -> Json:
    """An appointment of the patient."""
    made: Json = {
        "resourceType": "Appointment",
        "id": id,
        "status": "proposed",
        "start": "2026-04-01T09:00:00Z",
        "end": "2026-04-01T10:00:00Z",
        "participant": [{"actor": {"reference": "Patient/pat1"}, "status": "accepted"}],
    }
    return made | more


def bundle(*resources: Json) -> Json:
    """A collection of resources."""
    entries = [
        {"fullUrl": f"https://ehr.example.org/r4/{r['resourceType']}/{r.get('id')}", "resource": r} for r in resources
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def call(hook: str = "order-sign", *orders: Json, prefetch: Json | None = None, **context: Any) -> Json:
    """A call as clients send it: with patient and coverage prefetched, and no server to ask."""
    members: dict[str, Json] = {
        "order-sign": {"draftOrders": bundle(*orders)},
        "order-select": {"draftOrders": bundle(*orders), "selections": [_ref(o) for o in orders]},
        "order-dispatch": {"dispatchedOrders": [_ref(o) for o in orders], "performer": "Organization/dme1"},
        "appointment-book": {"appointments": bundle(*orders)},
        "encounter-start": {"encounterId": "enc1"},
        "encounter-discharge": {"encounterId": "enc1"},
    }
    body: Json = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/pra1", "patientId": "pat1"} | members[hook] | context,
        "prefetch": {"patient": PATIENT, "coverage": bundle(COVERAGE)} if prefetch is None else prefetch,
    }
    return copy.deepcopy(body)


def speaking(body: Json, version: str) -> Json:
    """The same call from a client that asks for that version."""
    return body | {"extension": body.get("extension", {}) | {REQUESTED_VERSION: version}}


def configured(body: Json, **options: Any) -> Json:
    """The same call with a configuration; underscores stand for dashes."""
    configuration = {code.replace("_", "-"): setting for code, setting in options.items()}
    return body | {"extension": body.get("extension", {}) | {"davinci-crd.configuration": configuration}}


def _ref(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource.get('id')}"


@dataclass
class Counter:
    """A counter to send calls to, and what its desk and its log have seen."""

    desk: FakeDesk
    lines: list[tuple[str, dict[str, object]]]
    client: FlaskClient
    house: HookHouse

    def ask(self, body: Json | bytes, base: str = "/cds-services", service: str = "") -> TestResponse:
        """Sends a call to the service of its hook."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        name = service or (body["hook"] if isinstance(body, dict) else "order-sign")
        return self.client.post(f"{base}/{name}", data=sent, content_type="application/json")


def make_counter(desk: FakeDesk | None = None, client: HookClient | None = None, **more: Any) -> Counter:
    """A counter whose clock stands still and whose chance counts."""
    numbers = count(1)
    lines: list[tuple[str, dict[str, object]]] = []
    given: dict[str, Any] = {
        "desk": desk or FakeDesk(),
        "door": OpenDoor(client) if client else OpenDoor(),
        "ehr_policy": EhrPolicy(frozenset()),
        "public_url": "https://payer.example.org",
        "now": lambda: NOW,
        "monotonic": lambda: 0.0,
        "new_uuid": lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
        "limits": Limits(10_000_000, 64, 500),
        "say": lambda event, fields: lines.append((event, dict(fields))),
    }
    house = HookHouse(**(given | more))
    app = Flask("counter")
    app.register_blueprint(counter(house))
    return Counter(house.desk, lines, app.test_client(), house)  # type: ignore[arg-type]


def told_of(response: TestResponse) -> dict[str, list[Json]]:
    """By `Type/id`, the coverage-information extensions of an answer."""
    actions = response.get_json().get("systemActions", [])
    return {
        _ref(action["resource"]): [e for e in action["resource"].get("extension", []) if e["url"] == EXTENSION]
        for action in actions
    }


def said(extension: Json, name: str) -> list[Any]:
    """The values of one part of a coverage-information extension."""
    parts = [part for part in extension["extension"] if part["url"] == name]
    return [value for part in parts for key, value in part.items() if key.startswith("value")]

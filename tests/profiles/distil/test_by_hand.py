"""Definitions written by hand, held against small messages: a right one passes, one fault is found where it is."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from profiles.validating.validator import Validator, shipped_library

Raw = dict[str, Any]
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
DTR = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/"
CDEX = "http://hl7.org/fhir/us/davinci-cdex/StructureDefinition/cdex-parameters-submit-attachment"
PAS = Validator(shipped_library(), "hl7.fhir.us.davinci-pas#2.2.1")
OF_DTR = Validator(shipped_library(), "hl7.fhir.us.davinci-dtr#2.2.0")


def _errors(validator: Validator, resource: Raw, profile: str) -> list[str]:
    return [issue.path for issue in validator.check(resource, (profile,)) if issue.severity == "error"]


def _status() -> Raw:
    event = [
        {"name": "event-number", "valueString": "2"},
        {"name": "timestamp", "valueInstant": "2026-05-29T11:44:13Z"},
        {"name": "focus", "valueReference": {"reference": "urn:uuid:0b2e3c3a-6a55-4c3f-8d0b-7d4a4e1f2a10"}},
    ]
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": "Subscription/1"}},
            {"name": "topic", "valueCanonical": "http://a.example/topic"},
            {"name": "status", "valueCode": "active"},
            {"name": "type", "valueCode": "event-notification"},
            {"name": "events-since-subscription-start", "valueString": "2"},
            {"name": "notification-event", "part": event},
        ],
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda status: None, None),
        (lambda status: status["parameter"].pop(0), "Parameters.parameter"),
        (lambda status: status["parameter"][2].update(valueCode="asleep"), "Parameters.parameter[2].value"),
        (lambda status: status["parameter"][3].update(valueCode="birthday"), "Parameters.parameter[3].value"),
        (lambda status: status["parameter"][5]["part"].pop(0), "Parameters.parameter[5].part"),
        (lambda status: status["parameter"].append({"name": "status", "valueCode": "off"}), "Parameters.parameter"),
    ],
)
def test_the_status_of_a_subscription(change: Callable[[Raw], object], path: str | None) -> None:
    status = _status()
    change(status)
    found = _errors(PAS, status, f"{BACKPORT}subscription-status-r4")
    assert found == [] if path is None else any(one.startswith(path) for one in found)


def test_a_notification_begins_with_the_status() -> None:
    entry = {
        "fullUrl": "urn:uuid:292d3c72-edc1-4d8a-afaa-d85e19c7f563",
        "resource": _status(),
        "request": {"method": "GET", "url": "Subscription/1/$status"},
        "response": {"status": "200"},
    }
    bundle: Raw = {"resourceType": "Bundle", "type": "history", "entry": [entry]}
    assert _errors(PAS, bundle, f"{BACKPORT}subscription-notification-r4") == []
    wrong = deepcopy(bundle) | {"type": "collection"}
    assert "Bundle.type" in _errors(PAS, wrong, f"{BACKPORT}subscription-notification-r4")


def _attachment() -> Raw:
    def of(name: str) -> Raw:
        return {"name": name, "valueIdentifier": {"system": "http://a.example/ids", "value": name}}

    content = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"title": "Chart"}}],
    }
    return {
        "resourceType": "Parameters",
        "parameter": [
            of("TrackingId"),
            {"name": "AttachTo", "valueCode": "preauthorization"},
            of("ProviderId"),
            of("MemberId"),
            {
                "name": "Attachment",
                "part": [{"name": "LineItem", "valueString": "1"}, {"name": "Content", "resource": content}],
            },
            {"name": "Final", "valueBoolean": True},
        ],
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda sent: None, None),
        (lambda sent: sent["parameter"].pop(0), "Parameters.parameter"),
        (lambda sent: sent["parameter"][1].update(valueCode="door"), "Parameters.parameter[1].value"),
        (lambda sent: sent["parameter"][4]["part"].pop(1), "Parameters.parameter[4].part"),
        (lambda sent: sent["parameter"].append({"name": "Extra", "valueString": "x"}), "Parameters.parameter"),
    ],
)
def test_documents_sent_after_a_request_for_them(change: Callable[[Raw], object], path: str | None) -> None:
    sent = _attachment()
    change(sent)
    found = _errors(PAS, sent, CDEX)
    assert found == [] if path is None else any(one.startswith(path) for one in found)


def _response() -> Raw:
    manual = [
        {"url": "source", "valueCode": "manual"},
        {"url": "author", "extension": [{"url": "role", "valueCodeableConcept": {"text": "Nurse"}}]},
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "extension": [
            {"url": f"{DTR}qr-coverage", "valueReference": {"reference": "Coverage/1"}},
            {"url": f"{DTR}qr-context", "valueReference": {"reference": "ServiceRequest/1"}},
            {"url": f"{DTR}intendedUse", "valueCodeableConcept": {"coding": [{"code": "withpa", "system": _USE}]}},
        ],
        "questionnaire": "http://a.example/Questionnaire/1|1.0.0",
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "authored": "2026-05-29T11:44:13Z",
        "item": [
            {
                "linkId": "1",
                "answer": [
                    {"extension": [{"url": f"{DTR}information-origin", "extension": manual}], "valueBoolean": True}
                ],
            }
        ],
    }


_USE = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/coverage-information-codes"
_ORIGIN = "QuestionnaireResponse.item[0].answer[0].extension[0]"


def _origin(response: Raw) -> list[Raw]:
    parts: list[Raw] = response["item"][0]["answer"][0]["extension"][0]["extension"]
    return parts


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda response: None, None),
        (lambda response: response["extension"].pop(0), "QuestionnaireResponse.extension"),
        (
            lambda response: response.update(basedOn=[{"reference": "ServiceRequest/1"}]),
            "QuestionnaireResponse.basedOn",
        ),
        (lambda response: response.pop("subject"), "QuestionnaireResponse.subject"),
        (lambda response: response["item"][0]["answer"][0].pop("extension"), "QuestionnaireResponse.item[0].answer[0]"),
        (lambda response: _origin(response).pop(1), _ORIGIN),
        (lambda response: _origin(response)[0].update(valueCode="auto-server"), _ORIGIN),
        (lambda response: _origin(response)[0].update(valueCode="auto"), _ORIGIN),
    ],
)
def test_a_response_as_dtr_2_2_wants_it(change: Callable[[Raw], object], path: str | None) -> None:
    response = _response()
    change(response)
    found = _errors(OF_DTR, response, f"{DTR}dtr-questionnaireresponse|2.2.0")
    assert found == [] if path is None else any(one.startswith(path) for one in found)

"""A repeat is a new request: the sender's own names change, and what the server gave follows."""

import json
from typing import Any

from fhir_um.replaying.capture import made
from fhir_um.replaying.renewing import Renewer

BUNDLE = {
    "resourceType": "Bundle",
    "identifier": {"value": "B-1"},
    "entry": [
        {
            "fullUrl": "https://ehr.example.test/fhir/Claim/c1",
            "resource": {
                "resourceType": "Claim",
                "id": "c1",
                "identifier": [{"value": "PE-1"}],
                "item": [{"quantity": {"value": "c1"}}],
            },
        },
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "c1"}},
    ],
}
UPDATE = {
    "resourceType": "Bundle",
    "identifier": {"value": "B-2"},
    "entry": [
        {
            "fullUrl": "urn:uuid:0b5c4d7e-0000-4000-8000-000000000001",
            "resource": {"resourceType": "Claim", "id": "c2", "related": [{"claim": {"reference": "Claim/c1"}}]},
        }
    ],
}


def sent(renewer: Renewer, content: Any, path: str = "/fhir/Claim/$submit") -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return renewer.renewed(made("x", "POST", path, {}, body, 200, b"", {}))


def body(renewer: Renewer, content: Any) -> Any:
    return json.loads(sent(renewer, content).body)


def test_the_senders_own_names_are_new_and_no_others() -> None:
    bundle = body(Renewer("m1"), BUNDLE)
    claim = bundle["entry"][0]["resource"]

    assert bundle["identifier"]["value"] == "B-1-m1"
    assert bundle["entry"][0]["fullUrl"] == "https://ehr.example.test/fhir/Claim/c1-m1"
    assert (claim["id"], claim["identifier"][0]["value"]) == ("c1-m1", "PE-1-m1")
    assert claim["item"][0]["quantity"]["value"] == "c1"
    assert bundle["entry"][1] == BUNDLE["entry"][1]


def test_what_follows_speaks_of_the_new_request() -> None:
    renewer = Renewer("m1")
    body(renewer, BUNDLE)
    update = body(renewer, UPDATE)["entry"][0]

    assert update["resource"]["related"][0]["claim"]["reference"] == "Claim/c1-m1"
    assert update["fullUrl"].startswith("urn:uuid:")
    assert update["fullUrl"] != UPDATE["entry"][0]["fullUrl"]  # type: ignore[index]  # a literal above


def test_the_same_request_twice_stays_the_same() -> None:
    renewer = Renewer("m1")

    assert sent(renewer, BUNDLE) == sent(renewer, BUNDLE)


def test_without_a_mark_names_stay() -> None:
    assert body(Renewer(""), BUNDLE) == BUNDLE


def test_a_hook_call_gets_an_instance_of_its_own() -> None:
    call = {"hook": "order-sign", "hookInstance": "0b5c4d7e-0000-4000-8000-000000000001", "context": {}}

    instances = {body(Renewer(mark), call)["hookInstance"] for mark in ("m1", "m2", "")}

    assert len(instances) == 3


def test_what_the_server_gave_then_is_what_it_gives_now() -> None:
    renewer = Renewer("m1")
    then = {"resourceType": "ClaimResponse", "id": "17", "preAuthRef": "AUTH-0001", "patient": {"id": "p"}}
    now = {"resourceType": "ClaimResponse", "id": "18", "preAuthRef": "AUTH-0002", "patient": {"id": "q"}}
    renewer.learn(then, now)

    asked = {"number": "AUTH-0001", "text": "AUTH-0001 holds, 17 days", "reference": "ClaimResponse/17", "count": 17}
    assert body(renewer, asked) == {
        "number": "AUTH-0002",
        "text": "AUTH-0002 holds, 17 days",
        "reference": "ClaimResponse/18",
        "count": 17,
    }
    assert sent(renewer, {}, "/fhir/ClaimResponse/17?x=AUTH-0001").path == "/fhir/ClaimResponse/18?x=AUTH-0002"
    assert renewer.expected(then) == {**then, "id": "18", "preAuthRef": "AUTH-0002"}


def test_what_is_no_json_goes_as_it_is() -> None:
    assert sent(Renewer("m1"), b"a=1&b=\xff").body == b"a=1&b=\xff"


def test_decimals_stay_as_they_were_written() -> None:
    assert b"1.50" in sent(Renewer("m1"), b'{"value": 1.50}').body

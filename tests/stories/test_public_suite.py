"""The public test suite's checks over the whole application: what the story asks, and the same at every hook."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir_um.conformance.inferno.crd_answers import HOOKS, Exchange
from fhir_um.conformance.inferno.crd_tests import failures, run, verdicts
from fhir_um.conformance.model import Verdict
from fhir_um.stories.playing import load_story
from profiles.reading import Limits, read_json, write_json
from tests.fhir_um.conformance.inferno.test_crd_tests import faults_of
from tests.fhir_um.doors import open_doors
from tests.stories.test_stories import FIXTURES

STORY = load_story(FIXTURES / "stories" / "crd")
BASE = "/2.0.1/cds-services"
LIMITS = Limits(1_000_000, 64, 500)


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    with open_doors(sqlite_url) as opened:
        yield opened


def hook_calls() -> list[dict[str, Any]]:
    """The hook calls of the story, as a client of CRD 2.0.1 sends them: it cannot ask for a version."""
    read = [read_json((STORY.folder / step.hook).read_bytes(), LIMITS) for step in STORY.steps if step.hook]
    return [{name: value for name, value in body.items() if name != "extension"} for body in read]


def ask(client: FlaskClient, body: dict[str, Any]) -> Exchange:
    answer = client.post(f"{BASE}/{body['hook']}", data=write_json(body), content_type="application/json")
    return Exchange(body, answer.status_code, read_json(answer.get_data(), LIMITS))


def discovered(client: FlaskClient) -> Exchange:
    answer = client.get(BASE)
    return Exchange({}, answer.status_code, answer.get_json())


def at(hook: str, signed: dict[str, Any]) -> dict[str, Any]:
    """The call of a story at another hook: the same patient, the same order."""
    body = json.loads(write_json(signed))
    context, order = body["context"], body["context"]["draftOrders"]["entry"][0]["resource"]
    ref = f"{order['resourceType']}/{order['id']}"
    people = {name: context[name] for name in ("userId", "patientId")}
    subject = order["subject"]
    body["prefetch"]["order"] = order
    if hook == "order-dispatch":
        new = {"order": ref, "performer": "Organization/supplier"}
    elif hook == "appointment-book":
        coded = order.get("code") or order.get("codeCodeableConcept")
        new = {"appointments": {"resourceType": "Bundle", "entry": [{"resource": _booked(coded, subject)}]}}
    elif hook.startswith("encounter"):
        body["prefetch"]["encounter"] = _visit(subject)
        new = {"encounterId": "visit"}
    else:
        new = {"draftOrders": context["draftOrders"]} | ({"selections": [ref]} if hook == "order-select" else {})
    return body | {"hook": hook, "context": people | new}


def _booked(coded: Any, subject: dict[str, str]) -> dict[str, Any]:
    role = {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "PPRF"}
    return {
        "resourceType": "Appointment",
        "id": "booked",
        "status": "proposed",
        "serviceType": [coded],
        "start": "2026-12-01T09:00:00Z",
        "end": "2026-12-01T09:30:00Z",
        "requestedPeriod": [{"start": "2026-12-01"}],
        "participant": [
            {"type": [{"coding": [role]}], "actor": {"reference": "Practitioner/priya"}, "status": "needs-action"},
            {"actor": subject, "status": "accepted"},
        ],
    }


def _visit(subject: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "visit",
        "identifier": [{"system": "https://ehr.example.test/visits", "value": "77"}],
        "status": "planned",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"coding": [{"system": "http://snomed.info/sct", "code": "308335008"}]}],
        "subject": subject,
        "period": {"start": "2026-11-20T15:00:00Z"},
    }


@pytest.mark.spec("crd:resp-26", "crd-check:104", "crd-check:124")
def test_what_the_story_asks_passes_the_public_suite(client: FlaskClient) -> None:
    outcomes = run(discovered(client), [ask(client, body) for body in hook_calls()], faults_of)

    assert failures(outcomes, ("order-sign",)) == []


@pytest.mark.spec("pas:spec-3")
@pytest.mark.spec("crd:resp-26", "crd-check:65", "crd-check:124")
def test_every_hook_of_the_house_passes_the_public_suite(client: FlaskClient) -> None:
    signed = hook_calls()
    exchanges = [ask(client, at(hook, body)) for hook in HOOKS for body in signed]

    outcomes = run(discovered(client), exchanges, faults_of)

    assert failures(outcomes) == []
    assert {verdicts(outcomes)[f"{hook}/coverage-information-validity"] for hook in HOOKS} == {Verdict.PASSED}


@pytest.mark.spec("crd:resp-57", "crd-check:106", "crd-check:124")
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_orders_proposed_as_well_conform_to_their_profiles(client: FlaskClient, hook: str) -> None:
    exchanges = [ask(client, at(hook, body)) for body in hook_calls()]

    (outcome,) = (o for o in run(discovered(client), exchanges, faults_of) if o.name == f"{hook}/additional-orders")

    assert (outcome.verdict, outcome.faults) == (Verdict.PASSED, ())

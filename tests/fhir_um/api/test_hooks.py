"""A hook call over HTTP: answered, explained, submitted; and what the store makes of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir_um.api.hook_counter import ehr_policy
from fhir_um.deps import make_deps
from fhir_um.settings import HookVersion, Mode, Settings, SettingsFault
from tests.fhir_um.asking_hooks import CLINIC, COPD, COVERAGE, EHR, NPI, PATIENT, PAYOR, order, saturation
from tests.fhir_um.doors import NOW, open_doors

COVERAGE_INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
INSTANCE = "11111111-2222-4333-8444-555555555555"
LOOK = "7d1f9a8e-5b70-4f5a-a304-7b49692ef53c"
DOCTOR = {"resourceType": "Practitioner", "id": "1", "identifier": [{"system": NPI, "value": CLINIC}]}


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    with open_doors(sqlite_url) as opened:
        yield opened


def call(**changes: Any) -> str:
    """An order-sign call for home oxygen, with the saturation in the chart."""
    signed = order(resource={"quantityQuantity": {"value": 12}, "requester": {"reference": "Practitioner/1"}}).resource
    body = {
        "hook": "order-sign",
        "hookInstance": INSTANCE,
        "fhirServer": EHR,
        "context": {
            "userId": "Practitioner/1",
            "patientId": "nora",
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": signed}]},
        },
        "prefetch": {
            "any": PATIENT,
            "names": COVERAGE,
            "will": PAYOR,
            "do": {"entry": [{"resource": r} for r in (COPD, DOCTOR, saturation(on="2026-11-10"))]},
        },
    }
    return json.dumps(body | changes, default=float)


def sent(client: FlaskClient, path: str = "/cds-services/order-sign", **changes: Any) -> Any:
    return client.post(path, data=call(**changes), content_type="application/json")


def told(answer: Any) -> dict[str, Any]:
    """The parts of the coverage information on the only order."""
    (action,) = answer.json["systemActions"]
    (extension,) = (e for e in action["resource"]["extension"] if e["url"] == COVERAGE_INFORMATION)
    return {p["url"]: v for p in extension["extension"] for name, v in p.items() if name.startswith("value")}


@pytest.mark.spec("crd:resp-29")
@pytest.mark.parametrize("path", ["/cds-services/order-sign", "/2.0.1/cds-services/order-sign"])
def test_home_oxygen_is_authorized_while_it_is_signed(client: FlaskClient, path: str) -> None:
    parts = told(sent(client, path))

    assert (parts["covered"], parts["pa-needed"]) == ("covered", "satisfied")
    (case,) = client.get("/um/v1/cases?state=approved").json["cases"]
    shown = client.get(f"/um/v1/cases/{case['id']}").json
    assert shown["lines"][0]["authorizationNumber"] == parts["satisfied-pa-id"]


@pytest.mark.spec("crd-check:119")
@pytest.mark.spec("crd:found-37")
def test_the_call_is_explained_by_what_it_was_told(client: FlaskClient) -> None:
    parts = told(sent(client))

    answer = client.get(f"/um/v1/crd/invocations/{parts['coverage-assertion-id']}/explanation")

    assert answer.status_code == 200
    assert answer.json["invocation"]["hookInstance"] == INSTANCE
    assert answer.json["assertions"][0]["policy"]["id"] == "home-oxygen"
    assert {row["type"] for row in answer.json["invocation"]["resources"]} >= {"Observation", "Coverage", "Patient"}


def test_what_nobody_told_is_not_found(client: FlaskClient) -> None:
    assert client.get("/um/v1/crd/invocations/nothing/explanation").status_code == 404


@pytest.mark.spec("crd-check:119")
@pytest.mark.spec("crd:found-38")
def test_each_look_at_a_call_is_noted(sqlite_url: str) -> None:
    with open_doors(sqlite_url) as client:
        sent(client)
        client.get(f"/um/v1/crd/invocations/{INSTANCE}/explanation", headers={"X-Request-Id": LOOK})
        deps = make_deps(Settings(database_url=sqlite_url), clock=lambda: NOW)
        with deps.store.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT action, request_id FROM audit_log").all()
        deps.store.close()

    looked = ("GET /um/v1/crd/invocations/<name>/explanation", LOOK)
    assert [tuple(row) for row in rows].count(looked) == 1


def test_what_a_call_wrote_is_sound(sqlite_url: str) -> None:
    with open_doors(sqlite_url) as client:
        sent(client)
        deps = make_deps(Settings(database_url=sqlite_url), clock=lambda: NOW)
        checked = deps.store.verify()
        deps.store.close()

    assert (checked.cases, checked.faults) == (1, [])


def test_the_authorization_is_read_like_any_other(client: FlaskClient) -> None:
    """The server holds these answers against their profiles; a faulty one fails the fixture."""
    sent(client)
    (case,) = client.get("/um/v1/cases?state=approved").json["cases"]

    answer = client.get(f"/fhir/ClaimResponse/{case['id']}")

    assert (answer.status_code, answer.json["outcome"]) == (200, "complete")
    assert client.get(f"/fhir/Claim/{case['id']}").json["item"][0]["quantity"]["value"] == 12


@pytest.mark.spec("crd-check:71")
@pytest.mark.spec("crd:resp-35")
def test_an_order_that_carries_the_answer_is_left_alone(client: FlaskClient) -> None:
    signed = sent(client).json["systemActions"][0]["resource"]
    orders = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": signed}]}
    context = {"userId": "Practitioner/1", "patientId": "nora", "draftOrders": orders}

    assert "systemActions" not in sent(client, context=context).json


@pytest.mark.spec("crd:found-35", "crd-check:47")
@pytest.mark.parametrize("option", ["unsolicited-determ", "coverage-info"])
def test_what_is_switched_off_opens_no_case(client: FlaskClient, option: str) -> None:
    sent(client, extension={"davinci-crd.configuration": {option: False}})

    assert client.get("/um/v1/cases?state=approved").json["cases"] == []


def test_feedback_is_taken(client: FlaskClient) -> None:
    (card, *_) = sent(client).json["cards"]
    body = {"feedback": [{"card": card["uuid"], "outcome": "overridden", "overrideReason": {"userComment": "no"}}]}

    answer = client.post("/cds-services/order-sign/feedback", json=body)

    assert answer.status_code == 200
    shown = client.get(f"/um/v1/crd/invocations/{INSTANCE}/explanation").json["cardsShown"]
    assert [row["feedback"][0]["outcome"] for row in shown if row["uuid"] == card["uuid"]] == ["overridden"]


@pytest.mark.spec("crd-check:59")
def test_only_named_ehrs_are_asked_and_this_machine_in_the_sandbox_alone() -> None:
    production = ehr_policy(Settings(hook_ehr_hosts=("ehr.example.org",)))
    sandbox = ehr_policy(Settings(mode=Mode.SANDBOX))

    assert (production.allowed_hosts, production.allow_private) == (frozenset({"ehr.example.org"}), False)
    assert (sandbox.allowed_hosts, sandbox.allow_private) == (frozenset({"localhost:*", "127.0.0.1:*"}), True)


def test_settings_of_hooks_are_read() -> None:
    given = {
        "FHIR_UM_HOOK_EHR_HOSTS": "EHR.example.org, other.example.org:8443",
        "FHIR_UM_HOOK_DEFAULT_VERSION": "2.2",
        "FHIR_UM_HOOK_RETENTION_DAYS": "30",
    }

    read = Settings.from_env(given)

    assert read.hook_ehr_hosts == ("ehr.example.org", "other.example.org:8443")
    assert (read.hook_default_version, read.hook_retention_days) == (HookVersion.CRD_2_2, 30)


@pytest.mark.parametrize("hosts", ["https://ehr.example.org", ",", "a@b"])
def test_a_host_is_a_name_and_not_an_address(hosts: str) -> None:
    with pytest.raises(SettingsFault, match="HOSTS"):
        Settings.from_env({"FHIR_UM_HOOK_EHR_HOSTS": hosts})

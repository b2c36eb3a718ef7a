"""Presets as files: the form that the runner of the suites loads, and the inputs their suites know."""

import json
from datetime import date
from pathlib import Path

import pytest

from fhir_um.conformance.inferno import crd_presets, pas_presets
from fhir_um.conformance.inferno.payloads import Script
from fhir_um.conformance.inferno.preparing import INQUIRE, SUBMIT, Prepared
from fhir_um.conformance.inferno.presets import Preset, values_of

STORIES = Path(__file__).parents[4] / "fixtures" / "stories"
TODAY = date(2026, 11, 20)
COMMON = {
    "server_endpoint",
    "access_token",
    "subscription_resource",
    "approval_pa_submit_request_payload",
    "denial_pa_submit_request_payload",
    "pended_pa_submit_request_payload",
    "must_support_pa_submit_request_payload",
    "must_support_pa_inquire_request_payload",
}
OWN = {
    "2.0.1": {"pended_pa_inquire_request_payload"},
    "2.2.1": {
        "claim_update_initial_submit_payload",
        "claim_update_add_item_submit_payload",
        "claim_update_modify_cancel_submit_payload",
        "claim_update_cancel_all_submit_payload",
    },
}


def of_pas(version: str, run: str = "run") -> Preset:
    script = Script.read(STORIES, version, run, TODAY)
    ready = Prepared({SUBMIT: (b'{"resourceType":"Bundle"}',), INQUIRE: (b'{"resourceType":"Bundle"}',)})
    return pas_presets.preset("http://127.0.0.1:8080/fhir", script, ready, "session-1")


def of_crd() -> Preset:
    return crd_presets.preset("http://127.0.0.1:8080/2.0.1", Script.read(STORIES, "2.0.1", "run", TODAY))


@pytest.mark.parametrize("preset", [of_pas("2.2.1"), of_pas("2.0.1"), of_crd()], ids=lambda p: p.suite)
def test_a_preset_has_the_form_its_runner_loads(preset: Preset) -> None:
    read = json.loads(preset.as_bytes())

    assert set(read) == {"title", "id", "test_suite_id", "inputs"}
    assert read["test_suite_id"] == preset.suite
    for each in read["inputs"]:
        assert {"name", "title", "type", "value"} <= set(each)
        assert set(each) <= {"name", "title", "type", "value", "description", "optional", "options"}
        assert isinstance(each["value"], str)
        assert each["type"] in {"text", "textarea", "radio"}


@pytest.mark.parametrize("version", ["2.2.1", "2.0.1"])
def test_the_inputs_are_those_of_the_suite(version: str) -> None:
    values = values_of(of_pas(version).as_bytes())

    assert set(values) == COMMON | OWN[version]
    assert all(json.loads(value) for name, value in values.items() if name.endswith(("payload", "resource")))


@pytest.mark.parametrize("version", ["2.2.1", "2.0.1"])
def test_no_two_requests_of_a_session_share_an_identifier(version: str) -> None:
    values = values_of(of_pas(version).as_bytes())
    bundles = [
        json.loads(value)
        for name, value in values.items()
        if name.endswith("payload") and not name.startswith("must_support")
    ]
    identifiers = [bundle["identifier"]["value"] for bundle in bundles]
    claims = [bundle["entry"][0]["fullUrl"] for bundle in bundles]

    assert len(set(identifiers)) == len(identifiers)
    assert len(set(claims)) == len(claims)


def test_another_run_makes_other_requests() -> None:
    first, second = (values_of(of_pas("2.2.1", run).as_bytes()) for run in ("one", "two"))
    payload = "approval_pa_submit_request_payload"

    assert json.loads(first[payload])["identifier"] != json.loads(second[payload])["identifier"]


def test_the_update_chain_is_one_request_that_grows_and_is_withdrawn() -> None:
    values = values_of(of_pas("2.2.1").as_bytes())
    steps = ("initial", "add_item", "modify_cancel", "cancel_all")
    claims = [json.loads(values[f"claim_update_{step}_submit_payload"])["entry"][0]["resource"] for step in steps]

    assert [[item["sequence"] for item in claim["item"]] for claim in claims] == [[1], [1, 2], [1, 2], [1, 2]]
    for before, claim in zip(claims, claims[1:], strict=False):
        assert claim["related"][0]["claim"]["reference"] == f"Claim/{before['id']}"


def test_every_hook_has_a_call_and_the_first_service_is_named() -> None:
    values = values_of(of_crd().as_bytes())

    for hook in crd_presets.HOOKS:
        name = hook.replace("-", "_")
        calls = json.loads(values[f"{name}_request_bodies"])
        assert {call["hook"] for call in calls} == {hook}
        assert values[f"{name}_service_ids"] == hook
    assert json.loads(values["any_hook_request_body"])["hook"] == "order-sign"

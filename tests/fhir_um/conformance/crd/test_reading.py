"""How calls and answers are read: by what is there, whoever sent it."""

import json
from typing import Any

import pytest

from fhir_um.conformance.crd.cards import kind_of
from fhir_um.conformance.crd.coverage_information import to_annotate
from fhir_um.conformance.crd.dialects import CRD_2_0, CRD_2_2, EXTENSION, Dialect
from fhir_um.conformance.crd.reading import asked_about, is_answered, made_now, sent_resources
from fhir_um.conformance.model import Exchange

Json = dict[str, Any]
COVERAGE = {"resourceType": "Coverage", "id": "1"}


def order(kind: str = "ServiceRequest", **more: Any) -> Json:
    return {"resourceType": kind, "id": "o"} | more


def bundle(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources]}


def call(hook: str, context: Json, *marks: str, prefetch: Json | None = None, **more: Any) -> Exchange:
    sent = {"hook": hook, "context": context, "prefetch": {"own": COVERAGE} if prefetch is None else prefetch} | more
    body = json.dumps({"cards": []}).encode()
    told = frozenset({"hook", hook, *marks})
    return Exchange("s", "c", told, "2.2.1", "POST", "u", {}, json.dumps(sent).encode(), 200, {}, body, 1)


def statement(coverage: str, assertion: str) -> Json:
    parts = [
        {"url": "coverage", "valueReference": {"reference": coverage}},
        {"url": "coverage-assertion-id", "valueString": assertion},
    ]
    return {"url": EXTENSION, "extension": parts}


OFF = {"extension": {"davinci-crd.configuration": {"coverage-info": False}}}
SIGNED = {"draftOrders": bundle(order())}


@pytest.mark.parametrize(
    ("dialect", "exchange", "wanted"),
    [
        (CRD_2_2, call("order-sign", SIGNED), ["ServiceRequest/o"]),
        (CRD_2_2, call("order-sign", SIGNED, **OFF), []),
        (CRD_2_2, call("order-sign", SIGNED, prefetch={}), []),
        (CRD_2_2, call("order-sign", SIGNED, "other-payer"), []),
        (CRD_2_2, call("order-sign", {"draftOrders": bundle(order(doNotPerform=True))}), []),
        (CRD_2_2, call("order-sign", {"draftOrders": bundle(order(extension=[statement("Coverage/1", "a")]))}), []),
        (CRD_2_2, call("order-select", SIGNED | {"selections": ["ServiceRequest/o"]}), []),
        (CRD_2_2, call("order-select", SIGNED | {"selections": ["ServiceRequest/o"]}, "covered"), ["ServiceRequest/o"]),
        (CRD_2_2, call("order-sign", {"draftOrders": bundle(order("VisionPrescription"))}), ["VisionPrescription/o"]),
        (CRD_2_0, call("order-sign", {"draftOrders": bundle(order("VisionPrescription"))}), []),
        (CRD_2_0, call("appointment-book", {"appointments": bundle(order("Appointment"))}), ["Appointment/o"]),
    ],
)
def test_what_must_be_answered_is_told_by_the_call(dialect: Dialect, exchange: Exchange, wanted: list[str]) -> None:
    assert to_annotate(dialect, exchange) == wanted


@pytest.mark.parametrize(
    ("hook", "context", "about"),
    [
        ("order-dispatch", {"order": "ServiceRequest/1", "performer": "Practitioner/1"}, ["ServiceRequest/1"]),
        (
            "order-dispatch",
            {"dispatchedOrders": ["ServiceRequest/1", "DeviceRequest/2"]},
            ["ServiceRequest/1", "DeviceRequest/2"],
        ),
        ("encounter-start", {"encounterId": "7"}, ["Encounter/7"]),
        ("order-select", {"selections": ["ServiceRequest/1"], "draftOrders": bundle(order())}, ["ServiceRequest/1"]),
    ],
)
def test_each_hook_asks_about_something_else(hook: str, context: Json, about: list[str]) -> None:
    assert asked_about(call(hook, context)) == about


def test_resources_are_found_in_any_shape_of_prefetch() -> None:
    prefetch = {"a": bundle(COVERAGE, order("Patient")), "b": None, "c": order("Practitioner"), "d": [order("Device")]}

    assert set(sent_resources(call("order-sign", SIGNED, prefetch=prefetch))) == {
        "ServiceRequest/o", "Coverage/1", "Patient/o", "Practitioner/o", "Device/o",
    }  # fmt: skip


def test_what_was_only_kept_is_not_what_the_server_said() -> None:
    mine, theirs, new = statement("Coverage/1", "a"), statement("Coverage/9", "b"), statement("Coverage/1", "c")
    before = order(extension=[mine, theirs])

    after = order(extension=[mine, theirs | {"id": "touched"}, new])

    assert made_now(call("order-sign", {"draftOrders": bundle(before)}), after) == [new]


@pytest.mark.parametrize(
    ("card", "kind"),
    [
        ({}, "instructions"),
        ({"links": [{"type": "absolute"}]}, "external-reference"),
        ({"links": [{"type": "smart"}]}, "smart-launch"),
        ({"links": [{"type": "smart"}, {"type": "absolute"}]}, ""),
        ({"suggestions": [{"actions": [{"type": "create", "resource": order()}]}]}, "additional-orders"),
        ({"suggestions": [{"actions": [{"type": "update", "resource": order()}]}]}, "alternate-request"),
        ({"suggestions": [{"actions": [{"type": "create", "resource": order("Task")}]}]}, "form-completion"),
        ({"suggestions": [{"actions": [{"type": "update", "resource": COVERAGE}]}]}, "coverage-update"),
    ],
)
def test_the_kind_of_a_card_is_told_by_what_it_carries(card: Json, kind: str) -> None:
    assert kind_of(card) == kind


def test_an_answer_in_an_older_version_is_not_judged_by_the_newer() -> None:
    assert is_answered(call("order-sign", SIGNED))
    assert not is_answered(call("order-sign", SIGNED, "older-version"))

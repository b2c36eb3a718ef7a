"""What the hook counter says, read for a story and told to a person."""

import json
from typing import Any

import pytest

from fhir_um.commands.hook_telling import tell_hook
from fhir_um.stories.answers import Answer, read_answer
from profiles.canonicals import EXT_COVERAGE_INFORMATION

SOURCE = {"label": "Harbor", "topic": {"system": "s", "code": "guideline"}}
CARD = {"uuid": "card-1", "summary": "Look", "indicator": "info", "source": SOURCE}
CHAIR = {
    "resourceType": "DeviceRequest",
    "id": "new",
    "codeCodeableConcept": {"coding": [{"system": "hcpcs", "code": "K0004"}]},
}


def read(content: dict[str, Any]) -> Answer:
    return read_answer(200, json.dumps(content).encode())


def suggesting(*actions: dict[str, Any]) -> dict[str, Any]:
    return CARD | {"suggestions": [{"label": "Take it", "uuid": "suggestion-1", "actions": list(actions)}]}


def part(name: str, **value: Any) -> dict[str, Any]:
    return {"url": name, **value}


def updating(*parts: dict[str, Any]) -> dict[str, Any]:
    extension = {"url": EXT_COVERAGE_INFORMATION, "extension": list(parts)}
    order = {"resourceType": "ServiceRequest", "id": "mri", "extension": [{"url": "other"}, extension]}
    return {"cards": [], "systemActions": [{"type": "update", "description": "d", "resource": order}]}


MRI = updating(
    part("coverage", valueReference={"reference": "Coverage/1"}),
    part("covered", valueCode="covered"),
    part("pa-needed", valueCode="auth-needed"),
    part("doc-needed", valueCode="clinical"),
    part("doc-needed", valueCode="admin"),
    part("doc-purpose", valueCode="withpa"),
    part("info-needed", valueCode="performer"),
    part("reason", valueCodeableConcept={"text": "The form shows the need."}),
    part("questionnaire", valueCanonical="https://harbor.example.test/fhir/Questionnaire/mri|1.0.0"),
    part("satisfied-pa-id", valueString="N1"),
    part("coverage-assertion-id", valueString="A-1"),
    part("expiry-date", valueDate="2026-12-01"),
)


def test_discovery_names_the_first_service_of_each_hook() -> None:
    answer = read({"services": [{"hook": "order-sign", "id": "a"}, {"hook": "order-sign", "id": "b"}]})

    assert (answer.resource, answer.services) == ("services", {"order-sign": "a"})


def test_what_is_said_of_an_order_is_read_from_its_extension() -> None:
    order = read(MRI).orders["ServiceRequest/mri"]

    assert (order.coverage, order.covered, order.pa_needed) == ("Coverage/1", "covered", "auth-needed")
    assert (order.doc_needed, order.doc_purpose, order.info_needed) == (
        ("clinical", "admin"),
        ("withpa",),
        ("performer",),
    )
    assert (order.reasons, order.number, order.assertion) == (("The form shows the need.",), "N1", "A-1")
    assert (order.questionnaires[0].split("/")[-1], order.expires) == ("mri|1.0.0", "2026-12-01")


@pytest.mark.parametrize(
    ("card", "kind"),
    [
        (CARD | {"detail": "Do."}, "instructions"),
        (CARD | {"links": [{"label": "l", "url": "https://a.example", "type": "absolute"}]}, "external-reference"),
        (CARD | {"links": [{"label": "l", "url": "https://a.example", "type": "smart"}]}, "smart-launch"),
        (suggesting({"type": "create", "resource": CHAIR}), "additional-orders"),
        (suggesting({"type": "update", "resource": CHAIR}), "alternate-request"),
        (
            suggesting({"type": "delete", "resourceId": "DeviceRequest/1"}, {"type": "create", "resource": CHAIR}),
            "alternate-request",
        ),
        (suggesting({"type": "create", "resource": {"resourceType": "Task"}}), "form-completion"),
        (suggesting({"type": "update", "resource": {"resourceType": "Coverage"}}), "coverage-update"),
    ],
)
def test_a_card_is_of_the_kind_of_what_it_carries(card: dict[str, Any], kind: str) -> None:
    (seen,) = read({"cards": [card]}).cards

    assert (seen.kind, seen.topic, seen.card) == (kind, "guideline", "card-1")


def test_what_a_card_proposes_is_read() -> None:
    (seen,) = read({"cards": [suggesting({"type": "create", "resource": CHAIR})]}).cards

    assert (seen.proposed, seen.suggestion) == (("K0004",), "suggestion-1")


def test_an_answer_is_told_in_words() -> None:
    link = {"label": "l", "url": "https://a.example/page", "type": "absolute"}
    told = "\n".join(tell_hook(read(MRI | {"cards": [CARD | {"links": [link]}]})))

    assert "ServiceRequest/mri: covered (a benefit) · authorization auth-needed (must be asked for)" in told
    assert "documentation clinical and admin" in " ".join(told.split())
    assert "assertion A-1" in told
    assert "card (info, guideline) points to: Look" in told
    assert "https://a.example/page" in told


def test_services_are_told() -> None:
    assert list(tell_hook(read({"services": [{"hook": "order-sign", "id": "a"}]}))) == ["    order-sign: service a"]


def test_an_explanation_is_told_with_its_criteria_and_the_case() -> None:
    row = {
        "order": "ServiceRequest/mri",
        "policy": {"id": "lumbar-spine-mri", "version": "1.0.0"},
        "course": "pend-documents",
        "criteria": [{"label": "A warning sign", "truth": "unknown"}],
        "missing": ["warning-sign"],
        "submittedAs": "case-7",
    }

    answer = read({"invocation": None, "assertions": [row], "cards": []})

    assert answer.why["ServiceRequest/mri"].missing == ("warning-sign",)
    told = " ".join(" ".join(tell_hook(answer)).split())
    assert "policy lumbar-spine-mri 1.0.0, pend-documents (the sender is asked for what is missing)" in told
    assert "submitted as case case-7" in told
    assert "unknown A warning sign" in told


def test_an_assertion_without_a_policy_is_told() -> None:
    answer = read({"assertions": [{"order": "DeviceRequest/1", "policy": None, "course": None}]})

    assert answer.why["DeviceRequest/1"].policy == ""

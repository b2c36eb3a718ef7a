"""What the fake payer answers to the hook calls of all stories is lawful in both versions of CRD."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fhir_um.simulators.payer_hooks import HOOKS, HookDesk, NoCall, discovery
from fhir_um.simulators.payer_rules import CardRule, OrderRule, Rules, read_rules
from tests.cds_hooks import stated, wire

CALLS = {
    f"{file.parent.name}/{file.name}": json.loads(file.read_bytes())
    for file in sorted((Path(__file__).parents[3] / "fixtures" / "stories").glob("*/*.hook.json"))
}
ALL_KINDS = Rules(
    hooks=(
        OrderRule(covered="not-covered", type="Encounter"),
        OrderRule(covered="indeterminate", pa_needed="indeterminate", type="Appointment"),
        OrderRule(
            covered="covered",
            pa_needed="auth-needed",
            doc_needed=("clinical", "admin", "patient"),
            doc_purpose=("withpa",),
            questionnaires=("http://payer.example.test/Questionnaire/1",),
            cards=(CardRule("One"), CardRule("Two", "warning", "More.")),
        ),
    )
)


def desk(rules: Rules) -> HookDesk:
    numbers = count(1)
    return HookDesk(rules, lambda: str(UUID(int=next(numbers))), lambda: date(2026, 11, 22))


@pytest.mark.parametrize("version", ["2.2", "2.0"])
@pytest.mark.parametrize("rules", [read_rules(), ALL_KINDS], ids=["default", "all kinds"])
def test_every_answer_is_lawful(rules: Rules, version: str) -> None:
    said: set[str] = set()
    for name, call in CALLS.items():
        answer = desk(rules).answer(call["hook"], call, version)
        assert (name, wire.faults(answer, version)) == (name, [])
        for extension in extensions(answer):
            assert (name, stated.faults(extension, version)) == (name, [])
            said |= {str(value) for value in stated.parts(extension, "pa-needed")}

    assert len(said) > 0


def extensions(answer: Any) -> Iterator[Any]:
    for action in answer.get("systemActions", ()):
        yield from stated.extensions(action["resource"])


def test_the_order_is_kept_as_it_was_sent() -> None:
    call = CALLS["crd/02-sign-oxygen.hook.json"]
    (order,) = [entry["resource"] for entry in call["context"]["draftOrders"]["entry"]]

    (action,) = desk(read_rules()).answer("order-sign", call, "2.2")["systemActions"]

    assert {**action["resource"], "extension": order.get("extension")} == {**order, "extension": order.get("extension")}


def test_a_call_says_which_version_it_wants() -> None:
    call = CALLS["crd/02-sign-oxygen.hook.json"] | {"extension": {}}
    older = desk(Rules(hooks=(OrderRule(covered="not-covered", text="No."),))).answer("order-sign", call, "")
    call["extension"] = {"davinci-crd.requestedVersion": "2.2"}
    newer = desk(Rules(hooks=(OrderRule(covered="not-covered", text="No."),))).answer("order-sign", call, "")

    assert [stated.parts(each, "pa-needed") for answer in (older, newer) for each in extensions(answer)] == [
        ["no-auth"],
        [],
    ]


def test_only_the_selected_orders_are_answered() -> None:
    drafts = {"resourceType": "Bundle", "entry": [{"resource": an_order("1")}, {"resource": an_order("2")}]}
    context = {"draftOrders": drafts, "selections": ["DeviceRequest/2"], "patientId": "p"}
    prefetch = {"coverage": {"resourceType": "Coverage", "id": "c"}}

    answer = desk(Rules()).answer(
        "order-select", {"hook": "order-select", "context": context, "prefetch": prefetch}, "2.2"
    )

    assert [action["resource"]["id"] for action in answer["systemActions"]] == ["2"]


@pytest.mark.parametrize(
    ("hook", "context"),
    [
        ("order-dispatch", {"order": "DeviceRequest/1"}),
        ("order-dispatch", {"dispatchedOrders": ["DeviceRequest/1"]}),
        ("encounter-start", {"encounterId": "e"}),
        ("encounter-discharge", {"encounterId": "e"}),
        ("appointment-book", {"appointments": {"resourceType": "Appointment", "id": "a"}}),
    ],
)
def test_what_the_context_names_is_answered(hook: str, context: Any) -> None:
    prefetch = {
        "order": an_order("1"),
        "encounter": {"resourceType": "Encounter", "id": "e"},
        "coverage": {"resourceType": "Coverage", "id": "c", "subscriberId": "M1"},
    }

    answer = desk(Rules()).answer(hook, {"hook": hook, "context": context, "prefetch": prefetch}, "2.2")

    assert len(answer["systemActions"]) == 1
    assert wire.faults(answer, "2.2") == []


@pytest.mark.parametrize(("version", "annotated"), [("2.2", "DeviceRequest"), ("2.0", "Appointment")])
def test_an_appointment_for_an_order_is_answered_where_its_version_wants_it(version: str, annotated: str) -> None:
    visit = {"resourceType": "Appointment", "id": "a", "basedOn": [{"reference": "DeviceRequest/1"}]}
    prefetch = {"order": an_order("1"), "coverage": {"resourceType": "Coverage", "id": "c"}}
    call = {"hook": "appointment-book", "context": {"appointments": visit}, "prefetch": prefetch}

    (action,) = desk(Rules()).answer("appointment-book", call, version)["systemActions"]

    assert action["resource"]["resourceType"] == annotated


def test_rules_may_be_about_members_and_types() -> None:
    rules = Rules(hooks=(OrderRule(covered="not-covered", member="H1016-4102", type="DeviceRequest", text="No."),))

    answer = desk(rules).answer("order-sign", CALLS["crd/02-sign-oxygen.hook.json"], "2.2")

    assert [stated.parts(each, "covered") for each in extensions(answer)] == [["not-covered"]]


@pytest.mark.parametrize("call", [None, [], {}, {"hook": "order-sign"}, {"hook": "order-select", "context": {}}])
def test_what_is_no_call_of_the_hook_is_refused(call: Any) -> None:
    with pytest.raises(NoCall, match="no call of order-sign"):
        desk(Rules()).answer("order-sign", call, "")


def test_a_version_that_nobody_speaks_is_refused() -> None:
    call = {"hook": "order-sign", "context": {}, "extension": {"davinci-crd.requestedVersion": "9"}}

    with pytest.raises(NoCall, match="CRD 9 is not spoken"):
        desk(Rules()).answer("order-sign", call, "")


def test_all_hooks_are_offered_in_the_versions_of_the_base() -> None:
    assert [row["hook"] for row in discovery("")["services"]] == list(HOOKS)
    assert {str(row["extension"]["davinci-crd.version"]) for row in discovery("2.0")["services"]} == {"['2.0']"}


def an_order(id: str) -> Any:
    return {"resourceType": "DeviceRequest", "id": id, "subject": {"reference": "Patient/p"}}

"""Calls made from other calls: one thing is different, and the first stays as it was."""

from copy import deepcopy
from typing import Any

import pytest

from fhir_um.conformance.crd import calls
from fhir_um.conformance.crd.calls import another, changed, configured
from tests.fhir_um.conformance.crd.test_reading import COVERAGE, bundle, order

Json = dict[str, Any]
CPT = {"code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "97161"}], "text": "Evaluation"}}
ROLE = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/p"}}
CALL: Json = {
    "hook": "order-sign",
    "hookInstance": "c0ffee00-0000-4000-8000-000000000001",
    "context": {
        "userId": "PractitionerRole/r",
        "patientId": "7",
        "encounterId": "e",
        "draftOrders": bundle(order(**CPT)),
    },
    "prefetch": {"coverage": bundle(COVERAGE), "roles": ROLE},
}


@pytest.mark.parametrize(
    "change",
    [
        calls.with_unknown_members,
        calls.without_optional,
        calls.under_other_keys,
        calls.with_null_prefetch,
        calls.in_other_spelling,
        calls.by_another_user,
        calls.without_prefetch,
        calls.without_coverage,
        calls.with_second_coverage,
        calls.forbidding,
        calls.from_server("http://127.0.0.1:9/fhir"),
        calls.dispatched(is_newer=True),
        configured(max_cards=1),
    ],
)
def test_a_change_makes_another_call_and_leaves_the_first(change: calls.Change) -> None:
    before = deepcopy(CALL)

    made = changed(CALL, change)

    assert made != CALL
    assert before == CALL


def test_a_call_of_its_own_has_an_instance_of_its_own() -> None:
    instances = [another(CALL, step)["hookInstance"] for step in ("a", "b", "a")]

    assert instances[0] == instances[2]
    assert len({*instances, CALL["hookInstance"]}) == 3


def test_the_practitioner_of_a_role_asks_instead_of_it() -> None:
    assert changed(CALL, calls.by_another_user)["context"]["userId"] == "Practitioner/p"


@pytest.mark.parametrize(("is_newer", "name"), [(True, "dispatchedOrders"), (False, "order")])
def test_an_order_is_dispatched_in_both_shapes_of_the_hook(is_newer: bool, name: str) -> None:
    made = changed(CALL, calls.dispatched(is_newer=is_newer))

    assert made["hook"] == "order-dispatch"
    assert set(made["context"]) == {"patientId", "performer", name}
    assert made["context"][name] in (["ServiceRequest/o"], "ServiceRequest/o")


def test_options_are_written_as_the_guide_names_them() -> None:
    made = changed(CALL, configured(coverage_info=False, max_cards=2))

    assert made["extension"]["davinci-crd.configuration"] == {"coverage-info": False, "max-cards": 2}

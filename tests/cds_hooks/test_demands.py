"""What CRD makes mandatory is missed in orders of a strict client only."""

import json

import pytest

from cds_hooks.demands import demand_orders
from cds_hooks.dialects import CRD_2_0, CRD_2_2, Dialect
from cds_hooks.offered import service
from cds_hooks.orders import REQUESTS
from cds_hooks.request import HookCall, read_call
from profiles.issues import Kind, Refusal
from profiles.reading import Limits
from tests.cds_hooks.calling import Json, appointment, call, order


def read(body: Json, dialect: Dialect = CRD_2_2) -> HookCall:
    found = service(body["hook"])
    assert found is not None
    return read_call(json.dumps(body).encode(), found, dialect, Limits(1_000_000, 64, 1000))


def faults(*orders: Json, hook: str = "order-sign", dialect: Dialect = CRD_2_2) -> list[str]:
    """The places of what is missing; none when nothing is."""
    try:
        demand_orders(read(call(hook, *orders), dialect))
    except Refusal as refusal:
        assert refusal.kind is Kind.INVALID
        return [issue.path for issue in refusal.issues]
    return []


@pytest.mark.parametrize("kind", sorted(REQUESTS))
def test_order_as_the_guide_wants_it_is_passed(kind: str) -> None:
    assert faults(order(kind=kind)) == []


@pytest.mark.spec("crd:hook-13", "crd-check:39")
@pytest.mark.parametrize("dialect", [CRD_2_0, CRD_2_2], ids=["2.0", "2.2"])
@pytest.mark.parametrize("element", ["subject", "code", "requester", "authoredOn", "id"])
def test_order_without_a_mandatory_element_is_refused_with_its_place(element: str, dialect: Dialect) -> None:
    bare = {name: value for name, value in order().items() if name != element}

    assert faults(order("0"), bare, dialect=dialect) == [f"context.draftOrders.entry[1].resource.{element}"]


def test_every_fault_of_every_order_is_told() -> None:
    assert len(faults({"resourceType": "ServiceRequest"}, {"resourceType": "VisionPrescription"})) == 8


def test_order_that_comes_twice_is_refused() -> None:
    assert faults(order(), order()) == ["context.draftOrders.entry[1].resource.id"]


def test_order_of_another_patient_is_refused() -> None:
    assert faults(order(subject={"reference": "Patient/other"})) == ["context.draftOrders.entry[0].resource.subject"]


def test_absolute_reference_to_the_patient_is_passed() -> None:
    assert faults(order(subject={"reference": "https://ehr.example.org/Patient/pat1"})) == []


def test_appointment_without_participants_is_refused() -> None:
    bare = {name: value for name, value in appointment().items() if name != "participant"}

    assert faults(bare, hook="appointment-book") == ["context.appointments.entry[0].resource.participant"]

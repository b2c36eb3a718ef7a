"""A hook is answered for what it is about, and for nothing else."""

import json
from typing import Any

import pytest

from cds_hooks.at_hand import collect
from cds_hooks.desk import Coding
from cds_hooks.dialects import CRD_2_0, CRD_2_2, Dialect
from cds_hooks.offered import service
from cds_hooks.orders import DOUBLED, NO_ID, NO_PLACE, OTHER_PATIENT, REQUESTS, Asked, asked, orders_of
from cds_hooks.request import HookCall, read_call
from profiles.canonicals import HCPCS
from profiles.reading import Limits
from tests.cds_hooks.calling import Json, appointment, bundle, call, configured, order

ENCOUNTER = {"resourceType": "Encounter", "id": "enc1", "subject": {"reference": "Patient/pat1"}}
ALTERNATE = "http://hl7.org/fhir/StructureDefinition/alternate-reference"


def read(body: Json, dialect: Dialect = CRD_2_0) -> HookCall:
    found = service(body["hook"])
    assert found is not None
    return read_call(json.dumps(body).encode(), found, dialect, Limits(1_000_000, 64, 1000), is_strict=False)


def asked_of(body: Json, dialect: Dialect = CRD_2_0) -> Asked:
    found = read(body, dialect)
    return asked(found, collect(found))


def refs(body: Json, dialect: Dialect = CRD_2_0) -> list[str]:
    return [order.ref for order in asked_of(body, dialect).orders]


@pytest.mark.spec("crd:hook-4", "crd-check:63")
@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_every_type_of_order_is_asked_about(hook: str) -> None:
    orders = [order(kind=kind) for kind in sorted(REQUESTS)]

    assert refs(call(hook, *orders)) == [f"{kind}/1" for kind in sorted(REQUESTS)]


def test_what_is_no_order_is_not_asked_about() -> None:
    assert refs(call("order-sign", order(), {"resourceType": "Medication", "id": "m"}, appointment())) == [
        "ServiceRequest/1"
    ]


@pytest.mark.spec("crd:hook-34")
@pytest.mark.parametrize("selected", ["ServiceRequest/2", "2", "https://ehr.example.org/r4/ServiceRequest/2"])
def test_order_select_asks_about_the_selections_only(selected: str) -> None:
    assert refs(call("order-select", order("1"), order("2"), selections=[selected])) == ["ServiceRequest/2"]


@pytest.mark.parametrize("selections", [[], ["ServiceRequest/9"], [7]])
def test_selection_of_nothing_asks_about_nothing(selections: list[Any]) -> None:
    assert refs(call("order-select", order(), selections=selections)) == []


def test_order_select_without_selections_asks_about_all() -> None:
    body = call("order-select", order())
    del body["context"]["selections"]

    assert refs(body) == ["ServiceRequest/1"]


@pytest.mark.spec("crd-check:66")
@pytest.mark.spec("crd:hook-30", "crd-check:50")
@pytest.mark.parametrize(
    "names",
    [
        {"dispatchedOrders": ["ServiceRequest/1"]},
        {"dispatchedOrders": "ServiceRequest/1"},
        {"dispatchedOrders": [{"reference": "ServiceRequest/1"}]},
        {"dispatched-orders": ["https://ehr.example.org/r4/ServiceRequest/1"]},
        {"order": "ServiceRequest/1"},
        {"order": "ServiceRequest/1", "dispatchedOrders": ["ServiceRequest/1"]},
    ],
)
def test_order_dispatch_asks_about_the_dispatched_orders_only(names: Json) -> None:
    body = call("order-dispatch", prefetch={"any": bundle(order("1"), order("2"))})
    body["context"] = {"patientId": "pat1", "performer": "Organization/dme1"} | names

    assert refs(body) == ["ServiceRequest/1"]


def test_dispatched_order_that_did_not_come_along_is_named() -> None:
    found = asked_of(call("order-dispatch", order("1"), order("2"), prefetch={"order": order("1")}))

    assert [order.ref for order in found.orders] == ["ServiceRequest/1"]
    assert found.unread == ("ServiceRequest/2",)


def test_dispatched_order_is_performed_by_whom_it_is_dispatched_to() -> None:
    npi = [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}]
    supplier = {"resourceType": "Organization", "id": "dme1", "identifier": npi}
    found = read(call("order-dispatch", order(), prefetch={"order": order(), "supplier": supplier}))

    assert orders_of(found, collect(found))[0].performer_npis == ("1234567893",)


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
@pytest.mark.parametrize("id", ["enc1", "Encounter/enc1"])
def test_encounter_hooks_ask_about_the_encounter(hook: str, id: str) -> None:
    others = {"resourceType": "Encounter", "id": "enc2"}

    assert refs(call(hook, encounterId=id, prefetch={"e": [others, ENCOUNTER]})) == ["Encounter/enc1"]


@pytest.mark.parametrize("dialect", [CRD_2_0, CRD_2_2], ids=["2.0", "2.2"])
def test_appointment_without_order_is_asked_about_itself(dialect: Dialect) -> None:
    assert refs(call("appointment-book", appointment("a1"), appointment("a2")), dialect) == [
        "Appointment/a1",
        "Appointment/a2",
    ]


@pytest.mark.spec("crd:hook-26")
def test_appointment_for_an_order_is_asked_about_the_order_in_2_2_and_itself_in_2_0() -> None:
    booked = appointment(basedOn=[{"reference": "ServiceRequest/1"}])
    body = call("appointment-book", booked, prefetch={"serviceRequests": bundle(order())})

    assert refs(body, CRD_2_2) == ["ServiceRequest/1"]
    assert refs(body, CRD_2_0) == ["Appointment/a1"]
    assert asked_of(body, CRD_2_0).orders[0].codes == (Coding(HCPCS, "E0431"),)


def test_order_behind_an_appointment_is_found_by_the_alternate_reference() -> None:
    based_on = {"extension": [{"url": ALTERNATE, "valueReference": {"reference": "DeviceRequest/1"}}]}
    body = call("appointment-book", appointment(basedOn=[based_on]), prefetch={"d": order(kind="DeviceRequest")})

    assert refs(body, CRD_2_2) == ["DeviceRequest/1"]


def test_appointment_is_asked_about_itself_when_its_order_is_not_at_hand() -> None:
    body = call("appointment-book", appointment(basedOn=[{"reference": "ServiceRequest/1"}]))

    assert refs(body, CRD_2_2) == ["Appointment/a1"]


@pytest.mark.spec("crd-check:64")
@pytest.mark.parametrize("kind", [{}, [], 7, None, "Task"])
def test_what_an_appointment_is_based_on_may_be_anything(kind: Any) -> None:
    booked = appointment(basedOn=[{"reference": "#x"}], contained=[{"id": "x", "resourceType": kind}])

    assert refs(call("appointment-book", booked), CRD_2_2) == ["Appointment/a1"]


def test_order_that_must_not_be_performed_is_no_question() -> None:
    assert refs(call("order-sign", order("1", doNotPerform=True), order("2", doNotPerform=False))) == [
        "ServiceRequest/2"
    ]


def test_order_entered_in_error_is_no_question() -> None:
    assert refs(call("order-sign", order(status="entered-in-error"))) == []


@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "completed"])
def test_order_of_any_other_status_is_asked_about(status: str) -> None:
    assert refs(call("order-sign", order(status=status))) == ["ServiceRequest/1"]


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([order(id="")], NO_ID),
        ([order(subject={"reference": "Patient/other"})], OTHER_PATIENT),
        ([order(subject={"reference": "Patient/other"}, patient={"reference": "Patient/pat1"})], OTHER_PATIENT),
        ([order("with\0nothing")], NO_ID),
        ([order("turned\u202e")], NO_ID),
        ([order(), order(priority="stat")], DOUBLED),
    ],
)
def test_order_that_cannot_be_answered_is_counted_with_the_reason(orders: list[Json], reason: str) -> None:
    body = call("order-sign", order("good"))
    entries = [{"resource": {k: v for k, v in resource.items() if v != ""}} for resource in orders]
    body["context"]["draftOrders"]["entry"] += entries

    found = asked_of(body)

    assert [order.ref for order in found.orders] == ["ServiceRequest/good"]
    assert [(why, len(refs)) for why, refs in found.unanswerable] == [(reason, 1)]


@pytest.mark.spec("crd-check:63")
@pytest.mark.parametrize(
    ("version", "told"), [(CRD_2_2, ()), (CRD_2_0, ((NO_PLACE, ("VisionPrescription/1",)),))], ids=["2.2", "2.0"]
)
def test_order_that_the_version_cannot_annotate_is_asked_about_and_said_so(
    version: Dialect, told: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    body = call("order-sign", order(kind="VisionPrescription"), order())

    found = asked_of(body, version)

    assert [order.ref for order in found.orders] == ["VisionPrescription/1", "ServiceRequest/1"]
    assert found.unanswerable == told
    assert asked_of(configured(body, coverage_info=False), version).unanswerable == ()


@pytest.mark.spec("crd:resp-51")
@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/pat1"},
        {"reference": "https://other.example.org/fhir/Patient/pat1/_history/2"},
        {"display": "somebody"},
        {"reference": "Group/g1"},
        None,
    ],
)
def test_order_is_taken_for_the_patients_unless_it_says_otherwise(subject: Json | None) -> None:
    assert refs(call("order-sign", order(subject=subject))) == ["ServiceRequest/1"]


def test_appointment_of_another_patient_is_not_answered() -> None:
    other = appointment(participant=[{"actor": {"reference": "Patient/other"}}])

    assert asked_of(call("appointment-book", other)).unanswerable == ((OTHER_PATIENT, (f"Appointment/{other['id']}",)),)


def test_prefetched_copy_never_stands_for_what_is_being_ordered() -> None:
    stored = order(status="active", priority="routine")
    found = read(call("order-sign", order(), prefetch={"order": stored}))

    assert orders_of(found, collect(found))[0].resource == order()


def test_orders_in_a_plain_list_are_read() -> None:
    assert refs(call("order-sign", draftOrders=[order("1"), order("2")])) == ["ServiceRequest/1", "ServiceRequest/2"]


def test_five_hundred_orders_are_all_asked_about() -> None:
    assert len(refs(call("order-sign", *(order(str(n)) for n in range(500))))) == 500

"""What prefetch did not bring is asked for: no more than that, in few waves, and what cannot be had has a reason."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from cds_hooks.at_hand import AtHand, collect
from cds_hooks.budget import Budget
from cds_hooks.desk import Needs
from cds_hooks.dialects import CRD_2_2
from cds_hooks.fetching import complete
from cds_hooks.request import HookCall, Options
from tests.cds_hooks import fake_ehr as fakes
from tests.cds_hooks.fake_ehr import FakeEhr, fake_ehr

Json = dict[str, Any]
NOTHING_MORE = Needs(())

PATIENT = {"resourceType": "Patient", "id": "p"}
PAYER = {"resourceType": "Organization", "id": "payer", "name": "Lakeshore Health Plan"}
COVERAGE = {
    "resourceType": "Coverage",
    "id": "c",
    "status": "active",
    "beneficiary": {"reference": "Patient/p"},
    "payor": [{"reference": "Organization/payer"}],
}
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role",
    "practitioner": {"reference": "Practitioner/dr"},
    "organization": {"reference": "Organization/clinic"},
    "location": [{"reference": "Location/here"}],
}
CHAIR = {
    "resourceType": "DeviceRequest",
    "id": "chair",
    "codeReference": {"reference": "Device/k0861"},
    "subject": {"reference": "Patient/p"},
    "requester": {"reference": "PractitionerRole/role"},
}
DRUG = {
    "resourceType": "MedicationRequest",
    "id": "drug",
    "medicationReference": {"reference": "Medication/m"},
    "subject": {"reference": "Patient/p"},
    "supportingInformation": [{"reference": "Observation/not-followed"}],
}
ALL = (
    PATIENT,
    PAYER,
    COVERAGE,
    ROLE,
    {"resourceType": "Device", "id": "k0861"},
    {"resourceType": "Medication", "id": "m"},
    {"resourceType": "Practitioner", "id": "dr"},
    {"resourceType": "Organization", "id": "clinic"},
    {"resourceType": "Location", "id": "here"},
    {"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/p"}},
)


@pytest.fixture
def server() -> Iterator[FakeEhr]:
    with fake_ehr() as running:
        yield running.has(*ALL)


def bundle(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}


def a_call(server: FakeEhr, hook: str = "order-sign", prefetch: Json | None = None, **context: Any) -> HookCall:
    return HookCall(
        hook=hook,
        instance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        context={"userId": "Practitioner/user", "patientId": "p", **context},
        prefetch=prefetch or {},
        fhir_server=server.url,
        token=fakes.TOKEN,
        token_subject="us",
        options=Options(),
        requested_version="2.2",
        user="Practitioner/user",
        patient_id="p",
        dialect=CRD_2_2,
        is_lenient=True,
    )


def fetched(
    fake: FakeEhr, call: HookCall, needs: Needs = NOTHING_MORE, seconds: float = 3.0, **given: Any
) -> tuple[AtHand, dict[str, str]]:
    at_hand, budget = collect(call), Budget(seconds, time.monotonic)
    with fake.ehr(budget, **given) as ehr:
        return at_hand, complete(call, at_hand, needs, ehr, budget)


def paths(server: FakeEhr) -> set[str]:
    return {path.removeprefix("/r4/") for path in server.asked}


@pytest.mark.spec("crd:found-5", "crd-check:55")
def test_what_the_orders_need_is_fetched(server: FakeEhr) -> None:
    at_hand, missing = fetched(server, a_call(server, draftOrders=bundle(CHAIR, DRUG)))

    assert missing == {}
    assert set(at_hand.by_ref) == {"DeviceRequest/chair", "MedicationRequest/drug"} | {
        f"{resource['resourceType']}/{resource['id']}" for resource in ALL if resource["resourceType"] != "Condition"
    }
    assert {header["Authorization"] for header in server.headers} == {f"Bearer {fakes.TOKEN}"}


def test_what_came_along_is_not_asked_for(server: FakeEhr) -> None:
    """Not even another Coverage: the one that was prefetched is the one that is asked about (CRD 2.2.1, dev-29)."""
    prefetch = {"any": bundle(*ALL[:-1])}

    assert fetched(server, a_call(server, prefetch=prefetch, draftOrders=bundle(CHAIR, DRUG)))[1] == {}
    assert server.asked == []


@pytest.mark.spec("hooks:prefetch", "crd-check:53")
@pytest.mark.parametrize("value", [None, {"resourceType": "OperationOutcome", "issue": []}, [], "text", {}, 7])
def test_a_prefetch_without_a_resource_is_made_good(server: FakeEhr, value: Any) -> None:
    at_hand, missing = fetched(server, a_call(server, prefetch={"coverage": value, "patient": value}))

    assert missing == {}
    assert {"Coverage/c", "Patient/p", "Organization/payer"} <= set(at_hand.by_ref)


def test_the_coverage_is_the_active_one_of_the_patient(server: FakeEhr) -> None:
    server.has({**COVERAGE, "id": "old", "status": "cancelled"})
    server.has({**COVERAGE, "id": "another", "beneficiary": {"reference": "Patient/q"}})
    server.ignores = frozenset({"patient", "status"})

    at_hand, _ = fetched(server, a_call(server))

    assert at_hand.refs_of_type("Coverage") == ("Coverage/c",)
    assert "Coverage?patient=p&status=active" in paths(server)


def test_dispatched_orders_are_fetched_and_what_they_refer_to(server: FakeEhr) -> None:
    server.has(CHAIR)
    call = a_call(server, "order-dispatch", dispatchedOrders=["DeviceRequest/chair"], performer="Organization/clinic")

    at_hand, missing = fetched(server, call)

    assert missing == {}
    assert {"DeviceRequest/chair", "Device/k0861", "Practitioner/dr", "Organization/clinic"} <= set(at_hand.by_ref)


def test_an_appointment_brings_its_order_and_that_its_own_references(server: FakeEhr) -> None:
    server.has({"resourceType": "ServiceRequest", "id": "s", "requester": {"reference": "PractitionerRole/role"}})
    appointment = {"resourceType": "Appointment", "id": "a", "basedOn": [{"reference": "ServiceRequest/s"}]}

    at_hand, _ = fetched(server, a_call(server, "appointment-book", appointments=bundle(appointment)))

    assert {"ServiceRequest/s", "PractitionerRole/role", "Practitioner/dr"} <= set(at_hand.by_ref)


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge", "order-sign"])
def test_the_encounter_is_fetched_with_its_people(server: FakeEhr, hook: str) -> None:
    visit = {"resourceType": "Encounter", "id": "v", "participant": [{"individual": {"reference": "Practitioner/dr"}}]}
    server.has(visit)

    at_hand, _ = fetched(server, a_call(server, hook, encounterId="v", draftOrders=bundle()))

    assert {"Encounter/v", "Practitioner/dr"} <= set(at_hand.by_ref)


def test_what_the_desk_needs_is_searched_for(server: FakeEhr) -> None:
    needs = Needs((("Condition", "patient={patient}"), ("Observation", "patient=p&code=http://loinc.org|2708-6")))

    at_hand, missing = fetched(server, a_call(server), needs)

    assert missing == {}
    assert at_hand.refs_of_type("Condition") == ("Condition/x",)
    assert "Observation?patient=p&code=http://loinc.org|2708-6" in paths(server)


@pytest.mark.spec("hooks:prefetch", "crd-check:54")
def test_further_pages_of_a_prefetched_bundle_are_read(server: FakeEhr) -> None:
    server.has({"resourceType": "Condition", "id": "y", "subject": {"reference": "Patient/p"}})
    first = bundle({"resourceType": "Condition", "id": "x"})
    first["link"] = [{"relation": "next", "url": f"{server.url}/Condition?patient=p&_from=1"}]

    at_hand, missing = fetched(server, a_call(server, prefetch={"conditions": first}))

    assert missing == {}
    assert at_hand.refs_of_type("Condition") == ("Condition/x", "Condition/y")


@pytest.mark.spec("hooks:prefetch", "crd-check:54")
def test_a_page_elsewhere_is_told_as_missing(server: FakeEhr) -> None:
    first = bundle() | {"link": [{"relation": "next", "url": "https://evil.example.org/r4/Condition"}]}

    assert fetched(server, a_call(server, prefetch={"conditions": first}))[1] == {"Bundle": "garbage"}


def test_many_of_a_type_are_asked_for_in_one_search(server: FakeEhr) -> None:
    drugs = [{**DRUG, "id": f"d{n}", "medicationReference": {"reference": f"Medication/m{n}"}} for n in range(60)]
    server.has(*({"resourceType": "Medication", "id": f"m{n}"} for n in range(60)))

    at_hand, missing = fetched(server, a_call(server, draftOrders=bundle(*drugs)))

    assert missing == {}
    assert len(at_hand.of_type("Medication")) == 60
    assert len([path for path in server.asked if "/Medication" in path]) == 2


def test_references_to_other_servers_are_not_mistaken_for_our_own(server: FakeEhr) -> None:
    elsewhere = {**CHAIR, "codeReference": {"reference": "https://other.example.org/r4/Device/k0861"}}
    here = {**DRUG, "medicationReference": {"reference": f"{server.url}/Medication/m"}}

    at_hand, _ = fetched(server, a_call(server, draftOrders=bundle(elsewhere, here)))

    assert "Device/k0861" not in at_hand.by_ref
    assert "Medication/m" in at_hand.by_ref


def test_a_patient_id_is_no_place_for_parameters(server: FakeEhr) -> None:
    call = a_call(server)
    object.__setattr__(call, "patient_id", "p&_count=1")

    at_hand, missing = fetched(server, call)

    assert server.asked == ["/r4/Coverage?patient=p%26_count%3D1&status=active"]
    assert (len(at_hand.by_ref), missing) == (0, {"Patient": "garbage"})


def test_references_that_lead_round_in_a_circle_come_to_an_end(server: FakeEhr) -> None:
    for number in range(20):
        server.has({**ROLE, "id": f"r{number}", "organization": {"reference": f"Organization/r{number}"}})
    before = len(server.asked)

    fetched(server, a_call(server, draftOrders=bundle({**CHAIR, "requester": {"reference": "PractitionerRole/r1"}})))

    assert len(server.asked) - before < 12


def test_nothing_is_asked_for_twice(server: FakeEhr) -> None:
    """Also when it is called again, as orders that were fetched may need more."""
    call = a_call(server, draftOrders=bundle({**CHAIR, "codeReference": {"reference": "Device/none"}}))
    at_hand, budget = collect(call), Budget(3, time.monotonic)
    with server.ehr(budget) as ehr:
        complete(call, at_hand, NOTHING_MORE, ehr, budget)
        complete(call, at_hand, Needs((("Condition", "patient=p"),)), ehr, budget)

    assert len(server.asked) == len(set(server.asked))


@pytest.mark.spec("crd:found-32")
def test_an_empty_record_is_not_missing(server: FakeEhr) -> None:
    server.chart.resources.clear()

    assert fetched(server, a_call(server, draftOrders=bundle(CHAIR)), Needs((("Condition", "patient=p"),)))[1] == {}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (fakes.sends({}, 401), "refused"),
        (fakes.hangs_up, "unreachable"),
        (fakes.sends({}, 503), "unreachable"),
        (fakes.sends(b"<html/>", Content_Type="text/html"), "garbage"),
        (fakes.never_answers, "late"),
    ],
)
@pytest.mark.spec("crd:found-33")
def test_what_cannot_be_had_is_named_and_the_rest_is_there(server: FakeEhr, answer: fakes.Answer, reason: str) -> None:
    server.instead["/r4/Coverage"] = answer

    at_hand, missing = fetched(server, a_call(server, draftOrders=bundle(CHAIR)), seconds=0.5)

    assert missing == {"Coverage": reason}
    assert {"Patient/p", "Device/k0861", "Practitioner/dr"} <= set(at_hand.by_ref)


@pytest.mark.spec("crd-check:59")
@pytest.mark.parametrize("given", [{"server": "-"}, {"allow_private": False}, {"allowed_hosts": frozenset()}])
def test_without_a_server_to_ask_all_is_not_asked(server: FakeEhr, given: dict[str, Any]) -> None:
    _, missing = fetched(
        server, a_call(server, draftOrders=bundle(DRUG)), Needs((("Condition", "patient=p"),)), **given
    )

    assert missing == dict.fromkeys(("Coverage", "Patient", "Medication", "Condition"), "not-asked")
    assert server.asked == []

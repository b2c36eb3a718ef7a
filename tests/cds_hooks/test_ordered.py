"""What an order asks for is read from every type of order, and from what it refers to."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.at_hand import AtHand
from cds_hooks.codings import BILLING_OPTIONS
from cds_hooks.desk import Amount, Coding, Order, Period
from cds_hooks.ordered import order_of, values_at
from cds_hooks.orders import REQUESTS
from profiles.canonicals import CPT, HCPCS, NPI
from tests.cds_hooks.calling import Json, appointment, order

OXYGEN = {"coding": [{"system": HCPCS, "code": "E0431"}]}


def npi(kind: str, id: str, number: str, **more: Any) -> Json:
    return {"resourceType": kind, "id": id, "identifier": [{"system": NPI, "value": number}], **more}


def read(resource: Json, *others: Json, **more: Any) -> Order:
    at_hand = AtHand()
    at_hand.add([resource, *others], prefetched=True)
    return order_of(f"{resource['resourceType']}/{resource.get('id')}", resource, at_hand, **more)


@pytest.mark.spec("crd:conf-4")
@pytest.mark.spec("crd:hook-4", "crd-check:63")
@pytest.mark.parametrize("kind", sorted(REQUESTS))
def test_every_type_of_order_says_what_is_ordered(kind: str) -> None:
    assert read(order(kind=kind)).codes == (Coding(HCPCS, "E0431"),)


@pytest.mark.parametrize("spelling", ["[x]", "%5Bx%5D", ""])
def test_what_is_to_be_communicated_is_read_in_each_spelling(spelling: str) -> None:
    url = f"http://hl7.org/fhir/5.0/StructureDefinition/extension-CommunicationRequest.payload.content{spelling}"
    payload = {"extension": [{"url": url, "valueCodeableConcept": OXYGEN}]}

    assert read(order(kind="CommunicationRequest", payload=[payload])).codes == (Coding(HCPCS, "E0431"),)


@pytest.mark.parametrize(
    ("kind", "element", "held"),
    [
        ("DeviceRequest", "codeReference", {"resourceType": "Device", "id": "d", "type": OXYGEN}),
        ("MedicationRequest", "medicationReference", {"resourceType": "Medication", "id": "d", "code": OXYGEN}),
    ],
)
@pytest.mark.parametrize("is_contained", [False, True])
def test_code_is_read_from_what_is_referred_to(kind: str, element: str, held: Json, is_contained: bool) -> None:
    resource = order(kind=kind)
    del resource["codeCodeableConcept" if kind == "DeviceRequest" else "medicationCodeableConcept"]
    if is_contained:
        resource |= {"contained": [held], element: {"reference": "#d"}}
        others: tuple[Json, ...] = ()
    else:
        resource |= {element: {"reference": f"{held['resourceType']}/d"}}
        others = (held,)

    assert read(resource, *others).codes == (Coding(HCPCS, "E0431"),)


@pytest.mark.spec("crd:billopt-3", "crd-check:62")
@pytest.mark.parametrize("kind", ["ServiceRequest", "Device", "NutritionOrder", "VisionPrescription"])
def test_billing_options_are_read_wherever_the_guide_allows_them(kind: str) -> None:
    option = {"url": BILLING_OPTIONS, "valueCodeableConcept": {"coding": [{"system": CPT, "code": "77061"}]}}
    made = {
        "ServiceRequest": order(code=OXYGEN | {"extension": [option]}),
        "Device": order(kind="DeviceRequest", codeReference={"reference": "#d"})
        | {"contained": [{"resourceType": "Device", "id": "d", "extension": [option]}]},
        "NutritionOrder": order(kind="NutritionOrder", extension=[option]),
        "VisionPrescription": order(kind="VisionPrescription", lensSpecification=[{"extension": [option]}]),
    }

    assert Coding(CPT, "77061") in read(made[kind]).codes


@pytest.mark.spec("crd:billopt-2")
def test_order_without_any_code_is_still_an_order() -> None:
    bare = read({"resourceType": "ServiceRequest", "id": "1"})

    assert (bare.codes, bare.text, bare.quantity, bare.period) == ((), "", None, Period(None, None))


@pytest.mark.parametrize(
    ("resource", "amount"),
    [
        (order(quantityQuantity={"value": Decimal("2.50"), "unit": "month"}), Amount(Decimal("2.50"), "month")),
        (order(quantityQuantity={"value": 3, "code": "mo"}), Amount(Decimal(3), "mo")),
        (
            order(kind="MedicationRequest", dispenseRequest={"quantity": {"value": 30}}),
            Amount(Decimal(30), ""),
        ),
        (order(quantityQuantity={"value": "3"}), None),
        (order(quantityRange={"low": {"value": 1}}), None),
        (order(quantityQuantity=[True]), None),
    ],
)
def test_quantity_is_read_where_it_is_one_number(resource: Json, amount: Amount | None) -> None:
    assert read(resource).quantity == amount


@pytest.mark.spec("crd:conf-4")
@pytest.mark.parametrize(
    ("elements", "first", "last"),
    [
        ({"occurrencePeriod": {"start": "2026-03-01", "end": "2026-03-31"}}, date(2026, 3, 1), date(2026, 3, 31)),
        ({"occurrencePeriod": {"start": "2026-03"}}, date(2026, 3, 1), None),
        ({"occurrencePeriod": {"end": "2026-02"}}, None, date(2026, 2, 28)),
        ({"occurrenceDateTime": "2026"}, date(2026, 1, 1), date(2026, 12, 31)),
        ({"occurrenceDateTime": "9999-12"}, date(9999, 12, 1), date(9999, 12, 31)),
        ({"occurrenceDateTime": "2026-03-05T10:00:00Z"}, date(2026, 3, 5), date(2026, 3, 5)),
        (
            {"occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2026-03-01", "end": "2026-06-01"}}}},
            date(2026, 3, 1),
            date(2026, 6, 1),
        ),
        ({"occurrenceTiming": {"event": ["2026-03-05"]}}, date(2026, 3, 5), date(2026, 3, 5)),
        ({"occurrenceDateTime": "soon"}, None, None),
        ({"occurrenceDateTime": "2026-13-45"}, None, None),
        ({"occurrencePeriod": "2026"}, None, None),
    ],
)
def test_period_is_read_from_each_way_to_say_when(elements: Json, first: date | None, last: date | None) -> None:
    assert read(order(**elements)).period == Period(first, last)


def test_appointment_is_from_its_start_to_its_end_or_when_it_is_wanted() -> None:
    wanted = appointment(requestedPeriod=[{"start": "2026-05-01", "end": "2026-05-31"}])
    del wanted["start"], wanted["end"]

    assert read(appointment()).period == Period(date(2026, 4, 1), date(2026, 4, 1))
    assert read(wanted).period == Period(date(2026, 5, 1), date(2026, 5, 31))


@pytest.mark.spec("crd:conf-2", "crd-check:60")
@pytest.mark.parametrize("shape", ["practitioner", "role", "role with identifiers", "identifier", "contained"])
def test_requester_is_known_by_npi_in_every_shape_of_us_core(shape: str) -> None:
    person = npi("Practitioner", "p", "1111111112")
    role = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/p"}}
    given: dict[str, tuple[Json, tuple[Json, ...]]] = {
        "practitioner": ({"reference": "Practitioner/p"}, (person,)),
        "role": ({"reference": "PractitionerRole/r"}, (role, person)),
        "role with identifiers": (
            {"reference": "PractitionerRole/r"},
            (role | {"practitioner": {"identifier": person["identifier"][0]}},),
        ),
        "identifier": ({"identifier": person["identifier"][0]}, ()),
        "contained": ({"reference": "#p"}, ()),
    }
    reference, others = given[shape]

    found = read(order(requester=reference, contained=[person]), *others)

    assert found.requester_npis == ("1111111112",)


@pytest.mark.spec("crd:conf-4")
def test_performers_are_all_who_are_to_carry_it_out() -> None:
    group, dme, lone = npi("Organization", "o", "1"), npi("Organization", "dme", "2"), npi("Practitioner", "p", "3")
    resource = order(performer=[{"reference": "Practitioner/p"}, {"reference": "Organization/o"}])

    found = read(resource, group, dme, lone, performer="Organization/dme")

    assert found.performer_npis == ("3", "1", "2")


def test_appointment_brings_what_it_carries_out() -> None:
    basis = order("7", requester={"reference": "Practitioner/p"})

    found = read(
        appointment(serviceType=[{"coding": [{"code": "124"}]}]), npi("Practitioner", "p", "3"), basis=(basis,)
    )

    assert found.codes == (Coding("", "124"), Coding(HCPCS, "E0431"))
    assert found.requester_npis == ("3",)


@pytest.mark.parametrize(
    ("status", "is_draft"), [("draft", True), ("proposed", True), ("active", False), (None, False)]
)
def test_order_that_was_signed_before_is_no_draft(status: str | None, is_draft: bool) -> None:
    assert read(order(status=status)).is_draft is is_draft


def test_resource_is_handed_on_as_it_came() -> None:
    resource = order(own={"value": Decimal("1.00")})

    assert read(resource).resource is resource


def test_path_leads_through_lists() -> None:
    assert list(values_at({"a": [{"b": 1}, {"b": [2, 3]}, 4, {"b": None}]}, "a.b")) == [1, 2, 3]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["reference", "coding", "code", "start", "end", "value", "repeat", "type", "product"]),
            inner,
            max_size=3,
        )
    ),
)


@given(
    st.sampled_from(sorted(REQUESTS | {"Appointment", "Encounter"})),
    st.dictionaries(
        st.sampled_from(
            [
                "status", "code", "codeReference", "medicationReference", "oralDiet", "lensSpecification", "payload",
                "requester", "performer", "participant", "occurrencePeriod", "occurrenceDateTime", "occurrenceTiming",
                "start", "end", "quantityQuantity", "dispenseRequest", "serviceType", "contained", "extension",
                "_contentString",
            ]
        ),
        _VALUES,
    ),
)  # fmt: skip
def test_nothing_in_an_order_breaks_the_reading(kind: str, elements: Json) -> None:
    assert isinstance(read({"resourceType": kind, "id": "1"} | elements), Order)


@pytest.mark.parametrize(
    ("kind", "element"), [("DeviceRequest", "codeReference"), ("MedicationRequest", "medicationReference")]
)
def test_order_that_refers_to_itself_or_in_a_circle_orders_nothing(kind: str, element: str) -> None:
    itself = {"resourceType": kind, "id": "1", element: {"reference": f"{kind}/1"}}
    one, other = (
        {"resourceType": kind, "id": id, element: {"reference": f"{kind}/{to}"}} for id, to in (("1", "2"), ("2", "1"))
    )

    assert read(itself).codes == ()
    assert read(one, other).codes == ()

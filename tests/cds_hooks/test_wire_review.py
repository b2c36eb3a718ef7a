"""What a reader of the guides found on the wire: whose Coverage it is, what is asked for twice, and honest refusals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cds_hooks.assertions import Assertion
from cds_hooks.desk import Coding, Needs, Question
from cds_hooks.door import HookClient
from tests.cds_hooks.calling import COVERAGE, HCPCS, PATIENT, Json, bundle, call, make_counter, order, said, told_of
from tests.cds_hooks.fake_desk import FakeDesk
from tests.cds_hooks.fake_ehr import TOKEN, FakeEhr, fake_ehr, sends

STRICT = HookClient("strict", "Strict", "2.2", is_strict=True)
PAYER: Json = {"resourceType": "Organization", "id": "payer1", "identifier": [{"system": "urn:payers", "value": "P1"}]}
NAMELESS = {name: value for name, value in PAYER.items() if name != "identifier"}
REFERRING = [{"reference": "Organization/payer1"}]


@pytest.fixture
def ehr() -> Iterator[FakeEhr]:
    with fake_ehr() as running:
        yield running


def paid_by(payor: Any, *beside: Json, **more: Any) -> Json:
    coverage = COVERAGE | {"payor": payor} | more
    return call("order-sign", order(), prefetch={"patient": PATIENT, "coverage": bundle(coverage, *beside)})


def with_access(sent: Json, url: str) -> Json:
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "*", "subject": "us"}
    return sent | {"fhirServer": url, "fhirAuthorization": access}


# --- who pays -------------------------------------------------------------------------------------------------------


@pytest.mark.spec("crd:hook-13", "crd-check:58")
@pytest.mark.parametrize(
    "sent",
    [
        paid_by([]),
        paid_by([{"display": "Example Health Plan"}]),
        paid_by([{"identifier": {"system": "urn:payers"}}]),
        paid_by(REFERRING),
        paid_by(REFERRING, NAMELESS),
        paid_by([{"reference": "#org"}], contained=[NAMELESS | {"id": "org"}]),
    ],
    ids=["none", "a name only", "an identifier without value", "not at hand", "without identifier", "contained"],
)
def test_coverage_that_identifies_no_payer_is_refused_in_2_2_only(sent: Json) -> None:
    refused = make_counter(client=STRICT).ask(sent)

    assert refused.status_code == 400
    assert [(issue["code"], issue["expression"]) for issue in refused.get_json()["issue"]] == [
        ("required", ["prefetch.coverage"])
    ]
    assert told_of(make_counter(client=replace(STRICT, dialect="2.0")).ask(sent))
    assert told_of(make_counter(client=replace(STRICT, is_strict=False)).ask(sent))


@pytest.mark.spec("crd:hook-13")
@pytest.mark.parametrize(
    "sent",
    [
        paid_by([{"identifier": {"value": "P1"}}]),
        paid_by([{"display": "Somebody"}, {"identifier": {"system": "urn:payers", "value": "P1"}}]),
        paid_by(REFERRING, PAYER),
        paid_by([{"reference": "#org"}], contained=[PAYER | {"id": "org"}]),
        paid_by({"identifier": {"value": "P1"}}),
    ],
    ids=["identifier", "the second", "prefetched", "contained", "an object for a list"],
)
def test_payer_may_be_identified_anywhere(sent: Json) -> None:
    assert told_of(make_counter(client=STRICT).ask(sent))


@pytest.mark.spec("crd:hook-13", "crd:found-5")
def test_payer_is_read_where_it_did_not_come_along(ehr: FakeEhr) -> None:
    asked = with_access(paid_by(REFERRING), ehr.url)
    known = make_counter(client=STRICT, ehr_policy=ehr.has(PAYER).policy()).ask(asked)
    unknown = make_counter(client=STRICT, ehr_policy=ehr.has(NAMELESS).policy()).ask(asked)

    assert (known.status_code, unknown.status_code) == (200, 400)


@pytest.mark.spec("crd:found-34")
def test_payer_that_the_ehr_does_not_give_is_no_fault_of_the_coverage(ehr: FakeEhr) -> None:
    ehr.instead["/r4/Organization/payer1"] = sends({}, 503)

    response = make_counter(client=STRICT, ehr_policy=ehr.policy()).ask(with_access(paid_by(REFERRING), ehr.url))

    assert told_of(response)


# --- which Coverage -------------------------------------------------------------------------------------------------


@pytest.mark.spec("crd:hook-13", "crd:dev-28")
def test_coverage_that_ended_is_not_one_of_several() -> None:
    over = COVERAGE | {"id": "old", "period": {"start": "2020-01-01", "end": "2026-02-28"}}
    sent = call("order-sign", order(), prefetch={"c": bundle(over, COVERAGE | {"period": {"start": "2026-03-01"}})})

    (told,) = told_of(make_counter(client=STRICT).ask(sent))["ServiceRequest/1"]

    assert said(told, "coverage") == [{"reference": "Coverage/cov1"}]


@pytest.mark.parametrize("end", ["2026-03-01", "2026-03-02", "2026-03", "2026", None, 7])
def test_coverage_is_in_force_until_its_last_day_is_over_everywhere(end: Any) -> None:
    """A day in Honolulu ends ten hours after it ended in Greenwich; now it is the second, 15:00 in Greenwich."""
    other = COVERAGE | {"id": "other", "period": {"end": end}}
    sent = call("order-sign", order(), prefetch={"c": bundle(other, COVERAGE)})

    status = make_counter(client=STRICT).ask(sent).status_code

    assert status == (200 if end == "2026-03-01" else 400)


@pytest.mark.spec("crd:found-5")
def test_coverage_of_another_patient_does_not_stand_for_that_of_the_patient(ehr: FakeEhr) -> None:
    strangers = COVERAGE | {"id": "cov9", "beneficiary": {"reference": "Patient/pat9"}}
    at = make_counter(client=STRICT, ehr_policy=ehr.has(PATIENT, COVERAGE).policy())

    response = at.ask(with_access(call("order-sign", order(), prefetch={"coverage": strangers}), ehr.url))

    (told,) = told_of(response)["ServiceRequest/1"]
    assert said(told, "coverage") == [{"reference": "Coverage/cov1"}]


# --- what is asked for ----------------------------------------------------------------------------------------------


class _Narrowing(FakeDesk):
    """Wants two measurements, and after one came only the other: the same wish in other words."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_about: list[tuple[str, ...]] = []

    def needs(self, question: Question) -> Needs:
        self.asked_about.append(tuple(order.ref for order in question.orders))
        codes = "b" if "Observation/a" in question.resources else "a,b"
        return Needs((("Observation", f"patient={{patient}}&code={codes}"),)) if question.orders else Needs(())


def _measured(ehr: FakeEhr) -> FakeEhr:
    return ehr.has(PATIENT, {"resourceType": "Observation", "id": "a", "subject": {"reference": "Patient/pat1"}})


def test_what_was_sought_once_is_not_sought_again_in_other_words(ehr: FakeEhr) -> None:
    at = make_counter(_Narrowing(), ehr_policy=_measured(ehr).policy())

    at.ask(with_access(call("order-sign", order()), ehr.url))

    assert [path for path in ehr.asked if "Observation" in path] == ["/r4/Observation?patient=pat1&code=a,b"]


@pytest.mark.parametrize("hook", ["order-sign", "order-dispatch"])
def test_desk_is_asked_about_orders_that_are_new(hook: str, ehr: FakeEhr) -> None:
    """An order that had to be read is new; so is one whose Device says only now what it is."""
    device = {"resourceType": "Device", "id": "d", "type": {"coding": [{"system": "urn:x", "code": "chair"}]}}
    mine = order("2", "DeviceRequest", codeReference={"reference": "Device/d"})
    mine.pop("codeCodeableConcept")
    desk = _Narrowing()
    sent = call(hook, order("1"), mine)
    sent["prefetch"]["o"] = bundle(order("1"))

    make_counter(desk, ehr_policy=_measured(ehr).has(device, mine).policy()).ask(with_access(sent, ehr.url))

    first = ("ServiceRequest/1", "DeviceRequest/2") if hook == "order-sign" else ("ServiceRequest/1",)
    assert desk.asked_about == [first, ("DeviceRequest/2",)]


# --- why not --------------------------------------------------------------------------------------------------------


@pytest.mark.spec("crd:hook-13", "hooks:prefetch")
@pytest.mark.parametrize(
    ("status", "why"),
    [
        (None, "no fhirServer was given"),
        (0, "that fhirServer is not one that is asked from here"),
        (403, "the fhirServer refused to give it"),
        (503, "the fhirServer could not be reached"),
    ],
)
def test_refusal_says_why_the_coverage_could_not_be_had(status: int | None, why: str, ehr: FakeEhr) -> None:
    ehr.instead["/r4/Coverage"] = sends({}, status or 200)
    sent = call("order-sign", order(), prefetch={})
    at = make_counter(client=STRICT, **({"ehr_policy": ehr.policy()} if status else {}))

    response = at.ask(sent if status is None else with_access(sent, ehr.url))

    assert response.status_code == 412
    assert why in response.get_json()["issue"][0]["details"]["text"]


@pytest.mark.spec("hooks:prefetch")
def test_refusal_names_what_the_call_is_about() -> None:
    response = make_counter(client=STRICT).ask(call("encounter-start"))

    assert response.status_code == 412
    text = "The Encounter that the call names was not prefetched, and no fhirServer was given."
    assert response.get_json()["issue"][0]["details"]["text"] == text


# --- in whose words -------------------------------------------------------------------------------------------------


class _Billing(FakeDesk):
    """Names codes that must be billed, under the addresses of the house."""

    def assertion(self, ref: str, on: date) -> Assertion:
        codes = (Coding(HCPCS, "E0431"), Coding(HCPCS, "E0434"), Coding("urn:own", "E0431"))
        return replace(super().assertion(ref, on), billing_codes=codes)


@pytest.mark.spec("crd:impl-5")
@pytest.mark.spec("crd:found-10", "crd:billopt-3")
@pytest.mark.parametrize(
    "written", ["https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "urn:oid:2.16.840.1.113883.6.285", HCPCS]
)
def test_billing_codes_are_named_as_the_order_names_them(written: str) -> None:
    at = make_counter(_Billing())
    first = order(code={"coding": [{"system": written, "code": "E0431"}]})

    (told,) = told_of(at.ask(call("order-sign", first)))["ServiceRequest/1"]

    assert [(code["system"], code["code"]) for code in said(told, "billingCode")] == [
        (written, "E0431"),
        (HCPCS, "E0434"),
        ("urn:own", "E0431"),
    ]


@pytest.mark.spec("crd:resp-35")
def test_what_we_said_ourselves_is_not_how_the_order_names_it() -> None:
    """An order that changed its spelling since is told again; one that did not is not."""
    at, there = make_counter(_Billing()), "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
    signed = at.ask(call("order-sign", order())).get_json()["systemActions"][0]["resource"]
    respelled = signed | {"code": {"coding": [{"system": there, "code": "E0431"}]}}

    (told,) = told_of(at.ask(call("order-sign", respelled)))["ServiceRequest/1"]

    assert [code["system"] for code in said(told, "billingCode")] == [there, HCPCS, "urn:own"]
    assert told_of(at.ask(call("order-sign", signed))) == {}


@pytest.mark.spec("crd:dev-24", "crd:dev-25", "crd-check:111")
def test_card_names_what_could_not_be_read() -> None:
    refs = [f"ServiceRequest/{number}" for number in range(1, 8)]

    (card,) = make_counter().ask(call("order-dispatch", dispatchedOrders=refs)).get_json()["cards"]

    assert card["detail"].startswith("7 of the orders")
    assert card["detail"].endswith(": " + ", ".join(refs[:5]) + " and 2 more.")
    assert card["extension"]["davinci-crd.associated-resource"] == refs


@pytest.mark.spec("crd:found-34")
def test_card_about_an_encounter_speaks_of_no_orders() -> None:
    (card,) = make_counter().ask(call("encounter-start")).get_json()["cards"]

    assert "order" not in card["summary"] + card["detail"]
    assert "Encounter/enc1" in card["detail"]

"""A call is answered from end to end: with what came along, what the EHR has, and what the desk says."""

import copy
import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.desk import Advice, AdviceKind, Answered, Indicator, Needs, NotOurs, Question, Told, Topic
from cds_hooks.dialects import CRD_2_2, DIALECTS
from cds_hooks.door import HookClient, OpenDoor
from cds_hooks.offered import SERVICES, Service
from cds_hooks.orders import REQUESTS
from tests.cds_hooks.calling import (
    COVERAGE,
    HCPCS,
    PATIENT,
    Json,
    appointment,
    bundle,
    call,
    configured,
    make_counter,
    order,
    said,
    speaking,
    told_of,
)
from tests.cds_hooks.fake_desk import FakeDesk
from tests.cds_hooks.fake_ehr import TOKEN, FakeEhr, fake_ehr, never_answers, sends
from tests.cds_hooks.shapes import SANDBOX, SUITE
from tests.packages import member

ENCOUNTER = {"resourceType": "Encounter", "id": "enc1", "subject": {"reference": "Patient/pat1"}}
PRIMARY = [row.hook for row in SERVICES if row.primary]
STRICT = HookClient("strict", "Strict", "2.2", is_strict=True)
GUIDE = "davinci_crd_2.2.0-build-20260304"


@pytest.fixture
def ehr() -> Iterator[FakeEhr]:
    with fake_ehr() as running:
        yield running


def body(hook: str, **more: Any) -> Json:
    orders = [appointment()] if hook == "appointment-book" else [order()]
    prefetch = {"p": PATIENT, "c": COVERAGE, "o": order(), "e": ENCOUNTER}
    return call(hook, *orders, **({"prefetch": prefetch} | more))


def with_access(sent: Json, ehr: FakeEhr) -> Json:
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "*", "subject": "us"}
    return sent | {"fhirServer": ehr.url, "fhirAuthorization": access}


def issues(response: Any) -> list[tuple[str, str]]:
    return [(issue["code"], (issue.get("expression") or [""])[0]) for issue in response.get_json()["issue"]]


@pytest.mark.spec("crd:hook-16", "crd-check:65")
@pytest.mark.spec("crd:resp-14")
@pytest.mark.spec("crd:resp-26")
@pytest.mark.spec("crd:hook-26")
@pytest.mark.spec("crd:hook-33")
@pytest.mark.spec("crd:hook-39")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("hook", [row.hook for row in SERVICES])
def test_every_hook_is_answered_with_coverage_information(hook: str, version: str) -> None:
    response = make_counter().ask(speaking(body(hook), version))

    assert response.status_code == 200
    assert [said(extension, "covered") for told in told_of(response).values() for extension in told] == [["covered"]]


@pytest.mark.spec("crd-check:33")
def test_calls_of_the_public_test_suite_are_as_many_as_it_has() -> None:
    counted = Counter(sent["hook"] for sent in SUITE.values())

    assert counted == {row.hook: 1 if row.hook.startswith("encounter") else 2 for row in SERVICES}


@pytest.mark.spec("crd-check:33")
@pytest.mark.parametrize("base", ["/cds-services", "/2.0.1/cds-services"])
@pytest.mark.parametrize("name", SUITE)
def test_calls_of_the_public_test_suite_are_answered(name: str, base: str) -> None:
    at = make_counter()

    response = at.ask(SUITE[name], base)

    assert response.status_code == 200
    assert bool(told_of(response)) is not name.startswith("encounter")
    assert response.get_json()["cards"] or told_of(response)


@pytest.mark.spec("crd-check:35")
@pytest.mark.parametrize("name", SANDBOX)
def test_calls_of_the_public_sandbox_are_answered(name: str) -> None:
    at = make_counter()
    covered = copy.deepcopy(SANDBOX[name])
    covered["prefetch"]["coverage"] = COVERAGE

    assert [card["summary"][:23] for card in at.ask(SANDBOX[name]).get_json()["cards"]] == ["No coverage information"]
    assert list(told_of(at.ask(covered))) == ["MedicationRequest/request-123"]


@pytest.mark.spec("crd:conf-7", "crd:hook-22")
@pytest.mark.spec("crd-check:34")
@pytest.mark.parametrize("number", ["", "2", "3", "4"])
def test_requests_of_the_guide_are_answered(number: str) -> None:
    """The second names dispatched orders that it does not bring, and an EHR that nobody may be sent to."""
    packed = member(GUIDE, f"package/Binary-CRDServiceRequest{number}.json")
    assert packed is not None
    sent = json.loads(b64decode(json.loads(packed)["data"]))
    mine = COVERAGE | {"beneficiary": {"reference": f"Patient/{sent['context']['patientId']}"}}
    sent.setdefault("prefetch", {})["coverage"] = mine

    response = make_counter().ask(sent)

    assert response.status_code == 200
    assert response.get_json()["cards"] if number == "2" else told_of(response)


@pytest.mark.spec("crd-check:66")
@pytest.mark.spec("crd:hook-34")
def test_order_select_tells_of_the_selections_only() -> None:
    response = make_counter().ask(call("order-select", order("1"), order("2"), selections=["ServiceRequest/2"]))

    assert list(told_of(response)) == ["ServiceRequest/2"]


_JUNK: list[Any] = [
    None, True, -1, 2.5, "", "x", "a b", "Patient/pat1", "#1", "2026-02-30", [], [None], ["x"], {}, {"x": None},
    {"reference": "#1"}, {"reference": {}}, {"coding": {"code": []}}, {"start": []}, {"value": "x"},
    {"resourceType": {}}, {"resourceType": "Patient"}, {"resourceType": "Bundle", "entry": {}},
]  # fmt: skip


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield (*path, step)
        yield from _places(child, (*path, step))


@pytest.mark.spec("crd:hook-9")
@given(st.data(), st.sampled_from([row.hook for row in SERVICES]), st.sampled_from(["2.0", "2.2"]))
def test_whatever_stands_anywhere_in_a_call_it_is_answered_or_refused(data: Any, hook: str, version: str) -> None:
    whole = order(contained=[{"resourceType": "Practitioner", "id": "1"}], quantityQuantity={"value": 1, "unit": "mo"})
    booked = appointment(basedOn=[{"reference": "ServiceRequest/1"}], serviceType=[{"coding": [{"code": "1"}]}])
    sent = speaking(body(hook), version)
    sent["prefetch"] |= {"o": whole, "a": booked}
    if hook in {"order-sign", "order-select"}:
        sent["context"]["draftOrders"] = bundle(whole, order("2", data.draw(st.sampled_from(sorted(REQUESTS)))))
    if hook == "appointment-book":
        sent["context"]["appointments"] = bundle(booked)
    *way, last = data.draw(st.sampled_from(list(_places(sent))))
    place: Any = sent
    for step in way:
        place = place[step]
    place[last] = data.draw(st.sampled_from(_JUNK))
    at = make_counter()

    response = at.ask(sent, service=hook)

    assert response.status_code in {200, 400, 412, 422}
    assert {event for event, _ in at.lines} <= {"hook", "refused"}


@pytest.mark.spec("crd-check:64")
def test_order_that_must_not_be_performed_gets_no_assertion() -> None:
    assert told_of(make_counter().ask(call("order-sign", order(doNotPerform=True)))) == {}


@pytest.mark.spec("crd-check:89")
@pytest.mark.spec("crd:hook-26")
@pytest.mark.parametrize(("version", "told"), [("2.2", ["ServiceRequest/1"]), ("2.0", ["Appointment/a1"])])
def test_appointment_for_an_order_is_annotated_where_the_version_wants_it(version: str, told: list[str]) -> None:
    booked = appointment(basedOn=[{"reference": "ServiceRequest/1"}])
    prefetch = {"patient": PATIENT, "coverage": COVERAGE, "serviceRequests": bundle(order())}

    response = make_counter().ask(speaking(call("appointment-book", booked, prefetch=prefetch), version))

    assert list(told_of(response)) == told


@pytest.mark.spec("crd:dev-14", "crd:resp-28", "crd-check:43")
def test_coverage_information_is_left_out_when_switched_off() -> None:
    at = make_counter()

    response = at.ask(configured(body("order-sign"), coverage_info=False))

    assert response.get_json() == {"cards": []}
    assert at.desk.told[0].assertions == {}


@pytest.mark.spec("crd:dev-6", "crd-check:46")
def test_option_that_makes_no_sense_is_logged_and_one_of_another_payer_is_not() -> None:
    at = make_counter()

    response = at.ask(configured(body("order-sign"), cost="none", max_cards=-1, patient_name="Marisol Vega"))

    assert (response.status_code, list(told_of(response))) == (200, ["ServiceRequest/1"])
    assert [fields["ignored"] for _, fields in at.lines] == ["cost,max-cards"]


class _Talkative(FakeDesk):
    """Has a card on every topic; the last is the most urgent."""

    def answer(self, question: Question) -> Answered:
        cards = [Advice(AdviceKind.INSTRUCTIONS, t, Indicator.INFO, t.value, "Read this.") for t in Topic]
        cards[-1] = replace(cards[-1], indicator=Indicator.WARNING)
        return replace(super().answer(question), advice=tuple(cards))


def topics(response: Any) -> set[str]:
    return {card["source"]["topic"]["code"] for card in response.get_json()["cards"]}


@pytest.mark.spec("crd:dev-5", "crd:dev-14", "crd-check:8", "crd-check:44")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.id)
def test_each_type_of_card_is_sent_that_has_an_option_and_is_not_switched_off(row: Service, version: str) -> None:
    at, sent = make_counter(_Talkative()), speaking(body(row.hook), version)
    codes = {option.code for option in row.options if option.type == "boolean"}
    offered = codes - ({"unsolicited-determ"} if version == "2.0" else set())

    assert topics(at.ask(configured(sent, max_cards=50))) == offered
    for code in offered:
        off = {code, "unsolicited-determ"} if code == "coverage-info" else {code}
        assert topics(at.ask(configured(sent, max_cards=50, **{code.replace("-", "_"): False}))) == offered - off


@pytest.mark.spec("crd:dev-14", "crd-check:42", "crd-check:45")
@pytest.mark.parametrize(
    ("given", "count"), [({}, 10), ({"max_cards": 0}, 0), ({"max_cards": 1}, 1), ({"cost": True}, 10)]
)
def test_so_many_cards_are_sent_and_the_most_important_ones(given: Json, count: int) -> None:
    response = make_counter(_Talkative()).ask(configured(body("order-sign"), **given))

    cards = response.get_json()["cards"]
    assert len(cards) == count
    assert [card["indicator"] for card in cards] == (["warning"] + ["info"] * 9)[:count]
    assert list(told_of(response)) == ["ServiceRequest/1"]


@pytest.mark.spec("crd:hook-23", "crd:found-33", "crd:dev-17", "crd-check:40")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("hook", [row.hook for row in SERVICES])
def test_what_nobody_knows_changes_nothing(hook: str, version: str) -> None:
    plain = speaking(body(hook), version)
    odd = copy.deepcopy(plain) | {"own": {"a": [None]}}
    odd["context"] |= {"own": {"resourceType": "Nothing", "id": "1"}, "another": [1]}
    odd["extension"] |= {"example.own": {"b": 1}, "davinci-crd.configuration": {"alt-drug": True, "dtr-clin": "x"}}
    odd["prefetch"] |= {"own": "text", "more": 7}

    answers = [make_counter().ask(sent) for sent in (plain, odd)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json() == answers[1].get_json()


@pytest.mark.spec("crd:conf-12", "crd-check:41", "crd-check:51", "crd-check:52")
@pytest.mark.parametrize("client", [None, STRICT], ids=["lenient", "strict"])
@pytest.mark.parametrize("hook", [row.hook for row in SERVICES])
def test_practitioner_role_may_call_at_every_hook_and_need_not_say_where(hook: str, client: HookClient | None) -> None:
    sent = body(hook, userId="PractitionerRole/r1")
    assert hook.startswith("encounter") or "encounterId" not in sent["context"]

    response = make_counter(client=client).ask(sent)

    assert response.status_code == 200
    assert told_of(response)


@pytest.mark.spec("crd:hook-4", "crd-check:63")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("hook", ["order-sign", "order-select", "order-dispatch"])
@pytest.mark.parametrize("kind", sorted(REQUESTS))
def test_every_type_of_order_is_answered(kind: str, hook: str, version: str) -> None:
    made = order(kind=kind)
    sent = speaking(call(hook, made, prefetch={"p": PATIENT, "c": COVERAGE, "o": made}), version)

    response = make_counter().ask(sent)

    assert response.status_code == 200
    if (kind, version) == ("VisionPrescription", "2.0"):
        assert not told_of(response)
        assert ["this version of CRD" in card["detail"] for card in response.get_json()["cards"]] == [True]
    else:
        assert list(told_of(response)) == [f"{kind}/1"]
        assert response.get_json()["cards"] == []


@pytest.mark.spec(
    "crd:hook-9", "crd:hook-10", "crd:hook-13", "hooks:errors", "crd-check:37", "crd-check:38", "crd-check:48"
)
@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"{", (400, 400)),
        (b"", (400, 400)),
        ({}, (400, 422)),
        ({"hook": "order-select"}, (400, 422)),
        ({"hookInstance": None}, (400, 422)),
        ({"context": None}, (400, 422)),
        ({"extension": {"davinci-crd.requestedVersion": "9.9"}}, (400, 400)),
    ],
    ids=["half", "nothing", "empty", "another hook", "no instance", "no context", "a version nobody speaks"],
)
def test_call_that_is_none_is_refused_with_an_outcome(sent: Json | bytes, statuses: tuple[int, int]) -> None:
    whole = sent if isinstance(sent, bytes) or not sent else body("order-sign") | sent
    for version, status in zip(("2.2", "2.0"), statuses, strict=True):
        at = make_counter(default=DIALECTS[version])
        response = at.client.post(
            "/cds-services/order-sign",
            data=whole if isinstance(whole, bytes) else json.dumps(whole),
            content_type="application/json",
        )

        assert response.status_code == status
        assert response.get_json()["resourceType"] == "OperationOutcome"
        assert response.get_json()["issue"]


@pytest.mark.spec("crd:dev-2", "crd-check:48", "crd-check:49")
@pytest.mark.parametrize("default", ["2.0", "2.2"])
@pytest.mark.parametrize("asked", ["2.0", "2.2", ""])
def test_answer_is_in_the_version_asked_for_or_else_the_default(asked: str, default: str) -> None:
    at = make_counter(_Talkative(), default=DIALECTS[default])
    spoken = asked or default

    response = at.ask(speaking(body("order-sign"), asked) if asked else body("order-sign"))

    systems = {card["source"]["topic"]["system"] for card in response.get_json()["cards"]}
    assert systems == {DIALECTS[spoken].topic_system}
    assert [told.version for told in at.desk.told] == [spoken]


@pytest.mark.spec("crd:found-35", "crd-check:47")
def test_desk_is_told_of_a_what_if_call() -> None:
    at = make_counter()

    at.ask(configured(body("order-sign"), unsolicited_determ=False))
    at.ask(body("order-sign"))

    assert [question.determine for question in at.desk.questions] == [False, True]


@pytest.mark.spec("crd:hook-19")
def test_desk_is_told_of_secondary_hooks() -> None:
    at = make_counter()

    for row in SERVICES:
        at.ask(body(row.hook))

    assert {question.hook for question in at.desk.questions if not question.is_secondary} == set(PRIMARY)


@pytest.mark.spec("crd-check:72")
@pytest.mark.spec("crd:found-33", "hooks:prefetch", "crd-check:53")
@pytest.mark.parametrize(
    "prefetch",
    [
        {"patient": PATIENT, "coverage": COVERAGE},
        {"x7": bundle(COVERAGE, PATIENT)},
        {"coverage": None, "other": [COVERAGE]},
        {"coverage": {"resourceType": "OperationOutcome", "issue": []}, "more": COVERAGE},
        {"coverage": {"resourceType": "Bundle", "entry": {"resource": COVERAGE}}},
    ],
    ids=["plain", "one bundle", "null", "outcome", "object for a list"],
)
def test_coverage_is_found_wherever_it_came(prefetch: Json) -> None:
    response = make_counter().ask(call("order-sign", order(), prefetch=prefetch))

    (told,) = told_of(response)["ServiceRequest/1"]
    assert said(told, "coverage") == [{"reference": "Coverage/cov1"}]


@pytest.mark.spec("crd-check:120")
@pytest.mark.spec("crd:found-5", "hooks:prefetch", "crd-check:31", "crd-check:55")
def test_what_did_not_come_along_is_fetched_with_the_token(ehr: FakeEhr) -> None:
    ehr.has(PATIENT, COVERAGE)
    at = make_counter(ehr_policy=ehr.policy())

    response = at.ask(with_access(call("order-sign", order(), prefetch={}), ehr))

    assert list(told_of(response)) == ["ServiceRequest/1"]
    assert any(asked.startswith("/r4/Coverage?patient=pat1") for asked in ehr.asked)
    assert {headers["Authorization"] for headers in ehr.headers} == {f"Bearer {TOKEN}"}
    assert at.desk.told[0].token_use == "used"
    assert TOKEN not in repr(at.lines) + repr(at.desk.told) + repr(at.desk.questions)


@pytest.mark.spec("crd:found-5")
def test_what_the_desk_needs_is_fetched(ehr: FakeEhr) -> None:
    desk = FakeDesk()
    desk.wants = Needs((("Observation", "patient={patient}&code=2708-6"),))
    seen = {
        "resourceType": "Observation",
        "id": "o2",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2708-6"}]},
        "subject": {"reference": "Patient/pat1"},
    }
    ehr.has(seen)

    make_counter(desk, ehr_policy=ehr.policy()).ask(with_access(body("order-sign"), ehr))

    assert desk.questions[0].resources["Observation/o2"] == seen


def test_dispatched_order_is_fetched_and_the_desk_asked_what_it_needs_for_it(ehr: FakeEhr) -> None:
    class Asking(FakeDesk):
        def needs(self, question: Question) -> Needs:
            wanted = (("Observation", "patient={patient}"),) if question.orders else ()
            return Needs(wanted)

    ehr.has(order(), {"resourceType": "Observation", "id": "o2", "subject": {"reference": "Patient/pat1"}})
    at = make_counter(Asking(), ehr_policy=ehr.policy())

    response = at.ask(with_access(call("order-dispatch", order()), ehr))

    assert list(told_of(response)) == ["ServiceRequest/1"]
    assert "Observation/o2" in at.desk.questions[0].resources


def test_dispatched_order_that_cannot_be_had_is_told_in_a_card() -> None:
    response = make_counter().ask(
        call("order-dispatch", order("1"), order("2"), prefetch={"o": order("1"), "c": COVERAGE})
    )

    assert list(told_of(response)) == ["ServiceRequest/1"]
    assert [card["detail"][:15] for card in response.get_json()["cards"]] == ["1 of the orders"]


@pytest.mark.parametrize("client", [STRICT, replace(STRICT, dialect="2.0")], ids=["2.2", "2.0"])
def test_strict_client_whose_dispatched_order_cannot_be_had_is_asked_for_prefetch(client: HookClient) -> None:
    response = make_counter(client=client).ask(call("order-dispatch", order(), prefetch={"coverage": COVERAGE}))

    assert (response.status_code, issues(response)) == (412, [("incomplete", "context")])


@pytest.mark.spec("hooks:prefetch", "crd-check:54")
def test_desk_is_told_that_pages_of_a_prefetched_bundle_are_missing() -> None:
    next_page = [{"relation": "next", "url": "https://ehr.example.org/r4?page=2"}]
    at = make_counter()

    at.ask(call("order-sign", order(), prefetch={"c": COVERAGE, "o": bundle(PATIENT) | {"link": next_page}}))

    assert at.desk.questions[0].missing["Bundle"] == "not-asked"


@pytest.mark.spec("crd:found-34", "crd-check:56")
@pytest.mark.parametrize("dialect", ["2.0", "2.2"])
def test_lenient_client_without_coverage_gets_a_card_and_no_assertion(dialect: str) -> None:
    at = make_counter(client=HookClient("c", "C", dialect, is_strict=False))

    response = at.ask(call("order-sign", order(), prefetch={}))

    assert response.status_code == 200
    assert "systemActions" not in response.get_json()
    assert ["No coverage information" in card["summary"] for card in response.get_json()["cards"]] == [True]
    assert at.desk.questions == []


@pytest.mark.spec("crd:hook-13", "hooks:prefetch", "crd-check:56")
@pytest.mark.parametrize("client", [STRICT, replace(STRICT, dialect="2.0")], ids=["2.2", "2.0"])
def test_strict_client_whose_coverage_cannot_be_reached_is_asked_for_prefetch(client: HookClient) -> None:
    at = make_counter(client=client)

    response = at.ask(call("order-sign", order(), prefetch={}))

    assert response.status_code == 412
    assert issues(response) == [("incomplete", "prefetch.coverage")]
    assert [(told.http_status, told.issues) for told in at.desk.told] == [(412, ("incomplete",))]


@pytest.mark.spec("crd:found-32", "crd-check:57", "crd-check:58")
def test_query_that_worked_but_found_nothing_is_never_a_412(ehr: FakeEhr) -> None:
    at = make_counter(client=STRICT, ehr_policy=ehr.has(PATIENT).policy())

    response = at.ask(with_access(call("order-sign", order(), prefetch={}), ehr))

    assert response.status_code == 400
    assert issues(response) == [("required", "prefetch.coverage")]


@pytest.mark.spec("crd:conf-8")
@pytest.mark.spec("crd:found-32", "crd-check:57")
@pytest.mark.parametrize("client", [STRICT, HookClient("c", "C")])
def test_thin_record_is_answered(client: HookClient) -> None:
    payor = {"identifier": {"value": "P1"}}
    coverage = {"resourceType": "Coverage", "id": "c", "payor": [payor]}
    thin = {"patient": {"resourceType": "Patient", "id": "pat1"}, "coverage": coverage}

    assert make_counter(client=client).ask(call("order-sign", order(), prefetch=thin)).status_code == 200


@pytest.mark.spec("crd:hook-13", "crd-check:58")
def test_strict_client_with_several_coverages_is_refused_in_2_2_only() -> None:
    sent = call("order-sign", order(), prefetch={"c": bundle(COVERAGE, COVERAGE | {"id": "cov2"})})

    refused = make_counter(client=STRICT).ask(sent)
    answered = make_counter(client=replace(STRICT, dialect="2.0")).ask(sent)

    assert (refused.status_code, issues(refused)) == (400, [("multiple-matches", "prefetch.coverage")])
    assert answered.status_code == 200


class _Picky(FakeDesk):
    """Answers for one Coverage only."""

    def __init__(self, mine: str) -> None:
        super().__init__()
        self.mine = mine

    def answer(self, question: Question) -> Answered:
        if question.coverage_ref != self.mine:
            raise NotOurs("of another payer")
        return super().answer(question)


def test_of_several_coverages_the_one_that_is_ours_is_answered_for() -> None:
    sent = call("order-sign", order(), prefetch={"c": bundle(COVERAGE, COVERAGE | {"id": "cov2"})})

    (told,) = told_of(make_counter(_Picky("Coverage/cov2")).ask(sent))["ServiceRequest/1"]

    assert said(told, "coverage") == [{"reference": "Coverage/cov2"}]


@pytest.mark.spec("crd:hook-13", "crd-check:58")
def test_coverage_of_another_payer_is_refused_when_strict_and_told_in_a_card_when_not() -> None:
    strict = make_counter(_Picky("none"), STRICT).ask(body("order-sign"))
    lenient = make_counter(_Picky("none")).ask(body("order-sign"))

    assert (strict.status_code, issues(strict)) == (400, [("business-rule", "prefetch.coverage")])
    assert lenient.status_code == 200
    assert lenient.get_json()["cards"] and not told_of(lenient)


@pytest.mark.spec("crd:hook-13", "crd-check:39")
def test_order_that_breaks_the_guide_is_refused_when_strict() -> None:
    bare = {name: value for name, value in order().items() if name != "subject"}

    response = make_counter(client=STRICT).ask(call("order-sign", bare))

    assert (response.status_code, issues(response)) == (
        422,
        [("required", "context.draftOrders.entry[0].resource.subject")],
    )
    assert make_counter().ask(call("order-sign", bare)).status_code == 200


class _Clumsy(FakeDesk):
    """Stumbles over order 2."""

    def answer(self, question: Question) -> Answered:
        if any(order.ref.endswith("/2") for order in question.orders):
            raise LookupError("Marisol Vega has no member id")
        return super().answer(question)


@pytest.mark.spec("crd-check:88")
@pytest.mark.spec("crd:resp-43")
@pytest.mark.parametrize(("version", "covered"), [("2.2", "indeterminate"), ("2.0", "conditional")])
def test_order_the_desk_fails_on_is_indeterminate_and_the_others_keep_their_answers(version: str, covered: str) -> None:
    at = make_counter(_Clumsy())

    response = at.ask(speaking(call("order-sign", order("1"), order("2"), order("3")), version))

    told = told_of(response)
    assert {ref: said(rows[0], "covered")[0] for ref, rows in told.items()} == {
        "ServiceRequest/1": "covered",
        "ServiceRequest/2": covered,
        "ServiceRequest/3": "covered",
    }
    assert said(told["ServiceRequest/2"][0], "reason")[0]["text"]
    assert ("desk-failed", "LookupError") in {(event, fields.get("error_type")) for event, fields in at.lines}
    assert "Marisol" not in repr(at.lines) + response.get_data(as_text=True)
    assert set(at.desk.told[0].assertions) == set(told)


@pytest.mark.spec("crd:impl-2")
def test_desk_that_hangs_does_not_hold_up_the_answer() -> None:
    let_go = Event()

    class Hanging(FakeDesk):
        def answer(self, question: Question) -> Answered:
            let_go.wait(30)
            return super().answer(question)

    at = make_counter(Hanging(), seconds={"order-sign": 0.2})
    response = at.ask(speaking(call("order-sign", order()), "2.2"))
    let_go.set()

    assert [said(told[0], "covered") for told in told_of(response).values()] == [["indeterminate"]]


def test_ehr_that_hangs_leaves_time_for_the_desk(ehr: FakeEhr) -> None:
    ehr.instead["/r4/Coverage"] = never_answers
    ehr.instead["/r4/Patient/pat1"] = sends(PATIENT)
    at = make_counter(ehr_policy=ehr.policy(), seconds={"order-sign": 0.4})

    response = at.ask(with_access(call("order-sign", order(), prefetch={}), ehr))

    assert response.status_code == 200
    assert response.get_json()["cards"]


def test_desk_that_does_not_know_what_it_needs_still_answers() -> None:
    class Unsure(FakeDesk):
        def needs(self, question: Question) -> Needs:
            raise LookupError("Marisol Vega")

    at = make_counter(Unsure())

    assert told_of(at.ask(body("order-sign")))
    assert [event for event, _ in at.lines] == ["needs-unknown", "hook"]


def test_answer_that_cannot_be_kept_goes_out_all_the_same() -> None:
    class Forgetful(FakeDesk):
        def keep(self, told: Told) -> None:
            raise OSError("disk full of Marisol Vega")

    at = make_counter(Forgetful())

    assert told_of(at.ask(body("order-sign")))
    assert [event for event, _ in at.lines] == ["hook", "not-kept"]
    assert "Marisol" not in repr(at.lines)


@pytest.mark.spec("crd:found-37")
def test_every_invocation_is_kept_without_clinical_content() -> None:
    at = make_counter()

    at.ask(body("order-sign"))

    (told,) = at.desk.told
    assert (told.instance, told.hook, told.http_status, told.version) == (
        "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "order-sign",
        200,
        "2.0",
    )
    assert set(told.resources) == {("Patient", True, 1), ("Coverage", True, 1), ("Encounter", True, 1)}
    assert [(kind, [code.code for code in codes]) for kind, codes in told.orders] == [("ServiceRequest", ["E0431"])]
    assert [row[0].id for row in told.assertions.values()] == ["assertion-ServiceRequest/1"]


def test_one_line_is_logged_and_nothing_of_the_message_in_it() -> None:
    at = make_counter()

    at.ask(body("order-sign"))

    assert at.lines == [
        (
            "hook",
            {
                "hook": "order-sign",
                "client_id": "anybody",
                "version": "2.0",
                "status": 200,
                "order_count": 1,
                "card_count": 0,
                "fault_count": 0,
                "token_use": "not-used",
                "ignored": "",
                "duration_ms": 0,
            },
        )
    ]


@pytest.mark.spec("crd-check:92")
def test_same_call_twice_gets_the_same_answer() -> None:
    at = make_counter()

    assert at.ask(body("order-sign")).get_json() == at.ask(body("order-sign")).get_json()


@pytest.mark.spec("crd-check:69")
@pytest.mark.spec("crd:resp-37")
def test_nothing_of_an_order_changes_but_the_extension() -> None:
    sent = call("order-sign", order(own={"deep": [1.50, "ä", {"x": True}]}))
    raw = json.dumps(sent).replace("1.5", "1.500").encode()

    response = make_counter().ask(raw)

    (action,) = response.get_json()["systemActions"]
    assert {name: value for name, value in action["resource"].items() if name != "extension"} == order(
        own={"deep": [1.5, "ä", {"x": True}]}
    )
    assert b"1.500" in response.get_data()


@pytest.mark.spec("crd:found-10", "crd-check:61")
@pytest.mark.parametrize("system", [HCPCS, "urn:oid:2.16.840.1.113883.6.285", HCPCS.replace("http:", "https:")])
def test_desk_sees_one_address_per_code_system(system: str) -> None:
    at = make_counter()

    at.ask(call("order-sign", order(code={"coding": [{"system": system, "code": "E0431"}]})))

    assert [code.system for code in at.desk.questions[0].orders[0].codes] == [HCPCS]


def test_five_hundred_orders_are_answered() -> None:
    response = make_counter().ask(call("order-sign", *(order(str(n)) for n in range(500))))

    assert len(told_of(response)) == 500


def test_large_prefetch_is_read() -> None:
    notes = [{"resourceType": "Observation", "id": str(n), "note": [{"text": "x" * 1000}]} for n in range(5000)]
    at = make_counter()

    response = at.ask(call("order-sign", order(), prefetch={"c": COVERAGE, "notes": bundle(*notes)}))

    assert told_of(response)
    assert ("Observation", True, 5000) in at.desk.told[0].resources


def test_resources_that_contradict_each_other_do_not_change_what_is_ordered() -> None:
    stored = order(code={"coding": [{"system": HCPCS, "code": "K0001"}]}, status="active")
    twice = bundle(COVERAGE, COVERAGE | {"status": "cancelled"})
    at = make_counter()

    response = at.ask(call("order-sign", order(), prefetch={"o": stored, "c": twice}))

    assert [code.code for code in at.desk.questions[0].orders[0].codes] == ["E0431"]
    assert at.desk.questions[0].coverage == COVERAGE
    assert list(told_of(response)) == ["ServiceRequest/1"]


def test_order_of_another_patient_is_never_answered_with_this_ones_coverage() -> None:
    response = make_counter().ask(call("order-sign", order("1"), order("2", subject={"reference": "Patient/other"})))

    assert list(told_of(response)) == ["ServiceRequest/1"]
    assert "another patient" in response.get_json()["cards"][0]["detail"]


@pytest.mark.spec("crd-check:49")
def test_default_dialect_is_spoken_where_nothing_else_is_said() -> None:
    at = make_counter(default=CRD_2_2)

    at.ask(body("order-sign"))

    assert at.desk.told[0].version == "2.2"


def test_a_record_that_came_with_two_contents_is_evidence_of_neither() -> None:
    def saturation(value: int, **more: Any) -> Json:
        return {"resourceType": "Observation", "id": "o", "valueInteger": value, **more}

    at = make_counter()
    sent = call("order-sign", order())
    for twins, is_told in (
        ([saturation(86), saturation(97)], False),
        ([saturation(86), saturation(86, meta={"versionId": "2"})], True),
    ):
        at.ask(sent | {"prefetch": sent["prefetch"] | {"twins": twins}})
        assert ("Observation/o" in at.desk.questions[-1].resources) is is_told


def test_what_went_by_before_the_call_was_read_is_taken_off_its_time() -> None:
    """A door that had to fetch keys, a body that came slowly: whoever asks waits for these too."""
    ticks = [0.0]

    class Slow(OpenDoor):
        def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
            ticks[0] += 60
            return super().admit(header, url, is_loopback)

    with fake_ehr() as server:
        at = make_counter(door=Slow(), monotonic=lambda: ticks[0], ehr_policy=server.policy())
        response = at.ask(call("order-sign", order(), prefetch={}) | {"fhirServer": server.url})

    assert response.status_code == 200
    assert server.asked == []


@pytest.mark.parametrize(("waited_seconds", "is_asked"), [(0.0, True), (60.0, False)])
def test_how_long_a_call_lay_before_it_was_looked_at_is_taken_off_its_time(
    waited_seconds: float, is_asked: bool
) -> None:
    with fake_ehr() as server:
        at = make_counter(waited_seconds=lambda: waited_seconds, ehr_policy=server.policy())
        response = at.ask(call("order-sign", order(), prefetch={}) | {"fhirServer": server.url})

    assert response.status_code == 200
    assert bool(server.asked) is is_asked

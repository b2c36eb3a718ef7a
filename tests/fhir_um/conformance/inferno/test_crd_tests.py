"""The public test suite's checks, run over a counter whose desk gives every kind of card, and over answers broken on
purpose: what the suite would find, the port finds."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cds_hooks.assertions import Assertion, Covered
from cds_hooks.desk import Action, Advice, AdviceKind, Answered, Indicator, Link, Question, Suggestion, Topic
from cds_hooks.forms import form_task
from cds_hooks.offered import SERVICES
from fhir_um.conformance.inferno.crd_answers import COVERAGE_INFORMATION, HOOKS, PRIMARY, Exchange
from fhir_um.conformance.inferno.crd_tests import Outcome, failures, run, verdicts
from fhir_um.conformance.model import Verdict
from profiles.reading import Limits, read_json, write_json
from tests.cds_hooks import orders
from tests.cds_hooks.calling import COVERAGE, Counter, Json, call, make_counter
from tests.cds_hooks.fake_desk import FakeDesk
from tests.cds_hooks.test_sweep import validator

_PROFILE = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-"
_PROFILES = {"Task": "taskquestionnaire"}
_MARISOL = {"resourceType": "Patient", "id": "marisol", "birthDate": "1960-01-01"}
_THEIRS = COVERAGE | {
    "id": "plan-7",
    "beneficiary": {"reference": "Patient/marisol"},
    "identifier": [{"system": "https://payer.example/members", "value": "M-1"}],
    "subscriberId": "M-1",
    "relationship": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/subscriber-relationship"}]},
}


def faults_of(resource: Json) -> list[str]:
    """What CRD 2.0.1 finds wrong with a resource."""
    kind = resource["resourceType"]
    profile = _PROFILE + _PROFILES.get(kind, kind.lower())
    found = validator("2.0").check(resource, (profile,))
    return [f"{issue.path}: {issue.text}" for issue in found if issue.severity == "error"]


class AdvisingDesk(FakeDesk):
    """Gives every kind of card that there is an occasion for."""

    def answer(self, question: Question) -> Answered:
        return Answered("Example Health Plan", super().answer(question).assertions, tuple(_advice(question)))


def _advice(question: Question) -> list[Advice]:
    plain = Advice(AdviceKind.INSTRUCTIONS, Topic.CLAIM, Indicator.INFO, "Bill by the month", "Once a month.")
    policy = Link("Policy", "https://payer.example/policies/mri")
    launch = Link("Open the checker", "https://payer.example/launch", "order=1")
    given = [
        plain,
        replace(plain, kind=AdviceKind.EXTERNAL_REFERENCE, topic=Topic.GUIDELINE, links=(policy,)),
        replace(plain, kind=AdviceKind.SMART_LAUNCH, topic=Topic.APPROPRIATE_USE, links=(launch,)),
        replace(plain, kind=AdviceKind.FORM_COMPLETION, suggestions=(_form(question),)),
        replace(plain, kind=AdviceKind.COVERAGE_UPDATE, topic=Topic.INSURANCE, suggestions=(_corrected(question),)),
    ]
    if question.hook in ("order-select", "order-sign"):
        given += [
            replace(plain, kind=AdviceKind.ALTERNATE_REQUEST, suggestions=(_swap(question),)),
            replace(plain, kind=AdviceKind.ADDITIONAL_ORDERS, suggestions=(_more(question),)),
        ]
    return given


def _form(question: Question) -> Suggestion:
    task = form_task("https://payer.example/q|1", "Patient/marisol", "Organization/payer1", question.received_at)
    return Suggestion("Fill it in", (Action("create", "Asks for the form", task),))


def _corrected(question: Question) -> Suggestion:
    return Suggestion("Correct it", (Action("update", "Corrects the coverage", question.coverage),))


def _swap(question: Question) -> Suggestion:
    order = question.orders[0]
    other = order.resource | {"id": "other"}
    return Suggestion(
        "Another", (Action("delete", "Removes it", resource_id=order.ref), Action("create", "Orders another", other))
    )


def _more(question: Question) -> Suggestion:
    return Suggestion("As well", (Action("create", "Orders it as well", question.orders[0].resource | {"id": "more"}),))


def _body(hook: str) -> Json:
    """A call of that hook whose resources conform to CRD 2.0.1, in the shapes the suite sends."""
    ordered = orders.RESOURCES["Appointment" if hook == "appointment-book" else "ServiceRequest"]
    prefetch = {"p": _MARISOL, "c": _THEIRS, "o": ordered, "e": orders.RESOURCES["Encounter"] | {"id": "enc1"}}
    body = call(hook, ordered, prefetch=prefetch, patientId="marisol")
    if hook == "order-dispatch":
        body["context"]["order"] = body["context"].pop("dispatchedOrders")[0]
    return body


def _exchanges(hooks: tuple[str, ...] = HOOKS) -> tuple[Exchange, list[Exchange]]:
    """What discovery and the hooks answer under the address of CRD 2.0.1."""
    at = make_counter(AdvisingDesk())
    listed = at.client.get("/2.0.1/cds-services")
    answered = []
    for hook in hooks:
        request = _body(hook)
        answered.append(Exchange(request, *_sent(at, request)))
    return Exchange({}, listed.status_code, listed.get_json()), answered


def _sent(at: Counter, request: Json) -> tuple[int, Any]:
    """Status and body of the answer in the dialect of CRD 2.0.1, numbers as they were written."""
    answer = at.ask(write_json(request), "/2.0.1/cds-services", request["hook"])
    return answer.status_code, read_json(answer.get_data(), Limits(1_000_000, 64, 500))


@pytest.mark.spec("pas:spec-3")
@pytest.mark.spec("crd:resp-26", "crd-check:124")
def test_counter_passes_every_check_there_is() -> None:
    outcomes = run(*_exchanges(), faults_of)

    assert failures(outcomes) == []
    skipped = {name for name, verdict in verdicts(outcomes).items() if verdict is Verdict.SKIPPED}
    clerks = {"encounter-start", "appointment-book"}
    assert skipped == {f"{hook}/coverage-update" for hook in HOOKS if hook not in clerks}


@pytest.mark.spec("crd:resp-15")
@pytest.mark.spec("crd:resp-26", "crd-check:104")
def test_one_run_shows_the_three_kinds_of_answer_that_the_suite_insists_on() -> None:
    found = verdicts(run(*_exchanges(("order-sign",)), faults_of))

    assert {name: verdict for name, verdict in found.items() if name.startswith("required/")} == {
        "required/external-reference": Verdict.PASSED,
        "required/instructions": Verdict.PASSED,
        "required/coverage-information-validity": Verdict.PASSED,
    }


@pytest.mark.spec("crd-check:125")
def test_nothing_is_sent_that_the_suite_stumbles_over() -> None:
    """It breaks down at suggestions without actions, and knows no coverage information on a VisionPrescription."""

    class Bare(AdvisingDesk):
        def answer(self, question: Question) -> Answered:
            answered = super().answer(question)
            bare = tuple(replace(a, suggestions=(Suggestion("Nothing", ()),)) for a in answered.advice if a.suggestions)
            return replace(answered, advice=answered.advice + bare)

    at = make_counter(Bare())
    drafts = call("order-sign", *(orders.RESOURCES[kind] for kind in ("VisionPrescription", "ServiceRequest")))
    drafts["context"]["patientId"], drafts["prefetch"] = "marisol", {"c": _THEIRS}

    _, body = _sent(at, drafts)

    assert [action["resource"]["resourceType"] for action in body["systemActions"]] == ["ServiceRequest"]
    suggestions = [each for card in body["cards"] for each in card.get("suggestions", ())]
    assert suggestions and all(each["actions"] for each in suggestions)


# --- what is broken on purpose ----------------------------------------------------------------------------------------

Break = Callable[[Json], object]


def _card(body: Json, member: str) -> Json:
    """The first card with that member."""
    return next(card for card in body["cards"] if member in card)


def _told(body: Json) -> list[Json]:
    (extension,) = [
        each for each in body["systemActions"][0]["resource"]["extension"] if each["url"] == COVERAGE_INFORMATION
    ]
    parts: list[Json] = extension["extension"]
    return parts


def _suggested(body: Json, kind: str, type: str) -> Json:
    """The first action of that type on that kind of resource."""
    every = [a for card in body["cards"] for s in card.get("suggestions", ()) for a in s["actions"]]
    return next(a for a in every if a["type"] == type and (a.get("resource") or {}).get("resourceType", "") == kind)


def _twice(body: Json) -> None:
    """A second answer for the same coverage under another id."""
    resource = body["systemActions"][0]["resource"]
    again = copy.deepcopy(resource["extension"][-1])
    next(part for part in again["extension"] if part["url"] == "coverage-assertion-id")["valueString"] = "another"
    resource["extension"].append(again)


def _shared(body: Json) -> None:
    """A second coverage under the same id."""
    resource = body["systemActions"][0]["resource"]
    again = copy.deepcopy(resource["extension"][-1])
    again["extension"][0]["valueReference"]["reference"] = "Coverage/another"
    resource["extension"].append(again)


_BROKEN: dict[str, tuple[str, Break]] = {
    "no cards": ("response", lambda body: body.pop("cards")),
    "no system actions": ("response", lambda body: body.pop("systemActions")),
    "empty system actions": ("coverage-information", lambda body: body["systemActions"].clear()),
    "long summary": ("response", lambda body: body["cards"][0].update(summary="x" * 140)),
    "empty summary": ("response", lambda body: body["cards"][0].update(summary="")),
    "other indicator": ("response", lambda body: body["cards"][0].update(indicator="hard-stop")),
    "no source": ("response", lambda body: body["cards"][0].pop("source")),
    "no label": ("response", lambda body: body["cards"][0]["source"].pop("label")),
    "no topic": ("response", lambda body: body["cards"][0]["source"].pop("topic")),
    "topic without system": ("response", lambda body: body["cards"][0]["source"]["topic"].pop("system")),
    "action without description": ("response", lambda body: body["systemActions"][0].update(description="")),
    "action of another type": ("response", lambda body: body["systemActions"][0].update(type="replace")),
    "action without resource": ("response", lambda body: body["systemActions"][0].pop("resource")),
    "coverage information created": (
        "coverage-information-validity",
        lambda body: body["systemActions"][0].update(type="create"),
    ),
    "resource against its profile": (
        "coverage-information-validity",
        lambda body: body["systemActions"][0]["resource"].pop("subject"),
    ),
    "code outside its set": ("coverage-information-validity", lambda body: _told(body)[1].update(valueCode="maybe")),
    "no authorization said": ("coverage-information-validity", lambda body: _told(body).pop(2)),
    "two ids for one coverage": ("coverage-information-validity", _twice),
    "one id for two coverages": ("coverage-information-validity", _shared),
    "empty uuid": ("optional-fields", lambda body: body["cards"][0].update(uuid="")),
    "empty detail": ("optional-fields", lambda body: body["cards"][0].update(detail="")),
    "empty list": ("optional-fields", lambda body: body["cards"][0].update(overrideReasons=[])),
    "no selection behaviour": ("optional-fields", lambda body: _card(body, "suggestions").pop("selectionBehavior")),
    "override without display": (
        "optional-fields",
        lambda body: body["cards"][0].update(overrideReasons=[{"code": "c", "system": "s"}]),
    ),
    "link nowhere": ("optional-fields", lambda body: _card(body, "links")["links"][0].update(url="/policies")),
    "link of another type": ("optional-fields", lambda body: _card(body, "links")["links"][0].update(type="deep")),
    "context on an absolute link": (
        "optional-fields",
        lambda body: _card(body, "links")["links"][0].update(appContext="x"),
    ),
    "suggestion without label": (
        "optional-fields",
        lambda body: _card(body, "suggestions")["suggestions"][0].update(label=""),
    ),
    "suggestion with no action": (
        "optional-fields",
        lambda body: _card(body, "suggestions")["suggestions"][0].update(actions=[]),
    ),
    "suggestion without actions": (
        "form-completion",
        lambda body: _card(body, "suggestions")["suggestions"][0].pop("actions"),
    ),
    "absolute deletion": (
        "optional-fields",
        lambda body: _suggested(body, "", "delete").update(resourceId="https://ehr.example/ServiceRequest/s-1"),
    ),
    "deletion of no draft": (
        "propose-alternate",
        lambda body: _suggested(body, "", "delete").update(resourceId="ServiceRequest/x"),
    ),
    "alternative against its profile": (
        "propose-alternate",
        lambda body: _suggested(body, "ServiceRequest", "create")["resource"].pop("subject"),
    ),
    "form against its profile": (
        "form-completion",
        lambda body: _suggested(body, "Task", "create")["resource"].pop("for"),
    ),
}


@pytest.mark.parametrize("broken", _BROKEN)
@pytest.mark.spec("crd-check:126")
def test_what_the_suite_would_refuse_is_found(broken: str) -> None:
    check, spoil = _BROKEN[broken]
    discovery, (exchange,) = _exchanges(("order-sign",))
    body = copy.deepcopy(exchange.body)
    spoil(body)

    outcomes = run(discovery, [replace(exchange, body=body)], faults_of)

    assert f"order-sign/{check}" in {outcome.name for outcome in failures(outcomes, ("order-sign",))}


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"status": 500}, "order-sign/service-call"),
        ({"body": None}, "order-sign/service-call"),
        ({"request": _body("order-sign") | {"hookInstance": "0s1z7c69"}}, "order-sign/request-fields"),
        ({"request": _body("order-sign") | {"context": {"patientId": "Patient/7"}}}, "order-sign/request-context"),
    ],
)
def test_calls_that_the_suite_would_refuse_are_found(changed: dict[str, Any], check: str) -> None:
    discovery, (exchange,) = _exchanges(("order-sign",))

    found = verdicts(run(discovery, [replace(exchange, **changed)], faults_of))

    assert found[check] is Verdict.FAILED


@pytest.mark.parametrize(
    ("body", "check", "verdict"),
    [
        (None, "discovery/endpoint", Verdict.FAILED),
        ({}, "discovery/services", Verdict.FAILED),
        ({"services": []}, "discovery/services", Verdict.SKIPPED),
        ({"services": [{"id": "x", "hook": "order-sign"}]}, "discovery/services", Verdict.FAILED),
        ({"services": [{"id": "x", "hook": "order-sign", "description": "d"}]}, "discovery/services", Verdict.PASSED),
    ],
)
def test_discovery_is_checked(body: Any, check: str, verdict: Verdict) -> None:
    assert verdicts(run(Exchange({}, 200, body), [], faults_of))[check] is verdict


def test_run_without_a_required_kind_of_card_is_no_pass() -> None:
    class Silent(FakeDesk):
        def assertion(self, ref: str, on: Any) -> Assertion:
            return Assertion(f"assertion-{ref}", on, Covered.COVERED)

    at = make_counter(Silent())
    request = _body("order-sign")
    outcomes = run(_exchanges(())[0], [Exchange(request, *_sent(at, request))], faults_of)

    missing: list[Outcome] = failures(outcomes, ("order-sign",))

    assert [outcome.name for outcome in missing] == ["required/external-reference", "required/instructions"]


def test_primary_hooks_are_those_of_the_guide() -> None:
    assert {row.hook for row in SERVICES if row.primary} == PRIMARY

"""Faults planted in front of the server, one at a time: the check meant for each finds it, and no other check fails.

A short programme of scenes is played for every second fault; set PLANTED=all to play every scene of the suite for each.
"""

from typing import Any

import pytest

from fhir_um.conformance.in_process import Application
from tests.fhir_um.conformance.house import Office, as_it_is, failed, tried
from tests.fhir_um.conformance.planting import (
    PAS,
    Answered,
    Json,
    Planted,
    answers,
    around,
    claim_response,
    entries,
    events,
    handshakes,
    inquiries,
    parameter,
    part,
    refusals,
    responses,
    review_actions,
    submits,
    told,
    without,
)
from tests.fhir_um.conformance.programmes import planted as some_of
from tests.fhir_um.conformance.programmes import programme

PROGRAMME = ("public-suite", "prior-authorization", "modified-approval", "sent-twice", "refused", "tokens")
TOLD = ("pas.subscription.", "pas.notification.", "pas.handshake.", "pas.event.")
"""Faults about notifications take a story that waits for them."""
APPROVED, DENIED, PENDED, CHANGED = (
    b"consultation-1101",
    b"equipment-1102",
    b"consultation-1103",
    b"consultation-1104-3",
)


def _say(action: str) -> Any:
    return lambda response: [told(each).update(code=action) for each in review_actions(response)]


def _of_first(change: Any) -> Any:
    return lambda response: change(next(review_actions(response)))


def _drop_last_line(response: Json) -> None:
    del response["item"][-1]


def _response_last(bundle: Json) -> None:
    bundle["entry"].append(bundle["entry"].pop(0))


def _twice(bundle: Json) -> None:
    bundle["entry"].append(entries(bundle, "Patient")[0])


def _other_id(bundle: Json) -> None:
    entries(bundle, "Organization")[0]["resource"]["id"] = "another"


def _bare(said: Answered) -> None:
    """An inquiry answered as in 2.0.1, by a Bundle."""
    if said.path.endswith("/fhir/Claim/$inquire") and said.status.startswith("200"):
        said.answer = next((row["resource"] for row in said.answer.get("parameter", ()) if "resource" in row), {})


def _old_decision(content: Json) -> None:
    for row in content["parameter"]:
        if row["name"] == "return":
            _say("A4")(claim_response(row["resource"]))


def _ok(said: Answered) -> None:
    if said.status.startswith("422"):
        said.status = "200 OK"


def _in_words(said: Answered) -> None:
    said.answer = {"resourceType": "Basic", "code": {"text": "That was wrong."}}


def _anybody(application: Application) -> Application:
    """Whatever token is shown, nobody looks at it."""

    def open_house(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer "):
            del environ["HTTP_AUTHORIZATION"]
        return application(environ, start_response)

    return open_house


def _other_status(path: str, number: int, status: str) -> Any:
    def alter(said: Answered) -> None:
        if said.path.endswith(path) and said.status.startswith(str(number)):
            said.status = status

    return around(alter)


def _redirected(said: Answered) -> None:
    if said.path.endswith("/$inquire"):
        said.status, said.headers["Location"] = "308 Permanent Redirect", "/elsewhere"


def _of_subscription(change: Any) -> Any:
    return answers("/Subscription", change, b'"rest-hook"')


def _masked(subscription: Json) -> None:
    subscription["channel"]["header"] = ["Authorization: ***"]


def _numbered(number: str) -> Any:
    return events(lambda bundle: part(bundle, "event-number").update(valueString=number))


def _status(value: str) -> Any:
    return lambda bundle: parameter(bundle, "status").update(valueCode=value)


def _every_second(bundle: Json) -> None:
    number = part(bundle, "event-number")
    number["valueString"] = str(2 * int(number["valueString"]) - 1)
    parameter(bundle, "events-since-subscription-start")["valueString"] = number["valueString"]


def _no_reason(response: Json) -> None:
    without(next(review_actions(response)), "reasonCode")
    for item in response["item"]:
        item.pop("noteNumber", None)
    response.pop("processNote", None)


def _response_only(bundle: Json) -> None:
    """The ClaimResponse in the place of the whole answer."""
    inside = bundle["entry"][1]
    inside["resource"] = claim_response(inside["resource"])


FAULTS = (
    Planted("an approval told as a pend", "pas.approved.decision", responses(_say("A4"), APPROVED)),
    Planted("a denial told as an approval", "pas.denied.decision", responses(_say("A1"), DENIED)),
    Planted("a line gets lost", "pas.lines.none-lost", responses(_drop_last_line, b"consultation-1104-2")),
    Planted(
        "a line nobody sent",
        "pas.lines.none-invented",
        responses(lambda r: r["item"].append(r["item"][0] | {"itemSequence": 99}), APPROVED),
    ),
    Planted("queued in 2.2.1", "pas.response.outcome", responses(lambda r: r.update(outcome="queued"), PENDED)),
    Planted("an entry without fullUrl", "pas.bundle.entries", submits(lambda b: b["entry"][-1].pop("fullUrl"))),
    Planted("the ClaimResponse comes last", "pas.bundle.claim-response-first", submits(_response_last, APPROVED)),
    Planted("no timestamp", "pas.bundle.timestamp", submits(lambda b: b.pop("timestamp"))),
    Planted("a resource twice", "pas.bundle.each-once", submits(_twice, APPROVED)),
    Planted("an id of the sender is changed", "pas.bundle.echo", submits(_other_id, APPROVED)),
    Planted(
        "a review action of a list of one's own",
        "pas.review-action.system",
        responses(_of_first(lambda a: told(a).update(system="https://payer.example.test/actions")), APPROVED),
    ),
    Planted("a denial without reason", "pas.denied.reason", responses(_no_reason, DENIED)),
    Planted(
        "no reference for what waits",
        "pas.pended.reference",
        responses(lambda r: without(r["item"][0], f"{PAS}administrationReferenceNumber"), PENDED),
    ),
    Planted("a withdrawn line told as approved", "pas.update.withdrawn", responses(_say("A1"), CHANGED)),
    Planted("what is refused with 200", "pas.refused.status", refusals(_ok)),
    Planted("a refusal in one's own words", "pas.refused.outcome", refusals(_in_words)),
    Planted("an inquiry answered as in 2.0.1", "pas.inquiry.shape", around(_bare)),
    Planted("an inquiry tells the old decision", "pas.inquiry.current", inquiries(_old_decision, b"1103")),
    Planted("a subscription made with 200", "pas.subscription.created", _other_status("/Subscription", 201, "200 OK")),
    Planted("headers are masked", "pas.subscription.headers", _of_subscription(_masked)),
    Planted("a handshake says active", "pas.handshake.status", as_it_is, handshakes(_status("active"))),
    Planted("every second event is left out", "pas.event.rising", as_it_is, events(_every_second)),
    Planted("an event without number", "pas.event.numbered", as_it_is, _numbered("one")),
    Planted("an event with half the answer", "pas.event.whole-answer", as_it_is, events(_response_only)),
    Planted("any token will do", "pas.access.unknown-token", _anybody),
    Planted("a redirect", "pas.http.no-redirects", around(_redirected)),
)


def test_without_a_fault_nothing_fails(office: Office) -> None:
    assert failed(tried(programme("pas-2.2.1", (*PROGRAMME, "pended")), office)) == {}


@pytest.mark.parametrize("planted", some_of(FAULTS), ids=lambda planted: planted.wrong.replace(" ", "-"))
def test_a_fault_is_found_by_the_check_meant_for_it_and_by_no_other(planted: Planted, office: Office) -> None:
    office.wrap, office.rewrite = planted.wrap, planted.rewrite

    scenes = (*PROGRAMME, "pended") if planted.check.startswith(TOLD) else PROGRAMME
    assert set(failed(tried(programme(planted.suite, scenes), office))) == {planted.check}


def test_every_fault_has_a_check_of_its_own() -> None:
    assert len({planted.check for planted in FAULTS}) == len(FAULTS)

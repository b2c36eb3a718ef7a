"""What the PAS server suites of Inferno look at in what was sent and answered, rebuilt; every function yields faults.

Rebuilt from what its source does (PAS test kit 0.15.1, subscriptions test kit 0.12.1), with our validator in the place
of the official one. Where the suite looks at less than one would expect, so does this. Must not talk to a server.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from fhir_um.simulators.receiver import Notification
from profiles.canonicals import (
    EXT_REVIEW_ACTION,
    EXT_REVIEW_ACTION_CODE,
    PAS_TOPIC,
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_INQUIRY_RESPONSE_BUNDLE,
    PROFILE_RESPONSE_BUNDLE,
    PROFILE_SUBSCRIPTION,
    PROFILE_SUBSCRIPTION_STATUS,
)
from profiles.checking import check_request
from profiles.issues import Refusal
from profiles.reading import Limits, read_bundle, read_json, write_json
from profiles.validating.validator import Validator, shipped_library

Json = dict[str, Any]
NEWER, OLDER = "2.2.1", "2.0.1"
CONTENT = {OLDER: "id-only", NEWER: "full-resource"}
SUBSCRIPTION = {OLDER: PROFILE_BACKPORT_SUBSCRIPTION, NEWER: PROFILE_SUBSCRIPTION}
APPROVED, DENIED, PENDED = "A1", "A3", "A4"
INQUIRY_ANSWER = {OLDER: "Bundle", NEWER: "Parameters"}
_OUTCOMES = frozenset({"complete", "partial", "error"})
_X12_306 = "https://codesystem.x12.org/005010/306"
_TAKEN = frozenset({200, 201})
_FILTER = "backport-filter-criteria"
_LIMITS = Limits(5_000_000, 100, 1000)


@cache
def validator(version: str) -> Validator:
    """The profiles of one PAS version."""
    return Validator(shipped_library(), f"hl7.fhir.us.davinci-pas#{version}")


def invalid(resource: Json, version: str, *profiles: str) -> Iterator[str]:
    """Errors against the profiles given, its own and its base type."""
    try:
        found = list(validator(version).check(read_json(write_json(resource), _LIMITS), profiles))
    except Refusal as refusal:
        found = list(refusal.issues)
    yield from (f"{issue.path}: {issue.text}" for issue in found if issue.severity == "error")


# --- what the tester sends --------------------------------------------------------------------------------------------


def request_faults(body: str, version: str, inquiry: bool) -> Iterator[str]:
    """Test T1: the request is itself in order."""
    try:
        check_request(read_bundle(body.encode(), _LIMITS), version, inquiry, validator=validator(version))
    except Refusal as refusal:
        yield from (f"{issue.path}: {issue.text}" for issue in refusal.issues if issue.severity == "error")


def subscription_faults(sent: Json, version: str) -> Iterator[str]:
    """2.0.1 tests 1.01 and 1.02, 2.2.1 test 1.01."""
    yield from invalid(sent, version, SUBSCRIPTION[version])
    filters = [row for row in sent["_criteria"]["extension"] if row["url"].endswith(_FILTER)]
    if sent["channel"]["type"] != "rest-hook" or sent["criteria"] != PAS_TOPIC:
        yield "the channel is no rest-hook, or the topic is not that of PAS"
    if len(filters) != 1 or (version == NEWER and not filters[0]["valueString"].startswith("org-identifier=")):
        yield "there must be one filter, by org-identifier"
    if sent["channel"]["_payload"]["extension"][0]["valueCode"] != CONTENT[version]:
        yield f"the content of notifications must be {CONTENT[version]}"


# --- what is answered -------------------------------------------------------------------------------------------------


def response_faults(status: int, answer: Any, version: str, profile: str = PROFILE_RESPONSE_BUNDLE) -> Iterator[str]:
    """Tests T2 and T4: an answer, and a valid one."""
    kind = answer.get("resourceType") if isinstance(answer, dict) else "no resource"
    if status not in _TAKEN or kind != "Bundle":
        yield f"answered {status} with {kind}, not with a Bundle"
        return
    yield from invalid(answer, version, profile)
    said = [response.get("outcome") for response in claim_responses(answer)]
    if version == NEWER:
        yield from (f"outcome {one} is not in the value set of 2.2.1" for one in said if one not in _OUTCOMES)


def decision_faults(answer: Json, action: str) -> Iterator[str]:
    """Test T5: some line carries that action."""
    told = sorted(set(actions_of(answer).values()))
    if action not in told:
        yield f"no line says {action}; they say {', '.join(told) or 'nothing'}"


def inquiry_faults(status: int, answer: Any, version: str) -> Iterator[str]:
    """Tests T3 and T4 of an inquiry: something is found, and it is valid."""
    kind = answer.get("resourceType") if isinstance(answer, dict) else "no resource"
    if status not in _TAKEN or kind != INQUIRY_ANSWER[version]:
        yield f"answered {status} with {kind}, not with {INQUIRY_ANSWER[version]}"
        return
    found = found_bundles(answer)
    if not found:
        yield "the inquiry found nothing"
    for bundle in found:
        yield from response_faults(200, bundle, version, PROFILE_INQUIRY_RESPONSE_BUNDLE)


def found_bundles(answer: Json) -> list[Json]:
    """The Bundles an inquiry was answered with."""
    if answer.get("resourceType") == "Bundle":
        return [answer]
    rows = answer.get("parameter", ())
    return [row["resource"] for row in rows if row.get("name") == "return" and _is_bundle(row.get("resource"))]


def _is_bundle(resource: Any) -> bool:
    return isinstance(resource, dict) and resource.get("resourceType") == "Bundle"


def refusal_faults(status: int, answer: Any) -> Iterator[str]:
    """Group 4: not taken, and an OperationOutcome says why."""
    if 200 <= status < 300:
        yield f"answered {status} to a Bundle without entries"
    if not isinstance(answer, dict) or answer.get("resourceType") != "OperationOutcome":
        yield "no OperationOutcome says why"


def sequence_faults(sent: Json, answer: Json) -> tuple[list[str], list[str]]:
    """Tests 2.4.5.01 and .02: lines answered that were not sent, and lines sent that are not answered."""
    asked = {item["sequence"] for item in sent["entry"][0]["resource"].get("item", ())}
    told = set(actions_of(answer))
    return (
        [f"line {n} is answered and was not sent" for n in sorted(told - asked)],
        [f"line {n} was sent and is not answered" for n in sorted(asked - told)],
    )


def claim_responses(bundle: Json) -> list[Json]:
    """The ClaimResponses of an answer."""
    resources = [entry.get("resource", {}) for entry in bundle.get("entry", ())]
    return [resource for resource in resources if resource.get("resourceType") == "ClaimResponse"]


def actions_of(bundle: Json) -> dict[int, str]:
    """Line -> X12 306 code, of every ClaimResponse of a Bundle; nothing for a line without one."""
    items = [item for response in claim_responses(bundle) for item in response.get("item", ())]
    return {item["itemSequence"]: _action(item) for item in items if "itemSequence" in item}


def _action(item: Json) -> str:
    adjudications = item.get("adjudication", ())
    parts = [part for a in adjudications for e in _extensions(a, EXT_REVIEW_ACTION) for part in e.get("extension", ())]
    concepts = [part.get("valueCodeableConcept", {}) for part in parts if part.get("url") == EXT_REVIEW_ACTION_CODE]
    codings = [coding for concept in concepts for coding in concept.get("coding", ())]
    return next((str(coding.get("code")) for coding in codings if coding.get("system") == _X12_306), "")


def _extensions(element: Json, url: str) -> list[Json]:
    return [each for each in element.get("extension", ()) if each.get("url") == url]


# --- subscriptions ----------------------------------------------------------------------------------------------------


def creation_faults(status: int, made: Any, sent: Json) -> Iterator[str]:
    """The answer to POST Subscription, and what later tests read of it."""
    if status != 201:
        yield f"answered {status}, not 201"
    if not isinstance(made, dict) or made.get("resourceType") != "Subscription" or not made.get("id"):
        yield "the answer is no Subscription with an id"
        return
    if made.get("status") != "requested":
        yield f"status is {made.get('status')}, not requested"
    channel = made.get("channel", {})
    yield from (
        f"channel.{name} is not as sent" for name, value in sent["channel"].items() if channel.get(name) != value
    )


def notification_faults(came: Notification, made: Json, kind: str, standing: str, version: str) -> Iterator[str]:
    """A handshake or an event: its form, its status, and the headers that were asked for."""
    bundle = read_json(came.body, _LIMITS)
    entries = bundle.get("entry") or [{}]
    first, told = entries[0], parameters_of(bundle)
    if bundle.get("type") != "history":
        yield f"the Bundle is a {bundle.get('type')}, not a history"
    if not str(first.get("request", {}).get("url")).endswith(f"Subscription/{made['id']}/$status"):
        yield "the first entry is not the status of this subscription"
    for name, expected in (("type", kind), ("status", standing)):
        if told.get(name) != expected:
            yield f"{name} is {told.get(name)}, not {expected}"
    for number, entry in enumerate(entries):
        if not entry.get("request") or not entry.get("response"):
            yield f"entry {number} has no request or no response"
    yield from invalid(first.get("resource", {"resourceType": "Parameters"}), version, PROFILE_SUBSCRIPTION_STATUS)
    yield from _header_faults(came.headers, made["channel"])


def _header_faults(headers: Mapping[str, str], channel: Json) -> Iterator[str]:
    if not headers.get("content-type", "").startswith(channel["payload"]):
        yield f"Content-Type is {headers.get('content-type')}, not {channel['payload']}"
    for line in channel.get("header", ()):
        name, _, value = line.partition(": ")
        if headers.get(name.lower()) != value:
            yield f"the header {name} is not sent as the subscription asks"


def content_faults(came: Notification, version: str) -> Iterator[str]:
    """2.0.1 test 2.3.2.03 (id-only), 2.2.1 tests 2.3.2.03 and .04 (full-resource)."""
    bundle = read_json(came.body, _LIMITS)
    events = _events(bundle)
    if not events:
        yield "there is no notification-event"
    for event in events:
        focus = event.get("focus", {}).get("valueReference", {}).get("reference", "")
        yield from (_named if version == OLDER else _whole)(bundle["entry"][1:], focus)


def _named(entries: list[Json], focus: str) -> Iterator[str]:
    if not focus:
        yield "the event has no focus"
    for number, entry in enumerate(entries, start=1):
        if "resource" in entry or not entry.get("fullUrl"):
            yield f"entry {number} must have an address and no resource"


def _whole(entries: list[Json], focus: str) -> Iterator[str]:
    found = [entry["resource"] for entry in entries if "resource" in entry and _leads_to(focus, entry)]
    if len(found) != 1 or not _is_bundle(found[0]) or found[0].get("type") != "collection":
        yield "the focus is not a Bundle of type collection among the entries"
    elif not claim_responses(found[0]):
        yield "the Bundle in focus has no ClaimResponse"


def _leads_to(focus: str, entry: Json) -> bool:
    if focus.startswith("urn:"):
        return bool(entry.get("fullUrl") == focus)
    resource = entry["resource"]
    return f"{resource.get('resourceType')}/{resource.get('id')}" in focus


def _events(bundle: Json) -> list[dict[str, Json]]:
    rows = bundle["entry"][0].get("resource", {}).get("parameter", ())
    parts: Iterable[list[Json]] = (row.get("part", []) for row in rows if row.get("name") == "notification-event")
    return [{part["name"]: part for part in each} for each in parts]


def parameters_of(bundle: Json) -> dict[str, Any]:
    """The simple parameters of a notification's status, by name."""
    rows = (bundle.get("entry") or [{}])[0].get("resource", {}).get("parameter", ())
    return {row["name"]: next((v for k, v in row.items() if k.startswith("value")), None) for row in rows}

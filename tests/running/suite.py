"""What the public conformance suite checks about subscriptions and pended requests, on a server of PAS 2.0.1 or 2.2.1.

Rebuilt from what its source does (PAS test kit 0.15.1, subscriptions test kit 0.12), group by group; every function
yields faults as sentences. The validator is ours in the place of the official one.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from profiles.canonicals import (
    PAS_TOPIC,
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_INQUIRY_RESPONSE_BUNDLE,
    PROFILE_RESPONSE_BUNDLE,
    PROFILE_SUBSCRIPTION,
    PROFILE_SUBSCRIPTION_STATUS,
)
from profiles.reading import Limits, read_json, write_json
from tests.running.listener import Came
from tests.serving import actions_of
from tests.validators import validator_for

Json = dict[str, Any]
CONTENT = {"2.0.1": "id-only", "2.2.1": "full-resource"}
SUBSCRIPTION = {"2.0.1": PROFILE_BACKPORT_SUBSCRIPTION, "2.2.1": PROFILE_SUBSCRIPTION}
_LIMITS = Limits(5_000_000, 100, 1000)
_FILTER = "backport-filter-criteria"


def invalid(resource: Json, version: str, *profiles: str) -> Iterator[str]:
    """Errors against the profiles given, its own and its base type."""
    found = validator_for(version).check(read_json(write_json(resource), _LIMITS), profiles)
    yield from (f"{issue.path}: {issue.text}" for issue in found if issue.severity == "error")


# --- group 1: setting up ----------------------------------------------------------------------------------------------


def of_input(sent: Json, version: str) -> Iterator[str]:
    """1.01, 1.02: what the tester sends is itself in order."""
    yield from invalid(sent, version, SUBSCRIPTION[version])
    filters = [row for row in sent["_criteria"]["extension"] if row["url"].endswith(_FILTER)]
    if sent["channel"]["type"] != "rest-hook" or sent["criteria"] != PAS_TOPIC:
        yield "channel or topic"
    if len(filters) != 1 or (version == "2.2.1" and not filters[0]["valueString"].startswith("org-identifier=")):
        yield "the filter"
    if _content(sent) != CONTENT[version]:
        yield "the content"


def of_creation(status: int, made: Json, sent: Json, version: str) -> Iterator[str]:
    """1.03, 1.04 and what later tests read of this answer: 201, `requested`, and the channel as it was sent."""
    if status != 201:
        yield f"status {status}"
    if made.get("resourceType") != "Subscription" or not made.get("id") or made.get("status") != "requested":
        yield "not a requested Subscription with an id"
    yield from (f"{name} differs" for name in ("criteria", "_criteria", "end") if made.get(name) != sent.get(name))
    yield from (
        f"channel.{name} differs" for name in sent["channel"] if made["channel"].get(name) != sent["channel"][name]
    )
    yield from invalid(made, version, SUBSCRIPTION[version])


def of_handshake(came: Iterable[Came], made: Json, version: str) -> Iterator[str]:
    """1.05 (2.0.1), 1.04 (2.2.1)."""
    several = list(came)
    if not several:
        yield "no handshake came"
    for one in several:
        yield from _of_notification(one, made, "handshake", "requested", version)
        if one.parameters.get("events-since-subscription-start") != "0":
            yield "a handshake counts no events"


def _of_notification(came: Came, made: Json, kind: str, standing: str, version: str) -> Iterator[str]:
    bundle, told = came.bundle, came.parameters
    first = bundle["entry"][0]
    if bundle["type"] != "history":
        yield f"type {bundle['type']}"
    if not first["request"]["url"].endswith(f"Subscription/{made['id']}/$status"):
        yield f"request.url {first['request']['url']}"
    if first["resource"]["resourceType"] != "Parameters":
        yield "the first entry is no Parameters"
    if (told["type"], told["status"], told["topic"]) != (kind, standing, PAS_TOPIC):
        yield f"told {told['type']}, {told['status']}, {told['topic']}"
    if told["subscription"]["reference"].rpartition("/")[2] != made["id"]:
        yield "of another subscription"
    yield from (f"entry {n}: no request or response" for n, e in enumerate(bundle["entry"]) if not _has_both(e))
    yield from invalid(first["resource"], version, PROFILE_SUBSCRIPTION_STATUS)
    yield from invalid(bundle, version)
    yield from _of_headers(came, made)


def _has_both(entry: Json) -> bool:
    return bool(entry.get("request")) and bool(entry.get("response", {}).get("status"))


def _of_headers(came: Came, made: Json) -> Iterator[str]:
    """What the answer to the creation said is what is sent."""
    if not came.headers["Content-Type"].startswith(made["channel"]["payload"]):
        yield f"Content-Type {came.headers['Content-Type']}"
    for line in made["channel"]["header"]:
        name, _, value = line.partition(": ")
        if came.headers.get(name) != value:
            yield f"header {name}"


def _content(subscription: Json) -> str:
    return str(subscription["channel"]["_payload"]["extension"][0]["valueCode"])


# --- group 2.3: pended ------------------------------------------------------------------------------------------------


def of_submitted(status: int, answer: Json, version: str, action: str) -> Iterator[str]:
    """2.x.1.02 to 04: a PAS Response Bundle with that action on some line."""
    faults = list(of_response(status, answer, version))
    yield from faults
    if not faults and action not in actions_of(answer).values():
        yield f"no {action} but {actions_of(answer)}"


def of_response(status: int, answer: Json, version: str, profile: str = PROFILE_RESPONSE_BUNDLE) -> Iterator[str]:
    """Tests T2 and T4 of the suite: an answer, and a valid one."""
    if status not in (200, 201) or answer["resourceType"] != "Bundle":
        yield f"status {status}, {answer['resourceType']}"
        return
    yield from invalid(answer, version, profile)
    if version == "2.2.1" and answer["entry"][0]["resource"]["outcome"] not in ("complete", "partial", "error"):
        yield f"outcome {answer['entry'][0]['resource']['outcome']}"


def _of_decided(bundle: Json, version: str, profile: str) -> Iterator[str]:
    yield from of_response(200, bundle, version, profile)
    if "A1" not in actions_of(bundle).values():
        yield f"no A1 but {actions_of(bundle)}"


def of_events(came: Iterable[Came], made: Json, version: str) -> Iterator[str]:
    """2.3.2.02 to 2.3.2.04: the notification, and what is in it beside its status."""
    several = list(came)
    if not several:
        yield "no event came"
    for one in several:
        yield from _of_notification(one, made, "event-notification", "active", version)
        events = [row["part"] for row in one.bundle["entry"][0]["resource"]["parameter"] if row["name"] == _EVENT]
        if not events:
            yield "no notification-event"
        for event in events:
            parts = {part["name"]: part for part in event}
            if not parts["event-number"]["valueString"].isdecimal() or not parts["timestamp"]["valueInstant"]:
                yield "number or time"
            focus = parts["focus"]["valueReference"]["reference"]
            yield from (_of_named if version == "2.0.1" else _of_whole)(one.bundle["entry"][1:], focus, version)


_EVENT = "notification-event"


def _of_named(entries: list[Json], focus: str, _version: str) -> Iterator[str]:
    """Id-only: addresses and nothing behind them."""
    yield from ("an entry with a resource" for entry in entries if "resource" in entry)
    yield from ("an entry without fullUrl" for entry in entries if not entry.get("fullUrl"))
    if "ClaimResponse/" not in focus:
        yield f"focus {focus}"


def _of_whole(entries: list[Json], focus: str, version: str) -> Iterator[str]:
    """Full-resource: the focus is an entry whose resource is the PAS Response Bundle as it stands now."""
    found = [entry["resource"] for entry in entries if entry["fullUrl"] == focus]
    if len(found) != 1 or found[0]["resourceType"] != "Bundle" or found[0]["type"] != "collection":
        yield f"focus {focus}"
        return
    if not focus.startswith("urn:") and f"Bundle/{found[0]['id']}" not in focus:
        yield f"focus {focus} is not Bundle/{found[0]['id']}"
    if not found[0].get("identifier") or not found[0].get("timestamp"):
        yield "no identifier or timestamp"
    yield from _of_decided(found[0], version, PROFILE_RESPONSE_BUNDLE)


def of_inquiry(status: int, answer: Json, version: str) -> Iterator[str]:
    """2.3.2.05, 06, and what its checklist asks beyond them: the inquiry tells the final decision."""
    if status not in (200, 201) or answer["resourceType"] != {"2.0.1": "Bundle", "2.2.1": "Parameters"}[version]:
        yield f"status {status}, {answer['resourceType']}"
        return
    found = [row["resource"] for row in answer.get("parameter", ()) if row["name"] == "return"] or [answer]
    for bundle in found:
        yield from _of_decided(bundle, version, PROFILE_INQUIRY_RESPONSE_BUNDLE)

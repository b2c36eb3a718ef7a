"""`fhir-um fake-ehr subscribe`: asks a server to be notified, tells what is heard, and takes the subscription back.

Must not know the payer. What is told is kinds, numbers and references, never what the requests are about.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from fhir_um import clock
from fhir_um.commands.plainly import on_one_line, plainly
from fhir_um.commands.typed import seconds
from fhir_um.simulators.calling import Called, CallFault, delete_resource, post_resource
from fhir_um.simulators.chart import Json
from fhir_um.simulators.ehr import FakeEhr
from fhir_um.simulators.receiver import Notification
from profiles.canonicals import (
    EXT_FILTER_CRITERIA,
    EXT_PAYLOAD_CONTENT,
    PAS_TOPIC,
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_SUBSCRIPTION,
)

_PROFILES = {"2.2.1": PROFILE_BACKPORT_SUBSCRIPTION, "2.0.1": PROFILE_SUBSCRIPTION}
PAYLOADS = ("id-only", "full-resource", "empty")
_USUAL = {"2.2.1": "full-resource", "2.0.1": "id-only"}
_CREATED = 201
_LOOKS_EVERY_SECONDS = 0.2
_SHOWN_LETTERS = 2_000

OpenEhr = Callable[[argparse.Namespace, str, tuple[Json, ...]], FakeEhr]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `subscribe`."""
    parser.add_argument("--server", metavar="URL", required=True, help="the payer's FHIR base")
    parser.add_argument(
        "--organization", metavar="ID", required=True, help="whose requests: the NPI or other identifier of the sender"
    )
    parser.add_argument("--payload", choices=PAYLOADS, help="what comes along (as that version of PAS wants it)")
    parser.add_argument("--dialect", choices=tuple(_PROFILES), default="2.2.1", help="the version of PAS (2.2.1)")
    parser.add_argument("--token-file", metavar="FILE", type=Path, help="a bearer token for a guarded server")
    parser.add_argument("--for", dest="stop_after", metavar="SECONDS", type=seconds, help="stop after as long")


def subscribe(args: argparse.Namespace, open_ehr: OpenEhr) -> int:
    """Subscribe and listen until stopped; 1 when the server will not have it. Raises: CallFault, OSError."""
    token = args.token_file.read_text("utf-8").strip() if args.token_file else ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = args.server.rstrip("/")
    with open_ehr(args, "", ()) as ehr:
        wanted = subscription(ehr.endpoint, args.organization, args.payload or _USUAL[args.dialect], args.dialect)
        created = post_resource(f"{base}/Subscription", wanted, headers)
        if created.status != _CREATED:
            print(f"{created.url} answers {created.status}:", file=sys.stderr)
            print(plainly(created.body.decode(errors="replace")[:_SHOWN_LETTERS]), file=sys.stderr)
            return 1
        id = on_one_line(_id_of(created))
        print(f"Subscription/{id} is asked for. Listening at {ehr.endpoint}; stop with Ctrl-C.", flush=True)
        try:
            _listen(ehr, args.stop_after)
        finally:
            gone = delete_resource(f"{base}/Subscription/{id}", headers)
            print(f"Subscription/{id} is deleted: {gone.status}.")
    return 0


def _id_of(created: Called) -> str:
    try:
        return str(msgspec.json.decode(created.body)["id"])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError) as fault:
        raise CallFault(f"{created.url} answers {created.status}, and not with the Subscription it made.") from fault


def _listen(ehr: FakeEhr, stop_after: float | None) -> None:
    end = None if stop_after is None else time.monotonic() + stop_after
    while end is None or time.monotonic() < end:
        heard = ehr.letterbox.any(_LOOKS_EVERY_SECONDS)
        if heard is not None:
            # The line end with it: another thread tells what is asked of the EHR.
            print(f"{clock.now():%H:%M:%S} heard: {on_one_line(' · '.join(_told(heard)))}\n", end="", flush=True)


def subscription(endpoint: str, organization: str, payload: str, dialect: str) -> Json:
    """A Subscription to everything that becomes of one sender's requests."""
    criterion = {"url": EXT_FILTER_CRITERIA, "valueString": f"org-identifier={organization}"}
    content = {"url": EXT_PAYLOAD_CONTENT, "valueCode": payload}
    return {
        "resourceType": "Subscription",
        "meta": {"profile": [_PROFILES[dialect]]},
        "status": "requested",
        "reason": "To hear what becomes of requests.",
        "criteria": PAS_TOPIC,
        "_criteria": {"extension": [criterion]},
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": "application/fhir+json",
            "_payload": {"extension": [content]},
        },
    }


def _told(heard: Notification) -> Iterator[str]:
    """A notification in a line: what kind, which events, about what."""
    yield heard.kind or "something that is no notification"
    try:
        status = msgspec.json.decode(heard.body)["entry"][0]["resource"]["parameter"]
        for part in status:
            if part["name"] == "notification-event":
                yield _event(part["part"])
            elif part["name"] in {"events-since-subscription-start", "status"}:
                yield f"{part['name']} {_value(part)}"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return


def _event(parts: list[dict[str, Any]]) -> str:
    return "event " + " ".join(_value(part) for part in parts if part["name"] in {"event-number", "focus"})


def _value(part: dict[str, Any]) -> str:
    value = next((value for name, value in part.items() if name.startswith("value")), "")
    return str(value.get("reference", "")) if isinstance(value, dict) else str(value)

"""Reads what a Subscription of R4 asks for into house words, and finds everything that is not offered here.

Must not know the sender, the store or the network. All faults are found at once; header lines are never quoted.

Source: PAS 2.2.1 spec-54 to spec-62 and profile-subscription; PAS 2.0.1 (`identifier`, id-only); Subscriptions R5
Backport 1.1.0, which has a server refuse what it does not support; FHIR R4 Subscription.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from fhir_um.errors import Issue
from fhir_um.subscribers.asked import SubscriptionAsked
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.subscribers.model import Channel, Content
from fhir_um.translate.elements_in import Json, child, each, extensions, text
from fhir_um.translate.subscription_filter import filter_faults, organizations_of, topic_fault
from profiles.canonicals import (
    EXT_CHANNEL_TIMEOUT,
    EXT_CHANNEL_TYPE,
    EXT_HEARTBEAT_PERIOD,
    EXT_MAX_COUNT,
    EXT_PAYLOAD_CONTENT,
)
from profiles.reading import write_json

_OURS = frozenset({"resourceType", "id", "_id", "meta", "status", "_status", "error", "_error"})
"""What the sender cannot say for us; it is not kept."""

_SECRET = frozenset({"header", "_header"})
_ON_REQUEST = frozenset({"requested", "active", "off"})
"""PAS 2.1.0 has clients send `active`, which means no more than `requested`: active is who answered the handshake."""

_CONTENTS = {
    "2.2.1": (Content.FULL_RESOURCE,),
    "2.0.1": (Content.ID_ONLY, Content.FULL_RESOURCE),
}
_MIME = re.compile(r"application/(?:fhir\+)?json(?:; ?(?:charset=utf-8|fhirVersion=4\.0(?:\.1)?))*", re.ASCII | re.I)
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z\-]{1,100}):[ \t]*[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?", re.ASCII)
_LONGEST_HEADER = 8_000
_MOST_HEADERS = 30
_NOT_TO_SET = frozenset({"connection", "expect", "host", "keep-alive", "te", "trailer", "upgrade"})
"""What belongs to the connection; so does every `Proxy-` header."""

_OF_PAYLOAD = frozenset({"content-encoding", "content-length", "content-type", "transfer-encoding"})
"""What follows from the body and `channel.payload`."""

_LONGEST_SECONDS = 2**31 - 1
_SHORTEST_HEARTBEAT_SECONDS = 10

Read = tuple[SubscriptionAsked | None, tuple[Issue, ...]]


def read_subscription(
    resource: Json, guide: str, at: datetime, endpoints: Endpoints, *, takes_any_filter: bool = False
) -> Read:
    """What is asked for, at the base of that PAS version; None with the faults when it cannot be had.

    An end before `at` is as good as none: the public conformance suite sends one of 2020 and waits for notifications.
    `takes_any_filter`: filters nobody here knows are passed over, so that the sender is told more and not less.
    """
    faults = (
        *_status_faults(resource),
        *topic_fault(resource),
        *filter_faults(resource, takes_any_filter),
        *_channel_faults(child(resource, "channel"), guide, endpoints),
        *_end_faults(resource),
        *_modifier_faults(resource),
    )
    return (None if faults else _asked(resource, guide, at)), faults


def _asked(resource: Json, guide: str, at: datetime) -> SubscriptionAsked:
    channel = child(resource, "channel")
    told = extensions(channel)
    ends_at = _instant(text(resource, "end"))
    return SubscriptionAsked(
        guide=guide,
        channel=Channel(
            endpoint=text(channel, "endpoint"),
            mime=text(channel, "payload"),
            content=Content(_content(channel)),
            headers=tuple(channel.get("header", ())),
            heartbeat_seconds=_seconds(told.get(EXT_HEARTBEAT_PERIOD, {})),
            timeout_seconds=_seconds(told.get(EXT_CHANNEL_TIMEOUT, {})),
        ),
        organizations=organizations_of(resource),
        document=_document(resource),
        ends_at=ends_at if ends_at and ends_at > at else None,
        wants_off=text(resource, "status") == "off",
    )


def _document(resource: Json) -> str:
    kept = {name: value for name, value in resource.items() if name not in _OURS}
    kept["channel"] = {name: value for name, value in child(resource, "channel").items() if name not in _SECRET}
    return write_json(kept).decode()


def _seconds(extension: Json) -> int:
    found = extension.get("valueUnsignedInt")
    return found if isinstance(found, int) else 0


def _content(channel: Json) -> str:
    return text(extensions(child(channel, "_payload")).get(EXT_PAYLOAD_CONTENT, {}), "valueCode")


def _instant(written: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(written)
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _status_faults(resource: Json) -> Iterator[Issue]:
    if text(resource, "status") not in _ON_REQUEST:
        what = "Send the status 'requested', or 'off' for no notifications; what else it is, the server says."
        yield Issue("value" if "status" in resource else "required", what, "Subscription.status")


def _end_faults(resource: Json) -> Iterator[Issue]:
    if "end" in resource and _instant(text(resource, "end")) is None:
        what = "end must be a date and time with seconds and time zone, such as 2027-03-01T09:30:00Z."
        yield Issue("value", what, "Subscription.end")


def _modifier_faults(resource: Json) -> Iterator[Issue]:
    """Source: FHIR R4 2.4.0.2: what may change the meaning and is not understood is refused."""
    what = "This modifier extension is not understood here."
    for path, node in (("Subscription", resource), ("Subscription.channel", child(resource, "channel"))):
        for index, _ in enumerate(each(node, "modifierExtension")):
            yield Issue("extension", what, f"{path}.modifierExtension[{index}]")


def _channel_faults(channel: Json, guide: str, endpoints: Endpoints) -> Iterator[Issue]:
    path = "Subscription.channel"
    custom = EXT_CHANNEL_TYPE in extensions(child(channel, "_type"))
    if text(channel, "type") != "rest-hook" or custom:
        yield Issue("not-supported", "The only channel type is 'rest-hook' (PAS spec-56).", f"{path}.type")
    if not text(channel, "endpoint"):
        yield Issue("required", "Send channel.endpoint: where to post notifications.", f"{path}.endpoint")
    elif fault := endpoints.fault_of(text(channel, "endpoint")):
        yield Issue("not-supported", fault, f"{path}.endpoint")
    yield from _payload_faults(channel, guide, f"{path}.payload")
    yield from _header_faults(channel.get("header", []), f"{path}.header")
    yield from _number_faults(channel, f"{path}.extension")


def _payload_faults(channel: Json, guide: str, path: str) -> Iterator[Issue]:
    if not _MIME.fullmatch(text(channel, "payload")):
        code = "not-supported" if "payload" in channel else "required"
        yield Issue(code, "channel.payload must be application/fhir+json or application/json.", path)
    known = _CONTENTS[guide]
    if _content(channel) not in known:
        names = " or ".join(f"'{one}'" for one in known)
        what = f"PAS {guide} notifications carry {names}; say so in the extension backport-payload-content."
        yield Issue("not-supported" if _content(channel) else "required", what, f"{path}.extension")


def _header_faults(lines: object, path: str) -> Iterator[Issue]:
    if not isinstance(lines, list) or len(lines) > _MOST_HEADERS:
        yield Issue("structure", f"channel.header is a list of at most {_MOST_HEADERS} lines.", path)
        return
    for index, line in enumerate(lines):
        found = _HEADER.fullmatch(line) if isinstance(line, str) and len(line) <= _LONGEST_HEADER else None
        name = found[1].lower() if found else ""
        if found is None:
            what = "A header is one line 'Name: value' of visible ASCII characters."
            yield Issue("value", what, f"{path}[{index}]")
        elif name in _NOT_TO_SET | _OF_PAYLOAD or name.startswith("proxy-"):
            yield Issue("not-supported", f"The server itself says {found[1]}; leave it out.", f"{path}[{index}]")


def _number_faults(channel: Json, path: str) -> Iterator[Issue]:
    for index, extension in enumerate(each(channel, "extension")):
        url = text(extension, "url")
        if url in (EXT_HEARTBEAT_PERIOD, EXT_CHANNEL_TIMEOUT):
            yield from _within(extension, "valueUnsignedInt", 0, f"{path}[{index}]")
        if url == EXT_MAX_COUNT:
            yield from _within(extension, "valuePositiveInt", 1, f"{path}[{index}]")
        if url == EXT_HEARTBEAT_PERIOD and 0 < _seconds(extension) < _SHORTEST_HEARTBEAT_SECONDS:
            what = f"A heartbeat comes at most every {_SHORTEST_HEARTBEAT_SECONDS} seconds; 0 asks for none."
            yield Issue("value", what, f"{path}[{index}].valueUnsignedInt")


def _within(extension: Json, name: str, least: int, path: str) -> Iterator[Issue]:
    found = extension.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= _LONGEST_SECONDS:
        yield Issue("value", f"{name} must be a whole number from {least}.", f"{path}.{name}")

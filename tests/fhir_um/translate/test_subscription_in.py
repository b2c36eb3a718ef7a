"""A Subscription is read in every spelling in use, and what is not offered is told all at once, each with its place."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.subscribers.model import Content
from fhir_um.translate.subscription_in import read_subscription
from profiles.canonicals import (
    EXT_CHANNEL_TIMEOUT,
    EXT_CHANNEL_TYPE,
    EXT_FILTER_CRITERIA,
    EXT_HEARTBEAT_PERIOD,
    EXT_MAX_COUNT,
    EXT_PAYLOAD_CONTENT,
    PAS_TOPIC,
)
from tests.builders import AT
from tests.fhir_um.subscribing import ALLOWED, ENDPOINT, SANDBOX, SECRET, asked, without, written

BASES = ("2.2.1", "2.0.1")


def content(code: str) -> dict[str, Any]:
    return {"_payload": {"extension": [{"url": EXT_PAYLOAD_CONTENT, "valueCode": code}]}}


def numbers(*rows: tuple[str, str, object]) -> dict[str, Any]:
    return {"extension": [{"url": url, name: value} for url, name, value in rows]}


def faults_of(resource: dict[str, Any], guide: str = "2.2.1", **how: Any) -> dict[str, str]:
    """Place and code of every fault."""
    wanted, faults = read_subscription(resource, guide, AT, ALLOWED, **how)
    assert (wanted is None) == bool(faults)
    assert all(fault.text and "of-nobody" not in fault.text for fault in faults)
    return {fault.path: fault.code for fault in faults}


@pytest.mark.spec("pas:spec-54")
@pytest.mark.parametrize("guide", BASES)
def test_what_is_asked_for(guide: str) -> None:
    told = {
        "channel": {"header": [SECRET, "X-Route: a b"]}
        | numbers((EXT_HEARTBEAT_PERIOD, "valueUnsignedInt", 60), (EXT_CHANNEL_TIMEOUT, "valueUnsignedInt", 20))
    }

    wanted = asked(guide, **told)

    assert wanted.guide == guide
    assert wanted.organizations == ("1910010010",)
    assert wanted.channel.endpoint == ENDPOINT
    assert wanted.channel.mime == "application/fhir+json"
    assert wanted.channel.content is (Content.FULL_RESOURCE if guide == "2.2.1" else Content.ID_ONLY)
    assert wanted.channel.headers == (SECRET, "X-Route: a b")
    assert (wanted.channel.heartbeat_seconds, wanted.channel.timeout_seconds) == (60, 20)
    assert (wanted.ends_at, wanted.wants_off) == (None, False)


def test_what_is_kept_has_neither_secrets_nor_what_the_server_says() -> None:
    sent = written(id="x", meta={"versionId": "9"}, error="old", end="2027-01-01T00:00:00Z", contact=[{"value": "a"}])

    kept = json.loads(asked(**sent).document)

    assert kept == without(sent, "resourceType", "id", "meta", "status", "error") | {
        "channel": without(sent["channel"], "header")
    }


@pytest.mark.spec("pas:spec-58")
@pytest.mark.parametrize("guide", BASES)
@pytest.mark.parametrize(
    ("filter_", "organizations"),
    [
        ("org-identifier=N123456,4543315", ("N123456", "4543315")),
        ("orgIdentifier=1234567893", ("1234567893",)),
        ("identifier=1234567893", ("1234567893",)),
        ("ClaimResponse?org-identifier=1", ("1",)),
        ("org-identifier= 1 , 2 ", ("1", "2")),
        ("org-identifier=1,1", ("1",)),
        ("identifier=http://hl7.org/fhir/sid/us-npi|1", ("http://hl7.org/fhir/sid/us-npi|1",)),
        ("identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-npi%7C1", ("http://hl7.org/fhir/sid/us-npi|1",)),
        (r"org-identifier=a\,b,c", ("a,b", "c")),
        ("org-identifier=1%262", ("1&2",)),
    ],
)
def test_filters_in_every_spelling(guide: str, filter_: str, organizations: tuple[str, ...]) -> None:
    assert asked(guide, filter_).organizations == organizations


@pytest.mark.parametrize(
    ("criteria", "organizations"),
    [
        (PAS_TOPIC, ()),
        (f"{PAS_TOPIC}|2.2.1", ()),
        (f"{PAS_TOPIC}?org-identifier=1,2", ("1", "2")),
        ("PASSubscriptionTopic?identifier=1", ("1",)),
        ("SubscriptionTopic/PASSubscriptionTopic?orgIdentifier=1", ("1",)),
    ],
)
def test_criteria_in_every_spelling(criteria: str, organizations: tuple[str, ...]) -> None:
    wanted, faults = read_subscription(without(written(criteria=criteria), "_criteria"), "2.2.1", AT, ALLOWED)

    assert faults == ()
    assert wanted is not None
    assert wanted.organizations == organizations


def test_the_same_filter_twice_is_one() -> None:
    assert asked("2.2.1", "org-identifier=1,2", "orgIdentifier=2,1").organizations == ("1", "2")


@pytest.mark.parametrize(
    "filter_",
    ["Encounter.patient=Patient/123", "Patient?org-identifier=1", "org-identifier:not=1", "", "1234567893", "a=1&b=2"],
)
def test_a_filter_nobody_here_knows_is_refused(filter_: str) -> None:
    place = "Subscription.criteria.extension[0].valueString"

    assert faults_of(written("2.2.1", filter_)) == {place: "not-supported"}


def test_where_faults_are_forgiven_such_a_filter_is_passed_over() -> None:
    """The 2.0.1 preset of the public suite has it: its sender is told of all its requests, not of none."""
    resource = written("2.0.1", "Encounter.patient=Patient/123")

    wanted, faults = read_subscription(resource, "2.0.1", AT, ALLOWED, takes_any_filter=True)

    assert faults == ()
    assert wanted is not None
    assert wanted.organizations == ()


@pytest.mark.parametrize("value", ["", "1,,2", "|1", "1|", ",", "%20"])
def test_a_filter_with_an_empty_value_is_refused(value: str) -> None:
    resource = written("2.2.1", f"org-identifier={value}")

    assert list(faults_of(resource, takes_any_filter=True).values()) == ["value"]


def test_two_filters_to_be_met_both_are_refused() -> None:
    assert list(faults_of(written("2.2.1", "org-identifier=1", "org-identifier=2")).values()) == ["not-supported"]


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"status": "error"}, "status", "value"),
        ({"status": 1}, "status", "value"),
        ({"criteria": "http://example.org/SubscriptionTopic/other"}, "criteria", "not-supported"),
        ({"criteria": f"{PAS_TOPIC}|9.9"}, "criteria", "not-supported"),
        ({"criteria": "ClaimResponse?status=active"}, "criteria", "not-supported"),
        ({"end": "2027-01-01"}, "end", "value"),
        ({"end": "9999-12-31T23:59:59-14:00"}, "end", "value"),
        ({"modifierExtension": [{"url": "urn:x"}]}, "modifierExtension[0]", "extension"),
        ({"channel": {"modifierExtension": [{"url": "urn:x"}]}}, "channel.modifierExtension[0]", "extension"),
        ({"channel": {"payload": "application/fhir+xml"}}, "channel.payload", "not-supported"),
        ({"channel": {"payload": "application/fhir+json\r\nX: y"}}, "channel.payload", "not-supported"),
        ({"channel": content("empty")}, "channel.payload.extension", "not-supported"),
        ({"channel": {"_payload": {}}}, "channel.payload.extension", "required"),
        ({"channel": {"endpoint": ""}}, "channel.endpoint", "required"),
        ({"channel": {"endpoint": "http://ehr.example.org/notify"}}, "channel.endpoint", "not-supported"),
        ({"channel": {"endpoint": "https://other.example.org/notify"}}, "channel.endpoint", "not-supported"),
        ({"channel": {"endpoint": "https://127.0.0.1/notify"}}, "channel.endpoint", "not-supported"),
        ({"channel": {"endpoint": "https://ehr.example.org@evil.example/"}}, "channel.endpoint", "not-supported"),
        ({"channel": {"endpoint": "mailto:ann@ehr.example.org"}}, "channel.endpoint", "not-supported"),
        ({"channel": {"header": "X: of-nobody"}}, "channel.header", "structure"),
        ({"channel": {"header": ["of-nobody"]}}, "channel.header[0]", "value"),
        ({"channel": {"header": ["A: b", "X: of-nobody\r\nY: z"]}}, "channel.header[1]", "value"),
        ({"channel": {"header": ["X: of-n\u00f6body"]}}, "channel.header[0]", "value"),
        ({"channel": {"header": [7]}}, "channel.header[0]", "value"),
        ({"channel": {"header": ["Host: of-nobody"]}}, "channel.header[0]", "not-supported"),
        ({"channel": {"header": ["content-TYPE: of-nobody"]}}, "channel.header[0]", "not-supported"),
        ({"channel": {"header": ["Proxy-Authorization: of-nobody"]}}, "channel.header[0]", "not-supported"),
        ({"channel": {"header": ["X: y"] * 31}}, "channel.header", "structure"),
    ],
)
def test_what_is_not_offered_is_refused(changes: dict[str, Any], path: str, code: str) -> None:
    assert faults_of(written(**changes)) == {f"Subscription.{path}": code}


@pytest.mark.spec("pas:spec-56")
@pytest.mark.parametrize("kind", ["websocket", "email", "sms", "message", "", 5])
def test_no_channel_but_rest_hook(kind: object) -> None:
    assert faults_of(written(channel={"type": kind})) == {"Subscription.channel.type": "not-supported"}


@pytest.mark.spec("pas:spec-56")
def test_no_channel_type_of_ones_own() -> None:
    custom = {"_type": {"extension": [{"url": EXT_CHANNEL_TYPE, "valueCoding": {"code": "zulip"}}]}}

    assert faults_of(written(channel=custom)) == {"Subscription.channel.type": "not-supported"}


@pytest.mark.spec("pas:spec-62")
@pytest.mark.parametrize(
    ("guide", "code", "is_taken"),
    [
        ("2.2.1", "full-resource", True),
        ("2.2.1", "id-only", False),
        ("2.2.1", "empty", False),
        ("2.0.1", "full-resource", True),
        ("2.0.1", "id-only", True),
        ("2.0.1", "empty", False),
    ],
)
def test_content_by_version(guide: str, code: str, is_taken: bool) -> None:
    assert bool(faults_of(written(guide, channel=content(code)), guide)) is not is_taken


@pytest.mark.parametrize(
    ("url", "name", "value"),
    [
        (EXT_HEARTBEAT_PERIOD, "valueUnsignedInt", -1),
        (EXT_HEARTBEAT_PERIOD, "valueUnsignedInt", 1),
        (EXT_HEARTBEAT_PERIOD, "valueUnsignedInt", True),
        (EXT_HEARTBEAT_PERIOD, "valueUnsignedInt", 2**31),
        (EXT_CHANNEL_TIMEOUT, "valueUnsignedInt", "60"),
        (EXT_CHANNEL_TIMEOUT, "valueUnsignedInt", None),
        (EXT_MAX_COUNT, "valuePositiveInt", 0),
    ],
)
def test_numbers_that_are_none(url: str, name: str, value: object) -> None:
    resource = written(channel=numbers(("urn:of-no-meaning", "valueString", "x"), (url, name, value)))

    assert faults_of(resource) == {f"Subscription.channel.extension[1].{name}": "value"}


def test_numbers_that_are_taken() -> None:
    rows = ((EXT_HEARTBEAT_PERIOD, "valueUnsignedInt", 0), (EXT_MAX_COUNT, "valuePositiveInt", 20))

    assert asked(channel=numbers(*rows)).channel.heartbeat_seconds == 0


def test_all_faults_are_told_at_once() -> None:
    resource = written("2.2.1", "patient=1", status="error", criteria="x", end="soon")
    resource["channel"] = {"type": "sms", "payload": "text/plain", "header": ["?"]}

    assert set(faults_of(resource)) == {
        f"Subscription.{path}"
        for path in (
            "status",
            "criteria",
            "criteria.extension[0].valueString",
            "end",
            "channel.type",
            "channel.endpoint",
            "channel.payload",
            "channel.payload.extension",
            "channel.header[0]",
        )
    }


def test_what_is_missing_is_required() -> None:
    assert set(faults_of({"resourceType": "Subscription"}).values()) == {"required", "not-supported"}


@pytest.mark.parametrize("status", ["requested", "active"])
def test_active_is_taken_as_requested(status: str) -> None:
    """PAS 2.1.0 fixes `active` in what a client sends."""
    assert not asked(status=status).wants_off


def test_off_is_off() -> None:
    assert asked(status="off").wants_off


def test_an_end_to_come_is_kept_and_a_past_one_is_not() -> None:
    assert asked(end="2027-01-01T01:00:00+01:00").ends_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert asked(end="2020-12-31T00:00:00Z").ends_at is None


@pytest.mark.parametrize("endpoint", ["http://localhost:4567/x", "http://127.0.0.1:1/", "https://[::1]/"])
def test_the_sandbox_notifies_this_machine(endpoint: str) -> None:
    resource = written(channel={"endpoint": endpoint})

    assert read_subscription(resource, "2.2.1", AT, SANDBOX)[1] == ()
    assert read_subscription(resource, "2.2.1", AT, ALLOWED)[1] != ()


@pytest.mark.parametrize("payload", ["application/json", "application/fhir+json; charset=utf-8"])
def test_json_by_its_other_names(payload: str) -> None:
    assert asked(channel={"payload": payload}).channel.mime == payload


_NAMES = st.sampled_from(
    ["status", "criteria", "_criteria", "channel", "type", "_type", "endpoint", "payload", "_payload", "header", "end"]
    + ["extension", "url", "valueCode", "valueString", "valueUnsignedInt", "modifierExtension"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _JSON, max_size=6), st.sampled_from(BASES))
def test_nothing_that_is_json_makes_it_fall(resource: dict[str, Any], guide: str) -> None:
    wanted, faults = read_subscription(resource, guide, AT, ALLOWED)

    assert wanted is None
    assert faults


@given(st.text(max_size=40))
def test_any_text_may_stand_in_a_filter(text: str) -> None:
    row = {"url": EXT_FILTER_CRITERIA, "valueString": f"org-identifier={text}"}
    resource = written() | {"_criteria": {"extension": [row]}}

    wanted, faults = read_subscription(resource, "2.2.1", AT, ALLOWED)

    assert wanted is None or all(wanted.organizations)
    assert faults == () or wanted is None

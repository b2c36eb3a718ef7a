"""Notifications are what each base needs, valid by its definitions, and the same bytes for the same event."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fhir_um.cases.model import Case, PayerId
from fhir_um.subscribers.asked import EventTold
from fhir_um.subscribers.model import Content, Delivery, DeliveryKind, Standing, Subscription
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.notification_out import heartbeat, notification, query_events
from fhir_um.translate.response_out import submit_response
from profiles.canonicals import PAS_TOPIC, PROFILE_RESPONSE_BUNDLE
from profiles.reading import Limits, read_json
from tests.fhir_um.subscribing import asked, kept
from tests.fhir_um.translate.by_hand import AT, BASE, CASES, SUBMISSION
from tests.validators import validator_for

GUIDES = ("2.2.1", "2.0.1")
LIMITS = Limits(10_000_000, 100, 1000)
UUID_4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def delivery(kind: DeliveryKind, place: int = 1, number: int = 0) -> Delivery:
    one = kept()
    return Delivery(PayerId("harbor"), one.id, place, kind, AT, AT, event_number=number)


def event_of(case: Case, number: int = 3, content: Content = Content.FULL_RESOURCE) -> EventTold:
    bare = EventTold(number, AT, case.id)
    return replace(bare, case=case, body=SUBMISSION) if content is Content.FULL_RESOURCE else bare


def told(subscription: Subscription, case: Case, number: int = 3) -> bytes:
    event = event_of(case, number, subscription.channel.content)
    return notification(subscription, delivery(DeliveryKind.EVENT, 4, number), event, BASE)


def rows(bundle: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the first entry by name; an event by the name of its parts."""
    found = bundle["entry"][0]["resource"]["parameter"]
    return {row["name"]: values(row.get("part", [])) or value(row) for row in found}


def values(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {part["name"]: value(part) for part in parts}


def value(row: dict[str, Any]) -> Any:
    return next(held for name, held in row.items() if name.startswith("value"))


def errors(body: bytes, guide: str) -> list[str]:
    found = validator_for(guide).check(read_json(body, LIMITS))
    return [f"{issue.path}: {issue.text}" for issue in found if issue.severity == "error"]


def full(guide: str) -> Subscription:
    content = {"url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"}
    payload = {"_payload": {"extension": [content | {"valueCode": "full-resource"}]}}
    return kept(guide, channel=asked(guide, channel=payload).channel)


@pytest.mark.parametrize("guide", GUIDES)
def test_a_handshake(guide: str) -> None:
    one = kept(guide, standing=Standing.REQUESTED, event_count=5)

    body = notification(one, delivery(DeliveryKind.HANDSHAKE), None, BASE)

    bundle = json.loads(body)
    assert (bundle["type"], len(bundle["entry"])) == ("history", 1)
    assert bundle["entry"][0]["request"] == {"method": "GET", "url": f"{BASE}/Subscription/{one.id}/$status"}
    assert bundle["entry"][0]["response"] == {"status": "200"}
    assert rows(bundle) == {
        "subscription": {"reference": f"{BASE}/Subscription/{one.id}"},
        "topic": PAS_TOPIC,
        "status": "requested",
        "type": "handshake",
        "events-since-subscription-start": "5",
    }
    assert errors(body, guide) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_a_heartbeat(guide: str) -> None:
    body = heartbeat(kept(guide, event_count=5), AT, BASE)

    told_of = rows(json.loads(body))
    assert (told_of["type"], told_of["status"]) == ("heartbeat", "active")
    assert told_of["events-since-subscription-start"] == "5"
    assert errors(body, guide) == []


@pytest.mark.spec("pas:spec-61")
@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("name", sorted(CASES))
def test_an_event_carries_the_whole_answer(guide: str, name: str) -> None:
    body = told(full(guide), CASES[name])

    bundle = json.loads(body)
    event = rows(bundle)["notification-event"]
    answer = bundle["entry"][1]["resource"]
    assert rows(bundle)["status"] == "active"
    assert event["event-number"] == rows(bundle)["events-since-subscription-start"] == "3"
    assert event["timestamp"] == bundle["timestamp"] == "2026-03-02T15:00:00.000Z"
    assert event["focus"] == {"reference": bundle["entry"][1]["fullUrl"]}
    assert bundle["entry"][1]["fullUrl"] == f"{BASE}/Bundle/{answer['id']}"
    assert (answer["resourceType"], answer["type"]) == ("Bundle", "collection")
    assert answer["meta"]["profile"] == [PROFILE_RESPONSE_BUNDLE]
    assert answer["entry"][0]["resource"]["resourceType"] == "ClaimResponse"
    assert all({"request", "response"} <= set(entry) for entry in bundle["entry"])
    assert len(bundle["entry"]) == 2


@pytest.mark.spec("pas:spec-61")
@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_answer_told_is_the_answer_given(guide: str, name: str) -> None:
    """Byte for byte, in the dialect of the base; so whatever is valid there is valid here."""
    answer = submit_response(CASES[name], SUBMISSION, DIALECTS[guide], BASE)

    assert answer in told(full(guide), CASES[name])


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("name", sorted(CASES))
def test_an_event_is_valid(guide: str, name: str) -> None:
    """Nothing is wrong with it but what is wrong with the answer of the invented submission itself."""
    answer = submit_response(CASES[name], SUBMISSION, DIALECTS[guide], BASE)
    inside = {f"Bundle.entry[1].resource{text.removeprefix('Bundle')}" for text in errors(answer, guide)}

    assert {text for text in errors(told(full(guide), CASES[name]), guide)} <= inside


def test_an_event_by_id_alone() -> None:
    one, case = kept("2.0.1"), CASES[min(CASES)]

    body = told(one, case)

    bundle = json.loads(body)
    assert rows(bundle)["notification-event"]["focus"] == {"reference": f"{BASE}/ClaimResponse/{case.id}"}
    assert bundle["entry"][1] == {
        "fullUrl": f"{BASE}/ClaimResponse/{case.id}",
        "request": {"method": "GET", "url": f"ClaimResponse/{case.id}"},
        "response": {"status": "200"},
    }
    assert errors(body, "2.0.1") == []


@pytest.mark.parametrize("guide", GUIDES)
def test_a_later_event_changes_nothing_of_an_earlier_one(guide: str) -> None:
    case = CASES[min(CASES)]

    assert told(kept(guide, event_count=3), case) == told(kept(guide, event_count=9, standing=Standing.ERROR), case)


def test_ids_are_uuids_and_differ() -> None:
    case = CASES[min(CASES)]
    bodies = [told(kept(), case, number) for number in (1, 2)]
    bodies += [notification(kept(), delivery(DeliveryKind.EVENT, place), event_of(case), BASE) for place in (5, 6)]
    bodies += [heartbeat(kept(), AT + timedelta(seconds=s), BASE) for s in (0, 1)]

    names = [json.loads(body)["id"] for body in bodies]

    assert all(UUID_4.fullmatch(name) for name in names)
    assert len(set(names)) == len(names) - 1, "the first two have the same place"
    assert all(json.loads(body)["entry"][0]["fullUrl"] == f"urn:uuid:{json.loads(body)['id']}" for body in bodies)


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("content", list(Content))
def test_events_fetched_again(guide: str, content: Content) -> None:
    case = CASES[min(CASES)]
    later = replace(case, version=case.version + 1)
    events = [event_of(case, 1, content), event_of(later, 2, content)]

    body = query_events(kept(guide, event_count=8), events, content, AT, BASE)

    bundle = json.loads(body)
    found = [values(row["part"]) for row in bundle["entry"][0]["resource"]["parameter"] if "part" in row]
    entries = {Content.EMPTY: 0, Content.ID_ONLY: 1, Content.FULL_RESOURCE: 2}
    assert rows(bundle)["type"] == "query-event"
    assert rows(bundle)["events-since-subscription-start"] == "8"
    assert [event["event-number"] for event in found] == ["1", "2"]
    assert len(bundle["entry"]) == 1 + entries[content]
    addresses = {entry["fullUrl"] for entry in bundle["entry"][1:]}
    assert {event["focus"]["reference"] for event in found if "focus" in event} == addresses


def test_a_whole_event_has_its_case() -> None:
    with pytest.raises(ValueError, match="has its case"):
        query_events(kept(), [EventTold(1, AT, CASES[min(CASES)].id)], Content.FULL_RESOURCE, AT, BASE)

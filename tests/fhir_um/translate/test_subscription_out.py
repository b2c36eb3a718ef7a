"""A Subscription is read back as it was sent, with what the server says of it, and meets its profile."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from fhir_um.subscribers.model import Standing
from fhir_um.translate.subscription_out import subscription_resource
from profiles.canonicals import PAS_TOPIC, PROFILE_BACKPORT_SUBSCRIPTION, PROFILE_SUBSCRIPTION
from profiles.reading import Limits, read_json, write_json
from tests.builders import AT
from tests.fhir_um.subscribing import SECRET, asked, kept, without, written
from tests.validators import validator_for

LIMITS = Limits(1_000_000, 64, 100)


@pytest.mark.spec("pas:spec-57")
@pytest.mark.parametrize("guide", ["2.2.1", "2.0.1"])
@pytest.mark.parametrize("standing", list(Standing))
def test_what_was_sent_is_read_back(guide: str, standing: Standing) -> None:
    sent = written(guide, contact=[{"system": "url", "value": "https://ehr.example.org"}], end="2020-12-31T00:00:00Z")
    one = kept(guide, standing=standing, document=asked(guide, **sent).document, fault="handshake: 500")

    told = subscription_resource(one)

    assert without(told, "id", "meta", "status", "error") == without(sent, "status")
    assert (told["id"], told["status"]) == (one.id, standing.value)
    assert told["channel"]["header"] == [SECRET]
    assert ("error" in told) is (standing is Standing.ERROR)
    read = read_json(write_json(told), LIMITS)
    assert [issue for issue in validator_for(guide).check(read) if issue.severity == "error"] == []


def test_version_and_time_are_those_of_the_last_change() -> None:
    meta = subscription_resource(kept(version=3, changed_at=AT + timedelta(hours=1)))["meta"]

    assert (meta["versionId"], meta["lastUpdated"]) == ("3", "2026-03-02T16:00:00.000Z")


@pytest.mark.parametrize(
    ("guide", "criteria", "profile"),
    [
        ("2.2.1", PAS_TOPIC, PROFILE_SUBSCRIPTION),
        ("2.2.1", f"{PAS_TOPIC}?org-identifier=1", PROFILE_BACKPORT_SUBSCRIPTION),
        ("2.0.1", PAS_TOPIC, PROFILE_BACKPORT_SUBSCRIPTION),
    ],
)
def test_it_claims_the_profile_it_meets(guide: str, criteria: str, profile: str) -> None:
    document = json.dumps(without(written(guide, criteria=criteria), "resourceType", "status"))

    assert subscription_resource(kept(guide, document=document))["meta"]["profile"] == [profile]


def test_without_headers_there_are_none() -> None:
    one = kept(channel=asked(channel={"header": []}).channel)

    assert "header" not in subscription_resource(one)["channel"]


def test_numbers_keep_their_digits() -> None:
    document = asked(extension=[{"url": "urn:x", "valueDecimal": Decimal("1.00")}]).document

    assert b"1.00" in write_json(subscription_resource(kept(document=document)))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("handshake: 500", "(handshake): HTTP status 500"),
        ("event-notification: late", "(event-notification): late"),
        ("", "(unknown): no answer"),
    ],
)
def test_why_it_stands_in_error(fault: str, words: str) -> None:
    assert words in subscription_resource(kept(standing=Standing.ERROR, fault=fault))["error"]

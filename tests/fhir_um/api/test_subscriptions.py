"""Subscriptions over HTTP, at both bases: create, read, update, delete, search, $status, $events, and the topic."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from fhir_um.api.forms import FORM
from profiles import models
from profiles.canonicals import (
    EXT_PAYLOAD_CONTENT,
    EXT_TOPIC_OFFERED,
    PAS_TOPIC,
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_SUBSCRIPTION,
)
from profiles.issues import Kind
from profiles.strictness import Strictness
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.deciding import decision_body, open_with
from tests.fhir_um.subscribing import SECRET, without, written
from tests.serving import serving

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"
LOCAL = "http://localhost:4567/custom/listener"
BASES = [("/fhir", "2.2.1"), ("/2.0.1/fhir", "2.0.1")]
EMPTY = {"_payload": {"extension": [{"url": EXT_PAYLOAD_CONTENT, "valueCode": "empty"}]}}
both = pytest.mark.parametrize(("base", "guide"), BASES)
NAMES = {"2.2.1": "org-identifier", "2.0.1": "identifier"}


def sent_to(guide: str, *filters: str, **changes: Any) -> dict[str, Any]:
    """A Subscription for a receiver on this machine."""
    channel = {"endpoint": LOCAL} | changes.pop("channel", {})
    return written(guide, *(filters or (f"{NAMES[guide]}=1910010010",)), channel=channel, **changes)


def made(client: FlaskClient, base: str, guide: str, *filters: str, **changes: Any) -> str:
    answer = client.post(f"{base}/Subscription", json=sent_to(guide, *filters, **changes), headers=FHIR)
    assert answer.status_code == 201, answer.text
    identity: str = answer.json["id"]
    return identity


def decided(client: FlaskClient) -> str:
    """A power wheelchair that waited and was approved; the id of its case."""
    body = next(STORY.glob("02-*.request.json")).read_bytes()
    case = client.post("/fhir/Claim/$submit", data=body, headers=FHIR).json["entry"][0]["resource"]["id"]
    decision = decision_body(1)
    open_with(client, case, decision)
    assert client.post(f"/um/v1/cases/{case}/decisions", json=decision).status_code == 200
    return str(case)


def parameters(resource: dict[str, Any]) -> dict[str, Any]:
    return {row["name"]: next(v for k, v in row.items() if k != "name") for row in resource["parameter"]}


@pytest.mark.spec("pas:spec-54")
@pytest.mark.spec("pas:spec-57")
@both
def test_created_with_what_was_sent(client: FlaskClient, base: str, guide: str) -> None:
    sent = sent_to(guide, end="2020-12-31T00:00:00Z")

    answer = client.post(f"{base}/Subscription", json=sent, headers=FHIR)

    told = answer.json
    assert answer.status_code == 201
    assert told["status"] == "requested"
    assert told["channel"] == sent["channel"]
    assert without(told, "id", "meta") == sent
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Location"].endswith(f"{base}/Subscription/{told['id']}")
    assert client.get(f"{base}/Subscription/{told['id']}").json == told


def test_active_is_taken_as_requested(client: FlaskClient) -> None:
    answer = client.post("/fhir/Subscription", json=sent_to("2.2.1", status="active"), headers=FHIR)

    assert (answer.status_code, answer.json["status"]) == (201, "requested")


def test_a_filter_in_the_criteria_is_read_back_as_it_was(client: FlaskClient) -> None:
    sent = without(sent_to("2.2.1", criteria=f"{PAS_TOPIC}?org-identifier=1,2"), "_criteria")

    answer = client.post("/fhir/Subscription", json=sent, headers=FHIR)

    assert (answer.status_code, answer.json["criteria"]) == (201, sent["criteria"])


@pytest.mark.spec("pas:spec-56")
@pytest.mark.spec("pas:spec-62")
@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"criteria": "http://example.org/topic"}, "Subscription.criteria"),
        ({"status": "off"}, "Subscription.status"),
        ({"end": "soon"}, "Subscription.end"),
        ({"channel": {"type": "websocket"}}, "Subscription.channel.type"),
        ({"channel": {"payload": "application/fhir+xml"}}, "Subscription.channel.payload"),
        ({"channel": EMPTY}, "Subscription.channel.payload.extension"),
        ({"channel": {"endpoint": "https://ehr.example.org/x"}}, "Subscription.channel.endpoint"),
        ({"channel": {"endpoint": "https://10.0.0.1/x"}}, "Subscription.channel.endpoint"),
        ({"channel": {"header": ["X: of-nobody\nY: z"]}}, "Subscription.channel.header[0]"),
        ({"channel": {"header": ["Host: of-nobody"]}}, "Subscription.channel.header[0]"),
        ({"reason": None}, "Subscription.reason"),
        ({"contact": "ann"}, "Subscription.contact"),
    ],
)
@both
def test_what_is_not_offered_is_refused(
    client: FlaskClient, base: str, guide: str, changes: dict[str, Any], path: str
) -> None:
    resource = {name: value for name, value in sent_to(guide, **changes).items() if value is not None}

    answer = client.post(f"{base}/Subscription", json=resource, headers=FHIR)

    issues = assert_outcome(answer, Kind.INVALID, path)
    assert len(issues) == 1
    assert "of-nobody" not in answer.text
    assert client.get(f"{base}/Subscription").json["total"] == 0


def test_all_faults_are_told_at_once_with_their_lines(client: FlaskClient) -> None:
    resource = without(sent_to("2.2.1", "patient=1", status="error", channel={"type": "sms"}), "reason")

    answer = client.post("/fhir/Subscription", data=json.dumps(resource, indent=1), headers=FHIR)

    issues = assert_outcome(answer, Kind.INVALID)
    assert {issue["expression"][0] for issue in issues} == {
        "Subscription.status",
        "Subscription.reason",
        "Subscription.criteria.extension[0].valueString",
        "Subscription.channel.type",
    }
    assert all("line" in issue["diagnostics"] for issue in issues)


@both
def test_content_by_base(client: FlaskClient, base: str, guide: str) -> None:
    for code, is_taken in (("full-resource", True), ("id-only", guide == "2.0.1"), ("empty", False)):
        resource = sent_to(guide)
        resource["channel"]["_payload"]["extension"][0]["valueCode"] = code

        answer = client.post(f"{base}/Subscription", json=resource, headers=FHIR)

        assert answer.status_code == (201 if is_taken else 422), code


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"resourceType": "Claim"}', b'{"resourceType": "Subscription"'])
def test_what_is_no_subscription_is_unreadable(client: FlaskClient, body: bytes) -> None:
    assert_outcome(client.post("/fhir/Subscription", data=body, headers=FHIR), Kind.UNREADABLE)


def test_what_is_no_json_is_not_taken(client: FlaskClient) -> None:
    answer = client.post(
        "/fhir/Subscription", data=b"<Subscription/>", headers={"Content-Type": "application/fhir+xml"}
    )

    assert_outcome(answer, Kind.WRONG_TYPE)


@pytest.fixture
def lenient(sqlite_url: str) -> Iterator[FlaskClient]:
    with serving(sqlite_url, validation=Strictness.LENIENT) as client:
        yield client


def test_the_filter_of_the_2_0_1_preset(client: FlaskClient) -> None:
    """Refused, because nobody would ever be told; the backport has a server refuse filters it does not know."""
    answer = client.post("/2.0.1/fhir/Subscription", json=sent_to("2.0.1", "Encounter.patient=Patient/123"))

    assert_outcome(answer, Kind.INVALID, "Subscription.criteria.extension[0].valueString")


def test_where_faults_are_forgiven_that_preset_is_told_of_everything(lenient: FlaskClient) -> None:
    id = made(lenient, "/2.0.1/fhir", "2.0.1", "Encounter.patient=Patient/123")

    decided(lenient)

    status = lenient.get(f"/2.0.1/fhir/Subscription/{id}/$status").json["entry"][0]["resource"]
    assert parameters(status)["events-since-subscription-start"] == "1"


@both
def test_replaced(client: FlaskClient, base: str, guide: str) -> None:
    id = made(client, base, guide)
    changed = sent_to(guide, id=id, channel={"endpoint": "http://127.0.0.1:9/other", "header": ["X-New: one"]})

    answer = client.put(f"{base}/Subscription/{id}", json=changed, headers={**FHIR, "If-Match": 'W/"1"'})

    assert answer.status_code == 200
    assert (answer.json["status"], answer.headers["ETag"]) == ("requested", 'W/"2"')
    assert answer.json["channel"] == changed["channel"]
    assert SECRET not in client.get(f"{base}/Subscription/{id}").text


@pytest.mark.parametrize(
    ("tag", "status"),
    [('W/"1"', 200), ('"1"', 200), ("*", 200), ('W/"0", W/"1"', 200), (None, 200)]
    + [('W/"2"', 412), ('"x"', 412), ("1x", 412), ("", 412)],
)
def test_a_change_is_made_on_the_version_that_was_read(client: FlaskClient, tag: str | None, status: int) -> None:
    id = made(client, "/fhir", "2.2.1")
    headers = FHIR | ({"If-Match": tag} if tag is not None else {})

    assert client.put(f"/fhir/Subscription/{id}", json=sent_to("2.2.1", id=id), headers=headers).status_code == status
    again = client.get(f"/fhir/Subscription/{id}").headers["ETag"]
    assert again == ('W/"2"' if status == 200 else 'W/"1"')


def test_switched_off_and_on(client: FlaskClient) -> None:
    id = made(client, "/fhir", "2.2.1")
    for status in ("off", "requested"):
        answer = client.put(f"/fhir/Subscription/{id}", json=sent_to("2.2.1", id=id, status=status), headers=FHIR)
        assert (answer.status_code, answer.json["status"]) == (200, status)


@pytest.mark.parametrize("id", [None, "other", ""])
def test_the_body_names_what_it_replaces(client: FlaskClient, id: str | None) -> None:
    real = made(client, "/fhir", "2.2.1")
    resource = sent_to("2.2.1") if id is None else sent_to("2.2.1", id=id)

    answer = client.put(f"/fhir/Subscription/{real}", json=resource, headers=FHIR)

    assert_outcome(answer, Kind.UNREADABLE, "Subscription.id")


def test_a_faulty_change_changes_nothing(client: FlaskClient) -> None:
    id = made(client, "/fhir", "2.2.1")
    before = client.get(f"/fhir/Subscription/{id}").json

    answer = client.put(f"/fhir/Subscription/{id}", json=sent_to("2.2.1", "x=1", id=id), headers=FHIR)

    assert_outcome(answer, Kind.INVALID)
    assert client.get(f"/fhir/Subscription/{id}").json == before


@both
def test_deleted(client: FlaskClient, base: str, guide: str) -> None:
    id = made(client, base, guide)
    address = f"{base}/Subscription/{id}"

    assert client.delete(address, headers={"If-Match": 'W/"7"'}).status_code == 412
    answer = client.delete(address, headers={"If-Match": 'W/"1"'})

    assert (answer.status_code, answer.data) == (204, b"")
    for gone in (client.get(address), client.delete(address), client.get(f"{address}/$events")):
        assert_outcome(gone, Kind.NOT_FOUND)


@pytest.mark.spec("pas:spec-59")
@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
def test_what_is_not_there_is_not_found(client: FlaskClient, base: str) -> None:
    """Among it what was made at the other base."""
    id = made(client, *next(row for row in BASES if row[0] != base))
    address, guide = f"{base}/Subscription/{id}", dict(BASES)[base]

    assert_outcome(client.get(address), Kind.NOT_FOUND)
    assert_outcome(client.put(address, json=sent_to(guide, id=id), headers=FHIR), Kind.NOT_FOUND)
    assert_outcome(client.delete(address), Kind.NOT_FOUND)
    assert_outcome(client.get(f"{address}/$status"), Kind.NOT_FOUND)
    assert_outcome(client.get(f"{address}/$events"), Kind.NOT_FOUND)
    assert client.get(f"{base}/Subscription").json["total"] == 0


@both
def test_search(client: FlaskClient, base: str, guide: str) -> None:
    first = made(client, base, guide)
    second = made(client, base, guide, channel={"endpoint": "http://localhost:1/b"})

    def found(**query: str) -> set[str]:
        page = client.get(f"{base}/Subscription", query_string=query).json
        by_post = client.post(f"{base}/Subscription/_search", data=urlencode(query), content_type=FORM).json
        assert by_post.get("entry") == page.get("entry")
        assert by_post["link"][0]["url"].endswith("/Subscription/_search")
        assert (page["type"], page["total"]) == ("searchset", len(page.get("entry", [])))
        return {entry["resource"]["id"] for entry in page.get("entry", [])}

    assert found() == {first, second}
    assert found(_id=f"{second},nobody") == {second}
    assert found(status="requested,active") == {first, second}
    assert found(status="off") == set()
    assert found(url="http://localhost:1/b") == {second}


@pytest.mark.parametrize(("query", "path"), [("status=asleep", "status"), ("criteria=x", ""), ("_count=5", "")])
def test_a_search_that_cannot_be_understood_is_refused(client: FlaskClient, query: str, path: str) -> None:
    assert_outcome(client.get(f"/fhir/Subscription?{query}"), Kind.INVALID, path)


@both
def test_status_of_one(client: FlaskClient, base: str, guide: str) -> None:
    id = made(client, base, guide)

    for answer in (
        client.get(f"{base}/Subscription/{id}/$status"),
        client.post(f"{base}/Subscription/{id}/$status", json={"resourceType": "Parameters"}, headers=FHIR),
    ):
        bundle = answer.json
        assert (bundle["type"], bundle["total"]) == ("searchset", 1)
        told = parameters(bundle["entry"][0]["resource"])
        assert (told["status"], told["type"]) == ("requested", "query-status")
        assert told["subscription"]["reference"].endswith(f"{base}/Subscription/{id}")


def test_status_of_several(client: FlaskClient) -> None:
    ids = [made(client, "/fhir", "2.2.1") for _ in range(3)]
    rows = [{"name": "id", "valueId": ids[0]}, {"name": "id", "valueId": ids[2]}]
    rows.append({"name": "status", "valueCode": "requested"})

    asked_by_post = client.post(
        "/fhir/Subscription/$status", json={"resourceType": "Parameters", "parameter": rows}, headers=FHIR
    )

    assert asked_by_post.json["total"] == 2
    assert client.get("/fhir/Subscription/$status").json["total"] == 3
    assert client.get(f"/fhir/Subscription/$status?id={ids[0]}&id={ids[1]}").json["total"] == 2
    assert client.get("/fhir/Subscription/$status?status=off,error").json["total"] == 0
    assert_outcome(client.get("/fhir/Subscription/$status?status=asleep"), Kind.INVALID, "status")


@pytest.mark.spec("pas:spec-60")
@both
def test_events_are_fetched_again(client: FlaskClient, base: str, guide: str) -> None:
    id = made(client, base, guide)
    case = decided(client)

    for content, entries in (("full-resource", 2), ("id-only", 2), ("empty", 1)):
        bundle = client.get(f"{base}/Subscription/{id}/$events?content={content}").json

        assert (bundle["type"], len(bundle["entry"])) == ("history", entries)
        told = parameters(bundle["entry"][0]["resource"])
        assert (told["type"], told["events-since-subscription-start"]) == ("query-event", "1")
        assert parameters({"parameter": told["notification-event"]})["event-number"] == "1"
        assert ("resource" in bundle["entry"][-1]) or content == "id-only"

    answer = client.get(f"{base}/Subscription/{id}/$events").json["entry"][1]["resource"]
    assert answer["entry"][0]["resource"]["id"] == case


def test_some_events(client: FlaskClient) -> None:
    id = made(client, "/fhir", "2.2.1")
    decided(client)
    address = f"/fhir/Subscription/{id}/$events"
    rows = [{"name": "eventsSinceNumber", "valueString": "2"}, {"name": "content", "valueCode": "empty"}]

    assert "notification-event" in client.get(f"{address}?eventsSinceNumber=0&eventsUntilNumber=1").text
    assert "notification-event" not in client.get(f"{address}?eventsSinceNumber=2").text
    asked_by_post = client.post(address, json={"resourceType": "Parameters", "parameter": rows}, headers=FHIR)
    assert (asked_by_post.status_code, "notification-event" in asked_by_post.text) == (200, False)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("eventsSinceNumber=x", "eventsSinceNumber"),
        ("eventsSinceNumber=-1", "eventsSinceNumber"),
        ("eventsUntilNumber=1e3", "eventsUntilNumber"),
        ("content=all", "content"),
        ("since=1", ""),
        ("content=empty&content=id-only", "content"),
    ],
)
def test_events_asked_for_wrongly(client: FlaskClient, query: str, path: str) -> None:
    id = made(client, "/fhir", "2.2.1")

    assert_outcome(client.get(f"/fhir/Subscription/{id}/$events?{query}"), Kind.INVALID, path)


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"name": "since", "valueString": "1"}, "Parameters.parameter[1].name"),
        ("x", "Parameters.parameter[1].name"),
        ({"name": "eventsUntilNumber"}, "Parameters.parameter[1]"),
        ({"name": "eventsUntilNumber", "valuePeriod": {}}, "Parameters.parameter[1]"),
        ({"name": "content", "valueCode": "empty"}, "Parameters.parameter[1]"),
    ],
)
def test_events_asked_for_wrongly_by_post(client: FlaskClient, row: object, path: str) -> None:
    address = f"/fhir/Subscription/{made(client, '/fhir', '2.2.1')}/$events"
    body = {"resourceType": "Parameters", "parameter": [{"name": "content", "valueCode": "id-only"}, row]}

    assert_outcome(client.post(address, json=body, headers=FHIR), Kind.INVALID, path)
    assert_outcome(client.post(address, json={"resourceType": "Bundle"}, headers=FHIR), Kind.UNREADABLE)


@both
def test_the_topic_can_be_read(client: FlaskClient, base: str, guide: str) -> None:
    told = client.get(f"{base}/Basic/PASSubscriptionTopic").json

    assert told["code"]["coding"][0]["code"] == "SubscriptionTopic"
    assert PAS_TOPIC in json.dumps(told)
    assert models.parse("Basic", told)
    assert_outcome(client.get(f"{base}/Basic/other"), Kind.NOT_FOUND)


@pytest.mark.spec("pas:spec-55")
@both
def test_they_stand_in_the_capability_statement(client: FlaskClient, base: str, guide: str) -> None:
    statement = client.get(f"{base}/metadata").json

    rows = {row["type"]: row for row in statement["rest"][0]["resource"]}
    told = rows["Subscription"]
    assert {row["code"] for row in told["interaction"]} == {"create", "read", "update", "delete", "search-type"}
    assert {row["name"] for row in told["operation"]} == {"status", "events", "validate"}
    assert told["extension"] == [{"url": EXT_TOPIC_OFFERED, "valueCanonical": PAS_TOPIC}]
    assert PROFILE_BACKPORT_SUBSCRIPTION in told["supportedProfile"]
    assert (PROFILE_SUBSCRIPTION in told["supportedProfile"]) is (guide == "2.2.1")
    assert [row["code"] for row in rows["Basic"]["interaction"]] == ["read"]
    assert models.parse("CapabilityStatement", statement)


def test_headers_are_in_no_file_and_no_log(
    client: FlaskClient, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    made(client, "/fhir", "2.2.1")
    client.post("/fhir/Subscription", json=sent_to("2.2.1", channel={"header": ["Host: of-nobody"]}), headers=FHIR)

    files = list(Path(sqlite_url.removeprefix("sqlite:///")).parent.glob("*.db*"))

    assert files
    assert all(b"of-nobody" not in file.read_bytes() for file in files)
    assert any(LOCAL.encode() in file.read_bytes() for file in files), "the rest of it is there"
    assert "of-nobody" not in caplog.text


def test_too_big_is_told_with_the_limit(client: FlaskClient) -> None:
    for sent in (client.post("/fhir/Subscription", json=sent_to("2.2.1", reason="x" * 65_536), headers=FHIR),):
        (issue,) = assert_outcome(sent, Kind.TOO_BIG)
        assert "65536 bytes" in issue["details"]["text"]

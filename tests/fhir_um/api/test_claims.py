"""`$submit` and `$inquire` over HTTP: both bases, both media types, gzip, and what is refused."""

import gzip
import json
import sqlite3
from decimal import Decimal

import msgspec
import pytest
from flask.testing import FlaskClient

from fhir_um.api.claims import content_hash
from profiles.issues import Kind
from profiles.reading import Limits, ReadBundle, read_json, write_json
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome

SUBMIT, INQUIRE = "/fhir/Claim/$submit", "/fhir/Claim/$inquire"
EMPTY = b'{"resourceType":"Bundle","type":"collection","entry":[]}'


def rows(database_url: str, table: str) -> int:
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return count


@pytest.mark.spec("pas:use-1", "pas:spec-38")
@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
@pytest.mark.parametrize("media", ["application/fhir+json", "application/json; charset=utf-8"])
def test_submit_answers_with_a_bundle(client: FlaskClient, good: bytes, base: str, media: str) -> None:
    answer = client.post(f"{base}/Claim/$submit", data=good, content_type=media)

    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/fhir+json; charset=utf-8"
    assert answer.json["entry"][0]["resource"]["resourceType"] == "ClaimResponse"


def test_dollar_may_be_escaped(client: FlaskClient, good: bytes) -> None:
    assert client.post("/fhir/Claim/%24submit", data=good, headers=FHIR).status_code == 200


def test_gzip_comes_in_and_goes_out(client: FlaskClient, good: bytes) -> None:
    headers = FHIR | {"Content-Encoding": "gzip", "Accept-Encoding": "gzip, deflate"}

    answer = client.post(SUBMIT, data=gzip.compress(good), headers=headers)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert b'"ClaimResponse"' in gzip.decompress(answer.data)


def test_gzip_stays_away_from_those_who_refuse_it(client: FlaskClient, good: bytes) -> None:
    answer = client.post(SUBMIT, data=good, headers=FHIR | {"Accept-Encoding": "gzip;q=0"})

    assert "Content-Encoding" not in answer.headers


@pytest.mark.spec("pas:spec-38")
@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
@pytest.mark.parametrize("operation", ["$submit", "$inquire"])
@pytest.mark.spec("pas:spec-35")
def test_bundle_without_entries_is_refused(client: FlaskClient, base: str, operation: str) -> None:
    answer = client.post(f"{base}/Claim/{operation}", data=EMPTY, headers=FHIR)

    assert_outcome(answer, Kind.UNREADABLE)


@pytest.mark.parametrize(
    ("body", "headers", "kind"),
    [
        (b"not json", FHIR, Kind.UNREADABLE),
        (b"", FHIR, Kind.UNREADABLE),
        (EMPTY, {"Content-Type": "text/plain"}, Kind.WRONG_TYPE),
        (EMPTY, FHIR | {"Accept": "application/fhir+xml"}, Kind.NOT_ACCEPTABLE),
        (EMPTY, FHIR | {"Content-Encoding": "br"}, Kind.WRONG_TYPE),
        (b"[" * 200 + b"]" * 200, FHIR, Kind.UNREADABLE),
        (b" " * 20_000_001, FHIR, Kind.TOO_BIG),
    ],
    ids=["not-json", "nothing", "text", "xml-wanted", "brotli", "too-deep", "too-big"],
)
@pytest.mark.parametrize("address", [SUBMIT, INQUIRE])
def test_refused_request_leaves_one_audit_row_and_nothing_else(
    client: FlaskClient, sqlite_url: str, address: str, body: bytes, headers: dict[str, str], kind: Kind
) -> None:
    before = {table: rows(sqlite_url, table) for table in ("cases", "submissions", "audit_log", "deliveries")}

    answer = client.post(address, data=body, headers=headers)

    assert_outcome(answer, kind)
    after = {table: rows(sqlite_url, table) for table in before}
    assert after == before | {"audit_log": before["audit_log"] + 1}


def test_same_bundle_twice_is_one_case(client: FlaskClient, good: bytes, sqlite_url: str) -> None:
    first = client.post(SUBMIT, data=good, headers=FHIR)
    second = client.post(SUBMIT, data=good, headers=FHIR)

    assert second.data == first.data
    assert rows(sqlite_url, "cases") == 1


def test_same_bundle_printed_another_way_is_one_case(client: FlaskClient, good: bytes, sqlite_url: str) -> None:
    value = read_json(good, Limits(len(good), 100, 100))
    backwards = msgspec.json.format(write_json(_backwards(value)), indent=5)
    answers = [client.post(SUBMIT, data=body, headers=FHIR) for body in (good, backwards, b"\xef\xbb\xbf" + good)]

    assert [answer.json == answers[0].json for answer in answers] == [True] * 3
    assert (rows(sqlite_url, "cases"), rows(sqlite_url, "submissions")) == (1, 1)


@pytest.mark.parametrize("change", [{"timestamp": "2026-03-02T00:00:00Z"}, {"identifier": {"value": "another"}}])
def test_other_content_is_another_request(
    client: FlaskClient, good: bytes, sqlite_url: str, change: dict[str, object]
) -> None:
    client.post(SUBMIT, data=good, headers=FHIR)
    client.post(SUBMIT, data=json.dumps(json.loads(good) | change), headers=FHIR)

    assert rows(sqlite_url, "submissions") == 2


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ({"value": Decimal("1.0")}, {"value": Decimal("1.00")}),
        ({"value": 1}, {"value": "1"}),
        ({"list": [1, 2]}, {"list": [2, 1]}),
        ({"a": None}, {}),
    ],
)
def test_content_that_differs_has_another_hash(one: dict[str, object], another: dict[str, object]) -> None:
    assert content_hash(ReadBundle(one, ())) != content_hash(ReadBundle(another, ()))


def _backwards(value: object) -> object:
    """The same JSON with the properties of every object in opposite order."""
    if isinstance(value, dict):
        return {name: _backwards(value[name]) for name in reversed(value)}
    return [_backwards(each) for each in value] if isinstance(value, list) else value

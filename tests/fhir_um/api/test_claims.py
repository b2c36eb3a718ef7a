"""`$submit` and `$inquire` over HTTP: both bases, both media types, gzip, and what is refused."""

import gzip
import sqlite3

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.conftest import FHIR
from tests.fhir_um.api.outcomes import assert_outcome

SUBMIT, INQUIRE = "/fhir/Claim/$submit", "/fhir/Claim/$inquire"
EMPTY = b'{"resourceType":"Bundle","type":"collection","entry":[]}'


def rows(database_url: str, table: str) -> int:
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return count


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
    before = {table: rows(sqlite_url, table) for table in ("cases", "submissions", "audit", "outbox")}

    answer = client.post(address, data=body, headers=headers)

    assert_outcome(answer, kind)
    after = {table: rows(sqlite_url, table) for table in before}
    assert after == before | {"audit": before["audit"] + 1}


def test_same_bundle_twice_is_one_case(client: FlaskClient, good: bytes, sqlite_url: str) -> None:
    first = client.post(SUBMIT, data=good, headers=FHIR)
    second = client.post(SUBMIT, data=good, headers=FHIR)

    assert second.data == first.data
    assert rows(sqlite_url, "cases") == 1

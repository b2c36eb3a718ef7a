"""Everything that goes wrong: one shape for the sender's faults, a fixed text for ours."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir_um.api.exchange import Answer, Asked, Route
from fhir_um.auth.scopes import Scope
from fhir_um.errors import Issue, Kind, Refusal
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.doors import open_doors

ASKED = "00000000-0000-4000-8000-00000000a5ed"


@contextmanager
def failing(database_url: str, fault: Exception, path: str = "/x") -> Iterator[FlaskClient]:
    """An application with one route, which fails like that."""

    def fail(_asked: Asked) -> Answer:
        raise fault

    with open_doors(database_url, (Route("GET", path, Scope.PUBLIC, fail),), seeded=False) as client:
        yield client


def test_unknown_address(client: FlaskClient) -> None:
    assert_outcome(client.get("/fhir/Patient/1"), Kind.NOT_FOUND)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_method_that_is_not_offered(client: FlaskClient, method: str) -> None:
    answer = client.open("/fhir/Claim/$submit", method=method)

    assert_outcome(answer, Kind.NOT_OFFERED)
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("address", ["/fhir/metadata", "/cds-services", "/nowhere"])
def test_a_method_nobody_knows_is_not_repeated(sqlite_url: str, caplog: pytest.LogCaptureFixture, address: str) -> None:
    """A stranger may put any word there, and so a name."""
    with caplog.at_level(logging.INFO, "fhir_um"), open_doors(sqlite_url) as client:
        answer = client.open(address, method="NORA-WHITFIELD")

    assert answer.status_code in {404, 405}
    told = json.dumps([getattr(record, "given", {}) for record in caplog.records])
    assert "NORA" not in told + answer.text
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as looking:
        actions = [row[0] for row in looking.execute("SELECT action FROM audit_log")]
    assert [action.partition(" ")[0] for action in actions[-1:]] == ["(other)"]


@pytest.mark.parametrize("address", ["/fhir/", "/fhir/Claim/$submit/", "//fhir/metadata", "/fhir//metadata"])
def test_nothing_redirects(client: FlaskClient, address: str) -> None:
    assert_outcome(client.get(address), Kind.NOT_FOUND)


@pytest.mark.spec("pas:spec-38")
@pytest.mark.spec("pas:spec-39")
def test_fault_of_ours_has_a_fixed_text_and_no_outcome(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "fhir_um"), failing(sqlite_url, ValueError("Nora Whitfield")) as client:
        answer = client.get("/x", headers={"X-Request-Id": ASKED})

    assert answer.status_code == 500
    assert answer.json == {"error": "internal", "requestId": ASKED}
    told: list[dict[str, Any]] = [getattr(record, "given", {}) for record in caplog.records]
    assert "Whitfield" not in json.dumps(told)
    assert told[0]["error_type"] == "ValueError"


@pytest.mark.spec("pas:spec-39")
def test_busy_store_says_try_again_and_no_outcome(sqlite_url: str) -> None:
    with failing(sqlite_url, Refusal.of(Kind.BUSY, "transient", "busy")) as client:
        answer = client.get("/x")

    assert answer.status_code == 503
    assert set(answer.json) == {"error", "requestId"}
    assert answer.headers["Retry-After"]


OWN = "/um/v1/x"


@pytest.mark.parametrize("address", ["/um/v1", "/um/v1/", "/um/v1/nothing", "/um/v1//cases"])
def test_our_own_api_tells_problems(client: FlaskClient, address: str) -> None:
    (issue,) = assert_outcome(client.get(address), Kind.NOT_FOUND)

    assert "/openapi.json" in issue["details"]["text"]


def test_a_method_that_is_not_offered_there_is_a_problem_too(client: FlaskClient) -> None:
    answer = client.delete("/um/v1/cases")

    assert_outcome(answer, Kind.NOT_OFFERED)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_every_fault_is_in_the_problem(sqlite_url: str) -> None:
    faults = (Issue("required", "Say why.", "lines[0].text"), Issue("value", "Say when."))
    with failing(sqlite_url, Refusal(Kind.INVALID, faults), OWN) as client:
        told = client.get(OWN).json

    assert told["detail"] == "There are 2 faults; errors names each."
    assert told["errors"] == [
        {"code": "required", "detail": "Say why.", "path": "lines[0].text"},
        {"code": "value", "detail": "Say when."},
    ]


def test_a_fault_of_ours_is_a_problem_without_a_word_of_it(sqlite_url: str) -> None:
    with failing(sqlite_url, ValueError("Nora Whitfield"), OWN) as client:
        answer = client.get(OWN, headers={"X-Request-Id": ASKED})

    assert answer.json == {
        "type": "urn:fhir-um:problem:broken",
        "title": "Something is broken here",
        "status": 500,
        "instance": f"urn:fhir-um:request:{ASKED}",
    }
    assert answer.mimetype == "application/problem+json"


def test_a_busy_store_is_a_problem_that_passes(sqlite_url: str) -> None:
    with failing(sqlite_url, Refusal.of(Kind.BUSY, "transient", "busy"), OWN) as client:
        answer = client.get(OWN)

    assert (answer.status_code, answer.json["type"]) == (503, "urn:fhir-um:problem:busy")
    assert answer.headers["Retry-After"]


def test_busy_store_is_not_waited_for_a_second_time(sqlite_url: str) -> None:
    """Its audit row would wait as long as the request did; the log line tells of it instead."""
    with failing(sqlite_url, Refusal.of(Kind.BUSY, "transient", "busy")) as client:
        client.get("/x")

    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("SELECT count(*) FROM audit_log").fetchone() == (0,)


def test_refusal_without_a_store_is_still_told(tmp_path: Any) -> None:
    """The audit row is lost, the log says so, the sender learns what was wrong."""
    refusal = Refusal.of(Kind.INVALID, "value", "wrong", "here")

    with failing(f"sqlite:///{tmp_path}/not-migrated.db", refusal) as client:
        answer = client.get("/x")

    assert_outcome(answer, Kind.INVALID, "here")

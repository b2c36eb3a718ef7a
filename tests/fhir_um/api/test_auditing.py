"""One row for each request: with what it changed or before its answer leaves, and no answer without one."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from fhir_um.api.exchange import Answer, Asked, Route, plain
from fhir_um.api.routes import ROUTES
from fhir_um.auth.scopes import Scope
from fhir_um.cases.auditing import Subject
from fhir_um.cases.model import LineState, MemberId, PayerId
from fhir_um.usecases.read_case import list_work
from tests.fhir_um.api import attaching
from tests.fhir_um.api.conftest import FHIR, GOOD
from tests.fhir_um.api.test_hooks import INSTANCE, sent
from tests.fhir_um.api.walking import walk_desks
from tests.fhir_um.deciding import line_body, open_with
from tests.fhir_um.doors import open_doors
from tests.fhir_um.subscribing import written

SUBMIT = "/fhir/Claim/$submit"
ASKED = "7d1f9a8e-5b70-4f5a-a304-7b49692ef53c"
DECISION = {
    "version": 1,
    "role": "physician",
    "reviewer": {"id": "d-1", "npi": "1999999992"},
    "lines": [line_body()],
}
OLDER = "2.0.1"
"""Its base has the same handlers."""

NO_ROWS = "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END"


class Log:
    """The audit log of a database, as it is."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    def rows(self) -> list[dict[str, Any]]:
        with self._engine.connect() as connection:
            found = [
                dict(row) for row in connection.execute(text("SELECT * FROM audit_log ORDER BY sequence")).mappings()
            ]
        self._engine.dispose()
        return found

    def latest(self) -> dict[str, Any]:
        return self.rows()[-1]


@pytest.fixture
def doors(database_url: str) -> Iterator[FlaskClient]:
    with open_doors(database_url) as client:
        yield client


@pytest.fixture
def log(database_url: str) -> Log:
    return Log(database_url)


def whom(row: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(member, case, version) for _, member, case, version in json.loads(row["subjects"])]


def submitted(client: FlaskClient) -> str:
    answer = client.post(SUBMIT, data=GOOD.read_bytes(), headers=FHIR)
    assert answer.status_code == 200, answer.text
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


def member_of(client: FlaskClient, case_id: str) -> str:
    member: str = client.get(f"/um/v1/cases/{case_id}").json["memberId"]
    return member


@pytest.mark.spec("hrex:sec-19")
def test_a_submission_and_each_repetition_leave_one_row_each(doors: FlaskClient, log: Log) -> None:
    case_id = submitted(doors)
    submitted(doors)

    first, second = log.rows()
    for row in (first, second):
        assert (row["action"], row["act"], row["outcome"], row["status"]) == (f"POST {SUBMIT}", "E", "answered", 200)
        assert (row["client_id"], row["purpose"], row["payer_id"]) == ("sandbox", "COVAUTH", "harbor")
        assert row["remote"] == "127.0.0.1"
        assert len(row["body_hash"]) == 64
    assert whom(first) == whom(second) == [(member_of(doors, case_id), case_id, 1)]


def test_what_is_made_and_ended_is_noted_with_its_own_status(doors: FlaskClient, log: Log) -> None:
    made = doors.post("/fhir/Subscription", json=written(channel={"endpoint": "http://127.0.0.1:9/x"}), headers=FHIR)
    assert made.status_code == 201, made.text
    doors.delete(f"/fhir/Subscription/{made.json['id']}")

    told = [(row["action"].split()[0], row["act"], row["status"]) for row in log.rows()]
    assert told == [("POST", "C", 201), ("DELETE", "D", 204)]


def test_a_decision_names_the_version_it_made(doors: FlaskClient, log: Log) -> None:
    case_id = _pended(doors)
    assert open_with(doors, case_id, DECISION).status_code == 200
    assert doors.post(f"/um/v1/cases/{case_id}/decisions", json=DECISION).status_code == 200

    assert [version for _, _, version in whom(log.latest())] == [2]
    assert log.latest()["purpose"] == "HOPERAT"


def test_refusals_are_noted_with_a_code_and_nothing_of_what_was_sent(doors: FlaskClient, log: Log) -> None:
    doors.post(SUBMIT, data=b'{"resourceType": "Nora Whitfield"}', headers=FHIR | {"X-Request-Id": ASKED})
    doors.get("/um/v1/cases/nobody?at=Whitfield")

    assert [(row["outcome"], row["status"], row["request_id"]) for row in log.rows()][0] == ("unreadable", 400, ASKED)
    assert "Whitfield" not in repr(log.rows())


def test_what_is_public_leaves_no_row(doors: FlaskClient, log: Log) -> None:
    for path in ("/", "/healthz", "/readyz", "/fhir/metadata", "/um/v1/pa-list", "/fhir/Questionnaire?url=x"):
        assert doors.get(path).status_code == 200, path
    doors.options("/cds-services")

    assert log.rows() == []


def test_a_hook_call_leaves_one_row_with_the_member(doors: FlaskClient, log: Log) -> None:
    assert sent(doors).status_code == 200
    doors.get("/cds-services")
    feedback = {"feedback": [{"card": "x", "outcome": "accepted", "outcomeTimestamp": "2026-11-20T15:00:00Z"}]}
    doors.post("/cds-services/order-sign/feedback", json=feedback)

    call, discovery, said = log.rows()
    assert (call["action"], call["act"], call["purpose"]) == ("POST /cds-services/<id>", "E", "COVAUTH")
    assert {member for member, _, _ in whom(call)} == {"harbor-1001"}
    assert {row["client_id"] for row in (call, discovery, said)} == {"sandbox"}
    assert (discovery["action"], discovery["act"]) == ("GET /cds-services", "R")
    assert said["action"] == "POST /cds-services/<id>/feedback"


def test_a_refused_hook_call_is_noted_with_the_reason(doors: FlaskClient, log: Log) -> None:
    doors.post("/cds-services/order-sign", data=b"{}", headers={"X-Forwarded-For": "203.0.113.9"})

    assert log.latest()["status"] >= 400
    assert log.latest()["outcome"] != "answered"


# --- no answer without a row ---------------------------------------------------------------------------------------


@pytest.fixture
def shut(sqlite_url: str) -> Iterator[tuple[FlaskClient, str]]:
    """A case, and a log that takes no row any more."""
    with open_doors(sqlite_url) as client:
        case_id = submitted(client)
        _run(sqlite_url, NO_ROWS)
        yield client, case_id


def _run(url: str, statement: str) -> list[Any]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        return connection.execute(statement).fetchall()


@pytest.mark.spec("hrex:sec-19")
@pytest.mark.parametrize("path", ["/fhir/ClaimResponse/{}", "/um/v1/cases/{}", "/um/v1/cases", "/fhir/Claim/{}"])
def test_nothing_is_read_without_a_row(shut: tuple[FlaskClient, str], path: str) -> None:
    client, case_id = shut

    answer = client.get(path.format(case_id))

    told = {"type", "title", "status", "instance"} if path.startswith("/um/v1") else {"error", "requestId"}
    assert (answer.status_code, set(answer.json)) == (503, told)
    assert case_id not in answer.text
    assert answer.headers["Retry-After"]


def test_nothing_is_changed_without_a_row(shut: tuple[FlaskClient, str], sqlite_url: str) -> None:
    client, case_id = shut
    other = GOOD.read_bytes().replace(b"RB-2026-0117", b"RB-2026-0118")

    assert client.post(SUBMIT, data=other, headers=FHIR).status_code >= 500
    assert _run(sqlite_url, "SELECT id FROM cases") == [(case_id,)]
    assert _run(sqlite_url, "SELECT count(*) FROM audit_log") == [(1,)]


def test_no_hook_is_answered_without_a_row(shut: tuple[FlaskClient, str]) -> None:
    client, _ = shut

    answer = sent(client)

    assert answer.status_code == 503
    assert "systemActions" not in answer.text


def test_what_shows_nobody_goes_on_without_a_row(shut: tuple[FlaskClient, str]) -> None:
    client, _ = shut

    assert client.get("/healthz").status_code == 200
    assert client.get("/um/v1/cases/nobody").status_code == 404


# --- a second row where the first does not say it all ----------------------------------------------------------------


@contextmanager
def changing(url: str, tell: Callable[[], Answer]) -> Iterator[FlaskClient]:
    """An application with one route, which changes the one case there is and then tells that."""
    with open_doors(url) as client:
        submitted(client)

    def change(asked: Asked) -> Answer:
        (case,) = list_work(asked.deps, asked.caller, frozenset(LineState), 9)
        with asked.deps.open_work() as work:
            work.load_case_for_change(case.payer_id, case.id)
        return tell()

    with open_doors(url, (Route("POST", "/x", Scope.SUBMIT, change),), seeded=False) as client:
        yield client


def test_an_answer_that_is_as_the_change_leaves_no_second_row(sqlite_url: str) -> None:
    with changing(sqlite_url, lambda: plain({}, 201)) as client:
        assert client.post("/x").status_code == 201

    assert [row["action"] for row in Log(sqlite_url).rows()] == [f"POST {SUBMIT}", "POST /x"]


def test_a_fault_after_the_change_leaves_a_second_row(sqlite_url: str) -> None:
    def fail() -> Answer:
        raise ValueError

    with changing(sqlite_url, fail) as client:
        assert client.post("/x").status_code == 500

    rows = Log(sqlite_url).rows()[1:]
    assert [(row["outcome"], row["status"]) for row in rows] == [("answered", 200), ("broken", 500)]
    assert len({row["request_id"] for row in rows}) == 1


def test_an_answer_that_tells_of_more_than_was_changed_leaves_a_second_row(sqlite_url: str) -> None:
    another = Subject(PayerId("harbor"), MemberId("harbor-1002"))
    with changing(sqlite_url, lambda: plain({}, about=(another,))) as client:
        client.post("/x")

    first, second = Log(sqlite_url).rows()[1:]
    assert set(whom(second)) == {*whom(first), ("harbor-1002", "", 0)}


# --- every route ------------------------------------------------------------------------------------------------------

SHOW_NOBODY = {
    "/fhir/$validate",
    "/fhir/<type_name>/$validate",
    "/fhir/Subscription",
    "/fhir/Subscription/_search",
    "/fhir/Subscription/$status",
    "/fhir/Subscription/<subscription_id>",
    "/fhir/Subscription/<subscription_id>/$status",
    "/oauth/introspect",
    "/session",
    "/um/v1/attachments",
    "/um/v1/audit/alerts",
    "/um/v1/emergency-access",
    "/um/v1/emergency-access/<access_id>/review",
    "/um/v1/measures/crd",
    "/um/v1/measures/operations",
    "/um/v1/measures/pas",
    "/um/v1/policies",
    "/um/v1/policies/<policy_id>",
    "/um/v1/reviewers",
    "/um/v1/reviewers/<npi>",
    "/um/v1/rules",
    "/um/v1/worklists",
}
"""Addresses that tell of no case: of documents nobody has matched, of the payer's own people, of rules and policies, of
how much there is of something, or (`pas`) of requests with neither member nor case."""


@pytest.mark.spec("hrex:sec-19")
def test_whoever_is_told_of_is_named(sqlite_url: str) -> None:
    """Walks every route that answers with a case and finds its member, and misses no route."""
    log, walked = Log(sqlite_url), set()
    with open_doors(sqlite_url) as client:
        for method, path, body in chain(_walk(client), walk_desks(client, sqlite_url)):
            answer = client.open(path, method=method, **body)
            assert answer.status_code in {200, 201}, (method, path, answer.text)
            row = log.latest()
            walked.add(row["action"])
            assert whom(row), (method, path)
            assert all(member for member, _, _ in whom(row)), (method, path, whom(row))

    shown = [route for route in ROUTES if route.scope is not Scope.PUBLIC and route.path not in SHOW_NOBODY]
    assert {f"{route.method} {route.path}" for route in shown if route.guide != OLDER} - walked == set()


def _pended(client: FlaskClient) -> str:
    story = GOOD.parents[1] / "stories" / "prior-authorization"
    answer = client.post(SUBMIT, data=next(story.glob("02-*.request.json")).read_bytes(), headers=FHIR)
    assert answer.status_code == 200, answer.text
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


NORA = "https://ehr.example.test/fhir/Patient/nora-whitfield"


def _walk(client: FlaskClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Requests of every route that tells of a case, each of which finds something to tell."""
    story = GOOD.parents[1] / "stories" / "prior-authorization"
    yield "POST", SUBMIT, {"data": next(story.glob("01-*.request.json")).read_bytes(), "headers": FHIR}
    channel = {"endpoint": "http://127.0.0.1:9/x"}
    listening = client.post("/fhir/Subscription", json=written(channel=channel), headers=FHIR).json["id"]
    pended = _pended(client)
    yield "GET", "/um/v1/cases", {}
    yield "POST", f"/um/v1/cases/{pended}/openings", {"json": {n: DECISION[n] for n in ("role", "reviewer")}}
    yield "POST", f"/um/v1/cases/{pended}/decisions", {"json": DECISION}
    for path in ("Claim/{0}", "Claim?{1}", "ClaimResponse/{0}", "ClaimResponse?{1}"):
        yield "GET", f"/fhir/{path.format(pended, f'patient={NORA}')}", {}
    for resource_type in ("Claim", "ClaimResponse"):
        yield "POST", f"/fhir/{resource_type}/_search", {"data": {"patient": NORA}}
    ways = GOOD.parents[1] / "stories" / "inquiry-ways"
    client.post(SUBMIT, data=next(ways.glob("01-*.request.json")).read_bytes(), headers=FHIR)
    inquiry = next(ways.glob("05-*.request.json")).read_bytes()
    yield "POST", "/fhir/Claim/$inquire", {"data": inquiry, "headers": FHIR}
    for content in ("full-resource", "id-only"):
        yield "GET", f"/fhir/Subscription/{listening}/$events?content={content}", {}
    yield "POST", f"/fhir/Subscription/{listening}/$events", {"json": {"resourceType": "Parameters"}, "headers": FHIR}
    waiting = attaching.pended(client)
    body = attaching.parameters(waiting, attaching.attachment(attaching.report()), final=False)
    yield "POST", "/fhir/$submit-attachment", {"json": body, "headers": FHIR}
    (kept,) = attaching.listed(client, waiting)
    for path in ("{0}", "{0}/events", "{0}/worksheet", "{0}/attachments"):
        yield "GET", f"/um/v1/cases/{path.format(waiting)}", {}
    yield "GET", f"/um/v1/attachments/{kept['id']}", {}
    attaching.send(client, attaching.parameters("a-typo", attaching.attachment(attaching.answers(spo2=86))))
    (held,) = client.get("/um/v1/attachments?unmatched=true").json["attachments"]
    matching = {"case": waiting, "lines": [1], "role": "nurse", "reviewer": {"id": "rn-7"}}
    yield "POST", f"/um/v1/attachments/{held['id']}/match", {"json": matching}
    sent(client)
    yield "GET", f"/um/v1/crd/invocations/{INSTANCE}/explanation", {}
    yield "GET", f"/um/v1/audit?case={waiting}", {}
    yield "GET", f"/um/v1/audit?case={waiting}&format=fhir", {}
    yield "POST", "/um/v1/audit/_search", {"data": {"member": "harbor-1001"}}
    yield "POST", "/um/v1/disclosures", {"data": {"member": "harbor-1001", "payer": "harbor"}}

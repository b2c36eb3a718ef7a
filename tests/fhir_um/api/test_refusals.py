"""Every refusal, on both databases: the right status, one OperationOutcome, one audit row, and nothing else kept."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select, table

from fhir_um.store.tables import metadata
from profiles.issues import Kind
from tests.fhir_um.api.conftest import FHIR, GOOD
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.doors import open_doors

BROKEN = sorted(GOOD.parent.glob("*.request.json"))
SUBMIT, INQUIRE, CASES = "/fhir/Claim/$submit", "/fhir/Claim/$inquire", "/um/v1/cases"
DECISION = {"version": 1, "role": "physician", "reviewer": {"id": "d-1"}, "lines": []}

Request = tuple[str, str, dict[str, Any]]

ODD: dict[str, tuple[Request, Kind]] = {
    "unknown-route": (("GET", "/fhir/Patient/1", {}), Kind.NOT_FOUND),
    "dots": (("GET", "/fhir/Claim/..%2f..%2fetc%2fpasswd", {}), Kind.NOT_FOUND),
    "nul-in-path": (("GET", "/fhir/Claim/%00", {}), Kind.NOT_FOUND),
    "not-utf-8-in-path": (("GET", "/fhir/Claim/%ff", {}), Kind.NOT_FOUND),
    "trailing-slash": (("POST", f"{SUBMIT}/", {"data": b"{}", "headers": FHIR}), Kind.NOT_FOUND),
    "twice-slash": (("POST", "/fhir//Claim/$submit", {"data": b"{}", "headers": FHIR}), Kind.NOT_FOUND),
    "put": (("PUT", SUBMIT, {"data": b"{}", "headers": FHIR}), Kind.NOT_OFFERED),
    "delete": (("DELETE", "/fhir/Claim/1", {}), Kind.NOT_OFFERED),
    "options": (("OPTIONS", "/fhir/metadata", {}), Kind.NOT_OFFERED),
    "no-type": (("POST", SUBMIT, {"data": b"{}"}), Kind.WRONG_TYPE),
    "xml": (("POST", SUBMIT, {"data": b"<Bundle/>", "content_type": "application/fhir+xml"}), Kind.WRONG_TYPE),
    "brotli": (("POST", SUBMIT, {"data": b"{}", "headers": FHIR | {"Content-Encoding": "br"}}), Kind.WRONG_TYPE),
    "bomb": (
        ("POST", SUBMIT, {"data": gzip.compress(b" " * 21_000_000), "headers": FHIR | {"Content-Encoding": "gzip"}}),
        Kind.TOO_BIG,
    ),
    "accepts-xml": (
        ("POST", SUBMIT, {"data": b"{}", "headers": FHIR | {"Accept": "application/xml"}}),
        Kind.NOT_ACCEPTABLE,
    ),
    "format-xml": (("POST", f"{SUBMIT}?_format=xml", {"data": b"{}", "headers": FHIR}), Kind.NOT_ACCEPTABLE),
    "deep": (("POST", SUBMIT, {"data": b"[" * 9000 + b"]" * 9000, "headers": FHIR}), Kind.UNREADABLE),
    "surrogate": (("POST", INQUIRE, {"data": b'{"x":"\\ud800"}', "headers": FHIR}), Kind.UNREADABLE),
    "exponent": (("POST", SUBMIT, {"data": b'{"x":1e99999999999}', "headers": FHIR}), Kind.UNREADABLE),
    "other-host": (("GET", CASES, {"headers": {"Host": "evil.example"}}), Kind.NOT_ALLOWED),
    "search-for-nothing": (("GET", "/fhir/Claim", {}), Kind.INVALID),
    "search-by-name": (("GET", "/fhir/Claim?family=x", {}), Kind.INVALID),
    "search-huge-count": (("GET", f"/fhir/Claim?patient=x&_count={'9' * 5000}", {}), Kind.INVALID),
    "limit-huge": (("GET", f"{CASES}?limit={'9' * 5000}", {}), Kind.INVALID),
    "version-zero": (("GET", f"{CASES}/1?version=0", {}), Kind.INVALID),
    "at-and-version": (("GET", f"{CASES}/1?version=1&at=2026-01-01T00:00:00Z", {}), Kind.INVALID),
    "at-without-zone": (("GET", f"{CASES}/1?at=2026-01-01T00:00:00", {}), Kind.INVALID),
    "no-such-case": (("GET", f"{CASES}/1", {}), Kind.NOT_FOUND),
    "decision-on-nothing": (("POST", f"{CASES}/1/decisions", {"json": DECISION}), Kind.INVALID),
    "decision-too-big": (("POST", f"{CASES}/1/decisions", {"json": DECISION | {"x": "y" * 1_000_000}}), Kind.TOO_BIG),
}


@pytest.fixture
def either(database_url: str) -> Iterator[tuple[FlaskClient, "Counted"]]:
    """A client over each kind of database, and a look at what that database holds."""
    with open_doors(database_url) as client:
        yield client, Counted(database_url)


class Counted:
    """How many rows each table holds."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    def rows(self) -> dict[str, int]:
        with self._engine.connect() as connection:
            counts = {
                name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
                for name in metadata.tables
            }
        self._engine.dispose()
        return counts


def new_rows(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@pytest.mark.spec("pas:spec-35")
def test_each_refusal_leaves_one_audit_row_and_nothing_else(either: tuple[FlaskClient, Counted]) -> None:
    client, counted = either
    faulty: dict[str, Any] = {}

    for name, (request, kind) in ODD.items():
        before = counted.rows()
        answer = client.open(request[1], method=request[0], **request[2])
        assert_outcome(answer, kind)
        if (kept := new_rows(before, counted.rows())) != {"audit_log": 1}:
            faulty[name] = kept

    assert faulty == {}


@pytest.mark.spec("pas:spec-35")
def test_broken_requests_are_refused_and_leave_one_audit_row_each(either: tuple[FlaskClient, Counted]) -> None:
    client, counted = either
    bodies = [path.read_bytes() for path in BROKEN if path != GOOD and not path.name.startswith("inquiry-")]
    before = counted.rows()

    statuses = {client.post(SUBMIT, data=body, headers=FHIR).status_code for body in bodies}

    assert statuses == {400, 422}
    assert new_rows(before, counted.rows()) == {"audit_log": len(bodies)}


def _strings(node: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Every place of a text: its path, its holder, its key there."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in list(pairs):
        path = f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}"
        if isinstance(child, str):
            yield path, node, key
        elif isinstance(child, dict | list):
            yield from _strings(child, path)


def test_a_control_character_is_refused_with_its_path_wherever_it_stands(either: tuple[FlaskClient, Counted]) -> None:
    client, counted = either
    bundle = json.loads(Path(GOOD).read_bytes())
    before = counted.rows()
    let_pass = []

    for path, holder, key in [row for row in _strings(bundle, "Bundle") if row[0] != "Bundle.resourceType"]:
        whole = holder[key]
        holder[key] = whole + "\0"
        answer = client.post(SUBMIT, json=bundle, headers=FHIR)
        told = [place for issue in answer.json["issue"] for place in issue["expression"]] if answer.json else []
        if answer.status_code not in (400, 422) or path not in told:
            let_pass.append((path, answer.status_code))
        holder[key] = whole

    assert let_pass == []
    assert set(new_rows(before, counted.rows())) == {"audit_log"}


def test_searches_cannot_leave_their_place(either: tuple[FlaskClient, Counted], good: bytes) -> None:
    client, counted = either
    client.post(SUBMIT, data=good, headers=FHIR)
    before = counted.rows()
    tries = ["' OR '1'='1", "\0", "%", "_", "{{7*7}}", "a|b|c", "|", '";--', "*", "\u202e", "x' UNION SELECT 1--"]

    for text in tries:
        for query in ({"identifier": text}, {"patient": text}, {"identifier": f"{text}|{text}"}):
            answer = client.get("/fhir/ClaimResponse", query_string=query)
            assert (answer.status_code, answer.json["total"]) == (200, 0), query

    assert new_rows(before, counted.rows()) == {"audit_log": 3 * len(tries)}

"""Requests of every route of the payer's desk that tells of somebody, each of which finds something to tell."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from flask.testing import FlaskClient

from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.housekeeping import tend
from tests.fhir_um.api import attaching
from tests.fhir_um.api.test_ledger import BILLED, USE
from tests.fhir_um.api.test_notices import SENT
from tests.fhir_um.api.test_review_acts import DOCTOR, INTAKE, MANAGER, NURSE, OFFICER, WHY
from tests.fhir_um.api.test_worklists import submitted
from tests.fhir_um.doors import NOW
from tests.fhir_um.parties import FHIR, story

Asking = tuple[str, str, dict[str, Any]]
"""Method, path and what goes along."""

_OTHER = {"role": "nurse", "reviewer": {"id": "rn-2"}}
_SLOT = "2026-11-23T15:00:00Z"
_NO = {"step": "decline", "note": WHY}
_MORE = {"ground": "information-needed-in-member-interest", "days": 3, "text": WHY}

_ACTS: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("information-requests", "drafts", INTAKE | {"text": WHY}, DOCTOR | {"step": "discard"}),
    ("peer-to-peers", "peerToPeers", NURSE | {"step": "offer", "slots": [_SLOT]}, DOCTOR | _NO),
    ("extensions", "extensions", NURSE | _MORE, MANAGER | {"step": "refuse", "note": WHY}),
    ("voidings", "voidings", MANAGER | {"reason": WHY}, OFFICER | {"step": "refuse", "note": WHY}),
)
"""Where one begins something, under which name it is listed, and two bodies: to begin and to end it."""

_ON = {"sequence": 1, "action": "refer-physician", "reason": "needs-medical-review", "text": WHY}
_QUESTION = {"line": 1, "specialty": "208100000X", "question": "Would a walker do as well at home?"}
_FASTER = {"askedBy": "the physician", "supportedByPhysician": True, "text": WHY}


def walk_desks(client: FlaskClient, database_url: str) -> Iterator[Asking]:
    """All of them, on cases of their own."""
    yield from _work(client)
    yield from _acts(client)
    yield from _ledger(client)
    yield from _letters(client, database_url)


def _work(client: FlaskClient) -> Iterator[Asking]:
    case, queue = f"/um/v1/cases/{submitted(client)}", "nurse-dme"
    yield "GET", f"/um/v1/worklists/{queue}", {}
    yield "POST", f"/um/v1/worklists/{queue}/next", {"json": NURSE}
    yield "POST", f"{case}/locks", {"json": NURSE | {"queue": queue}}
    yield "DELETE", f"{case}/locks/{queue}?reviewer=rn-1", {}
    yield "POST", "/um/v1/assignments", {"json": MANAGER | {"from": "rn-1", "to": "rn-2"}}
    yield "POST", f"{case}/assignments", {"json": _OTHER | {"queue": queue}}
    yield "POST", f"{case}/escalations", {"json": NURSE | {"reason": WHY}}
    yield "GET", f"{case}/clocks", {}
    yield "GET", "/um/v1/forecast", {}
    yield "GET", "/um/v1/events", {}


def _acts(client: FlaskClient) -> Iterator[Asking]:
    """Each begun, listed, and ended so that it changes no line."""
    case = f"/um/v1/cases/{submitted(client, 'E0182', 'acts')}"

    def body(who: dict[str, Any]) -> dict[str, Any]:
        return {"json": {"version": client.get(case).json["version"]} | who}

    for place, name, begun, ended in _ACTS:
        yield "POST", f"{case}/{place}", body(begun | {"lines": [1]})
        yield "GET", f"{case}/{place}", {}
        (one,) = client.get(f"{case}/{place}").json[name]
        yield "POST", f"{case}/{place}/{one['id']}/steps", body(ended)
    yield "POST", f"{case}/decisions", body(NURSE | {"lines": [_ON]})
    yield "POST", f"{case}/opinions", body(DOCTOR | _QUESTION)
    yield "GET", f"{case}/opinions", {}
    (asked,) = client.get(f"{case}/opinions").json["opinions"]
    yield "POST", f"{case}/opinions/{asked['id']}/steps", body(DOCTOR | {"step": "withdraw"})
    yield "POST", f"{case}/priority-requests", body(INTAKE | _FASTER)
    yield "GET", f"{case}/priority-requests", {}


def _ledger(client: FlaskClient) -> Iterator[Asking]:
    (entry, *_) = client.post("/fhir/Claim/$submit", data=story("inquiry-ways", "01"), headers=FHIR).json["entry"]
    case_id, number = entry["resource"]["id"], entry["resource"]["preAuthRef"]
    yield "POST", "/um/v1/auth-match", {"json": BILLED}
    yield "GET", f"/um/v1/authorizations/{number}", {}
    yield "POST", f"/um/v1/authorizations/{number}/uses", {"json": USE}
    yield "POST", f"/um/v1/authorizations/{number}/uses/{USE['useId']}/reversal", {}
    yield "GET", f"/fhir/Provenance/{case_id}-1", {}
    yield "GET", f"/fhir/Provenance?target=ClaimResponse/{case_id}", {}
    yield "POST", "/fhir/Provenance/_search", {"data": {"target": f"ClaimResponse/{case_id}"}}


def _letters(client: FlaskClient, database_url: str) -> Iterator[Asking]:
    case_id = attaching.pended(client)
    deps = make_deps(Settings(database_url=database_url, mode=Mode.SANDBOX), clock=lambda: NOW)
    with closing(deps.store):
        assert tend(deps) > 0
    yield "GET", f"/um/v1/cases/{case_id}/notices", {}
    yield "GET", "/um/v1/notices", {}
    rows = client.get(f"/um/v1/cases/{case_id}/notices").json["notices"]
    letter = f"/um/v1/notices/{next(row['id'] for row in rows if row['recipient'] == 'member')}"
    yield "GET", letter, {}
    for form in ("html", "pdf"):
        yield "GET", f"{letter}/document?format={form}", {}
    yield "POST", f"{letter}/deliveries", {"json": SENT}

"""A denial from the request to the letters: referred by a nurse, talked about, denied by a physician, told to all."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fhir_um.cases.auditing import AuditSearch
from fhir_um.cases.clocks import Clock, ClockKind, ClockOutcome
from fhir_um.commands.deliver import delivering
from fhir_um.simulators.receiver import Receiver
from fhir_um.usecases.housekeeping import tend
from tests.fhir_um.parties import FHIR, story
from tests.houses import House, house
from tests.serving import REVIEW_ACTION_CODE

NURSE = {"role": "nurse", "reviewer": {"id": "nurse-jonas-reed"}}
INTAKE = {"role": "intake", "reviewer": {"id": "intake-mona-lake"}}
FALK = {"id": "dr-irene-falk", "npi": "1910200405"}
PHYSICIAN = {"role": "physician", "reviewer": FALK}
WHY = "You had pain for three weeks. You did not try physical therapy yet. Try it for six weeks first."
INSTEAD = "We will pay for six weeks of physical therapy."
DENIAL = {
    "sequence": 1,
    "action": "deny-clinical",
    "reason": "not-necessary",
    "text": WHY,
    "basis": {
        "considered": ["request"],
        "missing": ["Notes of a trial of physical therapy"],
        "alternative": INSTEAD,
        "attestation": True,
    },
}


@dataclass
class Desk:
    """Everybody who says something in the story, and what the provider heard."""

    house: House
    receiver: Receiver
    case_id: str = ""
    case: dict[str, Any] | None = None

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.house.client.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, Any] = answer.json
        return told

    def act(self, what: str, who: dict[str, Any], **said: Any) -> dict[str, Any]:
        """One act on the case, on the version it is at."""
        version = self.get(f"/um/v1/cases/{self.case_id}")["version"]
        body = who | ({} if what == "openings" else {"version": version}) | said
        return self.post(f"/um/v1/cases/{self.case_id}/{what}", body)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.house.client.get(path)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json
        return told

    def clocks(self, kind: ClockKind) -> list[Clock]:
        with self.house.deps.open_reading() as work:
            case = self.get(f"/um/v1/cases/{self.case_id}")
            return [clock for clock in work.clocks_of(case["payerId"], case["id"]) if clock.kind is kind]


@pytest.fixture(scope="module")
def desk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The story up to the letters; the tests look at what became of it, one after the other."""
    folder = tmp_path_factory.mktemp("denial")
    with house(sqlite_template, folder) as made, Receiver() as receiver:
        told = Desk(made, receiver)
        with delivering(made.deps, made.settings) as deliverer:

            def deliver() -> None:
                while deliverer.step():
                    pass

            wanted = json.loads(Path("fixtures/stories/subscriptions/01-subscribe.resource.json").read_text())
            text = json.dumps(wanted).replace("RECEIVER", receiver.url).replace("1910010010", "1910090095")
            assert made.client.post("/fhir/Subscription", data=text, headers=FHIR).status_code == 201
            deliver()
            submitted = made.client.post("/fhir/Claim/$submit", data=story("weighed-together", "01"), headers=FHIR)
            told.case_id = submitted.json["entry"][0]["resource"]["id"]
            _reviewed(told)
            told.case = told.act("decisions", PHYSICIAN, lines=[DENIAL])
            deliver()
        tend(made.deps)
        yield told


def _reviewed(desk: Desk) -> None:
    refer = {"sequence": 1, "action": "refer-physician", "reason": "needs-medical-review", "text": "No therapy yet."}
    desk.act("decisions", NURSE, lines=[refer])
    desk.act("openings", PHYSICIAN)
    talk = desk.house.time.now + timedelta(hours=20)
    offered = desk.act("peer-to-peers", PHYSICIAN, step="offer", lines=[1], slots=[talk.isoformat()])
    steps = f"peer-to-peers/{offered['review']['peerToPeers'][0]['id']}/steps"
    desk.act(steps, INTAKE, step="request", clinician="Priya Raman")
    answer = desk.house.client.post(
        f"/um/v1/cases/{desk.case_id}/decisions",
        json=PHYSICIAN | {"version": desk.get(f"/um/v1/cases/{desk.case_id}")["version"], "lines": [DENIAL]},
    )
    assert "hold it, or note that it was declined" in answer.text
    desk.act(steps, INTAKE, step="schedule", scheduledAt=talk.isoformat(), physician=FALK)
    desk.house.time.now = talk
    desk.act(
        steps,
        PHYSICIAN,
        step="complete",
        participants=["Priya Raman", "Irene Falk"],
        minutes=12,
        newFacts="none",
        outcome="upheld",
    )
    desk.act("openings", PHYSICIAN)


def _letter(desk: Desk, recipient: str) -> dict[str, Any]:
    rows = desk.get(f"/um/v1/cases/{desk.case_id}/notices")["notices"]
    (found,) = (row for row in rows if row["recipient"] == recipient and row["kind"] == "denial")
    return dict(found)


def _document(desk: Desk, notice: dict[str, Any], form: str) -> bytes:
    answer = desk.house.client.get(f"/um/v1/notices/{notice['id']}/document?format={form}")
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def test_the_decision_names_who_made_it_and_needs_no_plainer_words(desk: Desk) -> None:
    assert desk.case is not None
    basis = desk.case["lines"][0]["decision"]["basis"]

    assert (desk.case["lines"][0]["state"], desk.case["warnings"]) == ("denied-clinical", [])
    assert (basis["name"], basis["credential"], basis["policy"]) == ("Irene Falk", "MD", "lumbar-spine-mri 1.0.0")
    assert desk.case["review"]["peerToPeers"][0]["outcome"] == "upheld"


def test_the_provider_hears_of_it_and_reads_the_reason(desk: Desk) -> None:
    heard = []
    while body := desk.receiver.hear("event-notification", 0):
        heard.append(json.loads(body))
    response = desk.get(f"/fhir/ClaimResponse/{desk.case_id}")

    actions = [_actions(one) for one in heard]
    assert ["A3"] in actions
    assert _actions(response) == ["A3"]
    assert WHY in json.dumps(response)
    assert WHY in json.dumps(heard[-1])


def _actions(content: Any) -> list[str]:
    """The X12 306 codes in it, in the order they stand."""
    if isinstance(content, list):
        return [code for part in content for code in _actions(part)]
    if not isinstance(content, dict):
        return []
    if content.get("url") == REVIEW_ACTION_CODE:
        return [content["valueCodeableConcept"]["coding"][0]["code"]]
    return [code for part in content.values() for code in _actions(part)]


@pytest.mark.parametrize("recipient", ["member", "provider"])
def test_the_letter_says_all_that_it_must(desk: Desk, recipient: str) -> None:
    notice = _letter(desk, recipient)

    page = _document(desk, notice, "html").decode()
    pdf = _document(desk, notice, "pdf")

    for said in (WHY, INSTEAD, "Irene Falk, MD", "licensed in MD (number D0040148)", "lumbar-spine-mri, version 1.0.0"):
        assert said in page, said
    assert ("Your right to appeal" if recipient == "member" else "External review") in page
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 2
    assert desk.get(f"/um/v1/notices/{notice['id']}")["pdfSha256"]
    assert notice["lineOfBusiness"] == "COMM"
    assert [flag for flag in notice["flags"] if flag.startswith("grade")] == []


def test_the_clock_stops_when_the_mail_house_says_that_the_letter_arrived(desk: Desk) -> None:
    (running,) = desk.clocks(ClockKind.DECISION)
    assert (running.is_running, running.told) == (True, ("provider",))
    notice = _letter(desk, "member")
    for outcome in ("sent", "delivered"):
        desk.house.time.now += timedelta(hours=6)
        body = {"outcome": outcome, "channel": "mail", **INTAKE}
        desk.post(f"/um/v1/notices/{notice['id']}/deliveries", body)

    (stopped,) = desk.clocks(ClockKind.DECISION)
    assert (stopped.is_running, stopped.outcome) == (False, ClockOutcome.MET)
    assert all(clock.outcome is ClockOutcome.MET for clock in desk.clocks(ClockKind.NOTICE_WRITTEN))
    assert desk.get(f"/um/v1/cases/{desk.case_id}")["lines"][0]["standing"] == "notified"


def test_every_move_is_in_the_history_and_in_the_log(desk: Desk) -> None:
    events = desk.get(f"/um/v1/cases/{desk.case_id}/events")["events"]
    moves = [move for event in events for move in event["moves"]]
    with desk.house.deps.open_reading() as work:
        rows = work.audit.search(("harbor",), AuditSearch(case_id=desk.case_id, limit=200))
    actions = {row.entry.action for row in rows}

    assert moves == ["T1", "T3", "T6", "T9", "T12", *["T14"] * 4, "T17", *["T19"] * 6]
    assert {
        "POST /fhir/Claim/$submit",
        "POST /um/v1/cases/<case_id>/decisions",
        "POST /um/v1/cases/<case_id>/peer-to-peers/<call_id>/steps",
        "GET /um/v1/notices/<notice_id>/document",
        "POST /um/v1/notices/<notice_id>/deliveries",
        "give-notices",
        "notify",
    } <= actions
    assert desk.house.deps.store.verify().faults == []

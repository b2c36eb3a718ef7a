"""An expedited request from its receipt to the letter that tells of it, inside its clock, and the same clock missed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fhir_um.usecases.housekeeping import tend
from tests.houses import House, house
from tests.stories.desks import EXCEPTION, FALK, FHIR, LAKE, REED, Desk

NOTES = Path("asked-for-notes")
URGENT = {'"code": "normal"': '"code": "stat"'}
IVAN = {
    "H1210-8209": "H1504-5530",
    '"Varga"': '"Petrov"',
    '"Judit"': '"Ivan"',
    "judit-varga": "ivan-petrov",
    "1210": "1504",
}
"""The member of that story as one under Medicare Advantage, where time may be extended."""


@pytest.fixture
def made(sqlite_template: Path, tmp_path: Path) -> Iterator[House]:
    with house(sqlite_template, tmp_path) as made:
        made.time.now = datetime(2026, 11, 2, 15, tzinfo=UTC)  # the day the requests were written for
        yield made


@pytest.fixture
def desk(made: House) -> Desk:
    born = {'"birthDate": "1982-09-14"': '"birthDate": "1947-02-09"'}
    return Desk(made, NOTES / "01-submit.request.json", **IVAN, **URGENT, **born)


def test_an_expedited_request_is_decided_and_told_inside_its_clock(made: House, desk: Desk) -> None:
    received = desk.now
    clock = desk.decision_clock()
    assert (clock["ruleId"], clock["dueAt"]) == ("D03", (received + timedelta(hours=72)).isoformat())
    assert "72" in clock["why"] and "42 CFR 422.572" in clock["source"]

    desk.pass_time(hours=2)
    note = {"loinc": "34117-2", "label": "Note of the visit that led to the referral"}
    desk.rule(REED, "request-information", "need-patient-info", "Please send the referring note.", documents=[note])
    assert desk.case()["lines"][0]["state"] == "pended-info"
    assert desk.decision_clock()["dueAt"] == clock["dueAt"], "asking does not stop this clock"

    desk.pass_time(hours=6)
    told = desk.get(f"/fhir/ClaimResponse/{desk.id}", FHIR)
    asked = next(one for one in told["contained"] if one["resourceType"] == "CommunicationRequest")
    attachment = desk.message(NOTES / "05-attach.resource.json")
    number = asked["identifier"][0]["value"]
    desk.post("/fhir/$submit-attachment", attachment.replace("CONTROL-NUMBER", number), FHIR)
    assert desk.case()["lines"][0]["state"] == "nurse-review"

    desk.rule(REED, "refer-physician", "needs-medical-review", "The note does not name a diagnosis.")
    desk.act("openings", FALK)
    soon = (desk.now + timedelta(hours=3)).isoformat()
    offered = desk.act("peer-to-peers", FALK, step="offer", lines=[1], slots=[soon])
    call = f"peer-to-peers/{offered['review']['peerToPeers'][0]['id']}/steps"
    desk.act(call, LAKE, step="request", clinician="Miriam Adler")
    desk.act(call, LAKE, step="schedule", scheduledAt=soon, physician=FALK["reviewer"])

    proposed = desk.act(
        "extensions",
        REED,
        lines=[1],
        ground="member-request",
        days=2,
        text="The member asks to wait for the call with his doctor.",
    )
    desk.act(f"extensions/{proposed['review']['extensions'][0]['id']}/steps", FALK, step="grant")
    extended = desk.decision_clock()
    assert extended["dueAt"] == (received + timedelta(hours=72, days=2)).isoformat()
    assert desk.case()["lines"][0]["dueAt"] == extended["dueAt"]

    desk.pass_time(hours=3)
    said = {"participants": ["Miriam Adler", "Irene Falk"], "minutes": 9, "newFacts": "none", "outcome": "overturned"}
    desk.act(call, FALK, step="complete", **said)
    desk.pass_time(hours=54)
    assert desk.case()["review"]["alarms"] == [], "not yet three quarters of the time that was given"
    decided = desk.rule(FALK, "approve", "criteria-met", basis=EXCEPTION)
    assert decided["lines"][0]["state"] == "approved"
    assert desk.decision_clock()["stoppedAt"] is None, "decided is not told"

    tend(made.deps)
    letters = desk.get(f"/um/v1/cases/{desk.id}/notices")["notices"]
    approval = {one["recipient"]: one for one in letters if one["kind"] == "approval"}
    assert {kind: one["status"] for kind, one in approval.items()} == {"provider": "sent", "member": "ready"}
    assert {one["kind"] for one in letters} == {"information-request", "extension", "approval"}
    sent = {"outcome": "sent", "channel": "mail", **LAKE}
    desk.post(f"/um/v1/notices/{approval['member']['id']}/deliveries", sent)

    clock = desk.decision_clock()
    assert (clock["outcome"], clock["stoppedAt"]) == ("met", desk.now.isoformat())
    assert datetime.fromisoformat(clock["stoppedAt"]) < datetime.fromisoformat(clock["dueAt"])
    answer = desk.get(f"/fhir/ClaimResponse/{desk.id}", FHIR)
    assert answer["preAuthRef"] or answer["item"]
    assert made.deps.store.verify().faults == []


def test_a_missed_clock_is_told_and_escalated_and_never_a_denial(made: House, desk: Desk) -> None:
    due = datetime.fromisoformat(desk.decision_clock()["dueAt"])
    whole = due - desk.now
    seen = []
    for share in (0.74, 0.76, 0.91, 1.01):
        made.time.now = due - whole + whole * share
        tend(made.deps)
        tend(made.deps)
        alarms = [one for one in desk.case()["review"]["alarms"] if one["kind"] == "decision"]
        seen.append([alarm["percent"] for alarm in alarms])

    assert seen == [[], [75], [75, 90], [75, 90, 100]], "each is told once"
    case = desk.case()
    assert case["lines"][0]["state"] in {"nurse-review", "pended-info"}
    assert case["version"] == 1, "who decides meets no conflict with an alarm"
    assert alarms[-1]["lateEffect"]
    late = desk.get("/um/v1/worklists/late")["items"]
    assert [row["caseId"] for row in late] == [desk.id]

    desk.act("openings", FALK)
    desk.rule(FALK, "approve", "criteria-met", basis=EXCEPTION)
    tend(made.deps)
    letters = desk.get(f"/um/v1/cases/{desk.id}/notices")["notices"]
    member = next(one for one in letters if one["kind"] == "approval" and one["recipient"] == "member")
    desk.post(f"/um/v1/notices/{member['id']}/deliveries", {"outcome": "sent", "channel": "mail", **LAKE})

    assert desk.decision_clock()["outcome"] == "late"
    assert desk.get("/um/v1/worklists/late")["items"] == []
    assert made.deps.store.verify().faults == []

"""A row of the audit log as an AuditEvent that FHIR's own definition finds no fault in."""

import json
from dataclasses import replace

import pytest

from fhir_um.cases.auditing import Act, AuditEntry, AuditRow, Purpose, Subject
from fhir_um.cases.model import CaseId, MemberId, PayerId
from fhir_um.translate.audit_out import audit_bundle, audit_event
from profiles.validating.validator import Validator, shipped_library
from tests.builders import AT

FULL = AuditEntry(
    at=AT,
    action="GET /um/v1/cases/<case_id>",
    act=Act.READ,
    status=200,
    client_id="desk",
    person="person-1",
    role="nurse,physician",
    on_behalf_of="clinic",
    detail="attachment:1",
    request_id="r-1",
    remote="203.0.113.9",
    purpose=Purpose.EMERGENCY.value,
    emergency="grant-1",
    subjects=(Subject(PayerId("harbor"), MemberId("m-1"), CaseId("case-1"), 2),),
)
BARE = AuditEntry(at=AT, action="command seed", act=Act.EXECUTE)


@pytest.mark.parametrize(
    "entry",
    [FULL, BARE, replace(BARE, outcome="not-allowed", status=403), replace(FULL, outcome="broken", status=500)],
    ids=["full", "bare", "refused", "broken"],
)
def test_every_row_is_valid(entry: AuditEntry) -> None:
    bundle = json.loads(audit_bundle([AuditRow(7, entry, "", "0" * 64)], "https://payer.example/um/v1/audit"))

    found = Validator(shipped_library(), "hl7.fhir.us.davinci-pas#2.2.1").check(bundle)

    assert [issue for issue in found if issue.severity == "error"] == []
    assert bundle["entry"][0]["resource"]["resourceType"] == "AuditEvent"


def test_who_what_whom_when_where_and_why() -> None:
    event = audit_event(AuditRow(7, FULL, "", ""))

    assert (event["id"], event["action"], event["outcome"]) == ("7", "R", "0")
    assert event["recorded"].startswith("2026-03-02T15:00:00")
    asking, client, organisation = event["agent"]
    assert asking["who"]["identifier"]["value"] == "person-1"
    assert [role["text"] for role in asking["role"]] == ["nurse", "physician"]
    assert asking["network"] == {"address": "203.0.113.9", "type": "2"}
    assert [one["who"]["identifier"]["value"] for one in (client, organisation)] == ["desk", "clinic"]
    assert [one["what"]["identifier"]["value"] for one in event["entity"]] == ["m-1", "case-1", "r-1"]
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "BTG"


def test_how_it_ended() -> None:
    ends = {"answered": ("0", 200), "not-found": ("4", 404), "broken": ("8", 500)}

    told = {
        outcome: audit_event(AuditRow(1, replace(BARE, outcome=outcome, status=status), "", ""))["outcome"]
        for outcome, (_, status) in ends.items()
    }

    assert told == {outcome: code for outcome, (code, _) in ends.items()}


def test_nothing_found_is_a_bundle_without_entries() -> None:
    assert "entry" not in json.loads(audit_bundle([], "https://payer.example/um/v1/audit"))

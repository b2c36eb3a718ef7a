"""What our own API answers about a desk's work, letters, authorizations, rules and figures: one example of each.

People, numbers and counts are invented. Must not know who asks for them.
"""

from typing import Any

from fhir_um.api.shapes.example_cases import AT, CASE_ID, DUE, HCPCS, LATER, NUMBER, PERIOD, POLICY, SERVICE

_MONTH: dict[str, Any] = {"from": "2026-10-21T04:00:00+00:00", "until": "2026-11-20T05:00:00+00:00", "asOf": AT}
_HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

PA_LIST_ROW = {
    "system": HCPCS,
    "code": "E1390",
    "label": "Oxygen concentrator",
    "policyId": POLICY["policyId"],
    "title": POLICY["title"],
    "outcome": "prior authorization",
    "plans": [],
}
QUEUE = {
    "queue": "nurse-dme",
    "title": "Nurse: equipment",
    "roles": ["nurse", "therapist"],
    "waiting": 12,
    "unassigned": 5,
    "dueAt": DUE,
}
WORK_ITEM = {
    "caseId": CASE_ID,
    "payerId": "harbor",
    "queue": "nurse-dme",
    "version": 1,
    "lines": [1],
    "state": "nurse-review",
    "priority": "standard",
    "dueAt": DUE,
    "receivedAt": AT,
    "since": AT,
    "reviewType": "prospective",
    "lineOfBusiness": "MA",
    "specialty": "",
    "code": "E1390",
    "policyId": POLICY["policyId"],
    "flags": [],
    "assignee": "nurse-joan-petit",
    "assignedAt": LATER,
    "lock": {"by": "nurse-joan-petit", "until": "2026-11-20T15:15:00+00:00", "reason": None},
    "escalation": None,
}
NOTICE = {
    "id": "0192d0d0-notice",
    "payerId": "harbor",
    "caseId": CASE_ID,
    "caseVersion": 2,
    "event": 4,
    "kind": "approval",
    "recipient": "member",
    "lines": [1],
    "lineOfBusiness": "MA",
    "state": "OH",
    "template": "approval",
    "templateVersion": "1",
    "status": "sent",
    "channel": "mail",
    "createdAt": LATER,
    "changedAt": "2026-11-20T21:00:00+00:00",
    "whyHeld": "",
    "readingGrade": 4.1,
    "flags": [],
    "sha256": _HASH,
    "pdfSha256": "",
}
NOTICE_WITH_TRIES = {
    **NOTICE,
    "deliveries": [
        {
            "sequence": 1,
            "at": "2026-11-20T21:00:00+00:00",
            "channel": "mail",
            "outcome": "sent",
            "by": "intake-max-reed",
            "note": "With the evening mail.",
            "notedAt": "2026-11-20T21:04:10+00:00",
        }
    ],
}
NOTICES_OF_CASE = {"notices": [NOTICE], "lines": [{"line": 1, "standing": "active", "whyNoNotice": ""}]}
_RULE = {"ruleId": "D01", "source": "42 CFR 422.568(b)(1)(ii)"}
_GROUNDS = ["member-request", "noncontract-information", "extraordinary"]
CLOCK = {
    "line": 1,
    "kind": "decision",
    **_RULE,
    "why": "7 calendar days from receipt",
    "startAt": AT,
    "dueAt": DUE,
    "timeZone": "America/New_York",
    "dayMethod": "earliest",
    "extensionDays": 0,
    "tolls": [],
    "stoppedAt": None,
    "outcome": None,
    "alarm": 0,
    "nextAlarmAt": "2026-11-26T01:15:00+00:00",
    "considered": [
        {
            **_RULE,
            "authority": "federal",
            "sets": True,
            "state": "",
            "why": "7 calendar days from receipt",
            "startAt": AT,
            "dueAt": DUE,
            "limit": 7,
            "unit": "calendar_days",
            "dayMethod": "earliest",
            "extensionGrounds": _GROUNDS,
        }
    ],
}
CLOCK_RULE = {
    "id": "D01",
    "kind": "decision",
    "authority": "federal",
    "linesOfBusiness": ["MA"],
    "states": [],
    "reviewTypes": ["concurrent", "prospective"],
    "priorities": ["standard"],
    "start": "receipt",
    "limit": 7,
    "unit": "calendar_days",
    "dayMethod": "earliest",
    "extensionDays": 14,
    "extensionGrounds": _GROUNDS,
    "tolling": "none",
    "lateEffect": "A decision that is not made and told in time is an adverse organization determination.",
    "source": _RULE["source"],
    "effectiveFrom": "2026-01-01",
    "effectiveTo": None,
    "enabled": True,
}
FORECAST = {
    "payerId": "harbor",
    "timeZone": "America/New_York",
    "desks": [
        {
            "desk": "nurse",
            "open": 12,
            "openByState": {"nurse-review": 12},
            "overdue": 0,
            "decided": 96,
            "decidedPerWorkingHour": 1.2,
            "willBeLate": 1,
            "clearedAt": "2026-11-24T19:00:00+00:00",
            "late": [
                {
                    "caseId": CASE_ID,
                    "line": 1,
                    "state": "nurse-review",
                    "dueAt": DUE,
                    "expectedAt": "2026-11-28T15:00:00+00:00",
                }
            ],
        }
    ],
}
REVIEWER = {
    "npi": "1910200405",
    "payerId": "harbor",
    "name": "Irene Falk",
    "kind": "MD",
    "isPhysician": True,
    "specialties": ["207RP1001X"],
    "licences": [{"state": "OH", "number": "35.100001", "period": {"start": "2024-01-01", "end": "2027-12-31"}}],
    "attested": {"start": "2026-01-01", "end": "2026-12-31"},
    "hasValidLicence": True,
    "hasAttested": True,
}
_POLICY = {
    "id": POLICY["policyId"],
    "version": POLICY["policyVersion"],
    "title": POLICY["title"],
    "hash": _HASH,
    "effective": {"start": "2026-01-01", "end": None},
    "linesOfBusiness": ["MA"],
    "specialty": "",
    "outcome": "prior authorization",
}
POLICY_ROW = {**_POLICY, "codes": 1}
WHOLE_POLICY = {
    **_POLICY,
    "codes": [{"system": HCPCS, "code": "E1390", "label": "Oxygen concentrator"}],
    "facts": [{"id": "saturation", "label": "oxygen saturation at rest", "type": "number"}],
    "criteria": {"id": "low", "text": "At most 88 %", "fact": "saturation", "op": "at_most", "value": "88"},
    "outcomes": {"met": "approve", "unknown": "pend-documents", "unmet": "pend-review"},
    "exclusions": [],
    "documents": [
        {"loinc": "24336-0", "label": "Arterial blood gas or oximetry report", "required": True, "shows": []}
    ],
    "sources": [{"title": "Home use of oxygen", "text": "Coverage criteria.", "url": "https://www.cms.gov"}],
}
_AUTHORIZATION = {
    "number": NUMBER,
    "payerId": "harbor",
    "caseId": CASE_ID,
    "line": 1,
    "memberId": "nora-whitfield",
    "state": "approved",
    "service": SERVICE,
    "modifiers": [],
    "period": PERIOD,
    "providers": ["1910010010"],
    "placesOfService": [],
    "units": {"unit": "", "opening": "3", "used": "1", "remaining": "2"},
}
_USE: dict[str, Any] = {
    "useId": "claim-2026-001.1",
    "number": NUMBER,
    "dateOfService": "2026-12-01",
    "units": "1",
    "providerNpi": "1910010010",
    "recordedAt": "2026-12-02T09:00:00+00:00",
    "recordedBy": "harbor-claims",
    "reversedAt": None,
    "reversedBy": None,
}
AUTHORIZATION = {**_AUTHORIZATION, "uses": [_USE]}
TAKEN_BACK = {
    **_AUTHORIZATION,
    "units": {"unit": "", "opening": "3", "used": "0", "remaining": "3"},
    "uses": [{**_USE, "reversedAt": "2026-12-03T09:00:00+00:00", "reversedBy": "harbor-claims"}],
}
MATCHED = {"matched": [{**_AUTHORIZATION, "exceptions": []}], "near": [], "exceptions": []}
AUDIT_ROW = {
    "sequence": 4711,
    "at": "2026-11-20T15:00:00Z",
    "payerId": "harbor",
    "clientId": "harbor-desk",
    "person": "dr-irene-falk",
    "role": "physician",
    "action": "POST /um/v1/cases/<case_id>/decisions",
    "outcome": "answered",
    "status": 200,
    "requestId": "c0ffee00-0000-4000-8000-000000000001",
    "subjects": [{"payerId": "harbor", "memberId": "nora-whitfield", "caseId": CASE_ID, "version": 2}],
    "previousHash": _HASH,
    "hash": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
}
DISCLOSURE = {
    "at": "2026-11-20T15:00:05Z",
    "row": 4712,
    "recipient": "lakeside-ehr",
    "outside": True,
    "what": "notify",
    "cases": [f"{CASE_ID} version 2"],
    "why": "COVAUTH",
}
EMERGENCY = {
    "id": "0192d0d1-emergency",
    "person": {"id": "nurse-joan-petit", "name": "Joan Petit"},
    "payers": ["harbor"],
    "reason": "The system of record is down and a discharge waits.",
    "ticket": "INC-2041",
    "case": None,
    "grantedAt": AT,
    "endsAt": LATER,
    "reviewDueAt": "2026-11-23T14:02:11+00:00",
    "isOverdue": False,
    "reviewedBy": None,
    "reviewedAt": None,
    "finding": None,
}
PUBLIC_REPORT = {
    "payerId": "harbor",
    "payer": "Harbor Mutual",
    "year": 2026,
    **_MONTH,
    "final": False,
    "groups": [{"level": "contract", "id": "H0001", "name": "H0001", "counts": {"decided": 412}, "measures": []}],
}
OPERATIONS = {
    "payerId": "harbor",
    **_MONTH,
    "figures": [
        {"id": "K01", "name": "Requests received", "numerator": 412, "denominator": None, "value": 412, "hidden": False}
    ],
}

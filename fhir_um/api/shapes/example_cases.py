"""A case of somebody invented, its history, and what people did about it, as our own API answers.

Every entry stands for itself: together they are no story. Must not know who asks for them.
"""

from typing import Any

CASE_ID = "0192d0c4-5a3e-7c11-9a07-3f6b1d2e4c58"
AT, LATER, DUE = "2026-11-20T14:02:11+00:00", "2026-11-20T15:00:00+00:00", "2026-11-28T04:59:59+00:00"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
SERVICE = {"codes": [{"system": HCPCS, "code": "E1390"}], "text": ""}
PERIOD = {"start": "2026-11-20", "end": "2027-02-17"}
NUMBER = "HV7K2M9Q4R"
POLICY = {"policyId": "home-oxygen", "policyVersion": "1.0.0", "title": "Home oxygen"}

PHYSICIAN = {"id": "dr-irene-falk", "role": "physician", "human": True, "npi": "1910200405"}
_NURSE = {"id": "nurse-joan-petit", "role": "nurse", "human": True, "npi": ""}
_MANAGER = {"id": "manager-ana-soto", "role": "operations-manager", "human": True, "npi": ""}
_OFFICER = {"id": "officer-lee-brandt", "role": "compliance-privacy", "human": True, "npi": ""}
_INTAKE = {"id": "intake-max-reed", "role": "intake", "human": True, "npi": ""}
_REPORT = {"loinc": "24336-0", "label": "Arterial blood gas or oximetry report"}
_ASKED = "Please send the report of the oxygen test taken at rest."
_DECIDED: dict[str, Any] = {"proposedAt": AT, "decidedAt": LATER, "note": ""}

CASE_ROW = {
    "id": CASE_ID,
    "version": 1,
    "status": "pended",
    "payerId": "harbor",
    "sender": "lakeside-ehr",
    "receivedAt": AT,
    "priority": "standard",
    "lineOfBusiness": "MA",
    "dueAt": DUE,
    "lineStates": {"1": "nurse-review"},
}
DRAFT = {
    "id": "0192d0c9-draft",
    "lines": [1],
    "state": "issued",
    "documents": [_REPORT],
    "text": _ASKED,
    "by": _NURSE,
    "at": AT,
    "releasedBy": _NURSE,
}
INFORMATION_REQUEST = {
    "id": "0192d0c9-request",
    "line": 1,
    "state": "issued",
    "documents": [_REPORT],
    "outstanding": [_REPORT],
    "text": _ASKED,
    "by": _NURSE,
    "issuedAt": AT,
    "dueAt": "2026-11-24T09:30:00+00:00",
    "endedAt": None,
}
CALL = {
    "id": "0192d0ca-call",
    "lines": [1],
    "state": "completed",
    "openedBy": _NURSE,
    "openedAt": AT,
    "expiresAt": DUE,
    "slots": [LATER],
    "scheduledAt": LATER,
    "physician": PHYSICIAN,
    "clinician": "1910010010",
    "participants": ["Dr. Falk", "Dr. Ortega"],
    "minutes": 12,
    "newFacts": "The test was repeated at rest on November 18.",
    "outcome": "overturned",
    "endedAt": LATER,
    "note": "",
}
OPINION = {
    "id": "0192d0cb-opinion",
    "line": 1,
    "state": "asked",
    "specialty": "208100000X",
    "question": "Is the home program enough at this stage of recovery?",
    "askedBy": PHYSICIAN,
    "askedAt": AT,
    "specialist": None,
    "noConflict": False,
    "opinion": "",
    "recommends": "",
    "endedAt": None,
}
EXTENSION = {
    "id": "0192d0cc-extension",
    "lines": [1],
    "state": "granted",
    "ground": "member-request",
    "text": "The member asked to wait until the test next week.",
    "days": 10,
    "proposedBy": _NURSE,
    "decidedBy": _MANAGER,
    "dueBefore": {"1": DUE},
    **_DECIDED,
}
VOIDING = {
    "id": "0192d0cd-voiding",
    "lines": [1],
    "state": "confirmed",
    "reason": "The request was entered for the wrong member.",
    "proposedBy": _MANAGER,
    "decidedBy": _OFFICER,
    **_DECIDED,
}
PRIORITY_REQUEST = {
    "id": "0192d0ce-priority",
    "askedBy": "the ordering physician",
    "askedAt": AT,
    "supportedByPhysician": True,
    "granted": True,
    "lowered": False,
    "text": "The member leaves the hospital tomorrow and cannot wait a week.",
    "by": _INTAKE,
}
_REVIEW = {
    "openings": [{"id": "0192d0c8-opening", "by": _NURSE, "at": AT}],
    "readings": [],
    "informationDrafts": [DRAFT],
    "peerToPeers": [],
    "opinions": [],
    "extensions": [],
    "voidings": [],
    "priorityRequests": [],
    "alarms": [],
    "notices": [],
}
_LINE = {
    "sequence": 1,
    "state": "nurse-review",
    "service": SERVICE,
    "modifiers": [],
    "quantity": {"value": "1", "unit": ""},
    "serviced": PERIOD,
    "decision": {
        "at": AT,
        "by": {"id": "engine", "role": "engine", "human": False, "npi": ""},
        "reason": "needs-medical-review",
        "text": "A clinician looks at the request.",
        "authorized": None,
        "secondSurgicalOpinion": None,
        "basis": None,
    },
    "authorizationNumber": "",
    "administrativeReference": "",
    "previousAuthorizationNumber": "",
    "takenOverBy": "",
    "issuedOn": None,
    "period": None,
    "dueAt": DUE,
    "documentsDueAt": None,
    "specialty": "",
    "documents": [],
    "findings": [],
    "standing": "pended",
}
CASE = {
    **CASE_ROW,
    "changedAt": AT,
    "reviewType": "prospective",
    "memberId": "nora-whitfield",
    "planId": "harbor-ma-oh",
    "requester": {"npi": "1910010010", "name": "Lakeside Lung Clinic"},
    "claimIdentifiers": [{"system": "urn:lakeside:claims", "value": "C-10021"}],
    "diagnoses": [{"codes": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J44.9"}], "text": ""}],
    "lines": [_LINE],
    "clocks": [{"line": 1, "ruleId": "D01", "source": "42 CFR 422.568(b)(1)(ii)", "startAt": AT, "dueAt": DUE}],
    "errors": [],
    "review": _REVIEW,
}
_CRITERION = {
    "id": "saturation",
    "label": "Oxygen saturation at rest of at most 88 %",
    "truth": "unknown",
    "found": [{"evidence": "Observation/oximetry-1", "value": "89", "unit": "%", "on": "2026-11-18"}],
    "reading": None,
}
_FINDING = {**POLICY, "truth": "unknown", "missing": ["saturation"], "criteria": [_CRITERION]}
ATTACHMENT = {
    "id": "0192d0cf-attachment",
    "caseId": CASE_ID,
    "caseVersion": 2,
    "lines": [1],
    "receivedAt": LATER,
    "sender": "lakeside-ehr",
    "trackingId": {"system": "urn:lakeside:tracking", "value": "T-77"},
    "adminRefNumber": None,
    "organizationId": None,
    "providerId": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1910010010"},
    "memberId": {"system": "urn:harbor:members", "value": "HMA-4471"},
    "serviceDate": "",
    "saidLines": ["1"],
    "final": True,
    "code": {"codes": [{"system": "http://loinc.org", "code": "24336-0"}], "text": ""},
    "type": {"codes": [], "text": ""},
    "kind": "document",
    "title": "Oximetry report",
    "mediaType": "application/pdf",
    "size": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "whyHeld": "",
    "matchedBy": "tracking id",
    "matchedAt": LATER,
}
WORKSHEET = {
    "id": CASE_ID,
    "version": 1,
    "lines": [
        {
            "sequence": 1,
            "state": "nurse-review",
            "why": "More information is needed to decide.",
            "findings": [_FINDING],
        }
    ],
    "answers": [
        {
            "evidence": "QuestionnaireResponse/form-1#stable",
            "form": "home-oxygen",
            "link": "stable",
            "value": True,
            "unit": "",
            "on": "2026-11-18",
        }
    ],
    "attachments": [ATTACHMENT],
}
MOVED = {
    "version": 2,
    "sequence": 4,
    "at": LATER,
    "kind": "line-moved",
    "line": 1,
    "from": "nurse-review",
    "to": "approved",
    "moves": ["T11"],
    "reason": "criteria-met",
}
EVENT = {**MOVED, "actor": PHYSICIAN}
FEED_EVENT = {
    "cursor": "rSLeQ9HuWyJldmVudHMiLCIwLjEyLjQiXQ",
    "payerId": "harbor",
    "caseId": CASE_ID,
    **MOVED,
    "role": "physician",
    "authorization": {
        "number": NUMBER,
        "administrativeReference": None,
        "takenOverBy": None,
        **PERIOD,
        "dueAt": None,
    },
    "request": None,
    "steps": [],
}

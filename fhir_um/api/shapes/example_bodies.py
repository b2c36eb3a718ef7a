"""What is sent to our own API, about people who were invented: one example for each body.

A test holds each against its shape. Must not know what is answered.
"""

from collections.abc import Mapping
from typing import Any

from fhir_um.api import (
    attachments,
    emergency,
    extensions,
    information_requests,
    ledger,
    notices,
    openings,
    opinions,
    peer_to_peers,
    priorities,
    reviewers,
    um,
    voidings,
    worklists,
)
from fhir_um.api.exchange import Handler

_NURSE = {"role": "nurse", "reviewer": {"id": "nurse-joan-petit"}}
_PHYSICIAN = {"role": "physician", "reviewer": {"id": "dr-irene-falk", "npi": "1910200405"}}
_PEER = {"role": "peer", "reviewer": {"id": "dr-omar-lind", "npi": "1999999980", "specialty": "208100000X"}}
_INTAKE = {"role": "intake", "reviewer": {"id": "intake-max-reed"}}
_MANAGER = {"role": "operations-manager", "reviewer": {"id": "manager-ana-soto"}}
_OFFICER = {"role": "compliance-privacy", "reviewer": {"id": "officer-lee-brandt"}}
_REPORT = {"loinc": "24336-0", "label": "Arterial blood gas or oximetry report"}

_ACTS: Mapping[Handler, Any] = {
    um.decide: {
        "version": 1,
        **_PHYSICIAN,
        "lines": [
            {
                "sequence": 1,
                "action": "approve",
                "reason": "criteria-met",
                "text": "The saturation at rest was measured in the chronic stable state, as the policy asks.",
            }
        ],
    },
    information_requests.draft: {
        "version": 1,
        **_NURSE,
        "lines": [1],
        "text": "Please send the report of the oxygen test taken at rest.",
        "documents": [_REPORT],
    },
    information_requests.step: {"version": 2, **_NURSE, "step": "release"},
    peer_to_peers.begin: {
        "version": 2,
        **_NURSE,
        "step": "offer",
        "lines": [1],
        "slots": ["2026-11-23T15:00:00Z", "2026-11-23T19:30:00Z"],
    },
    peer_to_peers.step: {
        "version": 4,
        **_PHYSICIAN,
        "step": "complete",
        "participants": ["Dr. Falk", "Dr. Ortega"],
        "minutes": 12,
        "newFacts": "The test was repeated at rest on November 18.",
        "outcome": "overturned",
    },
    opinions.ask: {
        "version": 2,
        **_PHYSICIAN,
        "line": 1,
        "specialty": "208100000X",
        "question": "Is the home program enough at this stage of recovery?",
    },
    opinions.step: {
        "version": 4,
        **_PEER,
        "step": "give",
        "opinion": "Supervised exercise is needed for the first six weeks.",
        "recommends": "approve",
    },
    extensions.propose: {
        "version": 2,
        **_NURSE,
        "lines": [1],
        "ground": "member-request",
        "days": 10,
        "text": "The member asked to wait until the test next week.",
    },
    extensions.step: {"version": 3, **_MANAGER, "step": "grant"},
    voidings.propose: {
        "version": 2,
        **_MANAGER,
        "lines": [1],
        "reason": "The request was entered for the wrong member.",
    },
    voidings.step: {"version": 3, **_OFFICER, "step": "confirm"},
    priorities.answer: {
        "version": 1,
        **_INTAKE,
        "step": "expedite",
        "askedBy": "the ordering physician",
        "supportedByPhysician": True,
        "text": "The member leaves the hospital tomorrow and cannot wait a week.",
    },
}

_WORK: Mapping[Handler, Any] = {
    openings.open_case: _NURSE,
    worklists.pull_next: _NURSE,
    worklists.assign_one: {**_MANAGER, "queue": "nurse-dme", "assignee": "nurse-joan-petit"},
    worklists.assign_many: {**_MANAGER, "from": "nurse-joan-petit", "queue": "nurse-dme", "to": "nurse-eva-holm"},
    worklists.lock_one: {**_NURSE, "queue": "nurse-dme"},
    worklists.send_to_supervisors: {**_NURSE, "reason": "Two requests about the same bed contradict each other."},
    notices.deliver: {
        **_INTAKE,
        "outcome": "sent",
        "channel": "mail",
        "at": "2026-11-20T21:00:00Z",
        "note": "With the evening mail.",
    },
    attachments.match: {**_INTAKE, "case": "0192d0c4-5a3e-7c11-9a07-3f6b1d2e4c58", "lines": [1], "final": True},
    reviewers.put: {
        "name": "Irene Falk",
        "kind": "MD",
        "specialties": ["207RP1001X"],
        "licences": [{"state": "OH", "number": "35.100001", "period": {"start": "2024-01-01", "end": "2027-12-31"}}],
        "attested": {"start": "2026-01-01", "end": "2026-12-31"},
    },
    ledger.match: {
        "identifiers": [{"value": "HMA-4471"}],
        "code": {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "E1390"},
        "dateOfService": "2026-12-01",
        "units": 1,
        "providerNpi": "1910010010",
    },
    ledger.record: {
        "useId": "claim-2026-001.1",
        "dateOfService": "2026-12-01",
        "units": 1,
        "providerNpi": "1910010010",
    },
    emergency.ask: {"reason": "The system of record is down and a discharge waits.", "ticket": "INC-2041"},
    emergency.review: {"finding": "Justified: the member was waiting to leave the hospital."},
}

BODIES: Mapping[Handler, Any] = {**_ACTS, **_WORK}

"""What is sent and answered, about people who were invented: examples for whoever reads the OpenAPI document.

A test holds each against its shape. Must not know how an answer is made.
"""

from collections.abc import Mapping
from typing import Any

from fhir_um.api import feed, openings, um
from fhir_um.api.exchange import Handler

_CASE = "0192d0c4-5a3e-7c11-9a07-3f6b1d2e4c58"
_REVIEWER = {"id": "dr-irene-falk", "npi": "1910200405"}

BODIES: Mapping[Handler, Any] = {
    openings.open_case: {"role": "nurse", "reviewer": {"id": "nurse-joan-petit"}},
    um.decide: {
        "version": 1,
        "role": "physician",
        "reviewer": _REVIEWER,
        "lines": [
            {
                "sequence": 1,
                "action": "approve",
                "reason": "criteria-met",
                "text": "The saturation at rest was measured in the chronic stable state, as the policy asks.",
            }
        ],
    },
}

_LINE = {
    "version": 2,
    "sequence": 4,
    "at": "2026-11-20T15:00:00+00:00",
    "kind": "line-moved",
    "line": 1,
    "from": "nurse-review",
    "to": "approved",
    "moves": ["T11"],
    "reason": "criteria-met",
}
_AUTHORIZATION = {
    "number": "HV7K2M9Q4R",
    "administrativeReference": None,
    "takenOverBy": None,
    "start": "2026-11-20",
    "end": "2027-02-17",
    "dueAt": None,
}

EXAMPLES: Mapping[Handler, Any] = {
    um.list_cases: {
        "cases": [
            {
                "id": _CASE,
                "version": 1,
                "status": "pended",
                "payerId": "harbor",
                "sender": "lakeside-ehr",
                "receivedAt": "2026-11-20T14:02:11+00:00",
                "priority": "standard",
                "lineOfBusiness": "medicare-advantage",
                "dueAt": "2026-11-28T04:59:59+00:00",
                "lineStates": {"1": "nurse-review"},
            }
        ],
        "next": None,
    },
    um.show_events: {
        "events": [
            {**_LINE, "actor": {"id": "dr-irene-falk", "role": "physician", "human": True, "npi": "1910200405"}},
        ]
    },
    feed.follow: {
        "events": [
            {
                "cursor": "rSLeQ9HuWyJldmVudHMiLCIwLjEyLjQiXQ",
                "payerId": "harbor",
                "caseId": _CASE,
                **_LINE,
                "role": "physician",
                "authorization": _AUTHORIZATION,
                "request": None,
                "steps": [],
            }
        ],
        "next": "rSLeQ9HuWyJldmVudHMiLCIwLjEyLjQiXQ",
    },
}

PROBLEM = {
    "type": "urn:fhir-um:problem:invalid",
    "title": "The request can be read and cannot be done",
    "status": 422,
    "instance": "urn:fhir-um:request:c0ffee00-0000-4000-8000-000000000001",
    "detail": "A denial needs a text for the member.",
    "errors": [{"code": "required", "detail": "A denial needs a text for the member.", "path": "lines[0].text"}],
}

"""What is answered, about people who were invented: one example per handler for whoever reads the OpenAPI document.

A test holds each against its shape. Must not know how an answer is made.
"""

from collections.abc import Mapping
from typing import Any

from fhir_um.api import (
    attachments,
    audit,
    clocks,
    emergency,
    extensions,
    feed,
    information_requests,
    ledger,
    measures,
    notices,
    openings,
    opinions,
    peer_to_peers,
    policies,
    priorities,
    reviewers,
    um,
    voidings,
    worklists,
)
from fhir_um.api.exchange import Handler
from fhir_um.api.shapes import example_cases as cases
from fhir_um.api.shapes import example_desk as desk
from fhir_um.api.shapes.answers import ACTS
from fhir_um.api.shapes.example_bodies import BODIES

__all__ = ["BODIES", "EXAMPLES", "PROBLEM"]

_ITEM = {"item": desk.WORK_ITEM}
_AUDIT_ROWS = {"rows": [desk.AUDIT_ROW]}
_ATTACHMENTS = {"attachments": [cases.ATTACHMENT]}

_OF_CASES: Mapping[Handler, Any] = {
    **dict.fromkeys(ACTS, cases.CASE),
    um.list_cases: {"cases": [cases.CASE_ROW], "next": None},
    um.show_events: {"events": [cases.EVENT]},
    feed.follow: {"events": [cases.FEED_EVENT], "next": cases.FEED_EVENT["cursor"]},
    openings.open_case: cases.WORKSHEET,
    attachments.worksheet: cases.WORKSHEET,
    attachments.list_of_case: _ATTACHMENTS,
    attachments.list_held: _ATTACHMENTS,
    information_requests.list_requests: {
        "informationRequests": [cases.INFORMATION_REQUEST],
        "drafts": [cases.DRAFT],
    },
    peer_to_peers.list_calls: {"peerToPeers": [{**cases.CALL, "ruledAfter": [1]}]},
    opinions.list_opinions: {"opinions": [cases.OPINION]},
    extensions.list_extensions: {"extensions": [cases.EXTENSION]},
    voidings.list_voidings: {"voidings": [cases.VOIDING]},
    priorities.list_requests: {"priorityRequests": [cases.PRIORITY_REQUEST]},
}

_OF_DESKS: Mapping[Handler, Any] = {
    um.pa_list: {"services": [desk.PA_LIST_ROW]},
    worklists.list_queues: {"queues": [desk.QUEUE]},
    worklists.show: {"items": [desk.WORK_ITEM], "next": None},
    worklists.pull_next: _ITEM,
    worklists.assign_one: _ITEM,
    worklists.assign_many: {"items": [desk.WORK_ITEM], "locked": 0, "more": False},
    worklists.lock_one: _ITEM,
    worklists.unlock_one: {"item": {**desk.WORK_ITEM, "lock": None}},
    worklists.send_to_supervisors: _ITEM,
    notices.list_of_case: desk.NOTICES_OF_CASE,
    notices.list_all: {"notices": [desk.NOTICE], "next": None},
    notices.show: desk.NOTICE_WITH_TRIES,
    notices.deliver: desk.NOTICE_WITH_TRIES,
    clocks.show: {"clocks": [desk.CLOCK]},
    clocks.rules: {"rules": [desk.CLOCK_RULE]},
    clocks.forecast: {"payers": [desk.FORECAST]},
    policies.list_all: {"policies": [desk.POLICY_ROW]},
    policies.show: desk.WHOLE_POLICY,
    reviewers.list_all: {"reviewers": [desk.REVIEWER]},
    reviewers.put: desk.REVIEWER,
    ledger.match: desk.MATCHED,
    ledger.show: {**desk.AUTHORIZATION, "standing": "active"},
    ledger.record: desk.AUTHORIZATION,
    ledger.take_back: desk.TAKEN_BACK,
    audit.search: _AUDIT_ROWS,
    audit.search_by_form: _AUDIT_ROWS,
    audit.disclosures: {"disclosures": [desk.DISCLOSURE]},
    emergency.ask: desk.EMERGENCY,
    emergency.list_all: {"emergencyAccess": [desk.EMERGENCY]},
    emergency.review: {
        **desk.EMERGENCY,
        "reviewedBy": "officer-lee-brandt",
        "reviewedAt": cases.LATER,
        "finding": "Justified: the member was waiting to leave the hospital.",
    },
    measures.prior_authorization: {"reports": [desk.PUBLIC_REPORT]},
    measures.operations: desk.OPERATIONS,
}

EXAMPLES: Mapping[Handler, Any] = {**_OF_CASES, **_OF_DESKS}
"""Answers whose rows have no shape of ours (records of calls and of requests, alerts) are not shown."""

PROBLEM = {
    "type": "urn:fhir-um:problem:invalid",
    "title": "The request can be read and cannot be done",
    "status": 422,
    "instance": "urn:fhir-um:request:c0ffee00-0000-4000-8000-000000000001",
    "detail": "A denial needs a text for the member.",
    "errors": [{"code": "required", "detail": "A denial needs a text for the member.", "path": "lines[0].text"}],
}

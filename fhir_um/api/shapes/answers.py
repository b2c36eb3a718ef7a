"""Which shape the JSON answer of each handler of our own API has: one row per handler. Must not know how it is made."""

from collections.abc import Mapping

from fhir_um.api import (
    attachments,
    audit,
    clocks,
    emergency,
    extensions,
    feed,
    hooks,
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
from fhir_um.api.shapes.cases import CASE_SHAPES
from fhir_um.api.shapes.desk import DESK_SHAPES, LETTERS_OF_CASE
from fhir_um.api.shapes.reviews import REVIEW_SHAPES
from fhir_um.api.shapes.watching import ALERTS, DISCLOSURES, WATCHING_SHAPES
from fhir_um.api.shapes.words import ANYTHING, TEXT, Schema, many, maybe, page, record, shape

SHAPES: dict[str, Schema] = CASE_SHAPES | REVIEW_SHAPES | DESK_SHAPES | WATCHING_SHAPES

_CASE = shape("Case")
_ATTACHMENTS = record({"attachments": many(shape("Attachment"))})
_ITEM = record({"item": shape("WorkItem")})
ACTS: tuple[Handler, ...] = (
    um.show_case,
    um.decide,
    attachments.match,
    information_requests.draft,
    information_requests.step,
    peer_to_peers.begin,
    peer_to_peers.step,
    opinions.ask,
    opinions.step,
    extensions.propose,
    extensions.step,
    voidings.propose,
    voidings.step,
    priorities.answer,
)
"""Each answers with the whole case as it stands then."""

_PUBLIC_ROW = record(
    {"system": TEXT, "code": TEXT, "label": TEXT, "policyId": TEXT, "title": TEXT, "outcome": TEXT, "plans": many(TEXT)}
)
_AUDIT_ROWS = record({"rows": many(shape("AuditRow"))})
_MOVED = record({"items": many(shape("WorkItem")), "locked": ANYTHING, "more": ANYTHING})
_REQUESTS = {"informationRequests": many(shape("InformationRequest")), "drafts": many(shape("InformationDraft"))}
_FORECAST = record({"payers": many(shape("PayerForecast"))})

ANSWERS: Mapping[Handler, Schema] = {
    **dict.fromkeys(ACTS, _CASE),
    um.pa_list: record({"services": many(_PUBLIC_ROW)}),
    um.list_cases: page("cases", shape("CaseRow")),
    um.show_events: record({"events": many(shape("Event"))}),
    feed.follow: shape("Feed"),
    openings.open_case: shape("Worksheet"),
    attachments.worksheet: shape("Worksheet"),
    attachments.list_of_case: _ATTACHMENTS,
    attachments.list_held: _ATTACHMENTS,
    worklists.list_queues: record({"queues": many(shape("Queue"))}),
    worklists.show: page("items", shape("WorkItem")),
    worklists.pull_next: record({"item": maybe(shape("WorkItem"))}),
    **dict.fromkeys(
        (worklists.assign_one, worklists.lock_one, worklists.unlock_one, worklists.send_to_supervisors), _ITEM
    ),
    worklists.assign_many: _MOVED,
    information_requests.list_requests: record(_REQUESTS),
    peer_to_peers.list_calls: record({"peerToPeers": many(shape("PeerToPeer"))}),
    opinions.list_opinions: record({"opinions": many(shape("Opinion"))}),
    extensions.list_extensions: record({"extensions": many(shape("Extension"))}),
    voidings.list_voidings: record({"voidings": many(shape("Voiding"))}),
    priorities.list_requests: record({"priorityRequests": many(shape("PriorityRequest"))}),
    notices.list_of_case: LETTERS_OF_CASE,
    notices.list_all: page("notices", shape("Notice")),
    notices.show: shape("Notice"),
    notices.deliver: shape("Notice"),
    clocks.show: record({"clocks": many(shape("Clock"))}),
    clocks.rules: record({"rules": many(shape("ClockRule"))}),
    clocks.forecast: _FORECAST,
    policies.list_all: record({"policies": many(shape("PolicyRow"))}),
    policies.show: shape("Policy"),
    reviewers.list_all: record({"reviewers": many(shape("Reviewer"))}),
    reviewers.put: shape("Reviewer"),
    ledger.match: shape("Matched"),
    ledger.show: shape("Authorization"),
    ledger.record: shape("Authorization"),
    ledger.take_back: shape("Authorization"),
    audit.search: _AUDIT_ROWS,
    audit.search_by_form: _AUDIT_ROWS,
    audit.alerts: ALERTS,
    audit.disclosures: DISCLOSURES,
    hooks.explain: record({"invocation": maybe({"type": "object"}), "assertions": many({"type": "object"})}),
    measures.prior_authorization: record({"reports": many(shape("PublicReport"))}),
    measures.operations: shape("OperationsReport"),
    measures.pas: page("records", {"type": "object"}),
    measures.crd: record({"records": many({"type": "object"}), "measures": many({"type": "object"})}),
    emergency.ask: shape("EmergencyAccess"),
    emergency.list_all: record({"emergencyAccess": many(shape("EmergencyAccess"))}),
    emergency.review: shape("EmergencyAccess"),
}
"""Read by `openapi`; a test holds it against the route table, and stories and the fuzzer against what is answered."""

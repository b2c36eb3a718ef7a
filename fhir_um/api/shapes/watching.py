"""The shapes of what others follow and watch: the event feed, the audit log, emergency access, measures, problems."""

from fhir_um.api.shapes.words import (
    ANYTHING,
    DAY,
    FLAG,
    INSTANT,
    TEXT,
    WHOLE,
    Schema,
    many,
    maybe,
    one_of,
    record,
    shape,
)
from fhir_um.cases.model import EventKind, LineState, Priority, ReviewType
from profiles.issues import Kind
from profiles.outcome import PROBLEM_TYPE

_CURSOR = {**TEXT, "description": "Where to go on; keep it."}
_SUBJECT = record({"payerId": TEXT, "memberId": TEXT, "caseId": TEXT, "version": WHOLE})
_FIGURE = record({"id": TEXT, "name": TEXT, "numerator": ANYTHING, "denominator": ANYTHING, "value": ANYTHING})
_TIMES: Schema = {"payerId": TEXT, "from": INSTANT, "until": INSTANT, "asOf": INSTANT}

WATCHING_SHAPES: dict[str, Schema] = {
    "FeedEvent": record(
        {
            "cursor": _CURSOR,
            "payerId": TEXT,
            "caseId": TEXT,
            "version": WHOLE,
            "sequence": WHOLE,
            "at": INSTANT,
            "kind": one_of(EventKind),
            "role": TEXT,
            "line": maybe(WHOLE),
            "from": maybe(one_of(LineState)),
            "to": maybe(one_of(LineState)),
            "moves": many(TEXT),
            "reason": maybe(TEXT),
            "authorization": maybe(
                record(
                    {
                        "number": maybe(TEXT),
                        "administrativeReference": maybe(TEXT),
                        "takenOverBy": maybe(TEXT),
                        "start": maybe(DAY),
                        "end": maybe(DAY),
                        "dueAt": maybe(INSTANT),
                    }
                )
            ),
            "request": maybe(
                record(
                    {
                        "receivedAt": INSTANT,
                        "sender": TEXT,
                        "lineOfBusiness": maybe(TEXT),
                        "priority": one_of(Priority),
                        "reviewType": one_of(ReviewType),
                    }
                )
            ),
            "steps": many(
                record(
                    {
                        "of": TEXT,
                        "id": TEXT,
                        "state": maybe(TEXT),
                        "lines": many(WHOLE),
                        "percent": maybe(WHOLE),
                    }
                )
            ),
        },
        about="One step of a case for systems that follow along: codes of ours, nothing of a member.",
    ),
    "Feed": record({"events": many(shape("FeedEvent")), "next": _CURSOR}),
    "AuditRow": record(
        {
            "sequence": WHOLE,
            "at": INSTANT,
            "payerId": maybe(TEXT),
            "clientId": TEXT,
            "person": TEXT,
            "role": TEXT,
            "action": TEXT,
            "outcome": TEXT,
            "status": WHOLE,
            "requestId": TEXT,
            "subjects": many(_SUBJECT),
            "previousHash": TEXT,
            "hash": TEXT,
        }
    ),
    "EmergencyAccess": record(
        {
            "id": TEXT,
            "person": record({"id": TEXT, "name": TEXT}),
            "payers": many(TEXT),
            "reason": TEXT,
            "ticket": TEXT,
            "case": maybe(TEXT),
            "grantedAt": INSTANT,
            "endsAt": INSTANT,
            "reviewDueAt": INSTANT,
            "isOverdue": FLAG,
            "reviewedBy": maybe(TEXT),
            "reviewedAt": maybe(INSTANT),
            "finding": maybe(TEXT),
        }
    ),
    "PublicReport": record(_TIMES | {"payer": TEXT, "year": WHOLE, "final": FLAG, "groups": many({"type": "object"})}),
    "OperationsReport": record(_TIMES | {"figures": many(_FIGURE)}),
    "Problem": record(
        {
            "type": {"enum": [PROBLEM_TYPE + kind.value for kind in Kind]},
            "title": TEXT,
            "status": WHOLE,
            "instance": {**TEXT, "description": "Names this one occurrence, by the id of the request."},
        },
        {"detail": TEXT, "errors": many(record({"code": TEXT, "detail": TEXT}, {"path": TEXT}))},
        about="Why a request was refused, or could not be answered. Source: RFC 9457.",
    ),
}

ALERTS = record({"alerts": many({"type": "object"}), "rules": many({"type": "object"})})
DISCLOSURES = record(
    {"disclosures": many(record({"at": INSTANT, "row": WHOLE, "recipient": TEXT, "outside": FLAG, "what": TEXT}))}
)

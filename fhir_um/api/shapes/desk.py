"""The shapes of what desks work with: worklists, clocks, rules of time, the forecast, letters, reviewers, policies."""

from fhir_um.api.shapes.cases import CONCEPT, PERIOD
from fhir_um.api.shapes.words import (
    ANYTHING,
    DAY,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
    WHOLE,
    Schema,
    by_name,
    many,
    maybe,
    one_of,
    record,
    shape,
)
from fhir_um.cases.model import PENDED, Priority

_CONSIDERED = record(
    {
        "ruleId": TEXT,
        "source": TEXT,
        "authority": TEXT,
        "sets": FLAG,
        "state": TEXT,
        "why": TEXT,
        "startAt": maybe(INSTANT),
        "dueAt": maybe(INSTANT),
        "limit": WHOLE,
        "unit": TEXT,
        "dayMethod": TEXT,
        "extensionGrounds": many(TEXT),
    }
)
_LATE = record({"caseId": TEXT, "line": WHOLE, "state": TEXT, "dueAt": INSTANT, "expectedAt": maybe(INSTANT)})
_DESK = record(
    {
        "desk": TEXT,
        "open": WHOLE,
        "openByState": by_name(WHOLE),
        "overdue": WHOLE,
        "decided": WHOLE,
        "decidedPerWorkingHour": maybe(NUMBER),
        "willBeLate": WHOLE,
        "clearedAt": maybe(INSTANT),
        "late": many(_LATE),
    }
)
_DELIVERY = record(
    {
        "sequence": WHOLE,
        "at": INSTANT,
        "channel": TEXT,
        "outcome": TEXT,
        "by": TEXT,
        "note": TEXT,
        "notedAt": INSTANT,
    }
)
_NOTICE: Schema = {
    "id": TEXT,
    "payerId": TEXT,
    "caseId": TEXT,
    "caseVersion": WHOLE,
    "event": WHOLE,
    "kind": TEXT,
    "recipient": TEXT,
    "lines": many(WHOLE),
    "lineOfBusiness": TEXT,
    "template": TEXT,
    "templateVersion": TEXT,
    "status": TEXT,
    "channel": TEXT,
    "createdAt": INSTANT,
    "changedAt": INSTANT,
    "whyHeld": TEXT,
    "flags": many(TEXT),
    "sha256": TEXT,
    "pdfSha256": TEXT,
}
_POLICY: Schema = {
    "id": TEXT,
    "version": TEXT,
    "title": TEXT,
    "hash": TEXT,
    "effective": PERIOD,
    "linesOfBusiness": many(TEXT),
    "specialty": TEXT,
    "outcome": TEXT,
}
_EXCEPTIONS = many(record({"code": TEXT, "text": TEXT}))
_AUTHORIZATION: Schema = {
    "number": maybe(TEXT),
    "payerId": TEXT,
    "caseId": TEXT,
    "line": WHOLE,
    "memberId": TEXT,
    "state": TEXT,
    "service": CONCEPT,
    "modifiers": many(CONCEPT),
    "period": PERIOD,
    "providers": many(TEXT),
    "placesOfService": many(TEXT),
    "units": record({"unit": TEXT, "opening": TEXT, "used": TEXT, "remaining": TEXT}),
}
_USE = record(
    {
        "useId": TEXT,
        "number": TEXT,
        "dateOfService": DAY,
        "units": TEXT,
        "providerNpi": TEXT,
        "recordedAt": INSTANT,
        "recordedBy": TEXT,
        "reversedAt": maybe(INSTANT),
        "reversedBy": maybe(TEXT),
    }
)
_FITS = record(_AUTHORIZATION | {"exceptions": _EXCEPTIONS})

DESK_SHAPES: dict[str, Schema] = {
    "Queue": record(
        {
            "queue": TEXT,
            "title": TEXT,
            "roles": many(TEXT),
            "waiting": WHOLE,
            "unassigned": WHOLE,
            "dueAt": maybe(INSTANT),
        }
    ),
    "WorkItem": record(
        {
            "caseId": TEXT,
            "payerId": TEXT,
            "queue": TEXT,
            "version": WHOLE,
            "lines": many(WHOLE),
            "state": one_of(PENDED),
            "priority": one_of(Priority),
            "dueAt": maybe(INSTANT),
            "receivedAt": INSTANT,
            "since": INSTANT,
            "reviewType": TEXT,
            "lineOfBusiness": TEXT,
            "specialty": TEXT,
            "code": TEXT,
            "policyId": TEXT,
            "flags": many(TEXT),
            "assignee": maybe(TEXT),
            "assignedAt": maybe(INSTANT),
            "lock": maybe(record({"by": TEXT, "until": INSTANT, "reason": maybe(TEXT)})),
            "escalation": maybe(record({"by": TEXT, "at": maybe(INSTANT), "reason": TEXT})),
        },
        about="What waits of a case in one queue: codes and times, no names.",
    ),
    "Clock": record(
        {
            "line": WHOLE,
            "kind": TEXT,
            "ruleId": TEXT,
            "source": TEXT,
            "why": TEXT,
            "startAt": INSTANT,
            "dueAt": INSTANT,
            "timeZone": TEXT,
            "dayMethod": TEXT,
            "extensionDays": WHOLE,
            "tolls": many(record({"since": INSTANT, "until": maybe(INSTANT), "why": TEXT})),
            "stoppedAt": maybe(INSTANT),
            "outcome": maybe(TEXT),
            "alarm": WHOLE,
            "nextAlarmAt": maybe(INSTANT),
            "considered": many(_CONSIDERED),
        },
        about="One clock of a line: its date, why it is that one, and every rule that was considered.",
    ),
    "ClockRule": record(
        {
            "id": TEXT,
            "kind": TEXT,
            "authority": TEXT,
            "linesOfBusiness": many(TEXT),
            "states": many(TEXT),
            "reviewTypes": many(TEXT),
            "priorities": many(TEXT),
            "start": TEXT,
            "limit": WHOLE,
            "unit": TEXT,
            "dayMethod": TEXT,
            "extensionDays": WHOLE,
            "extensionGrounds": many(TEXT),
            "tolling": TEXT,
            "lateEffect": TEXT,
            "source": TEXT,
            "effectiveFrom": maybe(DAY),
            "effectiveTo": maybe(DAY),
            "enabled": FLAG,
        }
    ),
    "PayerForecast": record({"payerId": TEXT, "timeZone": TEXT, "desks": many(_DESK)}),
    "Notice": record(_NOTICE, {"deliveries": many(_DELIVERY), "readingGrade": ANYTHING, "state": TEXT}),
    "Reviewer": record(
        {
            "npi": TEXT,
            "payerId": TEXT,
            "name": TEXT,
            "kind": TEXT,
            "isPhysician": FLAG,
            "specialties": many(TEXT),
            "licences": many(record({"state": TEXT, "number": TEXT, "period": PERIOD})),
            "attested": maybe(PERIOD),
            "hasValidLicence": FLAG,
            "hasAttested": FLAG,
        }
    ),
    "PolicyRow": record(_POLICY | {"codes": WHOLE}),
    "Policy": record(
        _POLICY
        | {
            "codes": many(record({"system": TEXT, "code": TEXT, "label": TEXT})),
            "facts": many(record({"id": TEXT, "label": TEXT, "type": TEXT})),
            "criteria": maybe({"type": "object"}),
            "outcomes": by_name(TEXT),
            "exclusions": many(record({"reason": TEXT, "text": TEXT})),
            "documents": many(record({"loinc": TEXT, "label": TEXT, "required": FLAG, "shows": many(TEXT)})),
            "sources": many({"type": "object"}),
        }
    ),
    "Authorization": record(_AUTHORIZATION | {"uses": many(_USE)}, {"standing": maybe(TEXT)}),
    "Matched": record({"matched": many(_FITS), "near": many(_FITS), "exceptions": _EXCEPTIONS}),
}

LETTERS_OF_CASE = record(
    {
        "notices": many(shape("Notice")),
        "lines": many(record({"line": WHOLE, "standing": TEXT, "whyNoNotice": TEXT})),
    }
)

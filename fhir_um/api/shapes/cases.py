"""The shapes of a case, its lines, its history and its worksheet."""

from fhir_um.api.shapes.words import (
    ANYTHING,
    DAY,
    FLAG,
    INSTANT,
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
from fhir_um.cases.findings import Truth
from fhir_um.cases.model import EventKind, LineState, Priority, ReviewType

_STATE = one_of(LineState)
_CODE = record({"system": TEXT, "code": TEXT})
_IDENTIFIER = record({"system": TEXT, "value": TEXT})
_PARTY = record({"npi": TEXT, "name": TEXT})
_AMOUNT = record({"value": TEXT, "unit": TEXT})
PERIOD = record({"start": maybe(DAY), "end": maybe(DAY)})
CONCEPT = shape("Concept")
PERSON = shape("Person")
DOCUMENT = record({"loinc": TEXT, "label": TEXT}, {"reportType": TEXT, "modifiers": many(TEXT)})
_TRUTH = one_of(Truth)

_ROW = {
    "id": TEXT,
    "version": WHOLE,
    "status": one_of(("pended", "decided", "cancelled")),
    "payerId": TEXT,
    "sender": TEXT,
    "receivedAt": INSTANT,
    "priority": one_of(Priority),
    "lineOfBusiness": TEXT,
    "dueAt": maybe(INSTANT),
    "lineStates": by_name(_STATE),
}
_FINDING = record(
    {
        "policyId": TEXT,
        "policyVersion": TEXT,
        "policyHash": TEXT,
        "title": TEXT,
        "truth": _TRUTH,
        "missing": many(TEXT),
        "criteria": many(record({"id": TEXT, "label": TEXT, "truth": _TRUTH, "evidence": many(TEXT)})),
    }
)
_AUTHORIZED = record(
    {
        "service": maybe(CONCEPT),
        "modifiers": maybe(many(CONCEPT)),
        "quantity": maybe(_AMOUNT),
        "period": maybe(PERIOD),
        "provider": maybe(_PARTY),
        "providerRole": TEXT,
    }
)
_BASIS = record(
    {
        "considered": many(TEXT),
        "missing": many(TEXT),
        "alternative": TEXT,
        "exception": TEXT,
        "rule": TEXT,
        "effectiveOn": maybe(DAY),
        "licence": maybe(record({"state": TEXT, "number": TEXT})),
    },
    about="What a person's determination rests on.",
)
_DECISION = record(
    {
        "at": INSTANT,
        "by": PERSON,
        "reason": TEXT,
        "text": TEXT,
        "authorized": maybe(_AUTHORIZED),
        "secondSurgicalOpinion": maybe(FLAG),
        "basis": maybe(_BASIS),
    }
)
_MEASURED: Schema = {"value": ANYTHING, "unit": TEXT, "on": maybe(DAY)}
_READING = record({"truth": _TRUTH, "reason": TEXT, "evidence": many(TEXT), "by": PERSON, "at": INSTANT})
_WEIGHED = record(
    {
        "id": TEXT,
        "label": TEXT,
        "truth": _TRUTH,
        "found": many(record({"evidence": TEXT}, _MEASURED)),
        "reading": maybe(_READING),
    }
)
_WEIGHED_LINE = record(
    {
        "sequence": WHOLE,
        "state": _STATE,
        "why": TEXT,
        "findings": many(
            record(
                {
                    "policyId": TEXT,
                    "policyVersion": TEXT,
                    "title": TEXT,
                    "truth": _TRUTH,
                    "missing": many(TEXT),
                    "criteria": many(_WEIGHED),
                }
            )
        ),
    }
)

CASE_SHAPES: dict[str, Schema] = {
    "Concept": record({"codes": many(_CODE), "text": TEXT}),
    "Person": record({"id": TEXT, "role": TEXT, "human": FLAG, "npi": TEXT}, about="Who acted; software is not human."),
    "CaseRow": record(_ROW),
    "Line": record(
        {
            "sequence": WHOLE,
            "state": _STATE,
            "service": CONCEPT,
            "modifiers": many(CONCEPT),
            "quantity": maybe(_AMOUNT),
            "serviced": maybe(PERIOD),
            "decision": _DECISION,
            "authorizationNumber": TEXT,
            "administrativeReference": TEXT,
            "previousAuthorizationNumber": TEXT,
            "takenOverBy": TEXT,
            "issuedOn": maybe(DAY),
            "period": maybe(PERIOD),
            "dueAt": maybe(INSTANT),
            "documentsDueAt": maybe(INSTANT),
            "specialty": TEXT,
            "documents": many(DOCUMENT),
            "findings": many(_FINDING),
        },
        about="One service of a case: what was asked, where it stands and why.",
    ),
    "Case": record(
        _ROW
        | {
            "changedAt": INSTANT,
            "reviewType": one_of(ReviewType),
            "memberId": TEXT,
            "planId": TEXT,
            "requester": _PARTY,
            "claimIdentifiers": many(_IDENTIFIER),
            "diagnoses": many(CONCEPT),
            "lines": many(shape("Line")),
            "clocks": many(
                record({"line": WHOLE, "ruleId": TEXT, "source": TEXT, "startAt": INSTANT, "dueAt": INSTANT})
            ),
            "errors": many(record({"code": TEXT, "line": maybe(WHOLE), "path": TEXT, "text": TEXT})),
            "review": shape("Review"),
        },
        {"warnings": many(record({"path": TEXT, "text": TEXT}))},
        about="A request for services, and what became of it.",
    ),
    "Event": record(
        {
            "sequence": WHOLE,
            "version": WHOLE,
            "at": INSTANT,
            "kind": one_of(EventKind),
            "actor": PERSON,
            "line": maybe(WHOLE),
            "from": maybe(_STATE),
            "to": maybe(_STATE),
            "moves": many(TEXT),
            "reason": maybe(TEXT),
        },
        about="One step of a case's history.",
    ),
    "Worksheet": record(
        {
            "id": TEXT,
            "version": WHOLE,
            "lines": many(_WEIGHED_LINE),
            "answers": many(record({"evidence": TEXT, "form": TEXT, "link": TEXT} | _MEASURED)),
            "attachments": many(shape("Attachment")),
        },
        about="The criteria of each policy with what was found for them.",
    ),
    "Attachment": record(
        {
            "id": TEXT,
            "caseId": maybe(TEXT),
            "caseVersion": maybe(WHOLE),
            "lines": many(WHOLE),
            "receivedAt": INSTANT,
            "sender": TEXT,
            "trackingId": maybe(_IDENTIFIER),
            "adminRefNumber": maybe(_IDENTIFIER),
            "organizationId": maybe(_IDENTIFIER),
            "providerId": maybe(_IDENTIFIER),
            "memberId": maybe(_IDENTIFIER),
            "saidLines": many(TEXT),
            "final": FLAG,
            "code": CONCEPT,
            "type": CONCEPT,
            "kind": TEXT,
            "title": TEXT,
            "mediaType": TEXT,
            "size": WHOLE,
            "sha256": TEXT,
            "whyHeld": TEXT,
            "matchedBy": TEXT,
            "matchedAt": maybe(INSTANT),
        },
        about="A document that came after the request; its bytes are at its own address.",
    ),
}

"""The shapes of what people do beside ruling: openings, readings, questions, calls, opinions, more time, voids."""

from fhir_um.api.shapes.cases import DOCUMENT, PERSON
from fhir_um.api.shapes.words import FLAG, INSTANT, TEXT, WHOLE, Schema, by_name, many, maybe, one_of, record, shape
from fhir_um.cases.findings import Truth
from fhir_um.cases.review import (
    DraftState,
    ExtensionGround,
    ExtensionState,
    OpinionState,
    PeerToPeerOutcome,
    PeerToPeerState,
    VoidState,
)

_LINES: Schema = {"id": TEXT, "lines": many(WHOLE)}
_PROPOSED: Schema = {
    "proposedBy": PERSON,
    "proposedAt": INSTANT,
    "decidedBy": maybe(PERSON),
    "decidedAt": maybe(INSTANT),
}

REVIEW_SHAPES: dict[str, Schema] = {
    "InformationDraft": record(
        _LINES
        | {
            "state": one_of(DraftState),
            "documents": many(DOCUMENT),
            "text": TEXT,
            "by": PERSON,
            "at": INSTANT,
            "releasedBy": maybe(PERSON),
        }
    ),
    "InformationRequest": record(
        {
            "id": TEXT,
            "line": WHOLE,
            "state": TEXT,
            "documents": many(DOCUMENT),
            "outstanding": many(DOCUMENT),
            "text": TEXT,
            "by": PERSON,
            "issuedAt": INSTANT,
            "dueAt": maybe(INSTANT),
            "endedAt": maybe(INSTANT),
        }
    ),
    "PeerToPeer": record(
        _LINES
        | {
            "state": one_of(PeerToPeerState),
            "openedBy": PERSON,
            "openedAt": INSTANT,
            "expiresAt": INSTANT,
            "slots": many(INSTANT),
            "scheduledAt": maybe(INSTANT),
            "physician": maybe(PERSON),
            "clinician": TEXT,
            "participants": many(TEXT),
            "minutes": WHOLE,
            "newFacts": TEXT,
            "outcome": maybe(one_of(PeerToPeerOutcome)),
            "endedAt": maybe(INSTANT),
            "note": TEXT,
        },
        {"ruledAfter": many(WHOLE)},
    ),
    "Opinion": record(
        {
            "id": TEXT,
            "line": WHOLE,
            "state": one_of(OpinionState),
            "specialty": TEXT,
            "question": TEXT,
            "askedBy": PERSON,
            "askedAt": INSTANT,
            "specialist": maybe(PERSON),
            "noConflict": FLAG,
            "opinion": TEXT,
            "recommends": TEXT,
            "endedAt": maybe(INSTANT),
        }
    ),
    "Extension": record(
        _LINES
        | _PROPOSED
        | {
            "state": one_of(ExtensionState),
            "ground": one_of(ExtensionGround),
            "text": TEXT,
            "days": WHOLE,
            "dueBefore": by_name(INSTANT),
            "note": TEXT,
        }
    ),
    "Voiding": record(_LINES | _PROPOSED | {"state": one_of(VoidState), "reason": TEXT, "note": TEXT}),
    "PriorityRequest": record(
        {
            "id": TEXT,
            "askedBy": TEXT,
            "askedAt": INSTANT,
            "supportedByPhysician": FLAG,
            "granted": FLAG,
            "lowered": FLAG,
            "text": TEXT,
            "by": PERSON,
        }
    ),
    "Review": record(
        {
            "openings": many(record({"id": TEXT, "by": PERSON, "at": INSTANT})),
            "readings": many(
                record(
                    {
                        "line": WHOLE,
                        "policyId": TEXT,
                        "policyVersion": TEXT,
                        "criterionId": TEXT,
                        "truth": one_of(Truth),
                        "reason": TEXT,
                        "evidence": many(TEXT),
                        "by": PERSON,
                        "at": INSTANT,
                    }
                )
            ),
            "informationDrafts": many(shape("InformationDraft")),
            "peerToPeers": many(shape("PeerToPeer")),
            "opinions": many(shape("Opinion")),
            "extensions": many(shape("Extension")),
            "voidings": many(shape("Voiding")),
            "priorityRequests": many(shape("PriorityRequest")),
            "alarms": many(
                record({"line": WHOLE, "kind": TEXT, "ruleId": TEXT, "percent": WHOLE, "dueAt": INSTANT, "at": INSTANT})
            ),
            "notices": many(
                record(_LINES | {"kind": TEXT, "recipient": TEXT, "status": TEXT, "channel": TEXT, "at": INSTANT})
            ),
        },
        about="What people did beside ruling, each kind in the order it began.",
    ),
}

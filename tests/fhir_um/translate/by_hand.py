"""An invented submission and cases made from it by hand, for the tests of translation."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.model import (
    Authorized,
    BusinessError,
    Case,
    CaseId,
    ClientId,
    Decision,
    Line,
    LineState,
    PayerId,
    Priority,
    ReviewType,
    SubmissionId,
)
from fhir_um.translate.claim_in import read_claim
from fhir_um.words import Code, Period, Quantity
from profiles.reading import Limits, ReadBundle, read_bundle

EHR = "https://ehr.example.test/fhir"
BASE = "https://payer.example.test/fhir"
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ENGINE = Decider("engine", "engine", human=False)
PHYSICIAN = Decider(
    "u-7", "physician", human=True, npi="1999999950", specialty=Code("http://nucc.org/provider-taxonomy", "207RP1001X")
)
SUBMISSION = (Path(__file__).parent / "submission.json").read_bytes()
LIMITS = Limits(1_000_000, 60, 100)
REQUEST = read_claim(read_bundle(SUBMISSION, LIMITS))
MEMBER_ERROR = BusinessError("67", "C", "Bundle.entry[1].resource.identifier", "No such member.", "2010C-NM109")
LINE_ERROR = BusinessError("57", "C", "Bundle.entry[0].resource.item[1].serviced", "Too long ago.", "2000F-DTP03", 2)
DAYS = Period(date(2026, 3, 10), date(2026, 6, 10))


def read(body: bytes = SUBMISSION) -> ReadBundle:
    return read_bundle(body, LIMITS)


def line(sequence: int, state: LineState, reason: str = "", text: str = "", decider=ENGINE, **changes) -> Line:
    asked = next(asked for asked in REQUEST.lines if asked.sequence == sequence)
    authorized = changes.pop("authorized", None)
    decision = Decision(AT, decider, reason, text, authorized)
    return replace(Line(sequence, asked, state, decision), **changes)


def approved(sequence: int = 1) -> Line:
    number = f"AUTH00000{sequence}"
    return line(
        sequence,
        LineState.APPROVED,
        "criteria-met",
        authorization_number=number,
        issued_on=date(2026, 3, 2),
        period=DAYS,
    )


def pended_for_documents(sequence: int = 2) -> Line:
    return line(
        sequence,
        LineState.PENDED_INFO,
        "need-patient-info",
        "A recent oxygen saturation is needed.",
        documents=(DocumentNeeded("11506-3", "Progress note"), DocumentNeeded("28570-0", "Procedure note")),
        administrative_reference="PEND00001",
    )


def denied(sequence: int = 2) -> Line:
    text = "The portable unit is not needed while a stationary one is used."
    return line(
        sequence,
        LineState.DENIED_CLINICAL,
        "not-necessary",
        text,
        PHYSICIAN,
        administrative_reference="REF000001",
    )


def modified(sequence: int = 1) -> Line:
    less = Authorized(
        quantity=Quantity(Decimal("0.50"), "month"),
        period=Period(date(2026, 3, 10), date(2026, 4, 10)),
        provider=REQUEST.requester_parties[2],
    )
    return line(
        sequence,
        LineState.MODIFIED,
        "qty-reduced",
        "One month is authorized first.",
        PHYSICIAN,
        authorized=less,
        authorization_number="AUTH000009",
        previous_authorization_number="AUTH000001",
        issued_on=date(2026, 3, 2),
        period=less.period,
    )


def case(*lines: Line, **changes) -> Case:
    made = Case(
        id=CaseId("5f0c7a3e-9a51-4d5c-8c1d-2f6f6a1f0001"),
        payer_id=PayerId("lakeside"),
        version=1,
        sender=ClientId("ehr-1"),
        received_at=AT,
        changed_at=AT,
        member_id="m-1",
        plan_id="plan-1",
        line_of_business="COMM",
        priority=Priority.EXPEDITED,
        review_type=ReviewType.PROSPECTIVE,
        request=REQUEST,
        submission_id=SubmissionId("s-1"),
        lines=lines,
    )
    return replace(made, **changes)


CASES = {
    "approved": case(approved(1), approved(2)),
    "pended": case(approved(1), pended_for_documents(2)),
    "denied": case(approved(1), denied(2)),
    "modified": case(modified(1), line(2, LineState.NO_ACTION, "no-auth-required", "No authorization is needed.")),
    "cancelled": case(*(line(n, LineState.CANCELLED, "cancelled-by-requester") for n in (1, 2)), version=3),
    "refused": case(
        *(
            line(n, LineState.INTAKE_REVIEW, "intake-review", "A person looks.", administrative_reference=f"PEND{n}")
            for n in (1, 2)
        ),
        errors=(MEMBER_ERROR,),
    ),
    "partly-refused": case(approved(1), line(2, LineState.DISMISSED, "late-request"), errors=(LINE_ERROR,)),
}
"""One invented case per outcome."""

"""Invented cases for every kind of letter: to look at a text before it is used, and to try all of them at once.

Everybody in them is made up. Must not know templates.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from fhir_um.cases.asked import ClaimedMember, ClaimRequest, LineRequest, Party
from fhir_um.cases.basis import Basis, Licence
from fhir_um.cases.credentials import Credential, LicenceHeld
from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.model import (
    Authorized,
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
from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.cases.noticing import NoticeOwed
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import Extension, ExtensionGround, ExtensionState, PriorityRequest, Review
from fhir_um.cases.roles import ENGINE, Role
from fhir_um.coverage.model import LineOfBusiness, Member, Payer, Plan, Provider
from fhir_um.notices.composing import People
from fhir_um.words import Code, Concept, Identifier, Period, Quantity
from profiles.canonicals import HCPCS, NPI

RECEIVED_AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DECIDED_AT = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
DATED = date(2026, 3, 5)
_DUE_AT = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
_PHYSICIAN = Decider("dr-sample", Role.PHYSICIAN, human=True, npi="1999999984")
_NURSE = Decider("nurse-sample", Role.NURSE, human=True)
_NEVER_ASKED = Decision(RECEIVED_AT, ENGINE, Reason.MEDICAL_REVIEW, "A nurse will look at it.")

_STATES: dict[NoticeKind, tuple[LineState, Decider, Reason, str]] = {
    NoticeKind.APPROVAL: (LineState.APPROVED, ENGINE, Reason.CRITERIA_MET, "All rules are met."),
    NoticeKind.APPROVAL_WITH_LIMITS: (
        LineState.APPROVED,
        _NURSE,
        Reason.CRITERIA_MET,
        "We approved all visits you asked for, with the clinic that has room for you.",
    ),
    NoticeKind.PARTIAL: (
        LineState.MODIFIED,
        _PHYSICIAN,
        Reason.QUANTITY_REDUCED,
        "You asked for 20 visits. The notes show that your knee gets better fast. We approved 12 visits now. "
        "Your doctor can ask for more visits when these are used.",
    ),
    NoticeKind.DENIAL: (
        LineState.DENIED_CLINICAL,
        _PHYSICIAN,
        Reason.NOT_NECESSARY,
        "You asked for 20 visits for your knee. The notes do not show any pain or weakness now. "
        "They say that you walk and climb stairs without help.",
    ),
    NoticeKind.ADMINISTRATIVE_DENIAL: (
        LineState.DENIED_ADMINISTRATIVE,
        Decider("intake-sample", Role.INTAKE, human=True),
        Reason.EXCEEDS_PLAN_MAXIMUM,
        "Your plan pays for 30 visits in a year. You used 30 visits this year.",
    ),
    NoticeKind.INFORMATION_REQUEST: (
        LineState.PENDED_INFO,
        _NURSE,
        Reason.INFORMATION_NEEDED,
        "The notes of the last visit are missing.",
    ),
    NoticeKind.EXTENSION: (LineState.PHYSICIAN_REVIEW, _NURSE, Reason.MEDICAL_REVIEW, "A doctor looks at it."),
    NoticeKind.WITHDRAWAL: (
        LineState.WITHDRAWN,
        Decider("intake-sample", Role.INTAKE, human=True),
        Reason.CANCELLED_BY_REQUESTER,
        "Your doctor's office called us and took the request back.",
    ),
    NoticeKind.DISMISSAL: (
        LineState.DISMISSED,
        Decider("intake-sample", Role.INTAKE, human=True),
        Reason.CONTACT_OTHER,
        "Another company looks after this kind of care for your plan. We told your doctor's office whom to ask.",
    ),
    NoticeKind.EXPEDITE_REFUSAL: (LineState.NURSE_REVIEW, _NURSE, Reason.MEDICAL_REVIEW, "A nurse looks at it."),
    NoticeKind.VOID: (
        LineState.VOIDED,
        Decider("ops-sample", Role.OPERATIONS_MANAGER, human=True),
        Reason.CRITERIA_MET,
        "We put in this approval for the wrong person.",
    ),
    NoticeKind.REOPENING: (
        LineState.PHYSICIAN_REVIEW,
        _PHYSICIAN,
        Reason.MEDICAL_REVIEW,
        "Your doctor sent us new test results.",
    ),
}
_FINDING = Finding(
    policy_id="P-SAMPLE",
    policy_version="3",
    policy_hash="0" * 64,
    title="Physical therapy",
    truth=Truth.UNMET,
    criteria=(
        CriterionResult("pain", "Pain or weakness that limits daily life", Truth.UNMET, ("urn:note-1",)),
        CriterionResult("plan", "A plan with goals", Truth.UNKNOWN),
    ),
)


def sample(
    kind: NoticeKind,
    recipient: Recipient,
    business: LineOfBusiness = LineOfBusiness.COMMERCIAL,
    state: str = "MD",
) -> tuple[Case, NoticeOwed, People]:
    """A case that owes such a letter, the letter, and the people it names."""
    plan = Plan("plan-sample", "sample", "Sample Plan", business, state, False, None)
    lines = (_line(kind, 1), _line(kind, 2))
    case = _case(lines, business, kind)
    owed = NoticeOwed(kind, recipient, tuple(line.sequence for line in lines), 4, DECIDED_AT)
    return case, owed, _people(plan)


def _line(kind: NoticeKind, sequence: int) -> Line:
    state, by, reason, text = _STATES[kind]
    request = LineRequest(
        sequence,
        f"Bundle.entry[0].resource.item[{sequence - 1}]",
        Concept((Code(HCPCS, f"S900{sequence}"),), ("Physical therapy, knee", "Home exercise lessons")[sequence - 1]),
        quantity=Quantity(Decimal(20), "visits"),
        serviced=Period(date(2026, 3, 10), date(2026, 6, 10)),
    )
    is_authorized = state in {LineState.APPROVED, LineState.MODIFIED}
    return Line(
        sequence,
        request,
        state,
        Decision(DECIDED_AT, by, reason, text, _authorized(kind), basis=_basis(kind)),
        findings=(_FINDING,),
        documents=(DocumentNeeded("34117-2", "Notes of the last visit"),) if state is LineState.PENDED_INFO else (),
        authorization_number=f"A000000001{sequence}" if is_authorized else "",
        administrative_reference="" if is_authorized else f"R000000001{sequence}",
        issued_on=DATED if is_authorized else None,
        period=request.serviced if is_authorized else None,
        due_at=None if is_authorized else _DUE_AT,
    )


def _authorized(kind: NoticeKind) -> Authorized | None:
    if kind is NoticeKind.PARTIAL:
        return Authorized(quantity=Quantity(Decimal(12), "visits"))
    if kind is NoticeKind.APPROVAL_WITH_LIMITS:
        return Authorized(provider=Party(name="Riverside Therapy Clinic"))
    return None


def _basis(kind: NoticeKind) -> Basis | None:
    if kind is NoticeKind.ADMINISTRATIVE_DENIAL:
        return Basis(rule="Sample Plan booklet, page 12: 30 therapy visits in a year.")
    if kind not in {NoticeKind.DENIAL, NoticeKind.PARTIAL}:
        return None
    return Basis(
        considered=("request", "urn:note-1", "urn:note-2"),
        missing=("a plan with goals",),
        alternative="You can have lessons for exercises at home.",
        attested=True,
        licence=Licence("MD", "D00000"),
        name="Irene Sample",
        credential="MD",
        software_used="a program that finds passages in notes" if kind is NoticeKind.DENIAL else "",
    )


def _case(lines: tuple[Line, ...], business: LineOfBusiness, kind: NoticeKind) -> Case:
    return Case(
        id=CaseId("sample-case"),
        payer_id=PayerId("sample"),
        version=2,
        sender=ClientId("sample-ehr"),
        received_at=RECEIVED_AT,
        changed_at=DECIDED_AT,
        member_id="sample-1",
        plan_id="plan-sample",
        line_of_business=business,
        priority=Priority.STANDARD,
        review_type=ReviewType.PROSPECTIVE,
        request=_request(),
        submission_id=SubmissionId("sample"),
        lines=lines,
        event_count=4,
        review=_review(kind),
    )


def _review(kind: NoticeKind) -> Review:
    extension = Extension(
        "sample",
        (1, 2),
        ExtensionState.GRANTED,
        ExtensionGround.MEMBER_INTEREST,
        "Your doctor wants to send us the results of one more test. It can help you.",
        14,
        _NURSE,
        RECEIVED_AT,
        _PHYSICIAN,
        DECIDED_AT,
    )
    refusal = PriorityRequest(
        "sample", "member", DECIDED_AT, False, False, "The notes show that your knee gets better each week.", _NURSE
    )
    return replace(
        Review(),
        extensions=(extension,) if kind is NoticeKind.EXTENSION else (),
        priorities=(refusal,) if kind is NoticeKind.EXPEDITE_REFUSAL else (),
    )


def _request() -> ClaimRequest:
    clinic = Party("urn:clinic", (Identifier(NPI, "1999999976"),), "Lakeside Example Clinic")
    member = ClaimedMember(
        "urn:member", (Identifier("urn:sample", "SAMPLE-0001"),), "Sample", "Robin", date(1960, 5, 5), "female"
    )
    return ClaimRequest(
        bundle_identifier=None,
        claim_url="urn:claim",
        claim_identifiers=(),
        claim_type=Concept(),
        created="2026-03-02",
        prior=None,
        cancel_all=False,
        expedited=False,
        level_of_service=None,
        payer=Party(name="Sample Health"),
        requester=clinic,
        requester_parties=(clinic,),
        member=member,
        coverage=None,
        care_team=(),
        diagnoses=(),
        supporting_info=(),
        transmission=None,
        lines=(),
    )


def _people(plan: Plan) -> People:
    licence = LicenceHeld("MD", "D00000", Period(date(2024, 1, 1), date(2027, 12, 31)))
    physician = Credential(PayerId("sample"), _PHYSICIAN.npi, "Irene Sample", "MD", ("orthopedic surgery",), (licence,))
    return People(
        payer=Payer("sample", "Sample Health", (), "America/New_York", "Member services, +1 555 0100"),
        plan=plan,
        member=Member("sample-1", "sample", "Sample", "Robin", date(1960, 5, 5), "female", (), ()),
        provider=Provider("1999999976", "sample", "Lakeside Example Clinic", "organization", "therapy", (), Period()),
        deciders={physician.npi: physician},
    )

"""Small invented values for tests, each with only what the test at hand does not care about filled in."""

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count

from fhir_um.cases.asked import ClaimedCoverage, ClaimedMember, ClaimRequest, LineRequest, Party
from fhir_um.cases.clocks import Deadline
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.history import Journal
from fhir_um.cases.model import (
    Case,
    CaseId,
    ClientId,
    Course,
    Determination,
    EventKind,
    PayerId,
    Priority,
    ReviewType,
    SubmissionId,
)
from fhir_um.cases.placing import Numbers, place
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.submission import Submission
from fhir_um.words import Code, Concept, Identifier, Period

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ON = date(2026, 3, 2)
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
NPI = "http://hl7.org/fhir/sid/us-npi"
DEADLINE = Deadline("D01", "a rule", AT, datetime(2026, 3, 9, 15, 0, tzinfo=UTC))


def numbered():
    """A number maker that counts: 0000000001, 0000000002, …"""
    numbers = count(1)
    return lambda: f"{next(numbers):010d}"


def party(npi: str = "1999999992", path: str = "Bundle.entry[1].resource") -> Party:
    return Party("https://ehr.example.test/fhir/Organization/1", (Identifier(NPI, npi),), "Clinic", path)


def line_request(sequence: int = 1, code: str = "E1390", **changes) -> LineRequest:
    asked = LineRequest(
        sequence=sequence,
        path=f"Bundle.entry[0].resource.item[{sequence - 1}]",
        service=Concept((Code(HCPCS, code),)),
        serviced=Period(date(2026, 3, 10), date(2026, 6, 10)),
    )
    return replace(asked, **changes)


def claim_request(*lines: LineRequest, **changes) -> ClaimRequest:
    member = ClaimedMember(
        "https://ehr.example.test/fhir/Patient/1",
        (Identifier("https://payer.example.test/member", "M1"),),
        "Nobody",
        "Ada",
        date(1950, 1, 1),
        "female",
        "Bundle.entry[2].resource",
    )
    insurer = Party("https://ehr.example.test/fhir/Organization/2", (Identifier(NPI, "1234567893"),), "Payer")
    coverage = ClaimedCoverage("https://ehr.example.test/fhir/Coverage/1", (), "M1", "active", Period(), insurer)
    asked = ClaimRequest(
        bundle_identifier=Identifier("urn:test", "B1"),
        claim_url="https://ehr.example.test/fhir/Claim/1",
        claim_identifiers=(Identifier("urn:test:claim", "C1"),),
        claim_type=Concept((Code("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),)),
        created="2026-03-02",
        prior=None,
        cancel_all=False,
        expedited=False,
        level_of_service=None,
        payer=insurer,
        requester=party(),
        requester_parties=(party(),),
        member=member,
        coverage=coverage,
        care_team=(),
        diagnoses=(),
        supporting_info=(),
        transmission=None,
        lines=lines or (line_request(),),
    )
    return replace(asked, **changes)


def submission(request: ClaimRequest, body: bytes = b"{}", **changes) -> Submission:
    made = Submission(request, Evidence(), body, "0" * 64, sha256(body).hexdigest(), "2.2.1", AT)
    return replace(made, **changes)


def determination(course: Course = Course.APPROVE) -> Determination:
    return Determination(course, "criteria-met", "All criteria are met.")


def case_of(*courses: Course, request: ClaimRequest | None = None) -> Case:
    """A case with one line per course, as the engine would have placed them."""
    return journal_of(*courses, request=request).case


def journal_of(*courses: Course, request: ClaimRequest | None = None) -> Journal:
    """The journal that opened such a case."""
    lines = tuple(line_request(n) for n in range(1, len(courses) + 1))
    asked = request or claim_request(*lines)
    journal = Journal(None, AT, ENGINE)
    header = Case(
        id=CaseId("case-1"),
        payer_id=PayerId("payer-1"),
        version=1,
        sender=ClientId("ehr-1"),
        received_at=AT,
        changed_at=AT,
        member_id="member-1",
        plan_id="plan-1",
        line_of_business="COMM",
        priority=Priority.STANDARD,
        review_type=ReviewType.PROSPECTIVE,
        request=replace(asked, lines=()),
        submission_id=SubmissionId("submission-1"),
        lines=(),
    )
    journal.header(EventKind.OPENED, header)
    numbers = Numbers(numbered(), header.id, AT)
    for line, course in zip(asked.lines, courses, strict=True):
        placed, path = place(line, determination(course), numbers, AT, ON, DEADLINE)
        journal.line(EventKind.LINE_REQUESTED, placed, path)
    return journal

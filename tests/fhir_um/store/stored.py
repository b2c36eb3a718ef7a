"""Invented cases, submissions and coverage for the store's tests, and the shortest way to put them in."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

from fhir_um.cases.clocks import Clock
from fhir_um.cases.history import Journal
from fhir_um.cases.model import (
    Case,
    CaseId,
    ClientId,
    Course,
    EventKind,
    IssuedNumber,
    LineState,
    PayerId,
    SubmissionId,
)
from fhir_um.cases.placing import Numbers, place
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.submission import StoredSubmission
from fhir_um.coverage.model import Enrollment, Member, Payer
from fhir_um.store.database import Store
from fhir_um.words import Identifier, Period
from tests.builders import AT, DEADLINE, ON, claim_request, determination, journal_of, line_request

PAYER = PayerId("payer-1")
EHR = ClientId("ehr-1")
BODY = b'{"resourceType": "Bundle"}'
MEMBER_SYSTEM = "https://payer.example.test/member"


def opened(case_id: str = "case-1", *courses: Course, **header: object) -> Journal:
    """The journal that opened a case with a line per course (one approved line when none is given)."""
    journal = Journal(None, AT, ENGINE)
    wanted = courses or (Course.APPROVE,)
    requests = [line_request(n) for n in range(1, len(wanted) + 1)]
    basis = journal_of(Course.APPROVE).case
    request = replace(claim_request(*requests), lines=())
    given = {
        "id": CaseId(case_id),
        "lines": (),
        "request": request,
        "submission_id": submission_of(case_id),
        "submission_hash": sha256(BODY).hexdigest(),
        **header,
    }
    journal.header(EventKind.OPENED, replace(basis, **given))  # type: ignore[arg-type]  # test data by field name
    numbers = Numbers(numbered_for(case_id), CaseId(case_id), AT)
    for asked, course in zip(requests, wanted, strict=True):
        placed, path = place(asked, determination(course), numbers, AT, ON, DEADLINE)
        journal.line(EventKind.LINE_REQUESTED, placed, path)
    return journal


def submission_of(case_id: str) -> SubmissionId:
    """The id of the submission that opened the case."""
    return SubmissionId(f"submission-of-{case_id}")


def numbered_for(case_id: str):
    """A number maker whose numbers tell their case."""
    count = iter(range(1, 1000))
    return lambda: f"{case_id}-{next(count)}"


def numbers_of(case: Case) -> tuple[IssuedNumber, ...]:
    """Every number the lines carry, as issued."""
    return tuple(
        IssuedNumber(number, "authorization", case.id, line.sequence, AT)
        for line in case.lines
        for number in (line.authorization_number, line.administrative_reference)
        if number
    )


def clocks_for(case: Case) -> tuple[Clock, ...]:
    """A clock for every line with a due time."""
    return tuple(Clock(case.id, line.sequence, DEADLINE) for line in case.lines if line.due_at)


def put(store: Store, journal: Journal) -> Case:
    """Write the case as new, in a transaction of its own."""
    case = journal.case
    with store.open_work() as work:
        work.new_case(case, tuple(journal.events), numbers_of(case), clocks_for(case))
    return case


def put_whole(store: Store, journal: Journal) -> Case:
    """Write the case as new, with the submission that opened it."""
    case = put(store, journal)
    add_arrived(store, case)
    return case


def add_arrived(store: Store, case: Case) -> None:
    """Write the submission that opened the case; each is of a content of its own."""
    with store.open_work() as work:
        work.add_submission(arrived(case, content_hash=case.id), case.request.claim_identifiers)


def moved(case: Case, state: LineState = LineState.DENIED_CLINICAL, sequence: int = 1) -> Journal:
    """The journal of a next version in which one line stands elsewhere."""
    journal = Journal(case, AT, ENGINE)
    line = case.line(sequence)
    assert line is not None
    journal.line(EventKind.LINE_MOVED, replace(line, state=state, due_at=None), ("T6",))
    return journal


def arrived(case: Case, body: bytes = BODY, **changes: object) -> StoredSubmission:
    """A submission of that case, with the hash its bytes have."""
    kept = StoredSubmission(
        id=submission_of(case.id),
        payer_id=case.payer_id,
        case_id=case.id,
        case_version=case.version,
        sender=case.sender,
        guide="2.2.1",
        content_hash=f"content of {body!r}",
        body_hash=sha256(body).hexdigest(),
        claim_url="https://ehr.example.test/fhir/Claim/1",
        received_at=AT,
        body=body,
    )
    return replace(kept, **changes)  # type: ignore[arg-type]  # test data by field name


def payer(payer_id: str = PAYER, name: str = "Invented Health") -> Payer:
    return Payer(payer_id, name, (Identifier("urn:test", payer_id),), "America/New_York")


def member(member_id: str = "member-1", *identifiers: Identifier, payer_id: str = PAYER) -> Member:
    return Member(
        id=member_id,
        payer_id=payer_id,
        family="Nobody",
        given="Ada",
        birth_date=date(1950, 1, 1),
        gender="female",
        identifiers=identifiers or (Identifier(MEMBER_SYSTEM, member_id.upper()),),
        enrollments=(Enrollment("plan-1", Period(date(2025, 1, 1))),),
    )


UNITS = Decimal("2.50")

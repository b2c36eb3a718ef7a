"""Fills the store with other members' cases, as many as asked, through the store's own door."""

from dataclasses import replace
from hashlib import sha256

from bench.bodies import Template, number_of
from fhir_um.cases.history import Journal
from fhir_um.cases.model import Case, CaseId, ClientId, EventKind, IssuedNumber, PayerId, SubmissionId
from fhir_um.cases.placing import AUTHORIZATION
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.submission import StoredSubmission
from fhir_um.deps import Deps

_BATCH = 500


def fill(deps: Deps, model: Case, first: int, count: int, members: int, template: Template | None = None) -> None:
    """Adds `count` copies of `model`, numbered from `first`, spread over the bench members.

    Their submissions hold next to nothing unless a template is given, which makes them whole.
    """
    for start in range(first, first + count, _BATCH):
        with deps.open_work() as work:
            for n in range(start, min(start + _BATCH, first + count)):
                journal, numbers, arrived = _copy(model, n, n % members, template)
                work.new_case(journal.case, tuple(journal.events), numbers, ())
                work.add_submission(arrived, ())


def case_id_of(n: int) -> CaseId:
    """The id of the copy with that number."""
    return CaseId(f"00000000-0000-4000-8000-{n:012d}")


def _copy(
    model: Case, n: int, member: int, template: Template | None
) -> tuple[Journal, tuple[IssuedNumber, ...], StoredSubmission]:
    case_id, sender = case_id_of(n), ClientId("bench-other")
    submission_id = SubmissionId(f"fill-{n}")
    journal = Journal(None, model.received_at, ENGINE)
    claim_url, number = f"https://other.example.test/fhir/Claim/{n}", number_of(member)
    body = template.for_member(number, f"fill-{n}") if template else number.encode()
    body_hash = sha256(body).hexdigest()
    header = replace(
        model,
        id=case_id,
        member_id=f"bench-{member}",
        request=replace(model.request, claim_url=claim_url, claim_identifiers=()),
        submission_id=submission_id,
        submission_hash=body_hash,
        sender=sender,
    )
    journal.header(EventKind.OPENED, replace(header, event_count=0))
    numbers = []
    for line in model.lines:
        number = f"F{n:09d}{line.sequence}"
        issued = replace(line, authorization_number=number, administrative_reference="")
        journal.line(EventKind.LINE_REQUESTED, issued, ("T1",))
        numbers.append(IssuedNumber(number, AUTHORIZATION, case_id, line.sequence, model.received_at))
    arrived = StoredSubmission(
        id=submission_id,
        payer_id=PayerId(model.payer_id),
        case_id=case_id,
        case_version=1,
        sender=sender,
        guide="2.2.1",
        content_hash=f"fill-{n}",
        body_hash=body_hash,
        claim_url=claim_url,
        received_at=model.received_at,
        body=body,
    )
    return journal, tuple(numbers), arrived

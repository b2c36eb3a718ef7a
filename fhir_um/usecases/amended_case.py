"""Which case an update is about: the sender's own, of the same member, named or recognized. Changes nothing.

Source: docs/adr/0005-how-an-update-finds-its-case.md.
"""

from fhir_um.cases.model import Case, ClientId, PayerId
from fhir_um.cases.submission import Submission
from fhir_um.coverage.model import Member
from fhir_um.deps import Work
from fhir_um.usecases.members import same_name_and_birth, shares_identifier


def find_amended(
    work: Work, payer_id: PayerId, sender: ClientId, submission: Submission, member: Member | None
) -> Case | None:
    """The sender's own case that this submission amends, locked for change, or None for a new request.

    Named by Claim.related; where the guide allows it (2.0.1), recognized by change flags and the same claim
    identifiers over the same lines. The most recent fitting case wins.
    """
    request = submission.request
    if request.prior is not None:
        found = work.find_by_claim(payer_id, sender, request.prior.full_url, request.prior.identifiers)
        fitting = [case for case in found if _same_member(case, submission, member)]
    elif submission.differential_updates and request.flagged_as_update:
        found = work.find_by_claim(payer_id, sender, "", request.claim_identifiers)
        fitting = [case for case in found if _same_member(case, submission, member) and _same_lines(case, submission)]
    else:
        return None
    return work.load_case_for_change(payer_id, fitting[0].id) if fitting else None


def _same_member(case: Case, submission: Submission, member: Member | None) -> bool:
    """By the payer's records where both are established; else by what was sent, which an update may correct."""
    if case.member_id and member is not None:
        return case.member_id == member.id
    new, old = submission.request.member, case.request.member
    return shares_identifier(new, old) or (not case.member_id and same_name_and_birth(new, old))


def _same_lines(case: Case, submission: Submission) -> bool:
    shared = [(case.line(line.sequence), line) for line in submission.request.lines if line.changed != "added"]
    return bool(shared) and all(old is not None and old.request.service == new.service for old, new in shared)

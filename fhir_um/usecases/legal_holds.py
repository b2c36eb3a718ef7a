"""Forbid that records go, and allow it again. Each is one transaction and one row of the audit log.

Must not know what a purge is. Source: um-domain SEC20.
"""

from fhir_um.cases.auditing import Act, AuditEntry, Purpose, Subject, as_word
from fhir_um.cases.model import CaseId, MemberId, PayerId
from fhir_um.cases.retention import LegalHold
from fhir_um.deps import Deps, Reading
from fhir_um.errors import Kind, Refusal


def place_hold(deps: Deps, payer_id: str, member_id: str, case_id: str, reason: str, by: str) -> LegalHold:
    """The hold on a member, on a case, or on all of a payer's records when neither is named.

    Raises: Refusal INVALID without a reason, or with both; NOT_FOUND for what is not there: a hold that was mistyped
    would protect nothing.
    """
    if not reason.strip() or not by.strip():
        raise Refusal.of(Kind.INVALID, "required", "Say why, and who wants it.")
    if member_id and case_id:
        raise Refusal.of(Kind.INVALID, "value", "Name a member or a case, not both.")
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        known = _member_of(work, PayerId(payer_id), member_id, case_id)
        new = LegalHold(deps.new_id(), PayerId(payer_id), known, case_id, reason.strip(), by.strip(), at)
        work.retention.hold(new)
        work.audit.add(_entry(new, "legal-hold-place", Act.CREATE, by))
    return new


def release_hold(deps: Deps, id: str, reason: str, by: str) -> LegalHold:
    """The hold, which holds no more and stays on file.

    Raises: Refusal INVALID without a reason; NOT_FOUND when none with that id still holds.
    """
    if not reason.strip() or not by.strip():
        raise Refusal.of(Kind.INVALID, "required", "Say why, and who wants it.")
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        released = work.retention.release(id, by.strip(), at, reason.strip())
        if released is None:
            raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no hold with that id that still holds.")
        work.audit.add(_entry(released, "legal-hold-release", Act.UPDATE, by))
    return released


def see_holds(deps: Deps, active: bool) -> tuple[LegalHold, ...]:
    """Holds in the order they were placed; also those released unless only the active ones are wanted."""
    with deps.open_reading() as work:
        return work.retention.holds(active)


def _member_of(work: Reading, payer_id: PayerId, member_id: str, case_id: str) -> str:
    """The member that is held; of a case its own, if known."""
    if work.directory().payer(payer_id) is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no payer with that id.")
    if member_id and not work.retention.knows_member(payer_id, member_id):
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "That payer has no member with that id.")
    case = work.load_case(payer_id, CaseId(case_id)) if case_id else None
    if case_id and case is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "That payer has no case with that id.")
    return case.member_id if case else member_id


def _entry(hold: LegalHold, action: str, act: Act, by: str) -> AuditEntry:
    subject = Subject(hold.payer_id, MemberId(hold.member_id), CaseId(hold.case_id))
    return AuditEntry(
        at=hold.released_at or hold.placed_at,
        action=action,
        act=act,
        payer_id=hold.payer_id,
        person=as_word(by),
        role="operator",
        purpose=Purpose.ADMINISTRATION,
        detail=hold.id,
        subjects=(subject,),
    )

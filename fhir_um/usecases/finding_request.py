"""Which request documents are meant for: the sender's own, of the same member, found by what the sender calls it.

Runs inside a transaction, changes nothing. Of several requests none is guessed; another sender's is none.
Source: PAS 2.2.1 ainfo-2 (tracking number, administrative reference, member, line); CDex 2.1.0 submit-attachment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fhir_um.cases.attachments import AttachmentsSent, SentDocument
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import Case, CaseId, Line, LineState
from fhir_um.deps import Reading
from fhir_um.words import Identifier

_CONTROL_NUMBER = re.compile(
    r"(?P<case>[A-Za-z0-9.\-]{1,64})-(?P<line>[0-9]{1,9})-(?P<loinc>[0-9]{1,8}-[0-9])", re.ASCII
)
"""Case, line and document, as a CommunicationRequest names what it asks for."""

_MOST = 50
_NOT_FOUND = (
    "No request of yours has this TrackingId or AdminRefNumber. The documents are kept; a person will match them."
)
_SEVERAL = "TrackingId and AdminRefNumber name more than one request. The documents are kept; a person will match them."
_OTHER_MEMBER = "The MemberId is not that of the request. The documents are kept; a person will match them."
NO_SUCH_LINE = "The request has no such line. The document is kept; a person will match it."


@dataclass(frozen=True, slots=True)
class Aim:
    """The request documents are meant for, with the line and the document asked for where the sender named them.

    Without a case `why` says what stands in the way.
    """

    case: Case | None = None
    line: int | None = None
    loinc: str = ""
    why: str = ""


def aim_of(work: Reading, caller: Caller, sent: AttachmentsSent) -> Aim:
    """The one request meant, or why there is none."""
    aims = {aim.case.id: aim for aim in _named(work, caller, sent) if aim.case}
    if len(aims) > 1:
        return Aim(why=_SEVERAL)
    for aim in aims.values():
        if aim.case and _is_about(work, aim.case, sent.member):
            return aim
        return Aim(why=_OTHER_MEMBER)
    return Aim(why=_NOT_FOUND)


def lines_meant(case: Case, aim: Aim, document: SentDocument) -> tuple[int, ...] | None:
    """The lines a document is about: those named, else the one asked for, else all that wait; None for unknown ones."""
    if document.lines:
        named = [int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0 for word in document.lines]
        return tuple(dict.fromkeys(named)) if all(case.line(number) for number in named) else None
    if aim.line is not None:
        return (aim.line,)
    return tuple(line.sequence for line in case.lines if line.state is LineState.PENDED_INFO)


def _named(work: Reading, caller: Caller, sent: AttachmentsSent) -> Iterator[Aim]:
    """By the strongest name that leads anywhere, and by the administrative reference, which must lead to the same."""
    yield from _by_reference(work, caller, sent.admin_reference)
    for find in (_by_control_number, _by_case, _by_reference, _by_claim):
        found = tuple(find(work, caller, sent.tracking))
        if found:
            yield from found
            return
    yield from _by_numbers_of_sender(work, caller, sent)


def _by_control_number(work: Reading, caller: Caller, tracking: Identifier) -> Iterator[Aim]:
    parts = _CONTROL_NUMBER.fullmatch(tracking.value)
    if parts is None:
        return
    for case in _own(work, caller, parts["case"]):
        if case.line(int(parts["line"])):
            yield Aim(case, int(parts["line"]), parts["loinc"])


def _by_case(work: Reading, caller: Caller, tracking: Identifier) -> Iterator[Aim]:
    return (Aim(case) for case in _own(work, caller, tracking.value))


def _own(work: Reading, caller: Caller, case_id: str) -> Iterator[Case]:
    case = work.visible.sent(caller.payer_ids, caller.sender, CaseId(case_id))
    if case is not None:
        yield case


def _by_reference(work: Reading, caller: Caller, number: Identifier | None) -> Iterator[Aim]:
    """By an administrative reference or authorization number of ours, also one that was replaced since."""
    if number is None:
        return
    for payer_id in caller.payer_ids:
        for case in work.find_sent(payer_id, caller.sender, frozenset({number.value}), _MOST):
            lines = [line.sequence for line in case.lines if number.value in _numbers(line)]
            yield Aim(case, lines[0] if len(lines) == 1 else None)


def _numbers(line: Line) -> set[str]:
    return {line.administrative_reference, line.authorization_number, line.previous_authorization_number}


def _by_claim(work: Reading, caller: Caller, tracking: Identifier) -> Iterator[Aim]:
    for payer_id in caller.payer_ids:
        yield from map(Aim, work.find_by_claim(payer_id, caller.sender, "", (tracking,)))


def _by_numbers_of_sender(work: Reading, caller: Caller, sent: AttachmentsSent) -> Iterator[Aim]:
    """By a trace number of a line or the control number of a document that the request announced."""
    value = sent.tracking.value
    for payer_id in caller.payer_ids:
        for case in work.visible.sent_for_member(payer_id, caller.sender, sent.member, _MOST):
            traced = [n.sequence for n in case.lines if value in {t.value for t in n.request.trace_numbers}]
            announced = (info.document for info in case.request.supporting_info if info.document)
            if traced or value in {document.control_number for document in announced}:
                yield Aim(case, traced[0] if len(traced) == 1 else None)


def _is_about(work: Reading, case: Case, member: Identifier) -> bool:
    if case.member_id:
        return any(known.id == case.member_id for known in work.find_members(case.payer_id, (member,)))
    return any(
        known.value == member.value and (not member.system or not known.system or known.system == member.system)
        for known in case.request.member.identifiers
    )

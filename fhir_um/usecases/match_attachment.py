"""A person gives a document that nobody could match to the request it belongs to; one transaction.

From there on it counts as if it had been matched when it came.
"""

from dataclasses import dataclass, replace
from itertools import count

from fhir_um.cases.attachments import Attachment, ReadChart
from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider
from fhir_um.cases.model import Case, CaseId, LineState
from fhir_um.deps import Deps, Reading, Work
from fhir_um.errors import IllegalMove, Issue, Kind, Refusal
from fhir_um.usecases.attach_documents import chart_of, read_attached
from fhir_um.usecases.informing import News, inform
from fhir_um.usecases.read_attachments import of_payers
from fhir_um.usecases.read_case import no_such_case


@dataclass(frozen=True, slots=True)
class Matching:
    """Where a document belongs: the case and its lines, and whether these need no more documents."""

    case_id: CaseId
    lines: tuple[int, ...]
    final: bool
    decider: Decider


def match_attachment(deps: Deps, caller: Caller, id: str, matching: Matching, read_chart: ReadChart) -> Case:
    """The case after the document has joined it.

    Raises: RoleNotAllowed; Refusal NOT_FOUND, CONFLICT when it was matched before; IllegalMove for a line the case does
    not have, or a document that is another member's.
    """
    demand_decider(caller, matching.decider)
    at = deps.clock()
    with deps.open_work() as work:
        held = _held(work, caller, id)
        case = work.load_case_for_change(held.payer_id, matching.case_id)
        if case is None:
            raise no_such_case()
        _demand_fitting(work, case, held, matching)
        waits = any(line.state is LineState.PENDED_INFO for line in case.lines if line.sequence in matching.lines)
        joined = replace(
            held,
            case_id=case.id,
            case_version=case.version + 1 if waits else case.version,
            lines=matching.lines,
            matched_by=matching.decider.id,
            matched_at=at,
        )
        stored, chart = chart_of(work, case, read_chart)
        resource = held.about.encode() or _whole(work, held)
        work.attachments.match(joined, read_attached(chart, joined, resource))
        news = {sequence: News(True, matching.final, is_all=matching.final) for sequence in matching.lines}
        return inform(deps, work, caller, case, news, chart, stored, matching.decider, at)


def _held(work: Work, caller: Caller, id: str) -> Attachment:
    found = of_payers(work, caller, id)
    held = work.attachments.find_for_change(found.payer_id, found.id)
    if held is None or held.case_id is not None:
        told = "The attachment was matched to a request before."
        raise Refusal(Kind.CONFLICT, (Issue("conflict", told),))
    return held


def _demand_fitting(work: Reading, case: Case, held: Attachment, matching: Matching) -> None:
    unknown = [sequence for sequence in matching.lines if case.line(sequence) is None]
    if unknown or not matching.lines:
        raise IllegalMove("Name lines of the case, at least one.", "lines")
    known = {member.id for member in work.find_members(case.payer_id, (held.member,))}
    if known and case.member_id and case.member_id not in known:
        raise IllegalMove("The attachment is about another member than the case.", "case")


def _whole(work: Reading, held: Attachment) -> bytes:
    pieces = (work.attachments.piece(held, place) for place in count())
    return b"".join(iter(lambda: next(pieces) or b"", b""))

"""Take documents that come after a request: kept with their bytes, joined to the request, asked of the policies.

One transaction. Nothing that came in good form is dropped: what no request is found for is kept for a person, what
comes for a request that is decided is kept with it. Source: CDex 2.1.0 submit-attachment; PAS 2.2.1 ainfo-2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from fhir_um.cases.asked import Party
from fhir_um.cases.attachments import (
    Attachment,
    AttachmentId,
    AttachmentsSent,
    Chart,
    Fate,
    ReadChart,
    Received,
    Scan,
    SentDocument,
)
from fhir_um.cases.caller import Caller
from fhir_um.cases.evidence import Document, Evidence
from fhir_um.cases.model import Case, LineState, PayerId
from fhir_um.cases.roles import requester
from fhir_um.cases.submission import StoredSubmission
from fhir_um.deps import Deps, Reading, Work
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.usecases.eligibility import choose_payer
from fhir_um.usecases.finding_request import NO_SUCH_LINE, Aim, aim_of, lines_meant
from fhir_um.usecases.informing import News, inform
from fhir_um.words import Concept
from profiles.canonicals import LOINC, X12_REPORT_TYPE


def attach_documents(
    deps: Deps,
    caller: Caller,
    sent: AttachmentsSent,
    guide: str,
    read_chart: ReadChart,
) -> Received:
    """What became of each document, and of the request.

    Raises: Refusal INVALID when the scan finds a document unsafe; nothing is kept then.
    """
    _demand_safe(sent, deps.scan)
    at = deps.clock()
    with deps.open_work() as work:
        aim = aim_of(work, caller, sent)
        if aim.case is None:
            return _hold_all(deps, work, caller, sent, guide, aim, at)
        stored, chart = chart_of(work, aim.case, read_chart)
        case = work.load_case_for_change(aim.case.payer_id, aim.case.id)
        if case is None:
            raise LookupError(f"case {aim.case.id} went away")
        if case.submission_id != stored.id:
            stored, chart = chart_of(work, case, read_chart)
        joining = _Joining(deps, work, caller, sent, guide, chart, replace(aim, case=case), case, at)
        fates = tuple(joining.take(document) for document in sent.documents)
        after = inform(deps, work, caller, case, joining.news, chart, stored, requester(caller.client_id), at)
        why = NO_SUCH_LINE if Fate.HELD in fates else ""
        return Received(fates, case.id, why, _note(case, after, frozenset(joining.news)))


def chart_of(work: Reading, case: Case, read_chart: ReadChart) -> tuple[StoredSubmission, Chart]:
    """The case's current submission, and what it says."""
    stored = work.submission(case.payer_id, case.submission_id)
    if stored is None:
        raise LookupError(f"submission {case.submission_id} of case {case.id} is missing")
    return stored, read_chart(stored.body)


def read_attached(chart: Chart, row: Attachment, resource: bytes) -> Evidence:
    """What a document says beside its request; `resource` is its description, or itself where it is FHIR.

    A document is also of the type the sender sent it as, unless it is about somebody else.
    """
    found = chart.attached(resource, row.address, row.member)
    if not row.code.codes or found == Evidence():
        return found
    reports = [code.code for code in row.code.codes if code.system == X12_REPORT_TYPE]
    described = found.documents or (Document(row.address, Concept(), "", None),)
    documents = tuple(
        replace(
            document,
            type=Concept(tuple(dict.fromkeys(document.type.codes + row.code.codes)), document.type.text),
            report_type=document.report_type or next(iter(reports), ""),
        )
        for document in described
    )
    return replace(found, documents=documents)


def _new_row(
    deps: Deps,
    caller: Caller,
    payer_id: PayerId,
    sent: AttachmentsSent,
    document: SentDocument,
    guide: str,
    at: datetime,
) -> Attachment:
    return Attachment(
        id=AttachmentId(deps.new_id()),
        payer_id=payer_id,
        sender=caller.sender,
        guide=guide,
        received_at=at,
        tracking=sent.tracking,
        admin_reference=sent.admin_reference,
        organization=sent.organization,
        provider=sent.provider,
        member=sent.member,
        service_date=sent.service_date,
        final=sent.final,
        said_lines=document.lines,
        code=document.code,
        type=document.type,
        kind=document.kind,
        title=document.title,
        media=document.media,
        size=document.content.size,
        content_hash=document.content.hash,
        about=document.about.decode(),
        place=sent.documents.index(document),
    )


@dataclass(slots=True)
class _Joining:
    """One call being worked into one case; `news` gathers what it means for each line."""

    deps: Deps
    work: Work
    caller: Caller
    sent: AttachmentsSent
    guide: str
    chart: Chart
    aim: Aim
    case: Case
    at: datetime
    news: dict[int, News] = field(default_factory=dict)

    def take(self, document: SentDocument) -> Fate:
        """Keeps one document and notes what it means."""
        row = _new_row(self.deps, self.caller, self.case.payer_id, self.sent, document, self.guide, self.at)
        lines = lines_meant(self.case, self.aim, document)
        if lines is None:
            is_new = self.work.attachments.add(replace(row, why_held=NO_SUCH_LINE), Evidence(), document.content)
            return Fate.HELD if is_new else Fate.REPEATED
        is_new = self._join(row, document, lines)
        for sequence in lines:
            before = self.news.get(sequence, News())
            self.news[sequence] = self._with(before, document, sequence, is_new)
        return Fate.ATTACHED if is_new else Fate.REPEATED

    def _join(self, row: Attachment, document: SentDocument, lines: tuple[int, ...]) -> bool:
        """True when the case did not have it; one that was held under the same name is joined now."""
        same = self.work.attachments.same_as(row)
        if same is not None and same.case_id is not None:
            return False
        waits = any(line.state is LineState.PENDED_INFO for line in self.case.lines if line.sequence in lines)
        version = self.case.version + 1 if waits else self.case.version
        joined = replace(same or row, case_id=self.case.id, case_version=version, lines=lines, why_held="")
        resource = document.about or b"".join(document.content.pieces())
        evidence = read_attached(self.chart, joined, resource)
        if same is not None:
            return self.work.attachments.match(joined, evidence)
        return self.work.attachments.add(joined, evidence, document.content)

    def _with(self, before: News, document: SentDocument, sequence: int, is_new: bool) -> News:
        complete, is_all = frozenset[str](), False
        if self.sent.final:
            codes = {code.code for code in document.code.codes + document.type.codes if code.system in (LOINC, "")}
            asked = {self.aim.loinc} if self.aim.line == sequence and self.aim.loinc else set[str]()
            complete, is_all = frozenset(codes | asked), not self.aim.loinc
        return News(before.is_new or is_new, self.sent.final, before.complete | complete, before.is_all or is_all)


def _hold_all(
    deps: Deps, work: Work, caller: Caller, sent: AttachmentsSent, guide: str, aim: Aim, at: datetime
) -> Received:
    payer, _ = choose_payer(work.directory(), Party(identifiers=(sent.payer,) if sent.payer else ()), caller)
    fates = []
    for document in sent.documents:
        row = _new_row(deps, caller, PayerId(payer.id), sent, document, guide, at)
        is_new = work.attachments.add(replace(row, why_held=aim.why), Evidence(), document.content)
        fates.append(Fate.HELD if is_new else Fate.REPEATED)
    return Received(tuple(fates), why_held=aim.why)


def _demand_safe(sent: AttachmentsSent, scan: Scan) -> None:
    faults = tuple(Issue("security", fault, d.path) for d in sent.documents if (fault := scan(d)))
    if faults:
        raise Refusal(Kind.INVALID, faults)


def _note(before: Case, after: Case, lines: frozenset[int]) -> str:
    return " ".join(_notes(before, after, lines))


def _notes(before: Case, after: Case, lines: frozenset[int]) -> Iterator[str]:
    for line in after.lines:
        old = before.line(line.sequence)
        if line.sequence not in lines or old is None:
            continue
        if old.state is not LineState.PENDED_INFO:
            yield f"Line {line.sequence} did not wait for documents ({line.state}); they are kept with it."
        elif line.state is LineState.PENDED_INFO:
            asked = ", ".join(document.loinc for document in line.documents)
            yield f"Line {line.sequence} still waits for {asked or 'more'}."
        else:
            yield f"Line {line.sequence}: {line.decision.text}"

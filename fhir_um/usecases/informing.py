"""What becomes of lines that waited for information when some of it came: asked of the policies again, or to a person.

Runs inside a transaction, with the documents already kept. Must not know FHIR. Clocks go on as they are; rules that
count from when the information is there start now, and what was stopped until then goes on. Software grants only where
no person has ruled, and denies nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from fhir_um.cases.attachments import Chart
from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Clock, Deadline, running_decisions
from fhir_um.cases.deadlines import informed
from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.history import Journal
from fhir_um.cases.information_requests import information_clocks
from fhir_um.cases.lifecycle import INFORMED_PATH
from fhir_um.cases.model import OVER, Case, Course, Determination, EventKind, Line, LineState
from fhir_um.cases.placing import Numbers, place
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import ENGINE, PHYSICIANS
from fhir_um.cases.submission import StoredSubmission, Submission
from fhir_um.cases.zones import zone_of
from fhir_um.deps import Deps, Work
from fhir_um.usecases.adjudicate import Adjudicator, make_adjudicator
from fhir_um.usecases.eligibility import choose_payer, establish

_GRANTS = frozenset({Course.APPROVE, Course.NO_AUTHORIZATION})
_REVIEWS = frozenset({Course.PEND_REVIEW, Course.PEND_PHYSICIAN})


@dataclass(frozen=True, slots=True)
class News:
    """What came for one line: whether any of it is new, which documents are complete (LOINC), or all of them.

    `is_final` when the sender has no more of what it sent now.
    """

    is_new: bool = False
    is_final: bool = False
    complete: frozenset[str] = frozenset()
    is_all: bool = False

    def still_needed(self, line: Line) -> tuple[DocumentNeeded, ...]:
        """The documents the line waits for after this."""
        return () if self.is_all else tuple(d for d in line.documents if d.loinc not in self.complete)

    def concerns(self, line: Line) -> bool:
        """True when this changes anything for the line."""
        waits = line.state is LineState.PENDED_INFO
        return waits and (self.is_new or self.is_all or self.still_needed(line) != line.documents)


def inform(
    deps: Deps,
    work: Work,
    caller: Caller,
    case: Case,
    news: Mapping[int, News],
    chart: Chart,
    stored: StoredSubmission,
    actor: Decider,
    at: datetime,
) -> Case:
    """The case after the news, saved with its steps and numbers, and told to those who listen; unchanged without any.

    `chart` is that of `stored`, the case's current submission.
    """
    lines = [line for line in case.lines if line.sequence in news and news[line.sequence].concerns(line)]
    if not lines:
        return case
    journal, numbers = Journal(case, at, ENGINE), Numbers(deps.new_number, case.id, at)
    adjudicator = _adjudicator(deps, work, caller, case, chart, stored, at)
    kept = work.clocks_of(case.payer_id, case.id)
    running = running_decisions(kept)
    started: list[Clock] = []
    for line in lines:
        needed = news[line.sequence].still_needed(line)
        told = replace(line, documents=needed)
        journal.line(EventKind.INFORMATION_RECEIVED, told, (), actor)
        proposed = _proposed(adjudicator, told, journal.case, news[line.sequence].is_final)
        if proposed is not None:
            clock = informed(running[line.sequence], at)
            started += [clock] * (clock != running[line.sequence])
            moved, path = _placed(adjudicator, told, proposed, numbers, clock.deadline, at)
            journal.line(EventKind.LINE_MOVED, moved, (*INFORMED_PATH, *path[2:]))
    started += information_clocks(journal.case, kept, at)
    work.save_case(journal.case, case.version, tuple(journal.events), tuple(numbers.issued), tuple(started))
    work.subscribers.announce(journal.case, at)
    return journal.case


def _adjudicator(
    deps: Deps, work: Work, caller: Caller, case: Case, chart: Chart, stored: StoredSubmission, at: datetime
) -> Adjudicator:
    """Judges as the request's own submission was judged, by what is known today."""
    live = tuple(line.request for line in case.lines if line.state not in OVER)
    request = replace(case.request, lines=live)
    submission = Submission(
        request=request,
        evidence=chart.evidence,
        body=stored.body,
        content_hash=stored.content_hash,
        body_hash=stored.body_hash,
        guide=stored.guide,
        received_at=case.received_at,
    )
    directory = work.directory()
    payer, named = choose_payer(directory, request.payer, caller)
    standing = establish(work, directory, payer, named, request, case.received_at)
    today = _day(at, payer.time_zone)
    return make_adjudicator(deps, work, directory, replace(standing, received_on=today), submission, case)


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(zone_of(zone)).date()


def _proposed(adjudicator: Adjudicator, line: Line, case: Case, is_final: bool) -> Determination | None:
    """Where the line goes now; None while it waits on.

    A policy that has its answer waits for none of the documents it had asked for; a person who asked waits for all.
    """
    proposed = adjudicator.propose(line.request, case)
    if proposed.course in _GRANTS and not line.reviewed:
        return proposed
    is_answered = is_final and not line.reviewed and proposed.course is not Course.PEND_DOCUMENTS
    return None if line.documents and not is_answered else _to_reviewer(line, proposed)


def _to_reviewer(line: Line, proposed: Determination) -> Determination:
    """To the reviewer who asked, or whom the rules want; the rules' finding goes along as the worksheet.

    Not asked for again, and not denied: somebody reads what came.
    """
    by_rule = proposed.course is Course.PEND_PHYSICIAN
    by_asker = line.reviewed and line.decision.decider.role in PHYSICIANS
    text = "" if proposed.course in _GRANTS else f" {proposed.text}"
    return replace(
        proposed,
        course=Course.PEND_PHYSICIAN if by_rule or by_asker else Course.PEND_REVIEW,
        reason=proposed.reason if proposed.course in _REVIEWS else Reason.MEDICAL_REVIEW,
        text=f"Information received.{text}",
        authorized=None,
        documents=(),
        specialty=proposed.specialty or line.specialty,
    )


def without_answered(proposed: Determination, answered: frozenset[str]) -> Determination:
    """The proposal without documents that came already under our own number; with none left a person reads them."""
    if proposed.course is not Course.PEND_DOCUMENTS or answered.isdisjoint(d.loinc for d in proposed.documents):
        return proposed
    left = tuple(needed for needed in proposed.documents if needed.loinc not in answered)
    if left:
        return replace(proposed, documents=left)
    text = f"Information received. {proposed.text}"
    return replace(proposed, course=Course.PEND_REVIEW, reason=Reason.MEDICAL_REVIEW, text=text, documents=())


def _placed(
    adjudicator: Adjudicator, line: Line, proposed: Determination, numbers: Numbers, deadline: Deadline, at: datetime
) -> tuple[Line, tuple[str, ...]]:
    standing = adjudicator.standing
    continued = standing.continued.get(line.sequence, "")
    on = standing.received_on
    placed, path = place(line.request, proposed, numbers, at, on, deadline, line, continued)
    kept = placed if placed.findings else replace(placed, findings=line.findings)
    return kept, path

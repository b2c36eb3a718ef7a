"""From a step of a case to the letters it owes, ready to be kept; no page is drawn. Must not write anything.

A letter that cannot be made is held, with the reason; it is never left out and keeps nobody waiting.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.history import rebuild
from fhir_um.cases.model import NOTES, Case, CaseId, PayerId
from fhir_um.cases.notices import Channel, Notice, NoticeStatus, NoticeWords, Recipient
from fhir_um.cases.noticing import NoticeOwed, owed_after
from fhir_um.deps import Deps, Reading
from fhir_um.notices.composing import People, compose
from fhir_um.notices.letter import Letter, written
from fhir_um.notices.printing import left_out
from fhir_um.notices.templates import TemplateFault, shipped_texts
from fhir_um.notices.wording import day_at

NOT_IN_PRINT = "not_in_print"
"""Flag of a letter with characters that its PDF cannot show; its page can."""


@dataclass(frozen=True, slots=True)
class Owing:
    """A case as it stood after one transaction, the letters that follow from it, and the people these name.

    `people` is None where the payer itself is not on file.
    """

    case: Case
    owed: tuple[NoticeOwed, ...]
    people: People | None


def read_owing(reading: Reading, payer_id: PayerId, case_id: CaseId, version: int) -> Owing | None:
    """What the transaction that made that version of the case owes and is not there yet; None for nothing."""
    events = reading.events_of(payer_id, case_id)
    steps = [event for event in events if event.version == version and event.kind not in NOTES]
    if not steps:
        return None
    case = rebuild(event for event in events if event.sequence <= steps[-1].sequence)
    there = reading.notices.keys_of(payer_id, case_id)
    owed = tuple(one for one in owed_after(steps, case) if one.key not in there)
    return Owing(case, owed, _people(reading, case)) if owed else None


def make(deps: Deps, owing: Owing, owed: NoticeOwed, at: datetime) -> tuple[Notice, NoticeWords]:
    """The letter and its words. The provider's is given by the answer itself; the member's waits for the mail house."""
    is_member = owed.recipient is Recipient.MEMBER
    channel = deps.member_channel if is_member else Channel.FHIR
    status = NoticeStatus.READY if channel is Channel.MAIL else NoticeStatus.SENT
    blank = _blank(deps, owing, owed, at)
    try:
        letter, words = _words(owing, owed, at)
    except TemplateFault as fault:
        return replace(blank, channel=channel, why_held=str(fault)), NoticeWords()
    notice = replace(
        blank,
        template=letter.template,
        template_version=letter.template_version,
        status=status,
        channel=channel,
        grade=letter.grade,
        flags=(*letter.flags, *_unprinted(letter)),
        content_hash=words.content_hash,
    )
    return notice, words


def _words(owing: Owing, owed: NoticeOwed, at: datetime) -> tuple[Letter, NoticeWords]:
    if owing.people is None:
        raise TemplateFault("The payer is not on file.")
    dated = day_at(at, owing.people.payer.time_zone)
    letter = compose(shipped_texts(), owing.case, owed, owing.people, dated)
    return letter, NoticeWords(written(letter))


def _blank(deps: Deps, owing: Owing, owed: NoticeOwed, at: datetime) -> Notice:
    plan = owing.people.plan if owing.people else None
    return Notice(
        id=deps.new_id(),
        payer_id=owing.case.payer_id,
        case_id=owing.case.id,
        case_version=owing.case.version,
        event_sequence=owed.event_sequence,
        kind=owed.kind,
        recipient=owed.recipient,
        sequences=owed.sequences,
        line_of_business=owing.case.line_of_business,
        state=plan.state if plan else "",
        template="",
        template_version="",
        status=NoticeStatus.HELD,
        channel=Channel.MAIL,
        created_at=at,
        changed_at=at,
    )


def _unprinted(letter: Letter) -> tuple[str, ...]:
    cells = [cell for section in letter.sections if section.table for row in section.table.rows for cell in row]
    said = [text for section in letter.sections for text in (*section.paragraphs, *section.items)]
    text = "".join((letter.recipient, *(value for _, value in letter.facts), *cells, *said))
    return (NOT_IN_PRINT,) if left_out(text) else ()


def _people(reading: Reading, case: Case) -> People | None:
    directory, asked = reading.directory(), case.request
    payer = directory.payer(case.payer_id)
    if payer is None:
        return None
    members = reading.find_members(case.payer_id, asked.member.identifiers) if case.member_id else ()
    providers = reading.find_providers(case.payer_id, frozenset({asked.requester.npi} - {""}))
    npis = {line.decision.decider.npi for line in case.lines if line.decision.decider.human} - {""}
    known = {npi: reading.reviewers.by_npi(case.payer_id, npi) for npi in sorted(npis)}
    return People(
        payer=payer,
        plan=directory.plan(case.plan_id),
        member=next((member for member in members if member.id == case.member_id), None),
        provider=next(iter(providers), None),
        deciders={npi: credential for npi, credential in known.items() if credential},
    )

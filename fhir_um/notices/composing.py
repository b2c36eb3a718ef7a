"""From a case, and a letter that it owes, to the letter: values filled in, parts chosen. Must not know the store.

The same case, people and day always give the same letter. Source: um-domain 2.6, 7.3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from fhir_um.cases.credentials import Credential
from fhir_um.cases.model import Case, Line
from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.cases.noticing import NoticeOwed
from fhir_um.coverage.model import Member, Payer, Plan, Provider
from fhir_um.notices import wording
from fhir_um.notices.letter import Letter, Section, Table
from fhir_um.notices.reading_grade import MOST_FOR_MEMBERS, grade_of, unexplained
from fhir_um.notices.telling import said_of, told
from fhir_um.notices.templates import VALUES, Block, Fill, Need, Template, Texts, filled

GRADE_ABOVE = "grade_above"
"""What the case itself says is harder to read than a letter to a member should be."""

UNEXPLAINED = "unexplained"
_COLUMNS = ("Line", "Care", "What was asked", "Decision", "What is approved")
_NEUTRAL = dict.fromkeys(VALUES, "it")
"""Names, numbers and dates are no measure of how hard a text is."""

_NO_CONTACT = "the phone number on your member card"
_NO_DUE_DAY = "the day the rules set"


@dataclass(frozen=True, slots=True)
class People:
    """Those a letter names, as far as they are on file. `deciders` are clinicians of the payer by NPI."""

    payer: Payer
    plan: Plan | None = None
    member: Member | None = None
    provider: Provider | None = None
    deciders: Mapping[str, Credential] = field(default_factory=dict)


def compose(texts: Texts, case: Case, owed: NoticeOwed, people: People, dated: date) -> Letter:
    """The letter, as of that day; `case` stands as it did after the step the letter follows from.

    Raises: TemplateFault when there is no text for it, or a text names what the case does not have.
    """
    need = need_of(case, owed, people, dated)
    template, blocks = _chosen(texts, need)
    lines = lines_of(case, owed)
    values = _values(case, owed, people, lines)
    face = template.face(owed.recipient)
    sections = tuple(_sections(blocks, lines, values, people, need))
    grade, flags = _readable(template, blocks, values, lines, owed)
    return Letter(
        sender=people.payer.name,
        contact=values["contact"],
        recipient=values[owed.recipient.value],
        dated=wording.day(dated),
        title=filled(face.title, values),
        reference=values["request"],
        facts=tuple(_facts(case, values)),
        greeting=f"Dear {values[owed.recipient.value]},",
        opening=_paragraphs(filled(face.opening, values)),
        sections=sections,
        template=template.id,
        template_version=template.version,
        grade=grade,
        flags=flags,
    )


@lru_cache(2048)
def _chosen(texts: Texts, need: Need) -> tuple[Template, tuple[Block, ...]]:
    return texts.template(need), texts.parts(need)


@lru_cache(2048)
def _fixed_grade(fixed: str) -> float:
    """The same few texts go to everybody."""
    return grade_of(fixed)


def need_of(case: Case, owed: NoticeOwed, people: People, dated: date) -> Need:
    """By what the texts of a letter are chosen; a case without a plan is written to as the widest rules ask."""
    business = case.line_of_business or "COMM"
    return Need(owed.kind, owed.recipient, business, people.plan.state if people.plan else "", dated)


def lines_of(case: Case, owed: NoticeOwed) -> tuple[Line, ...]:
    """The lines a letter is about."""
    return tuple(line for line in case.lines if line.sequence in owed.sequences)


def _values(case: Case, owed: NoticeOwed, people: People, lines: tuple[Line, ...]) -> dict[str, str]:
    zone = people.payer.time_zone
    due = min((line.due_at for line in lines if line.due_at), default=None)
    days, why = _more_time(case, owed)
    return {
        "payer": people.payer.name,
        "contact": people.payer.contact or _NO_CONTACT,
        "plan": people.plan.name if people.plan else "the plan",
        "member": wording.member_name(case, people.member),
        "provider": wording.provider_name(case, people.provider),
        "request": wording.reference(case, lines),
        "received_on": wording.day(wording.day_at(case.received_at, zone)),
        "decided_on": wording.day(wording.day_at(owed.at, zone)),
        "due_on": wording.day(wording.day_at(due, zone)) if due else _NO_DUE_DAY,
        "days": str(days) if days else "",
        "why": why,
    }


def _more_time(case: Case, owed: NoticeOwed) -> tuple[int, str]:
    """How many days are added and why, or why nothing is made faster."""
    if owed.kind is NoticeKind.EXTENSION:
        found = [entry for entry in case.review.extensions if entry.decided_at == owed.at]
        return (found[-1].days, found[-1].text) if found else (0, "")
    if owed.kind is NoticeKind.EXPEDITE_REFUSAL:
        refused = [entry for entry in case.review.priorities if not entry.granted]
        return 0, refused[-1].text if refused else ""
    return 0, ""


def _sections(
    blocks: tuple[Block, ...], lines: tuple[Line, ...], values: dict[str, str], people: People, need: Need
) -> Iterator[Section]:
    for block in blocks:
        text = _paragraphs(filled(block.text, values | _deadline(block, need.on)))
        heading = filled(block.heading, values)
        if block.fill is Fill.LINES:
            yield Section(heading, text, table=_table(lines))
            continue
        items = told(block.fill, lines, need, people.deciders) if block.fill else ()
        if len(items) == 1:
            text, items = (*text, *items), ()
        if text or items:
            yield Section(heading, text, items, marked=block.marked)


def _deadline(block: Block, on: date) -> dict[str, str]:
    return {"deadline": wording.day(wording.counted(on, block.days, block.months))}


def _table(lines: tuple[Line, ...]) -> Table:
    """Where nothing at all is approved nobody reads a column of dashes."""
    rows = tuple(
        (
            str(line.sequence),
            wording.service(line.request.service, line),
            wording.asked(line),
            wording.decided(line),
            wording.granted(line),
        )
        for line in lines
    )
    if all(row[-1] == wording.NOTHING for row in rows):
        return Table(_COLUMNS[:-1], tuple(row[:-1] for row in rows))
    return Table(_COLUMNS, rows)


def _facts(case: Case, values: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "Member", values["member"]
    number = next((i.value for i in case.request.member.identifiers), "")
    if number:
        yield "Member number", number
    yield "Plan", values["plan"]
    yield "Requested by", values["provider"]
    yield "Request received", values["received_on"]
    yield "Reference", values["request"]


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def _readable(
    template: Template,
    blocks: tuple[Block, ...],
    values: dict[str, str],
    lines: tuple[Line, ...],
    owed: NoticeOwed,
) -> tuple[float, tuple[str, ...]]:
    """The grade of the letter's prose, and what should be looked at; only letters to members are held against it."""
    fixed = fixed_text(template, blocks, owed.recipient)
    own = case_text(lines, values["why"], owed.recipient)
    grade = max(_fixed_grade(fixed), grade_of(own))
    if owed.recipient is not Recipient.MEMBER:
        return grade, ()
    above = (GRADE_ABOVE,) if grade > MOST_FOR_MEMBERS else ()
    return grade, (*above, *(f"{UNEXPLAINED} {short}" for short in unexplained(f"{fixed}\n{own}")))


def fixed_text(template: Template, blocks: tuple[Block, ...], recipient: Recipient) -> str:
    """The prose of a letter whoever it is for, every value in it made a short word; headings would flatter it."""
    texts = (template.face(recipient).opening, *(block.text for block in blocks))
    return "\n".join(filled(text, _NEUTRAL) for text in texts)


def case_text(lines: tuple[Line, ...], why: str, recipient: Recipient) -> str:
    """What was written in this case for that recipient to read."""
    said = [said_of(line, recipient) for line in lines]
    said += [line.decision.basis.alternative for line in lines if line.decision.basis]
    return "\n".join((*said, why))

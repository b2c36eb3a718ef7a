"""How letters look in our own API, and how somebody says what became of one. Must not know how they are kept."""

from datetime import date, datetime
from typing import Any

import msgspec

from fhir_um.api.attachment_views import PersonIn
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Case
from fhir_um.cases.notices import Channel, Notice, NoticeDelivery, Outcome
from fhir_um.cases.noticing import why_none
from fhir_um.cases.roles import Role
from fhir_um.cases.standing import standing_of
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.usecases.record_delivery import Told

_LONGEST_NOTE = 2_000


class DeliveryIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a letter. `at` is when that was, now when it is left out; a call is of channel `phone`."""

    outcome: Outcome
    channel: Channel
    role: Role
    reviewer: PersonIn = PersonIn()
    at: datetime | None = None
    note: str = ""


def read_delivery(given: DeliveryIn, signed_in: str = "") -> tuple[Decider, Told]:
    """Who says it, and what became of the letter. Raises: Refusal INVALID."""
    who = given.reviewer.id.strip() or signed_in
    faults = []
    if not who:
        faults.append(Issue("required", "Say who says so.", "reviewer.id"))
    if given.at is not None and given.at.tzinfo is None:
        faults.append(Issue("value", "An instant needs a time zone, for example Z.", "at"))
    if len(given.note) > _LONGEST_NOTE:
        faults.append(Issue("too-long", f"At most {_LONGEST_NOTE} characters.", "note"))
    if faults:
        raise Refusal(Kind.INVALID, tuple(faults))
    return Decider(who, given.role, human=True), Told(given.channel, given.outcome, given.at, given.note.strip())


def notice_row(notice: Notice) -> dict[str, Any]:
    """A letter without its words."""
    return {
        "id": notice.id,
        "payerId": notice.payer_id,
        "caseId": notice.case_id,
        "caseVersion": notice.case_version,
        "event": notice.event_sequence,
        "kind": notice.kind,
        "recipient": notice.recipient,
        "lines": list(notice.sequences),
        "lineOfBusiness": notice.line_of_business,
        "state": notice.state,
        "template": notice.template,
        "templateVersion": notice.template_version,
        "status": notice.status,
        "channel": notice.channel,
        "createdAt": notice.created_at.isoformat(),
        "changedAt": notice.changed_at.isoformat(),
        "whyHeld": notice.why_held,
        "readingGrade": notice.grade,
        "flags": list(notice.flags),
        "sha256": notice.content_hash,
        "pdfSha256": notice.pdf_hash,
    }


def notice_view(notice: Notice, tries: tuple[NoticeDelivery, ...]) -> dict[str, Any]:
    """A letter without its words, with every try to give it."""
    return notice_row(notice) | {"deliveries": [_delivery(made) for made in tries]}


def notices_view(case: Case, notices: tuple[Notice, ...], on: date) -> dict[str, Any]:
    """Every letter about a case, and where its lines stand that day with what follows a decision."""
    lines = [
        {"line": line.sequence, "standing": standing_of(case, line, on), "whyNoNotice": why_none(line)}
        for line in case.lines
    ]
    return {"notices": [notice_row(notice) for notice in notices], "lines": lines}


def _delivery(made: NoticeDelivery) -> dict[str, Any]:
    return {
        "sequence": made.sequence,
        "at": made.at.isoformat(),
        "channel": made.channel,
        "outcome": made.outcome,
        "by": made.by,
        "note": made.note,
        "notedAt": made.noted_at.isoformat(),
    }

"""The metric record of one request: its exchanges and, line by line, how it ended. Names no patient.

Must not know how a record is written, or where exchanges are kept. Source: PAS 2.2.1, PASMetricData and metric-2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.line_facts import Fact, exchanges_of, instant, micros
from fhir_um.cases.model import BusinessError, Case, Event, Line, LineState
from fhir_um.words import Concept, Identifier

_RESULTS = {"A1": "approved", "A3": "denied", "A4": "pended", "A6": "modified", "C": "cancelled"}
_ANSWERED = 200


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One exchange about the request. `responded_at` is None where only the request is known."""

    type: str
    requested_at: datetime
    responded_at: datetime | None
    status: int


@dataclass(frozen=True, slots=True)
class ItemMeasured:
    """One line: what was asked for, when, and what became of it."""

    item: Concept
    sequence: int
    asked_at: datetime
    final_at: datetime | None
    responses: int
    result: str
    denial_reason: str
    errors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DocumentAsked:
    """One request for documents of a line: what, when, and when it was answered."""

    documents: tuple[DocumentNeeded, ...]
    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class PasRecord:
    """One request. `group` and `provider` are how the requester is known; None where no identifier was sent."""

    case_id: str
    provider: Identifier | None
    group: Identifier | None
    payer: Identifier | None
    payer_id: str
    line_of_business: str
    exchanges: tuple[Exchanged, ...]
    items: tuple[ItemMeasured, ...]
    errors: tuple[tuple[str, str], ...]
    documents: tuple[DocumentAsked, ...]


def record_of(
    case: Case,
    events: Iterable[Event],
    facts: Iterable[Fact],
    payer: Identifier | None,
    inquiries: Iterable[tuple[datetime, int]],
) -> PasRecord:
    """The record of a case; `facts` are those in force, `inquiries` say when somebody asked, with what status."""
    asked_for = {
        (event.line.sequence, micros(event.at)): event.line.documents
        for event in events
        if event.line is not None and event.line.state is LineState.PENDED_INFO
    }
    rows = {fact.sequence: fact for fact in facts}
    request = case.request
    requester = next(iter(request.requester.identifiers), None)
    queries = (Exchanged("query", at, at, status) for at, status in inquiries)
    exchanges = sorted((*_submissions(rows), *queries), key=lambda each: each.requested_at)
    return PasRecord(
        case_id=case.id,
        provider=_individual(case) or requester,
        group=requester,
        payer=payer,
        payer_id=case.payer_id,
        line_of_business=case.line_of_business,
        exchanges=tuple(exchanges),
        items=tuple(_item(case, line, rows.get(line.sequence)) for line in case.lines),
        errors=tuple(_error(error) for error in case.errors if error.sequence is None),
        documents=tuple(asked for line in case.lines for asked in _documents(line, rows.get(line.sequence), asked_for)),
    )


def _individual(case: Case) -> Identifier | None:
    """Whoever of the requesting side is known beside the organization, the first with an NPI."""
    organization = case.request.requester.npi
    for party in case.request.requester_parties:
        if party.npi and party.npi != organization:
            return next((each for each in party.identifiers if each.value == party.npi), None)
    return None


def _submissions(rows: dict[int, Fact]) -> list[Exchanged]:
    """A submission that is kept was answered with 200, in the transaction that kept it."""
    first = rows.get(min(rows, default=0))
    if first is None:
        return []
    known = exchanges_of(first.exchanges, _EVER)
    return [Exchanged(each.type, instant(each.at), instant(each.at), _ANSWERED) for each in known]


_EVER = 2**62


def _item(case: Case, line: Line, fact: Fact | None) -> ItemMeasured:
    return ItemMeasured(
        item=line.request.service,
        sequence=line.sequence,
        asked_at=instant(fact.asked_at) if fact else case.received_at,
        final_at=instant(fact.decided_at) if fact and fact.decided_at is not None else None,
        responses=_responses(fact),
        result=_RESULTS.get(fact.action, "") if fact else "",
        denial_reason=line.decision.reason if fact and fact.action == "A3" else "",
        errors=tuple(_error(error) for error in case.errors if error.sequence == line.sequence),
    )


def _responses(fact: Fact | None) -> int:
    """How many answers told of the line: the first, and the final one when the first was that it waits."""
    if fact is None or fact.pended_at is None:
        return 1
    return 1 + (fact.decided_at is not None)


def _error(error: BusinessError) -> tuple[str, str]:
    """The loop of X12 and the code of the fault."""
    return error.element.partition("-")[0], error.code


def _documents(
    line: Line, fact: Fact | None, asked_for: Mapping[tuple[int, int], tuple[DocumentNeeded, ...]]
) -> list[DocumentAsked]:
    pairs = [pair.split(":") for pair in fact.rfis.split(",")] if fact and fact.rfis else []
    return [
        DocumentAsked(
            asked_for.get((line.sequence, int(asked)), ()),
            instant(int(asked)),
            instant(int(answered)) if answered else None,
        )
        for asked, answered in pairs
    ]

"""From the events of a case to the facts of its lines: a pure fold, the same for the same events.

Must not know measures or how facts are kept. An instant in a fact is that of the event that told it, so that what was
known at a past moment can be told later without anything that came after.
"""

from collections.abc import Iterable

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.deciders import Decider
from fhir_um.cases.drugs import DrugCodes
from fhir_um.cases.line_facts import CONTACT, DAY, DeciderKind, Ended, Exchange, Fact, micros, written
from fhir_um.cases.model import OVER, PENDED, Case, Event, EventKind, Line, LineState
from fhir_um.cases.notices import GIVEN, NoticeKind
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import ExtensionState, NoticeStep, PeerToPeer, PeerToPeerState, Review
from fhir_um.cases.roles import PHYSICIANS, Role

CHANNEL = "fhir"
"""How requests come in. There is no other way into this house yet."""

ACTIONS = {
    LineState.APPROVED: "A1",
    LineState.MODIFIED: "A6",
    LineState.DENIED_CLINICAL: "A3",
    LineState.DENIED_ADMINISTRATIVE: "A3",
    LineState.NO_ACTION: "NA",
    LineState.DISMISSED: CONTACT,
}
_PENDED_ACTION = "A4"
_CANCELLED_ACTION = "C"
_ENDS = {
    LineState.CANCELLED: Ended.CANCELLED,
    LineState.WITHDRAWN: Ended.WITHDRAWN,
    LineState.VOIDED: Ended.VOIDED,
}
_EXCHANGES = {EventKind.OPENED: "initial", EventKind.AMENDED: "update", EventKind.UPDATE_REFUSED: "update"}
_NEWS = frozenset({EventKind.AMENDED, EventKind.INFORMATION_RECEIVED, EventKind.LINE_CHANGED})
_PHYSICIAN_QUEUES = frozenset({LineState.PHYSICIAN_REVIEW, LineState.SPECIALIST_REVIEW})
_OF_A_DETERMINATION = frozenset(
    {
        NoticeKind.APPROVAL,
        NoticeKind.APPROVAL_WITH_LIMITS,
        NoticeKind.PARTIAL,
        NoticeKind.DENIAL,
        NoticeKind.ADMINISTRATIVE_DENIAL,
        NoticeKind.DISMISSAL,
    }
)


def facts_of(events: Iterable[Event], drugs: DrugCodes) -> tuple[Fact, ...]:
    """The facts of a case's lines, by line and number; none for a case without lines."""
    telling = _Telling(drugs)
    for event in events:
        telling.hear(event)
    return telling.told()


class _Telling:
    """What is known so far; the last fact of each line is the one in force."""

    def __init__(self, drugs: DrugCodes) -> None:
        self._drugs = drugs
        self._header: Case | None = None
        self._received = 0
        self._facts: dict[int, list[Fact]] = {}
        self._lines: dict[int, Line] = {}
        self._exchanges: list[Exchange] = []
        self._news_version = 0

    def told(self) -> tuple[Fact, ...]:
        first = min(self._facts, default=0)
        exchanges = written(self._exchanges)
        return tuple(
            fact._replace(exchanges=exchanges) if sequence == first else fact
            for sequence in sorted(self._facts)
            for fact in self._facts[sequence]
        )

    def hear(self, event: Event) -> None:
        if event.kind in _NEWS:
            self._news_version = event.version
        if event.case is not None:
            self._hear_header(event, event.case)
        if event.line is not None:
            self._hear_line(event, event.line)
        if event.review is not None:
            self._hear_review(micros(event.at), event.review)

    # --- headers ---------------------------------------------------------------------------------------------------

    def _hear_header(self, event: Event, header: Case) -> None:
        at = micros(event.at)
        if event.kind in _EXCHANGES:
            is_cancel = event.kind is not EventKind.OPENED and header.request.cancel_all
            kind = "cancel" if is_cancel else _EXCHANGES[event.kind]
            self._exchanges.append(Exchange(kind, at, bool(header.errors)))
        if event.kind is EventKind.UPDATE_REFUSED:
            return
        if self._header is None:
            self._received = micros(header.received_at)
        self._header = header
        for sequence, facts in self._facts.items():
            if facts[-1].decided_at is None and not facts[-1].ended and _kind_of(facts[-1]) != _kind_in(header):
                self._follow(sequence, at, **_described(header))

    # --- lines -----------------------------------------------------------------------------------------------------

    def _hear_line(self, event: Event, line: Line) -> None:
        at, sequence = micros(event.at), line.sequence
        before = self._lines.get(sequence)
        self._lines[sequence] = line
        if sequence not in self._facts:
            self._facts[sequence] = [self._begun(at, line)]
        if line.state in OVER:
            self._end(sequence, at, line)
        elif line.state in PENDED:
            self._pend(event, at, line, before)
        elif before is None or before.decision != line.decision or before.state is not line.state:
            self._decide(event, at, line, before)

    def _begun(self, at: int, line: Line) -> Fact:
        if self._header is None:
            raise ValueError("a line before any opening")
        header = self._header
        begun = Fact(
            received_day=self._received // DAY,
            case_id=header.id,
            payer_id=header.payer_id,
            sequence=line.sequence,
            number=1,
            since=at,
            superseded_at=None,
            received_at=self._received,
            asked_at=at if len(self._exchanges) > 1 else self._received,
            first_response_at=at,
            channel=CHANNEL,
            provider_npi=header.request.requester.npi,
            policy_id=_policy_of(line),
            is_drug=int(self._is_drug(line.request)),
            action=_PENDED_ACTION,
        )
        return begun._replace(**_described(header))  # type: ignore[arg-type]  # fields by name

    def _is_drug(self, asked: LineRequest) -> bool:
        return self._drugs.is_drug(asked.service.codes)

    def _end(self, sequence: int, at: int, line: Line) -> None:
        fact = self._facts[sequence][-1]
        ended = Ended.TAKEN_OVER if line.taken_over_by else _ENDS[line.state]
        if fact.ended == ended:
            return
        if fact.ended:
            fact = self._follow(sequence, at)
        action = fact.action if fact.decided_at else _CANCELLED_ACTION
        self._set(sequence, ended=ended.value, ended_at=at, action=action)

    def _decide(self, event: Event, at: int, line: Line, before: Line | None) -> None:
        sequence = line.sequence
        fact = self._facts[sequence][-1]
        if fact.decided_at is not None:
            fact = self._follow(sequence, at, **_UNDECIDED, reworked_at=at)
        if before is not None and before.state is LineState.PENDED_INFO:
            fact = self._set(sequence, **_answered(fact, at if event.version == self._news_version else None))
        if event.kind is EventKind.LINE_CHANGED:
            fact = self._set(sequence, reworked_at=fact.reworked_at or at)
        self._set(
            sequence,
            decided_at=at,
            first_decided_at=fact.first_decided_at or at,
            state=line.state.value,
            action=ACTIONS[line.state],
            decider=_kind_of_decider(line.decision.decider).value,
            is_duplicate=int(line.decision.reason == Reason.DUPLICATE),
            is_drug=int(self._is_drug(line.request)),
            policy_id=_policy_of(line),
        )

    def _pend(self, event: Event, at: int, line: Line, before: Line | None) -> None:
        sequence = line.sequence
        fact = self._facts[sequence][-1]
        if fact.decided_at is not None:
            fact = self._follow(sequence, at, **_UNDECIDED, reworked_at=at)
        came_from = before.state if before is not None else None
        changes: dict[str, int | str | None] = {"pended_at": fact.pended_at or at, "policy_id": _policy_of(line)}
        if event.kind is EventKind.LINE_CHANGED and event.path:
            changes["reworked_at"] = fact.reworked_at or at
            changes["is_drug"] = int(self._is_drug(line.request))
        if line.state is not came_from:
            changes |= _entered(fact, at, line.state, came_from)
            if came_from is LineState.PENDED_INFO:
                changes |= _answered(fact, at if event.version == self._news_version else None)
        self._set(sequence, **changes)

    # --- what people did beside ruling -------------------------------------------------------------------------------

    def _hear_review(self, at: int, review: Review) -> None:
        for call in review.peer_to_peers:
            self._hear_call(at, call)
        for extension in review.extensions:
            if extension.state is ExtensionState.GRANTED:
                self._first(extension.sequences, extended_at=at)
        for notice in review.notices:
            self._hear_notice(at, notice)

    def _hear_call(self, at: int, call: PeerToPeer) -> None:
        self._first(call.sequences, peer_opened_at=at)
        if call.state is PeerToPeerState.COMPLETED:
            for sequence in call.sequences:
                if sequence in self._facts:
                    outcome = call.outcome.value if call.outcome else ""
                    self._set(sequence, peer_completed_at=at, peer_outcome=outcome)

    def _hear_notice(self, at: int, notice: NoticeStep) -> None:
        if notice.status not in GIVEN or notice.kind not in _OF_A_DETERMINATION:
            return
        decided = (n for n in notice.sequences if n in self._facts and self._facts[n][-1].decided_at is not None)
        self._first(tuple(decided), notified_at=at)

    def _first(self, sequences: tuple[int, ...], **instants: int) -> None:
        """Keep instants of those lines where none is known yet."""
        for sequence in sequences:
            if sequence in self._facts:
                fact = self._facts[sequence][-1]
                self._set(sequence, **{name: getattr(fact, name) or at for name, at in instants.items()})

    # --- one fact after the other -------------------------------------------------------------------------------------

    def _set(self, sequence: int, **changes: int | str | None) -> Fact:
        facts = self._facts[sequence]
        facts[-1] = facts[-1]._replace(**changes)  # type: ignore[arg-type]  # fields by name
        return facts[-1]

    def _follow(self, sequence: int, at: int, **changes: int | str | None) -> Fact:
        """The fact in force is superseded by one that differs in those fields."""
        facts = self._facts[sequence]
        last = facts[-1]
        facts[-1] = last._replace(superseded_at=at)
        facts.append(last._replace(number=last.number + 1, since=at, superseded_at=None))
        return self._set(sequence, **changes)


_UNDECIDED: dict[str, int | str | None] = {
    "decided_at": None,
    "notified_at": None,
    "state": "",
    "action": _PENDED_ACTION,
    "decider": "",
    "is_duplicate": 0,
}
"""A line that is open again. What was asked and talked about before stays with it."""


def _described(header: Case) -> dict[str, str]:
    return {
        "line_of_business": header.line_of_business,
        "plan_id": header.plan_id,
        "priority": header.priority.value,
        "review_type": header.review_type.value,
    }


def _kind_in(header: Case) -> tuple[str, ...]:
    return tuple(_described(header).values())


def _kind_of(fact: Fact) -> tuple[str, ...]:
    return fact.line_of_business, fact.plan_id, fact.priority, fact.review_type


def _policy_of(line: Line) -> str:
    return line.findings[0].policy_id if line.findings else ""


def _kind_of_decider(decider: Decider) -> DeciderKind:
    if decider.role == Role.ENGINE:
        return DeciderKind.ENGINE
    if decider.role in PHYSICIANS:
        return DeciderKind.PHYSICIAN
    return DeciderKind.NURSE if decider.role == Role.NURSE else DeciderKind.OTHER


def _entered(fact: Fact, at: int, state: LineState, came_from: LineState | None) -> dict[str, int | str | None]:
    """What it means for a line that it came there."""
    if state is LineState.INTAKE_REVIEW:
        return {"intake_at": fact.intake_at or at}
    if state is LineState.PENDED_INFO:
        return {"rfis": f"{fact.rfis},{at}:" if fact.rfis else f"{at}:"}
    if state is LineState.NURSE_REVIEW:
        return {"nurse_at": fact.nurse_at or at}
    if state in _PHYSICIAN_QUEUES and came_from is LineState.NURSE_REVIEW:
        return {"referred_at": fact.referred_at or at}
    return {}


def _answered(fact: Fact, at: int | None) -> dict[str, int | str | None]:
    """The last request for information is over; it was answered when `at` says so."""
    return {"rfis": f"{fact.rfis}{at}"} if at is not None and fact.rfis.endswith(":") else {}

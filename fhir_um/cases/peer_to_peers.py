"""A conversation between whoever ordered a service and a physician of the payer: its steps, and until when it is had.

Must not know how a line is decided: what comes out of a conversation changes no line by itself, a physician rules.
Source: um-domain 2.3 T14, 2.8 (P2P).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.clocks import Clock, ClockKind, ClockOutcome, Considered, Deadline
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import PENDED, Case, Line, LineState
from fhir_um.cases.review import PeerToPeer, PeerToPeerOutcome, PeerToPeerState
from fhir_um.cases.roles import CLINICIANS, PHYSICIANS, Role
from fhir_um.cases.steps import Step, demand, legal_step

THING = "a peer-to-peer conversation"
CALL_PATH = ("T14",)
CLOCK_RULE = "peer-to-peer"
_SOURCE = "the time in which it may be had: until the decision is due, or after it by the rules of the table"

_OFFERED = frozenset({PeerToPeerState.OFFERED})
_BOOKED = frozenset({PeerToPeerState.SCHEDULED})
_TO_BOOK = frozenset({PeerToPeerState.REQUESTED, PeerToPeerState.SCHEDULED})
OPEN = _OFFERED | _TO_BOOK
_DESK = CLINICIANS | {Role.INTAKE}
_WHOLE = frozenset({"lines", "free"})
_HELD = frozenset({"npi", "participants", "minutes", "facts", "outcome"})

STEPS: tuple[Step[PeerToPeerState], ...] = (
    Step("offer", frozenset(), PeerToPeerState.OFFERED, CLINICIANS, _WHOLE | {"before", "slots"}),
    Step("request", frozenset(), PeerToPeerState.REQUESTED, _DESK, _WHOLE | {"time", "clinician"}),
    Step("request", _OFFERED, PeerToPeerState.REQUESTED, _DESK, frozenset({"time", "clinician"})),
    Step("schedule", _TO_BOOK, PeerToPeerState.SCHEDULED, _DESK, frozenset({"time", "inside", "physician"})),
    Step("complete", _BOOKED, PeerToPeerState.COMPLETED, PHYSICIANS, _HELD),
    Step("no-show", _BOOKED, PeerToPeerState.NO_SHOW, _DESK, frozenset({"begun"})),
    Step("decline", OPEN, PeerToPeerState.DECLINED, _DESK, frozenset({"note"})),
    Step("expire", OPEN, PeerToPeerState.EXPIRED, frozenset({Role.ENGINE}), frozenset({"over"})),
)

_BEFORE = frozenset({LineState.NURSE_REVIEW, LineState.PHYSICIAN_REVIEW, LineState.SPECIALIST_REVIEW})
_AFTER = frozenset({LineState.DENIED_CLINICAL, LineState.MODIFIED})
NO_NEW_FACTS = "none"
_LONGEST_MINUTES = 24 * 60

_TOLD = {
    "lines": (
        "lines",
        "Name the lines it is about, each once: lines in clinical review, or denied or modified ones, not both.",
    ),
    "free": ("lines", "About one of the lines there is a conversation already; go on with that one."),
    "before": ("lines", "A conversation is offered while a line is in review, where there is one before a decision."),
    "time": ("", "The time in which it could be asked for and had is over."),
    "slots": ("slots", "Offer at least one time to talk, each from now on and before the decision is due."),
    "clinician": ("clinician", "Say who asks for it: the name or NPI of the ordering side's clinician."),
    "inside": ("scheduledAt", "The time to talk lies from now on and inside the time in which it may be had."),
    "physician": ("physician", "The payer's side is a physician: give their id and NPI."),
    "npi": ("reviewer.npi", "The payer's side is a physician: give your NPI."),
    "participants": ("participants", "Name everybody who took part."),
    "minutes": ("minutes", f"Say how many minutes it took, from 1 to {_LONGEST_MINUTES}."),
    "facts": ("newFacts", f"Say which facts were new, or {NO_NEW_FACTS}."),
    "outcome": ("outcome", f"Say what it led to: {', '.join(PeerToPeerOutcome)}."),
    "begun": ("", "Nobody can have missed it before its time came."),
    "note": ("note", "Say who declined, and why."),
    "over": ("", "The time in which it may be had is not over."),
}


@dataclass(frozen=True, slots=True)
class CallSaid:
    """What somebody said with a step."""

    lines: tuple[int, ...] = ()
    slots: tuple[datetime, ...] = ()
    scheduled_at: datetime | None = None
    physician: Decider | None = None
    clinician: str = ""
    participants: tuple[str, ...] = ()
    minutes: int = 0
    new_facts: str = ""
    outcome: PeerToPeerOutcome | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """When a conversation is had, by the rules: before a determination or not, and until when after one was made."""

    is_before: bool
    after_until: datetime | None

    def until(self, lines: Iterable[Line]) -> datetime | None:
        """The end of the time to talk about those lines: of the decision's clock, or of the window; None without."""
        dues = [line.due_at if line.state in PENDED else self.after_until for line in lines]
        return min((due for due in dues if due is not None), default=None) if None not in dues else None


def next_call(
    case: Case,
    call: PeerToPeer | None,
    name: str,
    said: CallSaid,
    by: Decider,
    at: datetime,
    new_id: str,
    window: Window | None = None,
) -> PeerToPeer:
    """The conversation after a step; `new_id` is its name when the step begins it, which takes a `window` too.

    Raises: IllegalMove, RoleNotAllowed.
    """
    step = legal_step(STEPS, name, call.state if call else None, by.role, THING)
    lines = _lines(case, call.sequences if call else said.lines)
    until = call.expires_at if call else (window.until(lines) if window else None)
    demand(step, _given(case, call, lines, said, by, at, until, window), _TOLD)
    if call is None:
        if until is None:
            raise ValueError("a conversation begins inside a time to have it")
        sequences = tuple(line.sequence for line in lines)
        clinician = said.clinician.strip() if step.to is PeerToPeerState.REQUESTED else ""
        return PeerToPeer(new_id, sequences, step.to, by, at, until, said.slots, clinician=clinician)
    return _after(replace(call, state=step.to), said, by, at)


def _after(call: PeerToPeer, said: CallSaid, by: Decider, at: datetime) -> PeerToPeer:
    clinician, note = said.clinician.strip() or call.clinician, said.note.strip() or call.note
    if call.state is PeerToPeerState.REQUESTED:
        return replace(call, clinician=clinician, note=note)
    if call.state is PeerToPeerState.SCHEDULED:
        physician = said.physician or by
        return replace(call, scheduled_at=said.scheduled_at, physician=physician, clinician=clinician, note=note)
    if call.state is not PeerToPeerState.COMPLETED:
        return replace(call, ended_at=at, note=note)
    return replace(
        call,
        physician=by,
        participants=tuple(one.strip() for one in said.participants),
        minutes=said.minutes,
        new_facts=said.new_facts.strip(),
        outcome=said.outcome,
        ended_at=at,
        note=note,
    )


def _given(
    case: Case,
    call: PeerToPeer | None,
    lines: tuple[Line, ...],
    said: CallSaid,
    by: Decider,
    at: datetime,
    until: datetime | None,
    window: Window | None,
) -> dict[str, bool]:
    states = {line.state for line in lines}
    talked = {n for one in open_calls(case) for n in one.sequences}
    physician = said.physician or by
    is_whole = len(lines) == len(said.lines) == len(set(said.lines)) > 0
    return {
        "lines": is_whole and (states <= _BEFORE or states <= _AFTER),
        "free": talked.isdisjoint(said.lines),
        "before": states <= _BEFORE and window is not None and window.is_before,
        "time": until is not None and at <= until,
        "slots": bool(said.slots) and until is not None and all(at <= slot <= until for slot in said.slots),
        "clinician": bool(said.clinician.strip() or (call and call.clinician)),
        "inside": said.scheduled_at is not None and until is not None and at <= said.scheduled_at <= until,
        "physician": physician.role in PHYSICIANS and bool(physician.npi) and bool(physician.id),
        "npi": bool(by.npi),
        "participants": bool(said.participants) and all(one.strip() for one in said.participants),
        "minutes": 0 < said.minutes <= _LONGEST_MINUTES,
        "facts": bool(said.new_facts.strip()),
        "outcome": said.outcome is not None,
        "begun": call is not None and call.scheduled_at is not None and call.scheduled_at <= at,
        "note": bool(said.note.strip()),
        "over": until is not None and until <= at,
    }


def _lines(case: Case, sequences: tuple[int, ...]) -> tuple[Line, ...]:
    return tuple(line for line in map(case.line, sequences) if line is not None)


def open_calls(case: Case) -> tuple[PeerToPeer, ...]:
    """The conversations that may still be had."""
    return tuple(call for call in case.review.peer_to_peers if call.state in OPEN)


def awaits_call(case: Case, sequence: int, at: datetime) -> bool:
    """True while somebody has asked to talk about the line before it is decided and there is time left to.

    An offer that nobody took keeps nobody waiting.
    """
    asked = (call for call in open_calls(case) if call.state in _TO_BOOK and at < call.expires_at)
    return any(sequence in call.sequences for call in asked)


def retimed_calls(case: Case) -> tuple[PeerToPeer, ...]:
    """Those that end otherwise after the lines they are about came to be due at another time."""
    found: list[PeerToPeer] = []
    for call in open_calls(case):
        dues = [line.due_at for line in _lines(case, call.sequences) if line.state in PENDED and line.due_at]
        if dues and min(dues) != call.expires_at:
            found.append(replace(call, expires_at=min(dues)))
    return tuple(found)


def ruled_after(case: Case, call: PeerToPeer) -> tuple[int, ...]:
    """The lines that were determined after a conversation was had: those rulings stand on it."""
    if call.state is not PeerToPeerState.COMPLETED or call.ended_at is None:
        return ()
    ended_at = call.ended_at
    lines = _lines(case, call.sequences)
    return tuple(line.sequence for line in lines if line.state not in PENDED and line.decision.at >= ended_at)


def call_clocks(case: Case, call: PeerToPeer, zone: str) -> tuple[Clock, ...]:
    """Its clock on every line it is about. It was late where somebody had asked for it and it was not held."""
    rule = Considered(CLOCK_RULE, call.expires_at, _SOURCE, basis="request", start_at=call.opened_at)
    deadline = Deadline(CLOCK_RULE, _SOURCE, call.opened_at, call.expires_at, (rule,))
    is_late = call.state is PeerToPeerState.EXPIRED and bool(call.clinician)
    outcome = ClockOutcome.LATE if is_late else ClockOutcome.MET
    return tuple(
        Clock(
            case.id,
            sequence,
            deadline,
            stopped_at=call.ended_at,
            kind=ClockKind.PEER_TO_PEER,
            basis="request",
            zone=zone,
            notice=("provider",),
            outcome=outcome if call.ended_at else None,
        )
        for sequence in call.sequences
    )

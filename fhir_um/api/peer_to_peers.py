"""`/um/v1/cases/…/peer-to-peers`: conversations with whoever ordered the service. Must not know when one may be had."""

from datetime import datetime

import msgspec

from fhir_um.api.acting_in import CREATED, StepIn, acted, instants, read_acting
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.review_view import call_view
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import CaseId
from fhir_um.cases.peer_to_peers import CallSaid, ruled_after
from fhir_um.cases.review import PeerToPeerOutcome
from fhir_um.cases.roles import Role
from fhir_um.usecases.hold_peer_to_peer import hold_peer_to_peer
from fhir_um.usecases.read_case import read_case


class PhysicianIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payer's side of a conversation."""

    id: str
    npi: str


class PeerToPeerIn(StepIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`offer` with times to talk, or `request` with who asks for it."""

    lines: list[int]
    slots: list[datetime] = []
    clinician: str = ""


class PeerToPeerStepIn(StepIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`request`, `schedule`, `complete`, `no-show` or `decline`, each with what it needs."""

    scheduled_at: datetime | None = msgspec.field(name="scheduledAt", default=None)
    physician: PhysicianIn | None = None
    clinician: str = ""
    participants: list[str] = []
    minutes: int = 0
    new_facts: str = msgspec.field(name="newFacts", default="")
    outcome: PeerToPeerOutcome | None = None
    note: str = ""


def list_calls(asked: Asked, case_id: str) -> Answer:
    """The conversations of a case, each with the lines that were determined after it."""
    case = read_case(asked.deps, asked.caller, CaseId(case_id))
    calls = [call_view(call) | {"ruledAfter": list(ruled_after(case, call))} for call in case.review.peer_to_peers]
    return plain({"peerToPeers": calls}, case=case)


def begin(asked: Asked, case_id: str) -> Answer:
    """Offers a conversation, or notes that one was asked for."""
    given, by = read_acting(asked, PeerToPeerIn)
    said = CallSaid(tuple(given.lines), instants(given.slots, "slots"), clinician=given.clinician)
    case = hold_peer_to_peer(asked.deps, asked.caller, CaseId(case_id), given.version, by, given.step, said)
    return acted(asked, case, CREATED)


def step(asked: Asked, case_id: str, call_id: str) -> Answer:
    """Takes a conversation one step on."""
    given, by = read_acting(asked, PeerToPeerStepIn)
    id, version = CaseId(case_id), given.version
    return acted(asked, hold_peer_to_peer(asked.deps, asked.caller, id, version, by, given.step, _said(given), call_id))


def _said(given: PeerToPeerStepIn) -> CallSaid:
    who = given.physician
    return CallSaid(
        scheduled_at=next(iter(instants((given.scheduled_at,), "scheduledAt")), None),
        physician=Decider(who.id, Role.PHYSICIAN, human=True, npi=who.npi) if who else None,
        clinician=given.clinician,
        participants=tuple(given.participants),
        minutes=given.minutes,
        new_facts=given.new_facts,
        outcome=given.outcome,
        note=given.note,
    )

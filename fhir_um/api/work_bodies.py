"""How people say what they do about work that waits: take, give, lock, send on. Must not know who may do it."""

from typing import Protocol

import msgspec

from fhir_um.api.decision_in import ReviewerIn
from fhir_um.api.rulings import decider_of
from fhir_um.cases.deciders import Decider
from fhir_um.cases.roles import Role
from fhir_um.errors import Issue, Kind, Refusal

_LONGEST_ID = 200


class NextIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody pulls the next item of a queue."""

    role: Role
    reviewer: ReviewerIn = ReviewerIn()


class AssignmentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose an item is from now on (`assignee`); nobody's when it is left out or empty."""

    role: Role
    queue: str
    assignee: str = ""
    reviewer: ReviewerIn = ReviewerIn()


class LockIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody begins to work on an item, or goes on; `reason` says why a lock that runs is taken over."""

    role: Role
    queue: str
    reason: str = ""
    reviewer: ReviewerIn = ReviewerIn()


class EscalationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why supervisors are to look at a case."""

    role: Role
    reason: str
    reviewer: ReviewerIn = ReviewerIn()


class ReassignmentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose work goes to whom: of one person, in one queue or in all; or nobody's in one queue."""

    role: Role
    whose: str = msgspec.field(name="from", default="")
    queue: str = ""
    to: str = ""
    reviewer: ReviewerIn = ReviewerIn()


class Act(Protocol):
    """What every act says: in which role, and who."""

    @property
    def role(self) -> Role: ...

    @property
    def reviewer(self) -> ReviewerIn: ...


def who_acts(act: Act, signed_in: str) -> Decider:
    """Who acts; `signed_in` when nobody is named. Raises: Refusal INVALID when there is nobody."""
    found = whom(act.reviewer.id, "reviewer.id") or signed_in
    if not found:
        raise Refusal(Kind.INVALID, (Issue("required", "Say who acts.", "reviewer.id"),))
    return decider_of(act.role, msgspec.structs.replace(act.reviewer, id=found))


def who_stops(named: str, signed_in: str) -> str:
    """Whose lock is lifted: of whom is named, else of whoever signed in. Raises: Refusal INVALID when nobody is."""
    found = whom(named, "reviewer") or signed_in
    if not found:
        raise Refusal(Kind.INVALID, (Issue("required", "Say whose lock it is.", "reviewer"),))
    return found


def whom(id: str, path: str) -> str:
    """The id of somebody, without blanks around it; empty for nobody. Raises: Refusal INVALID when it is none."""
    found = id.strip()
    if len(found) > _LONGEST_ID or not found.isprintable():
        raise Refusal(Kind.INVALID, (Issue("value", f"An id has at most {_LONGEST_ID} letters.", path),))
    return found

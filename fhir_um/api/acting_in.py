"""What every act beside a decision says first: on which version, in which role, by whom. Must not know any act.

Nothing of what was sent is repeated in a fault.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from fhir_um.api.bodies import read_shape
from fhir_um.api.decision_in import DocumentIn, ReviewerIn, senseless_reviewer, senseless_version
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.rulings import decider_of
from fhir_um.api.trail import current_trail
from fhir_um.api.views import case_view
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.model import Case
from fhir_um.cases.roles import Role
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.usecases.read_case import clocks_of, used_of

CREATED = 201
_LONGEST_TEXT = 20_000
_MOST_ENTRIES = 100


class ActingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """On which version of the case, in which role, by whom; without an id it is whoever signed in."""

    version: int
    role: Role
    reviewer: ReviewerIn = ReviewerIn()


class StepIn(ActingIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An act that names the step it takes."""

    step: str


A = TypeVar("A", bound=ActingIn)


def read_acting(asked: Asked, shape: type[A]) -> tuple[A, Decider]:
    """What was sent, in that shape, and who acts.

    Raises: Refusal UNREADABLE, TOO_BIG; INVALID with every fault in version, reviewer, long texts and long lists.
    """
    given = read_shape(asked, shape)
    who = given.reviewer
    if not who.id:
        who = msgspec.structs.replace(who, id=signed_in(asked.caller))
    faults = (*senseless_version(given.version), *senseless_reviewer(who), *_too_long(given))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    current_trail().role = given.role
    return given, decider_of(given.role, who)


def _too_long(given: ActingIn) -> Iterable[Issue]:
    for field in msgspec.structs.fields(given):
        value = getattr(given, field.name)
        if isinstance(value, str) and len(value) > _LONGEST_TEXT:
            yield Issue("too-long", f"At most {_LONGEST_TEXT} characters.", field.encode_name)
        if isinstance(value, list) and len(value) > _MOST_ENTRIES:
            yield Issue("too-long", f"At most {_MOST_ENTRIES} entries.", field.encode_name)


def acted(asked: Asked, case: Case, status: int = 200) -> Answer:
    """The case as it stands after an act."""
    deps = asked.deps
    return plain(case_view(case, clocks_of(deps, case), deps.clock().date(), used_of(deps, case)), status, case=case)


def documents_of(given: list[DocumentIn]) -> tuple[DocumentNeeded, ...]:
    """The documents somebody names, in house words."""
    return tuple(DocumentNeeded(d.loinc, d.label, d.report_type, tuple(d.modifiers)) for d in given)


def instants(given: Iterable[datetime | None], place: str) -> tuple[datetime, ...]:
    """Those that are there, in UTC. Raises: Refusal INVALID for one without a time zone, or outside every calendar."""
    there = tuple(at for at in given if at is not None)
    if any(at.tzinfo is None for at in there):
        raise Refusal.of(Kind.INVALID, "value", "An instant needs a time zone, for example Z.", place)
    try:
        return tuple(at.astimezone(UTC) for at in there)
    except OverflowError as fault:  # in year 1 or 9999, and in another year in UTC
        raise Refusal.of(Kind.INVALID, "value", "There is no such instant in UTC.", place) from fault

"""How a person, their session and emergency access look in our own API, and how they are written in forms and bodies.

Must not know what a role may do. Nothing of what was sent is repeated in a fault.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from fhir_um.api.decision_in import unwritable
from fhir_um.api.exchange import ID
from fhir_um.auth.people_claims import FOR_PEOPLE, known_roles
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.cases.people import EmergencyAccess, Person, Standing
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.usecases.emergency_access import Plea
from fhir_um.usecases.keep_session import Seen
from profiles.reading import Limits, read_json

ROLES_TO_CHOOSE = tuple(sorted(FOR_PEOPLE))

_LIMITS = Limits(max_bytes=100_000, max_depth=4, max_entries=0)
_CASE = re.compile(ID)
_FEWEST_WORDS = 3
_LONGEST_TEXT = 2_000
_LONGEST_TICKET = 100
_LOCAL = "local"

T = TypeVar("T")


class PleaIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody needs emergency access."""

    reason: str
    ticket: str
    case: str | None = None


class ReviewIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found when emergency access was looked at."""

    finding: str


def chosen(form: Mapping[str, str], payers: tuple[PayerId, ...]) -> Standing:
    """Somebody invented, with the roles a form names (`role.nurse=on`), at all payers."""
    name = form.get("name", "").strip()
    person = Person(_LOCAL, name, name if name.isprintable() else "")
    roles = known_roles({field.removeprefix("role.") for field in form if field.startswith("role.")})
    return Standing(person, roles, payers, has_second_factor=True)


def read_plea(body: bytes, id: str) -> Plea:
    """Raises: Refusal UNREADABLE, TOO_BIG, INVALID."""
    given = _read(body, PleaIn, "Give reason and ticket, and the case if it is about one")
    faults = list(_words(given.reason, "reason"))
    if not 0 < len(given.ticket.strip()) <= _LONGEST_TICKET:
        faults.append(Issue("value", f"Name the ticket, in at most {_LONGEST_TICKET} characters.", "ticket"))
    if given.case is not None and not _CASE.fullmatch(given.case):
        faults.append(Issue("value", "This is no id of a case.", "case"))
    if faults:
        raise Refusal(Kind.INVALID, tuple(faults))
    return Plea(id, given.reason.strip(), given.ticket.strip(), CaseId(given.case) if given.case else None)


def read_review(body: bytes) -> str:
    """The finding of a review. Raises: Refusal UNREADABLE, TOO_BIG, INVALID."""
    finding = _read(body, ReviewIn, "Give the finding").finding
    faults = tuple(_words(finding, "finding"))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    return finding.strip()


def session_view(caller: Caller, seen: Seen) -> dict[str, Any]:
    """Who is signed in; `banner` is to be shown on every page while it is there."""
    access = seen.emergency
    banner = "Emergency access: everything you open is recorded and will be reviewed." if access else None
    return {
        "id": caller.client_id,
        "name": seen.name,
        "isPerson": caller.is_person,
        "roles": sorted(caller.roles),
        "payers": list(caller.payer_ids),
        "endsAt": _instant(seen.ends_at),
        "banner": banner,
        "emergencyAccess": None if access is None else {"id": access.id, "endsAt": _instant(access.ends_at)},
    }


def emergency_view(access: EmergencyAccess, at: datetime) -> dict[str, Any]:
    """One emergency access, for those who review it and for whoever has it."""
    return {
        "id": access.id,
        "person": {"id": access.person_id, "name": access.name},
        "payers": list(access.payer_ids),
        "reason": access.reason,
        "ticket": access.ticket,
        "case": access.case_id,
        "grantedAt": _instant(access.granted_at),
        "endsAt": _instant(access.ends_at),
        "reviewDueAt": _instant(access.review_due_at),
        "isOverdue": access.is_overdue(at),
        "reviewedBy": access.reviewed_by,
        "reviewedAt": _instant(access.reviewed_at),
        "finding": access.finding or None,
    }


def _read(body: bytes, kind: type[T], asked: str) -> T:
    value = read_json(body, _LIMITS)
    try:
        given = msgspec.convert(value, kind)
    except msgspec.ValidationError as fault:
        raise Refusal.of(Kind.INVALID, "structure", f"{asked}, and nothing else.") from fault
    faults = tuple(unwritable(value))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    return given


def _words(text: str, place: str) -> Iterator[Issue]:
    if len(text.split()) < _FEWEST_WORDS or len(text) > _LONGEST_TEXT:
        yield Issue("value", f"Say it in {_FEWEST_WORDS} words at least, {_LONGEST_TEXT} characters at most.", place)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None

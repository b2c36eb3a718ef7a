"""A person who signed in, their session, and emergency access. Must not know how anybody signs in, or SQL.

Source: 45 CFR 164.312(a)(2)(ii) (emergency access procedure) and (iii) (automatic logoff).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from fhir_um.cases.model import CaseId, ClientId, PayerId
from fhir_um.cases.roles import Role

EMERGENCY_MINUTES = 60
REVIEW_BUSINESS_DAYS = 2

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as their provider knows them: `subject` at `issuer`, and a name to show; empty when none was given."""

    issuer: str
    subject: str
    name: str

    @property
    def id(self) -> ClientId:
        """Their id here: the same at every sign-in, and no name, mail address or staff number in anybody's log."""
        known = f"{self.issuer}\n{self.subject}".encode(errors="surrogatepass")
        return ClientId(f"person-{sha256(known).hexdigest()[:32]}")


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who signed in, last at that time; no `person` where they were sealed with a key that is gone."""

    id: ClientId
    person: Person | None
    signed_in_at: datetime
    session_count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is here: roles, payers (home payer first), and whether they showed a second factor."""

    person: Person
    roles: frozenset[Role]
    payer_ids: tuple[PayerId, ...]
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in while it lasts. `ends_at` is when it ends in any case; `emergency` names a grant that is open."""

    person_id: ClientId
    roles: frozenset[Role]
    payer_ids: tuple[PayerId, ...]
    has_second_factor: bool
    created_at: datetime
    used_at: datetime
    ends_at: datetime
    emergency: str = ""

    def ends(self, idle_seconds: int) -> datetime:
        """When it ends if nothing more is asked."""
        return min(self.ends_at, self.used_at + timedelta(seconds=idle_seconds))


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """Somebody saw health data that their role does not show: who, why, until when, and what came of the review.

    `name` is that of the person, where it can be read. `case_id` is the case they named, if they named one.
    """

    id: str
    person_id: ClientId
    name: str
    payer_ids: tuple[PayerId, ...]
    reason: str
    ticket: str
    case_id: CaseId | None
    granted_at: datetime
    ends_at: datetime
    review_due_at: datetime
    reviewed_by: ClientId | None = None
    reviewed_at: datetime | None = None
    finding: str = ""

    def is_overdue(self, at: datetime) -> bool:
        """True when nobody has reviewed it in time."""
        return self.reviewed_at is None and at > self.review_due_at


def end_of_business_day(start: datetime, days: int, zone: str) -> datetime:
    """The last second of the so many-th business day after `start`, where the payer is; public holidays count as days.

    >>> end_of_business_day(datetime(2026, 3, 6, 15, 0, tzinfo=UTC), 2, "UTC").isoformat()  # from a Friday
    '2026-03-10T23:59:59+00:00'
    """
    day, left = start.astimezone(ZoneInfo(zone)).date(), days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)

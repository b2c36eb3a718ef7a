"""What an authorization allows, what was used of it and what remains. Pure; must not know how either is kept.

What it opens with is what its line is authorized for, worked out anew whenever somebody asks and kept nowhere else.
Source: um-domain 2.11 I9, 1.4 (21).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations

from fhir_um.cases.model import AUTHORIZED, Case, CaseId, Line, LineState, PayerId
from fhir_um.words import Code, Concept, Period, Quantity

_ONE = Quantity(Decimal(1))
"""A line without a quantity asks for the service once."""


@dataclass(frozen=True, slots=True)
class Use:
    """Units used on one day, under the id the claims system gave it; taken back when `reversed_at` says when."""

    use_id: str
    number: str
    served_on: date
    units: Decimal
    npi: str
    recorded_at: datetime
    recorded_by: str
    reversed_at: datetime | None = None
    reversed_by: str = ""


@dataclass(frozen=True, slots=True)
class Authorization:
    """One line of a case, as whoever pays a claim looks at it.

    `number` is empty while nothing was authorized. `npis` are the providers it is for, `settings` the codes of its
    place of service; either empty when it says nothing. `opening` is how many units it allows.
    """

    payer_id: PayerId
    case_id: CaseId
    sequence: int
    version: int
    member_id: str
    number: str
    state: LineState
    service: Concept
    modifiers: tuple[Concept, ...]
    period: Period
    opening: Quantity
    npis: frozenset[str]
    settings: tuple[Code, ...]
    uses: tuple[Use, ...] = ()

    @property
    def is_authorized(self) -> bool:
        """True while what it allows may be used, days and units apart."""
        return self.state in AUTHORIZED and bool(self.number)

    @property
    def used(self) -> Decimal:
        """Units used, without those taken back."""
        return sum((use.units for use in self.uses if use.reversed_at is None), Decimal(0))

    @property
    def remaining(self) -> Decimal:
        """Units that may still be used; none of what is not authorized, and never less than none."""
        return max(self.opening.value - self.used, Decimal(0)) if self.is_authorized else Decimal(0)

    @property
    def is_exhausted(self) -> bool:
        """True when all of it was used."""
        return self.is_authorized and self.remaining == 0

    def use(self, use_id: str) -> Use | None:
        """The use with that id, or None."""
        return next((use for use in self.uses if use.use_id == use_id), None)

    def allows(self, code: Code) -> bool:
        """True when it is for that code; a system that was left out matches any."""
        return any(one.code == code.code and code.system in ("", one.system) for one in self.service.codes)


def authorization_of(case: Case, line: Line, uses: Iterable[Use] = ()) -> Authorization:
    """The line as an authorization, or as what may become one."""
    granted = line.decision.authorized
    provider = granted.provider.npi if granted and granted.provider else ""
    modifiers = granted.modifiers if granted and granted.modifiers is not None else line.request.modifiers
    return Authorization(
        payer_id=case.payer_id,
        case_id=case.id,
        sequence=line.sequence,
        version=case.version,
        member_id=case.member_id,
        number=line.authorization_number,
        state=line.state,
        service=(granted and granted.service) or line.request.service,
        modifiers=modifiers,
        period=(granted and granted.period) or line.period or line.request.serviced,
        opening=(granted and granted.quantity) or line.request.quantity or _ONE,
        npis=frozenset({provider}) if provider else case.request.provider_npis,
        settings=line.request.location.codes if line.request.location else (),
        uses=tuple(uses),
    )


def overlapping(authorizations: Iterable[Authorization]) -> tuple[tuple[Authorization, Authorization], ...]:
    """Pairs that allow the same code for the same member on at least one day."""
    standing = [one for one in authorizations if one.is_authorized]
    return tuple((one, other) for one, other in combinations(standing, 2) if _overlap(one, other))


def _overlap(one: Authorization, other: Authorization) -> bool:
    same_member = (one.payer_id, one.member_id) == (other.payer_id, other.member_id)
    return same_member and one.period.overlaps(other.period) and any(map(other.allows, one.service.codes))

"""Who is insured, under which plan, by whom; who may treat them; what has been used.

Must not know FHIR, SQL, policies or cases.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from fhir_um.words import Code, Identifier, Period


class LineOfBusiness(StrEnum):
    """Kinds of coverage; deadlines and what software may deny depend on it."""

    MEDICARE_ADVANTAGE = "MA"
    MEDICAID = "MCO"
    MARKETPLACE = "QHP"
    COMMERCIAL = "COMM"
    SELF_FUNDED = "ERISA"


@dataclass(frozen=True, slots=True)
class Payer:
    """An insurer this server answers for; `time_zone` is IANA, for deadlines that end with a day."""

    id: str
    name: str
    identifiers: tuple[Identifier, ...]
    time_zone: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class BenefitLimit:
    """At most `units` of any of `codes` per `months`; beyond it is not a covered benefit."""

    id: str
    codes: tuple[Code, ...]
    units: Decimal
    months: int
    label: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A product of a payer. `administrative_denials` says whether software may apply exclusions by itself.

    `timely_days` is how long after the service a request is still taken; None means no limit.
    """

    id: str
    payer_id: str
    name: str
    line_of_business: LineOfBusiness
    state: str
    administrative_denials: bool
    timely_days: int | None
    excluded: tuple[Code, ...] = ()
    limits: tuple[BenefitLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One stretch of coverage of a member."""

    plan_id: str
    period: Period


@dataclass(frozen=True, slots=True)
class Member:
    """An insured person, with every stretch of coverage."""

    id: str
    payer_id: str
    family: str
    given: str
    birth_date: date
    gender: str
    identifiers: tuple[Identifier, ...]
    enrollments: tuple[Enrollment, ...]
    death_date: date | None = None

    def plan_on(self, day: date) -> str:
        """The plan in force that day, or an empty string."""
        return next((e.plan_id for e in self.enrollments if e.period.covers(day)), "")


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider on file with the payer; `networks` holds the plan ids they are in network for."""

    npi: str
    payer_id: str
    name: str
    kind: str
    specialty: str
    networks: tuple[str, ...]
    enrolled: Period


@dataclass(frozen=True, slots=True)
class LicenceOnFile:
    """A licence of a clinician of the payer, and the days it is valid."""

    state: str
    number: str
    period: Period


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A clinician of the payer, as its own files know them; `attested` is for when they attested to be free to rule."""

    payer_id: str
    npi: str
    name: str
    kind: str
    specialties: tuple[str, ...]
    licences: tuple[LicenceOnFile, ...]
    attested: Period = Period()


@dataclass(frozen=True, slots=True)
class GoldCard:
    """An exemption: this provider needs no authorization for that group of services, for a time."""

    id: str
    payer_id: str
    npi: str
    group: str
    period: Period


@dataclass(frozen=True, slots=True)
class UsedService:
    """A service already used or authorized: its codes, days, units, and where the payer knows it from.

    `kind` is `service` (paid claim history), `approved` or `pended` (lines of cases here, `number` their reference), or
    `counted` (units that count towards limits and are no authorization another request could repeat).
    """

    kind: str
    codes: tuple[Code, ...]
    period: Period
    units: Decimal
    number: str = ""
    case_id: str = ""
    provider_npis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """The payer's reference data that changes rarely: payers, plans and gold cards, by id."""

    payers: tuple[Payer, ...] = ()
    plans: tuple[Plan, ...] = ()
    gold_cards: tuple[GoldCard, ...] = ()

    def plan(self, plan_id: str) -> Plan | None:
        """The plan with that id, or None."""
        return next((p for p in self.plans if p.id == plan_id), None)

    def payer(self, payer_id: str) -> Payer | None:
        """The payer with that id, or None."""
        return next((p for p in self.payers if p.id == payer_id), None)

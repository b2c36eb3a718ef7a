"""What a sender asked for, in house words: the request, its lines, and the people and papers it names.

Must not know FHIR, SQL or what was decided. Nothing here is checked or defaulted; it is what was said.
"""

from dataclasses import dataclass
from datetime import date

from fhir_um.words import Code, Concept, Identifier, Money, Period, Quantity
from profiles.canonicals import CERTIFICATION_CANCEL, NPI

APPEALS = frozenset({"1", "2"})
"""X12 1322: against an earlier decision."""

EXTENSION = "4"
CONTINUING = frozenset({EXTENSION, "R", "S"})
"""X12 1322: an extension, a renewal, a revision of something authorized before."""


@dataclass(frozen=True, slots=True)
class Party:
    """An organization or a person named in the request.

    `full_url` is its entry, empty when only identified; `path` the FHIRPath of that entry, else of the reference.
    """

    full_url: str = ""
    identifiers: tuple[Identifier, ...] = ()
    name: str = ""
    path: str = ""

    @property
    def npi(self) -> str:
        """Its National Provider Identifier, or an empty string."""
        return next((i.value for i in self.identifiers if i.system == NPI), "")


@dataclass(frozen=True, slots=True)
class CareTeamMember:
    """Somebody who orders or renders; `whole_claim` is PAS careTeamClaimScope, None when the sender left it out.

    `parties` holds the provider and, for a PractitionerRole, its practitioner and organization.
    """

    sequence: int
    parties: tuple[Party, ...]
    whole_claim: bool | None
    role: Code | None
    qualification: Concept | None = None

    @property
    def npis(self) -> tuple[str, ...]:
        """Every NPI this member of the team is known by."""
        return tuple(p.npi for p in self.parties if p.npi)


@dataclass(frozen=True, slots=True)
class ClaimedMember:
    """The patient as the sender described them; who that is, the payer's own records say."""

    full_url: str
    identifiers: tuple[Identifier, ...]
    family: str
    given: str
    birth_date: date | None
    gender: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedCoverage:
    """The insurance the sender relies on (the focal one)."""

    full_url: str
    identifiers: tuple[Identifier, ...]
    subscriber_id: str
    status: str
    period: Period
    payor: Party
    path: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedDiagnosis:
    """One diagnosis of the claim, with its sequence, codes, type and recorded day."""

    sequence: int
    concept: Concept
    type: Code | None
    recorded: date | None


@dataclass(frozen=True, slots=True)
class DocumentInformation:
    """How an attached document travels (X12 PWK): report type, transmission method, control number, description."""

    report_type: Code | None
    transmission: Code | None = None
    control_number: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ConditionCode:
    """A condition of the patient as X12 CRC says it: category, whether it holds, and the codes."""

    category: Code | None
    holds: bool | None
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class HomeHealth:
    """Home health care: the prognosis (X12 923) and the day it starts."""

    prognosis: Code | None
    start: date | None


@dataclass(frozen=True, slots=True)
class Accident:
    """The accident behind the request; `state` is where it happened, when the sender said so."""

    on: date | None
    type: Code | None
    state: str = ""


@dataclass(frozen=True, slots=True)
class SupportingInfo:
    """One supportingInfo entry, by sequence; `ref` the resource it points to, `text` a free message."""

    sequence: int
    category: Code
    ref: str
    text: str
    timing: Period
    changed: str
    cancelled: bool
    document: DocumentInformation | None = None


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What one line asks for. `path` is its FHIRPath in the submission, for error messages.

    `changed` holds the sender's infoChanged flag (`added`, `changed` or empty) and `cancelled` infoCancelled; both
    are read to recognize an update, never to decide it.
    """

    sequence: int
    path: str
    service: Concept
    service_end: Concept | None = None
    modifiers: tuple[Concept, ...] = ()
    quantity: Quantity | None = None
    serviced: Period = Period()
    location: Concept | None = None
    category: Concept | None = None
    revenue: Concept | None = None
    unit_price: Money | None = None
    request_type: Code | None = None
    certification_type: Code | None = None
    trace_numbers: tuple[Identifier, ...] = ()
    diagnosis_sequences: tuple[int, ...] = ()
    care_team_sequences: tuple[int, ...] = ()
    information_sequences: tuple[int, ...] = ()
    authorization_number: str = ""
    administrative_reference: str = ""
    requested_service_ref: str = ""
    epsdt: bool | None = None
    nursing_home_status: Concept | None = None
    nursing_home_level: Concept | None = None
    revenue_unit_rate_limit: str = ""
    changed: str = ""
    cancelled: bool = False

    @property
    def certification(self) -> str:
        """The X12 1322 code, or an empty string."""
        return self.certification_type.code if self.certification_type else ""

    @property
    def withdrawn(self) -> bool:
        """True when the sender cancels the line, by flag or by certification type (spec-69, spec-70)."""
        return self.cancelled or self.certification == CERTIFICATION_CANCEL

    @property
    def continues(self) -> bool:
        """True when the line extends, renews or revises something authorized before."""
        return self.certification in CONTINUING


@dataclass(frozen=True, slots=True)
class PriorClaim:
    """The claim an update builds on, as the sender names it; `full_url` absolute, identifiers from the included one."""

    full_url: str
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class TransmissionIds:
    """X12 envelope ids the sender gave (GS02, GS03, ISA06, ISA08); empty where absent."""

    application_sender: str
    application_receiver: str
    interchange_sender: str = ""
    interchange_receiver: str = ""


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """One submission in house words: a new request, or (with `prior`, or update flags) an amendment of one.

    `coverage_assertions` are the ids of what we told the EHR about its orders before, as far as these came along.
    """

    bundle_identifier: Identifier | None
    claim_url: str
    claim_identifiers: tuple[Identifier, ...]
    claim_type: Concept
    created: str
    prior: PriorClaim | None
    cancel_all: bool
    expedited: bool
    level_of_service: Code | None
    payer: Party
    requester: Party
    requester_parties: tuple[Party, ...]
    member: ClaimedMember
    coverage: ClaimedCoverage | None
    care_team: tuple[CareTeamMember, ...]
    diagnoses: tuple[ClaimedDiagnosis, ...]
    supporting_info: tuple[SupportingInfo, ...]
    transmission: TransmissionIds | None
    lines: tuple[LineRequest, ...]
    authorization_number: str = ""
    administrative_reference: str = ""
    conditions: tuple[ConditionCode, ...] = ()
    home_health: HomeHealth | None = None
    accident: Accident | None = None
    encounter_ref: str = ""
    coverage_assertions: tuple[str, ...] = ()

    @property
    def provider_npis(self) -> frozenset[str]:
        """Every NPI that orders, requests or renders here (PAS 2.2.1 spec-53)."""
        team = {npi for member in self.care_team for npi in member.npis}
        return frozenset(team | {p.npi for p in self.requester_parties if p.npi})

    def team_npis(self, line: LineRequest) -> frozenset[str]:
        """Every NPI of those the sender named for that line, or for all of it; none when that was left open."""
        team = (m for m in self.care_team if m.sequence in line.care_team_sequences or m.whole_claim)
        return frozenset(npi for member in team for npi in member.npis)

    @property
    def flagged_as_update(self) -> bool:
        """True when any line or information carries a change or cancel flag (2.0.1 updates have only these)."""
        lines = any(line.changed or line.cancelled for line in self.lines)
        return self.cancel_all or lines or any(info.changed or info.cancelled for info in self.supporting_info)

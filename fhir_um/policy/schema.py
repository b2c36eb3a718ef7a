"""The shape of a policy file, field by field; an unknown field or a wrong type is refused with its path.

Must not know lines, evidence or how a policy is evaluated. `docs/policies.md` explains every field in words.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

AnswerType = Literal["decimal", "integer", "boolean", "date", "choice", "text"]
Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "exists", "within-days"]
LineTake = Literal["quantity", "units-total", "place-of-service", "modifier", "days", "serviced", "request-type"]
AdviceWord = Literal["reference", "instructions", "alternative", "companion", "prerequisite", "form", "app"]
MomentWord = Literal["choosing", "signing", "sending", "booking", "arrival", "discharge"]
TruthWord = Literal["met", "unmet", "unknown"]


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping that may hold nothing but its own fields."""


class EffectiveFile(Strict, frozen=True):
    """Days of service the version is for."""

    start: date
    end: date | None = None


class ObservationFile(Strict, frozen=True):
    """Measurements by LOINC code."""

    codes: list[str]
    within_days: int | None = None
    status: tuple[str, ...] = ("final", "amended", "corrected")
    unit: str = ""
    reduce: Literal["min", "max", "latest", "count"] = "latest"
    take: Literal["value", "code", "exists"] = "value"


class ConditionFile(Strict, frozen=True):
    """Diagnoses by ICD-10-CM code; a star at the end means every code that starts so."""

    codes: list[str]


class ProcedureFile(Strict, frozen=True):
    """Procedures done, by `system:code`."""

    codes: list[str]
    within_days: int | None = None
    take: Literal["exists", "count"] = "exists"


class MedicationFile(Strict, frozen=True):
    """Drugs taken, by `system:code` (RxNorm without a prefix)."""

    codes: list[str]
    within_days: int | None = None
    take: Literal["exists", "days"] = "exists"


class DocumentFile(Strict, frozen=True):
    """Documents that came along, by LOINC type or X12 report type."""

    types: list[str] = []
    report_types: list[str] = []
    within_days: int | None = None


class PayerFile(Strict, frozen=True):
    """What the payer's own records say; without `codes` about the services the line names."""

    take: Literal["units-used", "active-authorization", "prior-approvals", "last-service-days"]
    within_days: int | None = None
    codes: list[str] = []


class ProviderFile(Strict, frozen=True):
    """The provider on file: who asks (`requester`) or anybody on the line's care team (`team`)."""

    take: Literal["on-file", "network", "specialty", "kind"]
    role: Literal["requester", "team"] = "requester"


class AnswerFile(Strict, frozen=True):
    """Questionnaire answers by linkId, of one type."""

    links: list[str]
    type: AnswerType
    questionnaire: str = ""


class FactFile(Strict, frozen=True):
    """One thing to know: at most one source of record, and optionally an answer when the record is silent."""

    label: str
    observation: ObservationFile | None = None
    condition: ConditionFile | None = None
    procedure: ProcedureFile | None = None
    medication: MedicationFile | None = None
    document: DocumentFile | None = None
    order: Literal["quantity", "exists"] | None = None
    line: LineTake | None = None
    member: Literal["age", "sex"] | None = None
    provider: ProviderFile | None = None
    payer: PayerFile | None = None
    expedited: bool = False
    answer: AnswerFile | None = None


class NodeFile(Strict, frozen=True):
    """A criterion (id, label, fact, op, value) or a group: exactly one of all, any, none, at_least with `of`."""

    id: str = ""
    label: str = ""
    fact: str = ""
    op: Op = "exists"
    value: Any = None
    all: "list[NodeFile] | None" = None
    any: "list[NodeFile] | None" = None
    none: "list[NodeFile] | None" = None
    at_least: int | None = None
    of: "list[NodeFile] | None" = None


class ExclusionFile(Strict, frozen=True):
    """An explicit benefit exclusion: when it holds, for which reason, in which words."""

    when: NodeFile | Literal["always"]
    reason: str
    text: str


class OtherFile(Strict, frozen=True):
    """Who administers the service instead of this payer."""

    name: str
    text: str


class OutcomeFile(Strict, frozen=True):
    """The course for each truth value."""

    met: str
    unmet: str
    unknown: str


class LimitsFile(Strict, frozen=True):
    """How much may go without a person; more is routed to review, never reduced."""

    max_units: Decimal | None = None
    per_days: int | None = None
    duplicates: Literal["pend"] | None = None
    authorized_period_days: int | None = None


class DocumentNeededFile(Strict, frozen=True):
    """A document to ask for; `shows` names the facts it would show (empty: asked whenever anything is missing).

    `report_type` is its X12 code (PWK01), for those who sort documents by it; `modifiers` are LOINC codes that narrow
    it down: of what time, or which of several.
    """

    loinc: str
    label: str
    report_type: str = ""
    modifiers: list[str] = []
    required: bool = True
    shows: list[str] = []


class ItemFile(Strict, frozen=True):
    """One question of the form."""

    link: str
    type: AnswerType
    text: str
    options: list[str] = []


class GroupFile(Strict, frozen=True):
    """Questions under one heading."""

    id: str
    title: str
    items: list[ItemFile]


class FormFile(Strict, frozen=True):
    """The layout of the questions."""

    groups: list[GroupFile]


class FreeUnitsFile(Strict, frozen=True):
    """So many units in so many days need no authorization."""

    free_units: Decimal
    window_days: int


class AfterVisitsFile(Strict, frozen=True):
    """Authorization is needed only after the free units are used."""

    after_visits: FreeUnitsFile


class ProposedFile(Strict, frozen=True):
    """Something to order: `system:code` (HCPCS without a prefix), our label, and what kind of thing it is."""

    code: str
    label: str
    what: Literal["service", "device", "drug"]


class AdviceFile(Strict, frozen=True):
    """One thing to tell whoever orders, beyond the determination. Nothing given means always, and at any moment."""

    id: str
    kind: AdviceWord
    topic: str
    title: str
    text: str = ""
    urgency: Literal["info", "warning", "critical"] = "info"
    url: str = ""
    propose: ProposedFile | None = None
    when: list[TruthWord] = []
    lacking: list[str] = []
    codes: list[str] = []
    moments: list[MomentWord] = []


class ExampleFile(Strict, frozen=True):
    """A worked example: facts as known on `day`, and what must come of them."""

    name: str
    course: str
    expect: TruthWord | None = None
    facts: dict[str, Any] = {}
    unresolved: list[str] | None = None
    advice: list[str] | None = None
    day: date = date(2026, 3, 1)


class PolicyFile(Strict, frozen=True):
    """A whole policy file."""

    policy: str
    version: str
    title: str
    notice: Literal["Synthetic demonstration policy - not clinical guidance"]
    effective: EffectiveFile
    lines_of_business: list[str]
    group: str
    specialty: str
    applies_to: dict[str, dict[str, str] | list[str]]
    authorization: Literal["required", "none"] | AfterVisitsFile
    tests: list[ExampleFile]
    plans: tuple[str, ...] = ("*",)
    modifiers: list[str] = []
    sensitive: bool = False
    facts: dict[str, FactFile] = {}
    criteria: NodeFile | None = None
    exclusions: list[ExclusionFile] = []
    outcome: OutcomeFile | None = None
    administered_by_other: OtherFile | None = None
    limits: LimitsFile = LimitsFile()
    documents: list[DocumentNeededFile] = []
    form: FormFile | None = None
    advice: list[AdviceFile] = []


class FreeRowFile(Strict, frozen=True):
    """One row of the no-authorization file: our name for the group and its codes."""

    title: str
    applies_to: dict[str, dict[str, str] | list[str]]


class FreeFile(Strict, frozen=True):
    """The no-authorization file."""

    version: str
    notice: Literal["Synthetic demonstration policy - not clinical guidance"]
    no_authorization: list[FreeRowFile]

"""What the chart said: facts lifted from a submission that policies may weigh.

Must not know FHIR or any policy. Every record keeps `ref`, the address of the resource it came from (its fullUrl,
with `#linkId` for an answer), so that a decision can name the evidence it rests on. A part the sender left out is
None or empty; nothing is filled in.
"""

from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal

from fhir_um.words import Code, Concept, Quantity

EvidenceValue = Decimal | str | bool | date | Code
"""What an observation or an answer can hold."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A measurement; `value` is a number with `unit` (UCUM code), a code, a text or a truth value."""

    ref: str
    codes: tuple[Code, ...]
    status: str
    value: EvidenceValue | None
    unit: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A diagnosis, from a Condition resource or from the claim's own diagnosis list."""

    ref: str
    codes: tuple[Code, ...]
    clinical_status: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Procedure:
    """Something done, from a Procedure resource."""

    ref: str
    codes: tuple[Code, ...]
    status: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Medication:
    """A drug ordered or taken; `days` is the supply in days when the sender said so."""

    ref: str
    codes: tuple[Code, ...]
    status: str
    on: date | None
    days: Decimal | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a QuestionnaireResponse; `questionnaire` is its canonical as sent, `unit` that of a quantity."""

    ref: str
    questionnaire: str
    link_id: str
    value: EvidenceValue
    on: date | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that came along: its type (LOINC) and report type (X12 755), never its content."""

    ref: str
    type: Concept
    report_type: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Order:
    """The order behind a line (ServiceRequest, DeviceRequest, MedicationRequest, NutritionOrder)."""

    ref: str
    codes: tuple[Code, ...]
    quantity: Quantity | None
    on: date | None


@dataclass(frozen=True, slots=True)
class Stay:
    """An Encounter that came along: its class code (v3-ActCode), status and first day."""

    ref: str
    class_code: str
    status: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, in the order of the submission."""

    observations: tuple[Observation, ...] = ()
    conditions: tuple[Condition, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    medications: tuple[Medication, ...] = ()
    answers: tuple[Answer, ...] = ()
    documents: tuple[Document, ...] = ()
    orders: tuple[Order, ...] = ()
    stays: tuple[Stay, ...] = ()

    def without(self, refs: frozenset[str]) -> "Evidence":
        """What is left when everything from those addresses is taken away."""
        if not refs:
            return self
        kinds = {kind.name: getattr(self, kind.name) for kind in fields(self)}
        return Evidence(
            **{n: tuple(r for r in rows if r.ref.partition("#")[0] not in refs) for n, rows in kinds.items()}
        )

    def beside(self, other: "Evidence") -> "Evidence":
        """Both, this one first."""
        return Evidence(**{kind.name: getattr(self, kind.name) + getattr(other, kind.name) for kind in fields(self)})

    def at(self, address: str) -> "Evidence":
        """The same, told as part of what stands at that address; the places inside it stay."""
        kinds = {kind.name: getattr(self, kind.name) for kind in fields(self)}
        return Evidence(**{n: tuple(replace(r, ref=_moved(r.ref, address)) for r in rows) for n, rows in kinds.items()})


def _moved(ref: str, address: str) -> str:
    _, mark, place = ref.partition("#")
    return f"{address}{mark}{place}"

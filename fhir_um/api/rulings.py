"""A reviewer's decision as it comes in: JSON -> rulings in house words. Must not know which moves are legal.

Unknown fields and values are refused with the place they stand in.
"""

import re
from datetime import date
from decimal import Decimal

import msgspec

from fhir_um.cases.asked import NPI_SYSTEM, Party
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import (
    Authorized,
    Decider,
    DocumentNeeded,
)
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.errors import Kind, Refusal
from fhir_um.words import Code, Concept, Identifier, Period, Quantity
from profiles.canonicals import NUCC

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$?\.?(?P<path>[^`]*)`)?$", re.DOTALL)


class CodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code and its system."""

    system: str
    code: str


class QuantityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount; the unit is a UCUM or X12 673 code when `system` says so."""

    value: Decimal
    unit: str = ""
    system: str = ""
    code: str = ""


class PeriodIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole days, both included."""

    start: date | None = None
    end: date | None = None


class ProviderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is authorised to do it."""

    npi: str
    name: str = ""


class AuthorizedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is authorised, where it differs from the request."""

    service: CodeIn | None = None
    modifiers: list[CodeIn] | None = None
    quantity: QuantityIn | None = None
    period: PeriodIn | None = None
    provider: ProviderIn | None = None


class DocumentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document to ask for."""

    loinc: str
    label: str


class LineIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ruling on one line."""

    sequence: int
    action: RulingAction
    reason: Reason
    text: str = ""
    authorized: AuthorizedIn | None = None
    documents: list[DocumentIn] = []


class ReviewerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who rules: their id, and for clinicians NPI and specialty (a bare one is a NUCC taxonomy code)."""

    id: str
    npi: str = ""
    specialty: CodeIn | str | None = None


class DecisionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a decision: on which version, in which role, by whom, and line by line."""

    version: int
    role: Role
    reviewer: ReviewerIn
    lines: list[LineIn]


_DECODER = msgspec.json.Decoder(DecisionIn)


def read_decision(body: bytes) -> tuple[int, Decider, tuple[Ruling, ...]]:
    """The case version decided on, who decides, and the rulings.

    Raises: Refusal UNREADABLE when it is not JSON, INVALID when a field is missing, unknown or cannot be used.
    """
    try:
        given = _DECODER.decode(body)
    except msgspec.ValidationError as fault:
        raise _invalid(str(fault)) from fault
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Refusal.of(Kind.UNREADABLE, "structure", "The body is not JSON.") from fault
    _demand_sense(given)
    return given.version, _decider(given), tuple(_ruling(line) for line in given.lines)


def _demand_sense(given: DecisionIn) -> None:
    if not given.reviewer.id:
        raise Refusal.of(Kind.INVALID, "required", "Say who decides.", "reviewer.id")
    if not given.lines:
        raise Refusal.of(Kind.INVALID, "required", "A decision rules on at least one line.", "lines")
    if len({line.sequence for line in given.lines}) < len(given.lines):
        raise Refusal.of(Kind.INVALID, "duplicate", "A decision rules on each line once.", "lines")


def _invalid(text: str) -> Refusal:
    place = _PLACE.match(text)
    what, path = (place["what"], place["path"] or "") if place else (text, "")
    return Refusal.of(Kind.INVALID, "value", f"{what}.", path)


def _decider(given: DecisionIn) -> Decider:
    who = given.reviewer
    return Decider(id=who.id, role=given.role, human=True, npi=who.npi, specialty=_specialty(who.specialty))


def _specialty(given: CodeIn | str | None) -> Code | None:
    if isinstance(given, str):
        return Code(NUCC, given) if given else None
    return _code(given) if given else None


def _ruling(line: LineIn) -> Ruling:
    return Ruling(
        sequence=line.sequence,
        action=line.action,
        reason=line.reason,
        text=line.text,
        authorized=_authorized(line.authorized) if line.authorized else None,
        documents=tuple(DocumentNeeded(d.loinc, d.label) for d in line.documents),
    )


def _authorized(given: AuthorizedIn) -> Authorized:
    return Authorized(
        service=_concept(given.service) if given.service else None,
        modifiers=None if given.modifiers is None else tuple(_concept(m) for m in given.modifiers),
        quantity=_quantity(given.quantity) if given.quantity else None,
        period=Period(given.period.start, given.period.end) if given.period else None,
        provider=_provider(given.provider) if given.provider else None,
    )


def _code(given: CodeIn) -> Code:
    return Code(given.system, given.code)


def _concept(given: CodeIn) -> Concept:
    return Concept((_code(given),))


def _quantity(given: QuantityIn) -> Quantity:
    return Quantity(given.value, given.unit, given.system, given.code)


def _provider(given: ProviderIn) -> Party:
    return Party(identifiers=(Identifier(NPI_SYSTEM, given.npi),), name=given.name)

"""The shape of a reviewer's decision in JSON, and what makes no sense in it. Must not know which moves are legal.

Nothing of what was sent is repeated in a fault: a word in the wrong place may be somebody's name.
"""

import re
from collections.abc import Iterator, Set
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from fhir_um.api.basis_in import BasisIn, CriterionIn, senseless_basis, senseless_criteria
from fhir_um.cases.lifecycle import RulingAction
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.errors import Issue
from fhir_um.translate.closed_lists import MODIFIERS, SERVICES
from profiles.primitives import PRIMITIVES, has_control_character


class ProviderRole(StrEnum):
    """What an authorized provider is to do. Source: FHIR R4 value set claim-careteamrole."""

    PRIMARY = "primary"
    ASSIST = "assist"
    SUPERVISOR = "supervisor"
    OTHER = "other"


_NPI = re.compile(r"[0-9]{10}", re.ASCII)
_LOINC = re.compile(r"[0-9]{1,8}-[0-9]", re.ASCII)
_REPORT_TYPE = re.compile(r"[A-Z0-9]{2}", re.ASCII)
_LONGEST_WORD = 200
_LONGEST_TEXT = 20_000
_MOST_DOCUMENTS = 100
_LARGEST_VERSION = 2**31 - 1


class CodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code and its system."""

    system: str
    code: str


class QuantityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount; the unit is a UCUM or X12 673 code when `system` says so, and as asked when none is given."""

    value: Decimal
    unit: str = ""
    system: str = ""
    code: str = ""


class PeriodIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole days, both included."""

    start: date | None = None
    end: date | None = None


class ProviderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is authorized to do it, and in which role, where that matters."""

    npi: str
    name: str = ""
    role: ProviderRole | None = None


class AuthorizedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is authorized, where it differs from the request."""

    service: CodeIn | None = None
    modifiers: list[CodeIn] | None = None
    quantity: QuantityIn | None = None
    period: PeriodIn | None = None
    provider: ProviderIn | None = None


class DocumentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document to ask for; `reportType` is its X12 code (PWK01), where one is wanted.

    `modifiers` are LOINC codes that say which of such documents are meant, or of what time.
    """

    loinc: str
    label: str
    report_type: str = msgspec.field(name="reportType", default="")
    modifiers: list[str] = []


class LineIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ruling on one line; `secondSurgicalOpinion` says whether one is wanted, where it matters.

    `criteria` are the reviewer's own readings of criteria, `basis` is what the ruling rests on.
    """

    sequence: int
    action: RulingAction
    reason: Reason
    text: str = ""
    authorized: AuthorizedIn | None = None
    documents: list[DocumentIn] = []
    second_opinion: bool | None = msgspec.field(name="secondSurgicalOpinion", default=None)
    criteria: list[CriterionIn] = []
    basis: BasisIn | None = None


class ReviewerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who rules: their id, and for clinicians NPI and specialty (a bare one is a NUCC taxonomy code).

    Without an id it is whoever signed in.
    """

    id: str = ""
    npi: str = ""
    specialty: CodeIn | str | None = None


class DecisionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a decision: on which version, in which role, by whom, and line by line."""

    version: int
    role: Role
    lines: list[LineIn]
    reviewer: ReviewerIn = ReviewerIn()


def unwritable(value: Any, place: str = "") -> Iterator[Issue]:
    """A fault for each text with control characters, wherever it stands.

    To be asked of a value that has the shape it should: a place is made of names, and other names are the sender's.
    """
    if isinstance(value, str):
        if has_control_character(value):
            yield Issue("value", "A text must not have control characters.", place)
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from unwritable(child, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from unwritable(child, f"{place}[{index}]")


def senseless(given: DecisionIn) -> Iterator[Issue]:
    """Every fault in values that have the right type."""
    yield from senseless_version(given.version)
    yield from senseless_reviewer(given.reviewer)
    if not given.lines:
        yield Issue("required", "A decision rules on at least one line.", "lines")
    if len({line.sequence for line in given.lines}) < len(given.lines):
        yield Issue("duplicate", "A decision rules on each line once.", "lines")
    for index, line in enumerate(given.lines):
        yield from _line(line, f"lines[{index}]")


def senseless_version(version: int) -> Iterator[Issue]:
    """Every fault in the version somebody acts on."""
    if not 1 <= version <= _LARGEST_VERSION:
        yield Issue("value", "The version of a case is a whole number from 1.", "version")


def senseless_reviewer(given: ReviewerIn) -> Iterator[Issue]:
    """Every fault in who acts."""
    yield from _word(given.id, "reviewer.id", "Say who decides")
    if given.npi:
        yield from _npi(given.npi, "reviewer.npi")
    yield from _specialty(given.specialty)


def _specialty(given: CodeIn | str | None) -> Iterator[Issue]:
    if isinstance(given, CodeIn):
        yield from _code(given, "reviewer.specialty")
    elif given:
        yield from _word(given, "reviewer.specialty", "Say which specialty", "code")


def _line(line: LineIn, place: str) -> Iterator[Issue]:
    if len(line.text) > _LONGEST_TEXT:
        yield Issue("too-long", f"At most {_LONGEST_TEXT} characters.", f"{place}.text")
    if len(line.documents) > _MOST_DOCUMENTS:
        yield Issue("too-long", f"At most {_MOST_DOCUMENTS} documents.", f"{place}.documents")
    for index, document in enumerate(line.documents):
        if not _LOINC.fullmatch(document.loinc):
            yield Issue("value", "A document is named by its LOINC code.", f"{place}.documents[{index}].loinc")
        yield from _word(document.label, f"{place}.documents[{index}].label", "Say how the document is called")
        if document.report_type and not _REPORT_TYPE.fullmatch(document.report_type):
            yield Issue(
                "value", "A report type is an X12 code of two characters.", f"{place}.documents[{index}].reportType"
            )
        if not all(map(_LOINC.fullmatch, document.modifiers)):
            yield Issue("value", "A modifier is a LOINC code.", f"{place}.documents[{index}].modifiers")
    if line.authorized is not None:
        yield from _authorized(line.authorized, f"{place}.authorized")
    yield from senseless_criteria(line.criteria, f"{place}.criteria")
    if line.basis is not None:
        yield from senseless_basis(line.basis, f"{place}.basis")


def _authorized(given: AuthorizedIn, place: str) -> Iterator[Issue]:
    if given == AuthorizedIn():
        yield Issue("required", "Say what is authorized, or leave it out.", place)
    if given.service is not None:
        yield from _listed(given.service, SERVICES, f"{place}.service")
    for index, modifier in enumerate(given.modifiers or ()):
        yield from _listed(modifier, MODIFIERS, f"{place}.modifiers[{index}]")
    if given.quantity is not None:
        yield from _quantity(given.quantity, f"{place}.quantity")
    if given.period is not None:
        yield from _period(given.period, f"{place}.period")
    if given.provider is not None:
        yield from _npi(given.provider.npi, f"{place}.provider.npi")


def _quantity(given: QuantityIn, place: str) -> Iterator[Issue]:
    is_decimal = PRIMITIVES["decimal"][0](given.value)
    if not is_decimal or given.value <= 0:
        yield Issue("value", "An amount is a number above 0.", f"{place}.value")
    for name, type_name in (("unit", "string"), ("system", "uri"), ("code", "code")):
        word = getattr(given, name)
        yield from _word(word, f"{place}.{name}", f"Say which {name}, or leave it out", type_name) if word else ()


def _period(given: PeriodIn, place: str) -> Iterator[Issue]:
    if given.start is None and given.end is None:
        yield Issue("required", "A period has a start or an end.", place)
    elif given.start and given.end and given.end < given.start:
        yield Issue("invariant", "The period ends before it starts.", place)


def _listed(given: CodeIn, systems: Set[str], place: str) -> Iterator[Issue]:
    """A code that is told to the sender, from one of the lists the guide allows there."""
    yield from _code(given, place)
    if given.system.strip() and given.system not in systems:
        yield Issue("code-invalid", f"PAS takes this code from {', '.join(sorted(systems))}.", f"{place}.system")


def _code(given: CodeIn, place: str) -> Iterator[Issue]:
    yield from _word(given.system, f"{place}.system", "Say which code system", "uri")
    yield from _word(given.code, f"{place}.code", "Say which code", "code")


def _word(text: str, path: str, what: str, type_name: str = "string") -> Iterator[Issue]:
    is_of_type, form = PRIMITIVES[type_name]
    if not text.strip():
        yield Issue("required", f"{what}.", path)
    elif len(text) > _LONGEST_WORD:
        yield Issue("too-long", f"At most {_LONGEST_WORD} characters.", path)
    elif not is_of_type(text):
        yield Issue("value", f"Write {form}.", path)


def _npi(text: str, path: str) -> Iterator[Issue]:
    if not _NPI.fullmatch(text):
        yield Issue("value", "An NPI has ten digits.", path)

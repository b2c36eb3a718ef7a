"""What the payer says about one order under one coverage, and the rules that make it sayable in any dialect.

Must not know how it is written on the wire, hooks or desks. Codes are those of Da Vinci CRD 2.2.1.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Unsayable(Exception):
    """Something was put together that no EHR may be told; the text names every rule that it breaks."""


class Covered(StrEnum):
    """Is it a benefit? Source: CRD 2.2.1 value set coverageInfo."""

    COVERED = "covered"
    NOT_COVERED = "not-covered"
    CONDITIONAL = "conditional"
    INDETERMINATE = "indeterminate"


class PaNeeded(StrEnum):
    """Is prior authorization needed? Source: CRD 2.2.1 value set coveragePaDetail."""

    NO_AUTH = "no-auth"
    AUTH_NEEDED = "auth-needed"
    SATISFIED = "satisfied"
    PERFORMER = "performpa"
    CONDITIONAL = "conditional"
    INDETERMINATE = "indeterminate"


class DocNeeded(StrEnum):
    """Who has questions to answer. Source: CRD 2.2.1 value set AdditionalDocumentation."""

    CLINICAL = "clinical"
    ADMIN = "admin"
    PATIENT = "patient"
    CONDITIONAL = "conditional"
    INDETERMINATE = "indeterminate"


class DocPurpose(StrEnum):
    """What documentation is for. Source: CRD 2.2.1 value set DocReason."""

    WITH_PA = "withpa"
    WITH_CLAIM = "withclaim"
    WITH_ORDER = "withorder"
    RETAIN = "retain-doc"
    OTHER = "OTH"


class InfoNeeded(StrEnum):
    """What only a later step of the workflow can tell. Source: CRD 2.2.1 value set informationNeeded."""

    PERFORMER = "performer"
    LOCATION = "location"
    TIMEFRAME = "timeframe"
    CONTRACT = "contract-window"
    DETAIL_CODE = "detail-code"
    OTHER = "OTH"


class ReasonCode(StrEnum):
    """Why, where a code says it. Source: CRD 2.2.1 value set coverageAssertionReasons."""

    GOLD_CARD = "gold-card"
    NO_MEMBER_FOUND = "no-member-found"
    NO_ACTIVE_COVERAGE = "no-active-coverage"
    COVERAGE_NOT_FOUND = "coverage-not-found"
    AUTH_OUT_NETWORK = "auth-out-network"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a system; `display` may be empty."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: always in words, with a code where there is one."""

    text: str
    code: ReasonCode | None = None


class DetailCategory(StrEnum):
    """What a detail is to its reader. Source: CRD 2.2.1."""

    LIMITATION = "cat-limitation"
    DECISIONAL = "cat-decisional"
    OTHER = "cat-other"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last; None is open."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity; `unit` is a word or UCUM code."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One qualifier of an assertion. `code` is of the system crd-coverage-detail, for example `allowed-quantity`."""

    category: DetailCategory
    code: str
    value: bool | str | Period | Amount
    qualification: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask about this case: a name, and phone, email or url as (system, value)."""

    name: str
    telecom: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the payer says about one order under one coverage, within the scope it names.

    `id` is the coverage-assertion-id, unique and stored before it is told; `expires` the last day it holds. `basis` is
    what the desk keeps with it (`Told` brings it back); it is never told.
    """

    id: str
    on: date
    covered: Covered
    pa_needed: PaNeeded | None = None
    doc_needed: tuple[DocNeeded, ...] = ()
    doc_purpose: tuple[DocPurpose, ...] = ()
    info_needed: tuple[InfoNeeded, ...] = ()
    billing_codes: tuple[Coding, ...] = ()
    reasons: tuple[Why, ...] = ()
    details: tuple[Detail, ...] = ()
    depends_on: tuple[str, ...] = ()
    questionnaires: tuple[str, ...] = ()
    satisfied_pa_id: str = ""
    contacts: tuple[Contact, ...] = ()
    expires: date | None = None
    basis: object = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raises: Unsayable, naming every rule that is broken."""
        broken = tuple(text for text, holds in _RULES if not holds(self))
        if broken:
            raise Unsayable("; ".join(broken))

    @property
    def is_conditional(self) -> bool:
        """Whether some answer waits for what only a later step of the workflow can tell."""
        return Covered.CONDITIONAL in self._answers

    @property
    def is_indeterminate(self) -> bool:
        """Whether some answer could not be found."""
        return Covered.INDETERMINATE in self._answers

    @property
    def _answers(self) -> tuple[str | None, ...]:
        return (self.covered, self.pa_needed, *self.doc_needed)


_NO_PA = (PaNeeded.NO_AUTH, PaNeeded.SATISFIED)

_DETAIL_VALUES: dict[str, type] = {
    "allowed-quantity": Amount,
    "allowed-period": Period,
    "in-network-copay": Amount,
    "out-network-copay": Amount,
    "concurrent-review": bool,
    "appropriate-use-needed": bool,
    "policy-link": str,
    "instructions": str,
}

_DETAIL_CATEGORIES = {
    "allowed-quantity": DetailCategory.LIMITATION,
    "allowed-period": DetailCategory.LIMITATION,
    "in-network-copay": DetailCategory.DECISIONAL,
    "out-network-copay": DetailCategory.DECISIONAL,
    "concurrent-review": DetailCategory.DECISIONAL,
    "appropriate-use-needed": DetailCategory.DECISIONAL,
    "policy-link": DetailCategory.OTHER,
}


def _is_sound(detail: Detail) -> bool:
    """`instructions` may be of any category, and a code of the payer's own may be anything."""
    value = detail.value
    says_something = value != "" and value != Period(None, None)
    of_its_type = type(value) is _DETAIL_VALUES.get(detail.code, type(value))
    of_its_category = detail.category is _DETAIL_CATEGORIES.get(detail.code, detail.category)
    return bool(detail.code) and says_something and of_its_type and of_its_category


def _asks_without_cause(told: Assertion) -> bool:
    settled = told.covered is Covered.NOT_COVERED or told.pa_needed in _NO_PA
    return settled and DocPurpose.WITH_PA in told.doc_purpose


def _needs_reason(told: Assertion) -> bool:
    return bool(told.doc_purpose) or InfoNeeded.OTHER in told.info_needed or told.is_indeterminate


_RULES: tuple[tuple[str, Callable[[Assertion], bool]], ...] = (
    ("an assertion has an id", lambda told: bool(told.id.strip())),
    (
        "a questionnaire is for documentation that is needed",
        lambda told: bool(told.doc_needed or not told.questionnaires),
    ),
    (
        "what is not covered has no authorization",
        lambda told: not (told.covered is Covered.NOT_COVERED and told.pa_needed),
    ),
    (
        "information is needed when, and only when, it depends",
        lambda told: told.is_conditional == bool(told.info_needed),
    ),
    ("nothing goes with a prior authorization that is not needed", lambda told: not _asks_without_cause(told)),
    (
        "an authorization number is given when, and only when, authorization is satisfied",
        lambda told: (told.pa_needed is PaNeeded.SATISFIED) == bool(told.satisfied_pa_id),
    ),
    (
        "a purpose, other information and what is indeterminate have a reason",
        lambda told: bool(told.reasons) or not _needs_reason(told),
    ),
    ("every reason has words", lambda told: all(why.text.strip() for why in told.reasons)),
    ("a detail has a code, and the value and category of its code", lambda told: all(map(_is_sound, told.details))),
    ("a billing code has a system and a code", lambda told: all(c.system and c.code for c in told.billing_codes)),
    ("a contact has a name or a way to reach it", lambda told: all(c.name or c.telecom for c in told.contacts)),
    ("an assertion does not expire before its day", lambda told: told.expires is None or told.expires >= told.on),
)
"""What a coverage-information has to keep. Source: CRD 2.2.1, ext-coverage-information crd-ci-q1 to q9 by their text;
some of their expressions check less. The 2.0.1 form of whatever keeps them keeps the rules of 2.0.1."""


def tells_apart(one: Assertion, other: Assertion) -> bool:
    """Whether two assertions about one order speak of different things: other codes, limits or orders they depend on.

    Source: CRD 2.2.1 covinfo-1.
    """
    codes, others = set(one.billing_codes), set(other.billing_codes)
    return bool(
        (codes and others and codes.isdisjoint(others))
        or _limits(one) != _limits(other)
        or set(one.depends_on) != set(other.depends_on)
    )


def _limits(told: Assertion) -> list[Detail]:
    return [detail for detail in told.details if detail.category is DetailCategory.LIMITATION]

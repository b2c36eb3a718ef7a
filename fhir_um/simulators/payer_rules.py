"""The rule file of the fake payer: which line or order is answered how. Must not know FHIR or HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import yaml

DEFAULT = Path(__file__).with_name("payer_rules.yaml")
"""The rules that hold when no file is given; commented, to be copied and changed."""

Ending = Literal["approve", "deny", "modify"]


class RulesFault(Exception):
    """The rule file cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Asks:
    """What a rule may look at: of a line of a claim, or of an order of a hook."""

    codes: tuple[tuple[str, str], ...] = ()
    """System and code."""
    member: str = ""
    provider: str = ""
    version: str = ""
    hook: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class _Conditions:
    code: str = ""
    system: str = ""
    member: str = ""
    provider: str = ""
    version: str = ""

    def fits(self, asks: Asks) -> bool:
        """True when everything this rule names is so; a rule that names nothing fits always."""
        named = (
            (self.member, asks.member),
            (self.provider, asks.provider),
            (self.version, asks.version),
        )
        return all(not wanted or wanted == given for wanted, given in named) and self._fits_codes(asks)

    def _fits_codes(self, asks: Asks) -> bool:
        if not self.code and not self.system:
            return True
        return any(self.code in ("", code) and self.system in ("", system) for system, code in asks.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule(_Conditions):
    """What becomes of a line of a claim."""

    outcome: Literal["approve", "deny", "pend", "modify", "error"]
    number: str = ""
    reason: str = ""
    text: str = ""
    quantity: float | None = None
    documents: tuple[str, ...] = ()
    then: Ending | Literal[""] = ""
    after: float = 3.0
    error: str = "67"
    followup: str = "C"


@dataclass(frozen=True, slots=True)
class CardLink:
    """Where a card leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class CardRule:
    """A card; without a topic it is about coverage information."""

    summary: str
    indicator: Literal["info", "warning", "critical"] = "info"
    detail: str = ""
    link: CardLink | None = None
    topic: str = "coverage-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRule(_Conditions):
    """What an order is answered with."""

    hook: str = ""
    type: str = ""
    covered: Literal["covered", "not-covered", "conditional", "indeterminate"]
    pa_needed: Literal["", "no-auth", "auth-needed", "satisfied", "performpa", "conditional", "indeterminate"] = ""
    doc_needed: tuple[Literal["clinical", "admin", "patient", "conditional"], ...] = ()
    doc_purpose: tuple[Literal["withpa", "withclaim", "withorder", "retain-doc", "OTH"], ...] = ()
    info_needed: tuple[Literal["performer", "location", "timeframe", "contract-window", "OTH"], ...] = ()
    questionnaires: tuple[str, ...] = ()
    number: str = ""
    text: str = ""
    cards: tuple[CardRule, ...] = ()

    def fits(self, asks: Asks) -> bool:
        """As of every rule, and by hook and type of the order."""
        return self.hook in ("", asks.hook) and self.type in ("", asks.type) and _Conditions.fits(self, asks)


@dataclass(frozen=True, slots=True)
class Rules:
    """Both lists."""

    claims: tuple[LineRule, ...] = field(default=())
    hooks: tuple[OrderRule, ...] = field(default=())

    def for_line(self, asks: Asks) -> LineRule:
        """The first rule that fits; a line that none fits is approved."""
        return next((rule for rule in self.claims if rule.fits(asks)), LineRule(outcome="approve"))

    def for_order(self, asks: Asks) -> OrderRule:
        """The first rule that fits; an order that none fits is covered and needs nothing."""
        plain = OrderRule(covered="covered", pa_needed="no-auth")
        return next((rule for rule in self.hooks if rule.fits(asks)), plain)


def read_rules(path: Path = DEFAULT) -> Rules:
    """The rules in a file. Raises: RulesFault that says what is wrong, and where."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise RulesFault(f"{path}: {fault.strerror}.") from fault
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise RulesFault(f"{path} is no YAML: {fault}") from fault
    written = {} if written is None else written
    if not isinstance(written, dict) or set(written) - {"claims", "hooks"}:
        raise RulesFault(f"{path}: there are two lists, `claims` and `hooks`, and nothing else.")
    rules = Rules(
        tuple(_rule(path, "claims", number, row, LineRule) for number, row in _rows(path, "claims", written)),
        tuple(_rule(path, "hooks", number, row, OrderRule) for number, row in _rows(path, "hooks", written)),
    )
    _demand_lawful(path, rules)
    return rules


def _rows(path: Path, name: str, written: Mapping[str, Any]) -> list[tuple[int, Any]]:
    rows = written.get(name) or []
    if not isinstance(rows, list):
        raise RulesFault(f"{path}: `{name}` must be a list of rules.")
    return list(enumerate(rows, start=1))


Shape = TypeVar("Shape", LineRule, OrderRule)


def _rule(path: Path, name: str, number: int, row: Any, shape: type[Shape]) -> Shape:
    place = f"{path}: rule {number} of `{name}`"
    if not isinstance(row, dict):
        raise RulesFault(f'{place} must be words with values, such as {{code: "E0601", outcome: approve}}.')
    given = {str(key).replace("-", "_"): value for key, value in row.items()}
    unknown = set(given) - {each.name for each in fields(shape)}
    if unknown:
        raise RulesFault(f"{place}: {', '.join(sorted(unknown))} is no word of a rule.")
    if any(isinstance(given.get(word), int | float) for word in ("code", "member", "provider", "reason", "error")):
        raise RulesFault(f"{place}: write codes and numbers of people in quotes.")
    try:
        return msgspec.convert(given, type=shape)
    except msgspec.ValidationError as fault:
        raise RulesFault(f"{place}: {fault}") from fault


def _demand_lawful(path: Path, rules: Rules) -> None:
    """What no answer could say without breaking a guide. Raises: RulesFault. Source: CRD 2.2.1 crd-ci-q1 to q5."""
    for number, rule in enumerate(rules.claims, start=1):
        if "modify" in (rule.outcome, rule.then) and rule.quantity is None:
            raise RulesFault(f"{path}: rule {number} of `claims` modifies: give the quantity that is granted.")
    for number, order in enumerate(rules.hooks, start=1):
        for is_broken, why in _broken(order):
            if is_broken:
                raise RulesFault(f"{path}: rule {number} of `hooks`: {why}.")


def _broken(rule: OrderRule) -> tuple[tuple[bool, str], ...]:
    said = (rule.covered, rule.pa_needed, *rule.doc_needed)
    settled = rule.covered == "not-covered" or rule.pa_needed in ("no-auth", "satisfied")
    return (
        (bool(rule.questionnaires) and not rule.doc_needed, "a questionnaire goes with doc-needed"),
        (rule.covered == "not-covered" and bool(rule.pa_needed), "what is not covered has no pa-needed"),
        (rule.covered != "not-covered" and not rule.pa_needed, "say pa-needed for what may be covered"),
        (("conditional" in said) != bool(rule.info_needed), "info-needed goes with `conditional`, and only with it"),
        (settled and "withpa" in rule.doc_purpose, "where no authorization is needed nothing is sent `withpa`"),
        (
            (rule.pa_needed == "satisfied") != bool(rule.number),
            "a number goes with pa-needed `satisfied`, only with it",
        ),
    )

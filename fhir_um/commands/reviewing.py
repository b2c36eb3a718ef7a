"""What a simulated reviewer would decide: rules a tester writes, read once and applied to one case at a time.

Must not know HTTP or the time. It is no part of any decision of the server: the server meets it as it meets a person.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml

from fhir_um.cases.lifecycle import RulingAction
from fhir_um.cases.model import PENDED, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role

REVIEWER = "simulated-reviewer"
NPI = "1999999992"
"""Of a physician who does not exist; the check digit is right."""

_PHYSICIANS_ACTIONS = frozenset({RulingAction.DENY_CLINICAL, RulingAction.MODIFY, RulingAction.APPROVE})
"""An approval too: a physician may approve without having read every criterion as met, and says so."""

STAND_IN = "Decided by a tester's stand-in, who reads nothing."


class RulesFault(Exception):
    """A rule file cannot be read; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document to ask for."""

    loinc: str
    label: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing the reviewer does, to the lines it fits: by the code of the service, and the state the line is in.

    A rule acts once on each line, then the next one that fits does. `role` is chosen by action and state where it is
    not given. `units` and `unit` are for `modify`. `after` is how many seconds a line waits before it acts; without it,
    as long as the command line says. `exception`, `alternative` and `rule` (of contract or benefit) go into what the
    decision rests on; without them it says that a stand-in decided.
    """

    action: RulingAction
    reason: Reason
    text: str = ""
    service: str = ""
    state: LineState | None = None
    role: Role | None = None
    units: str = ""
    unit: str = ""
    documents: tuple[Document, ...] = ()
    after: float | None = None
    exception: str = STAND_IN
    alternative: str = STAND_IN
    rule: str = STAND_IN


class _RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    rules: list[Rule]


APPROVING = (
    Rule(RulingAction.REFER_NURSE, Reason.MEDICAL_REVIEW, state=LineState.INTAKE_REVIEW),
    Rule(RulingAction.APPROVE, Reason.CRITERIA_MET, state=LineState.NURSE_REVIEW),
    Rule(RulingAction.APPROVE, Reason.CRITERIA_MET, state=LineState.PHYSICIAN_REVIEW),
)
"""Without a rule file: whatever waits for a person is approved; what waits for documents goes on waiting."""


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a YAML file. Raises: RulesFault."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return tuple(msgspec.convert(content, type=_RuleFile).rules)
    except OSError as fault:
        raise RulesFault(f"{path} cannot be read: {fault.strerror}.") from fault
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as fault:
        raise RulesFault(f"{path}: {fault}") from fault


@dataclass(slots=True)
class Reviewer:
    """Remembers since when lines wait and which rules acted on them."""

    rules: tuple[Rule, ...]
    after_seconds: float
    _waits_since: dict[tuple[str, int, str], float] = field(default_factory=dict)
    _acted: set[tuple[str, int, int]] = field(default_factory=set)

    def decision(self, case: dict[str, Any], now: float) -> dict[str, Any] | None:
        """The body of a decision on the lines that are ripe, all in one role; None when there are none.

        `case` is what `GET /um/v1/cases/{id}` gives, `now` seconds of any clock that only goes forward.
        """
        ripe = list(self._ripe(case, now))
        if not ripe:
            return None
        role = ripe[0][3]
        lines = []
        for place, rule, line, lines_role in ripe:
            if lines_role is role:
                self._acted.add((case["id"], line["sequence"], place))
                lines.append(_ruling(rule, line))
        reviewer = {"id": REVIEWER} | ({"npi": NPI} if role in (Role.PHYSICIAN, Role.PEER) else {})
        return {"version": case["version"], "role": role.value, "reviewer": reviewer, "lines": lines}

    def _ripe(self, case: dict[str, Any], now: float) -> Iterator[tuple[int, Rule, dict[str, Any], Role]]:
        for line in case["lines"]:
            if line["state"] not in PENDED:
                continue
            since = self._waits_since.setdefault((case["id"], line["sequence"], line["state"]), now)
            found = self._rule_for(case["id"], line)
            if found is not None and now - since >= self._patience(found[1]):
                yield *found, line, _role(found[1], line["state"])

    def _patience(self, rule: Rule) -> float:
        return self.after_seconds if rule.after is None else rule.after

    def _rule_for(self, case_id: str, line: dict[str, Any]) -> tuple[int, Rule] | None:
        codes = {coding["code"] for coding in line["service"]["codes"]}
        for place, rule in enumerate(self.rules):
            fits = (not rule.service or rule.service in codes) and rule.state in (None, line["state"])
            if fits and (case_id, line["sequence"], place) not in self._acted:
                return place, rule
        return None


def _role(rule: Rule, state: str) -> Role:
    if rule.role is not None:
        return rule.role
    if rule.action is RulingAction.REFER_NURSE or rule.action is RulingAction.DISMISS:
        return Role.INTAKE
    physicians = rule.action in _PHYSICIANS_ACTIONS or state == LineState.PHYSICIAN_REVIEW
    return Role.PHYSICIAN if physicians else Role.NURSE


def _ruling(rule: Rule, line: dict[str, Any]) -> dict[str, Any]:
    ruling: dict[str, Any] = {"sequence": line["sequence"], "action": rule.action.value, "reason": rule.reason.value}
    if rule.text:
        ruling["text"] = rule.text
    if rule.units:
        ruling["authorized"] = {"quantity": {"value": float(rule.units), "unit": rule.unit}}
    if basis := _basis(rule):
        ruling["basis"] = basis
    if rule.documents:
        ruling["documents"] = [{"loinc": document.loinc, "label": document.label} for document in rule.documents]
    return ruling


def _basis(rule: Rule) -> dict[str, Any]:
    """What the server wants to be told with such a decision."""
    match rule.action:
        case RulingAction.APPROVE:
            return {"exception": rule.exception}
        case RulingAction.MODIFY | RulingAction.DENY_CLINICAL:
            return {"considered": ["request"], "alternative": rule.alternative, "attestation": True}
        case RulingAction.DENY_ADMINISTRATIVE:
            return {"rule": rule.rule}
    return {}

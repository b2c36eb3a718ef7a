"""From a policy file's shape to a policy ready to be used. Must not know files, lines or evidence.

Every fault is a `Misfit` with its place in the file; `load` adds the name of the file.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.findings import Truth
from fhir_um.cases.model import Course
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.policy import schema
from fhir_um.policy.advising import compile_advice
from fhir_um.policy.facts import compile_fact
from fhir_um.policy.model import (
    Criteria,
    Document,
    Exclusion,
    Fact,
    FactType,
    FormGroup,
    FormItem,
    FreeUnits,
    Group,
    GroupKind,
    Leaf,
    Limits,
    Misfit,
    Node,
    Operand,
    Policy,
    Trigger,
    Value,
)
from fhir_um.policy.systems import SYSTEMS, TEXT_IS_LICENSED, codes_between
from fhir_um.words import Code, Period

ORDERED = frozenset({FactType.NUMBER, FactType.DATE})
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_policy(file: schema.PolicyFile, content_hash: str) -> Policy:
    """The policy a file describes.

    Raises: Misfit when a part of it does not fit together.
    """
    facts = {fact_id: _fact(fact_id, fact) for fact_id, fact in file.facts.items()}
    criteria = compile_criteria(file.criteria, facts, "criteria") if file.criteria else None
    free = file.authorization.after_visits if isinstance(file.authorization, schema.AfterVisitsFile) else None
    limits = _limits(file.limits)
    return Policy(
        id=file.policy,
        version=file.version,
        content_hash=content_hash,
        title=file.title,
        notice=file.notice,
        effective=Period(file.effective.start, file.effective.end),
        lines_of_business=frozenset(
            _member(LineOfBusiness, lob, "lines_of_business") for lob in file.lines_of_business
        ),
        plans=tuple(file.plans),
        modifiers=frozenset(file.modifiers),
        group=file.group,
        specialty=file.specialty,
        sensitive=file.sensitive,
        triggers=compile_triggers(file.applies_to, "applies_to"),
        required=file.authorization != "none",
        free=FreeUnits(free.free_units, free.window_days) if free else None,
        facts=facts,
        criteria=criteria,
        exclusions=tuple(_exclusion(e, facts, f"exclusions[{i}]") for i, e in enumerate(file.exclusions)),
        courses=_courses(file.outcome) if file.outcome else {},
        other_administrator=file.administered_by_other.text if file.administered_by_other else "",
        limits=limits,
        documents=tuple(_document(d) for d in file.documents),
        form=_form(file.form) if file.form else (),
        needs_history=_needs_history(limits, free is not None, facts.values()),
        advice=tuple(compile_advice(row, file, f"advice[{i}]") for i, row in enumerate(file.advice)),
    )


def _member(kind: Any, text: str, path: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise Misfit(path, f"{text!r} is not one of {', '.join(kind)}") from None


def _fact(fact_id: str, file: schema.FactFile) -> Fact:
    try:
        return compile_fact(fact_id, file)
    except ValueError as fault:
        raise Misfit(f"facts.{fact_id}", str(fault)) from None


def _needs_history(limits: Limits, free: bool, facts: Iterable[Fact]) -> bool:
    return free or limits.pend_duplicates or limits.per_days is not None or any(f.from_history for f in facts)


def compile_triggers(applies_to: Mapping[str, dict[str, str] | list[str]], path: str) -> tuple[Trigger, ...]:
    """Every code a rule is for, ranges such as E0250-E0277 spelled out.

    Raises: Misfit for an unknown system, a bad range, a missing label of our own, a label where texts are licensed.
    """
    found: dict[Code, Trigger] = {}
    for system, codes in applies_to.items():
        if system not in SYSTEMS:
            raise Misfit(path, f"{system!r} is not one of {', '.join(sorted(SYSTEMS))}")
        if (system in TEXT_IS_LICENSED) is isinstance(codes, dict):
            wanted = "a bare list of codes: their texts are licensed" if system in TEXT_IS_LICENSED else "code: label"
            raise Misfit(f"{path}.{system}", f"must be {wanted}")
        for text, label in codes.items() if isinstance(codes, dict) else ((c, "") for c in codes):
            for code in _spelled_out(text, f"{path}.{system}"):
                found[Code(SYSTEMS[system], code)] = Trigger(Code(SYSTEMS[system], code), label)
    return tuple(found.values())


def _spelled_out(text: str, path: str) -> tuple[str, ...]:
    first, dash, last = text.partition("-")
    if not dash:
        return (text,)
    try:
        return codes_between(first, last)
    except ValueError as fault:
        raise Misfit(path, str(fault)) from None


# --- criteria -------------------------------------------------------------------------------------------------------


def compile_criteria(file: schema.NodeFile, facts: Mapping[str, Fact], path: str) -> Criteria:
    """A criteria tree with its leaves numbered in the order written."""
    leaves: list[Leaf] = []
    root = _node(file, facts, leaves, path)
    return Criteria(root, tuple(leaves), tuple({leaf.fact.id: leaf.fact for leaf in leaves}.values()))


_PLAIN_GROUPS: tuple[GroupKind, ...] = ("all", "any", "none")


def _node(file: schema.NodeFile, facts: Mapping[str, Fact], leaves: list[Leaf], path: str) -> Node:
    groups: dict[GroupKind, list[schema.NodeFile]] = {
        kind: getattr(file, kind) for kind in _PLAIN_GROUPS if getattr(file, kind) is not None
    }
    if file.at_least is not None:
        groups["at_least"] = file.of or []
    if len(groups) + bool(file.fact) != 1:
        raise Misfit(path, "must be one fact or one group of all, any, none, at_least")
    if file.fact:
        return _leaf(file, facts, leaves, f"{path}.{file.id or file.fact}")
    ((kind, children),) = groups.items()
    needed = file.at_least or 0
    if not children or not 0 <= needed <= len(children):
        raise Misfit(path, f"{kind} has too few members")
    made = tuple(_node(child, facts, leaves, f"{path}.{kind}[{i}]") for i, child in enumerate(children))
    return Group(kind, made, needed)


def _leaf(file: schema.NodeFile, facts: Mapping[str, Fact], leaves: list[Leaf], path: str) -> Leaf:
    fact = facts.get(file.fact)
    if fact is None:
        raise Misfit(path, f"fact {file.fact!r} is not declared")
    if not file.id or not file.label:
        raise Misfit(path, "needs an id and a label in our own words")
    value = _operand(file, fact, path)
    leaf = Leaf(file.id, file.label, fact, file.op, value, len(leaves), _passes(file.op, value, fact.type))
    leaves.append(leaf)
    return leaf


def _operand(file: schema.NodeFile, fact: Fact, path: str) -> Operand:
    if not _op_fits(file.op, fact):
        raise Misfit(path, f"op {file.op!r} does not fit {fact.id}, which is {fact.type}")
    if file.op == "exists":
        return None
    if file.op == "within-days":
        return typed_value(file.value, FactType.NUMBER, path)
    if file.op == "in":
        if not isinstance(file.value, list) or not file.value:
            raise Misfit(path, "op in needs a list of values")
        member = FactType.TEXT if fact.type is FactType.CODES else fact.type
        return tuple(typed_value(v, member, path) for v in file.value)
    return typed_value(file.value, fact.type, path)


def _op_fits(op: str, fact: Fact) -> bool:
    """A fact that can only be shown, never disproved, takes no operator that its absence could fail."""
    if fact.only_shown:
        return op == "exists" if fact.type is FactType.BOOLEAN else op in (">", ">=", "exists")
    if op in ("<", "<=", ">", ">="):
        return fact.type in ORDERED
    if op == "within-days":
        return fact.type is FactType.DATE
    return op in ("in", "exists") if fact.type is FactType.CODES else True


def typed_value(value: Any, fact_type: FactType, path: str) -> Value:
    """A value written in YAML as the type its fact has; numbers become exact decimals."""
    if fact_type is FactType.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    if fact_type is FactType.CODES and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    plain: dict[FactType, type] = {FactType.BOOLEAN: bool, FactType.TEXT: str, FactType.DATE: date}
    wanted = plain.get(fact_type)
    if wanted is None or not isinstance(value, wanted):
        raise Misfit(path, f"{value!r} is not a {fact_type} value")
    return cast(Value, value)


def _passes(op: str, operand: Operand, fact_type: FactType) -> Callable[[Value, date], bool]:
    if op == "exists":
        return lambda value, _: value is not False and value != ()
    if op == "within-days":
        return lambda value, day: isinstance(value, date) and _recent(value, day, operand)
    if op == "in" and fact_type is FactType.CODES:
        wanted = frozenset(operand) if isinstance(operand, tuple) else frozenset()
        return lambda value, _: isinstance(value, tuple) and not wanted.isdisjoint(value)
    if op == "in":
        return lambda value, _: isinstance(operand, tuple) and value in operand
    compare = COMPARISONS[op]
    return lambda value, _: compare(value, operand)


def _recent(value: date, day: date, days: Operand) -> bool:
    return isinstance(days, Decimal) and day - timedelta(days=int(days)) <= value <= day


# --- the rest of the file ---------------------------------------------------------------------------------------------


def _exclusion(file: schema.ExclusionFile, facts: Mapping[str, Fact], path: str) -> Exclusion:
    when = compile_criteria(file.when, facts, f"{path}.when") if isinstance(file.when, schema.NodeFile) else None
    return Exclusion(when, _member(Reason, file.reason, f"{path}.reason"), file.text)


def _courses(file: schema.OutcomeFile) -> dict[Truth, Course]:
    return {truth: _member(Course, getattr(file, truth.value), f"outcome.{truth}") for truth in Truth}


def _limits(file: schema.LimitsFile) -> Limits:
    return Limits(file.max_units, file.per_days, file.duplicates == "pend", file.authorized_period_days)


def _document(file: schema.DocumentNeededFile) -> Document:
    needed = DocumentNeeded(file.loinc, file.label, file.report_type, tuple(file.modifiers))
    return Document(needed, file.required, frozenset(file.shows))


def _form(file: schema.FormFile) -> tuple[FormGroup, ...]:
    return tuple(
        FormGroup(g.id, g.title, tuple(FormItem(i.link, i.type, i.text, tuple(i.options)) for i in g.items))
        for g in file.groups
    )

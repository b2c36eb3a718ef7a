"""How a coverage policy looks in our own API: what it is about, what it weighs, what follows. Plain JSON.

Must not weigh anything.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from fhir_um.policy.book import outcome_words
from fhir_um.policy.model import AdviceKind, Document, Exclusion, Fact, Leaf, Node, Operand, Policy, Sought

_JOINED = {"all": "all of", "any": "any of", "none": "none of", "at_least": "at least"}


def policy_row(policy: Policy) -> dict[str, Any]:
    """One version of a policy in the list."""
    return {
        "id": policy.id,
        "version": policy.version,
        "title": policy.title,
        "hash": policy.content_hash,
        "effective": {"start": _day(policy.effective.start), "end": _day(policy.effective.end)},
        "linesOfBusiness": sorted(policy.lines_of_business),
        "specialty": policy.specialty,
        "outcome": outcome_words(policy),
        "codes": len(policy.triggers),
    }


def policy_view(policy: Policy) -> dict[str, Any]:
    """All of one version."""
    tree = policy.criteria
    return policy_row(policy) | {
        "notice": policy.notice,
        "plans": list(policy.plans),
        "group": policy.group,
        "sensitive": policy.sensitive,
        "codes": [{"system": t.code.system, "code": t.code.code, "label": t.label} for t in policy.triggers],
        "modifiers": sorted(policy.modifiers),
        "facts": [_fact(fact) for fact in policy.facts.values()],
        "criteria": _node(tree.root) if tree else None,
        "outcomes": {truth.value: course.value for truth, course in policy.courses.items()},
        "exclusions": [_exclusion(each) for each in policy.exclusions],
        "limits": {
            "maxUnits": _number(policy.limits.max_units),
            "perDays": policy.limits.per_days,
            "authorizedPeriodDays": policy.limits.authorized_period_days,
            "freeUnits": _number(policy.free.units) if policy.free else None,
            "freeWindowDays": policy.free.window_days if policy.free else None,
        },
        "documents": [_document(each) for each in policy.documents],
        "sources": [
            {"title": row.title, "text": row.text, "url": row.url}
            for row in policy.advice
            if row.kind is AdviceKind.REFERENCE
        ],
    }


def _node(node: Node) -> dict[str, Any]:
    """A group says how many of its parts it takes; `text` reads as a sentence would."""
    if isinstance(node, Leaf):
        return {"id": node.id, "text": node.label, "fact": node.fact.id, "op": node.op, "value": _operand(node.value)}
    joined = f"{_JOINED[node.kind]} {node.needed} of" if node.kind == "at_least" else _JOINED[node.kind]
    parts = [_node(child) for child in node.children]
    return {"join": node.kind, "needed": node.needed or None, "text": joined, "of": parts}


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "id": fact.id,
        "label": fact.label,
        "type": fact.type.value,
        "clinical": fact.clinical,
        "sought": _sought(fact.sought) if fact.sought else None,
        "questions": list(fact.links),
    }


def _sought(sought: Sought) -> dict[str, Any]:
    codes = sorted(sought.codes, key=lambda code: (code.system, code.code))
    return {"kind": sought.kind, "codes": [{"system": code.system, "code": code.code} for code in codes]}


def _exclusion(each: Exclusion) -> dict[str, Any]:
    return {"when": _node(each.when.root) if each.when else None, "reason": each.reason.value, "text": each.text}


def _document(each: Document) -> dict[str, Any]:
    needed = each.needed
    return {"loinc": needed.loinc, "label": needed.label, "required": each.required, "shows": sorted(each.shows)}


def _operand(value: Operand) -> Any:
    if isinstance(value, tuple):
        return [_operand(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return _number(value) if isinstance(value, Decimal) else value


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None

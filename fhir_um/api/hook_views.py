"""How a hook call is explained in our own API: plain JSON. Must not know FHIR or how it is stored."""

from datetime import datetime
from typing import Any

import msgspec

from fhir_um.api.metric_views import record_view
from fhir_um.cases.guidance import CardFeedback, CardTold, Explained, Guidance, Invocation
from fhir_um.usecases.hook_metrics import record_of


def explanation_view(found: Explained) -> dict[str, Any]:
    """Why an EHR was told what it was told: the call, each assertion with its rule, and what became of the cards."""
    call, record = found.invocation, record_of(found)
    return {
        "invocation": _call(call) if call else None,
        "assertions": [_assertion(row) for row in found.guidance],
        "cardsShown": [_card(card, found.feedback) for card in found.cards],
        "metric": record_view(record) if record else None,
    }


def _call(call: Invocation) -> dict[str, Any]:
    known = msgspec.json.decode(call.document)
    return {
        "hookInstance": call.instance,
        "hook": call.hook,
        "service": known.get("service"),
        "version": known.get("version"),
        "client": call.client,
        "status": call.status,
        "receivedAt": _at(call.received_at),
        "answeredAt": _at(call.answered_at),
        "milliseconds": _milliseconds(call),
        "tokenUse": known.get("tokenUse"),
        "issues": known.get("issues"),
        "resources": known.get("resources"),
        "orders": known.get("orders"),
        "keptUntil": _at(call.keep_until),
    }


def _milliseconds(call: Invocation) -> int:
    return round((call.answered_at - call.received_at).total_seconds() * 1000)


def _assertion(row: Guidance) -> dict[str, Any]:
    known = msgspec.json.decode(row.document)
    determination = known.get("determination") or {}
    finding = determination.get("finding") or {}
    return {
        "id": row.id,
        "order": row.order_ref,
        "codes": [{"system": code.system, "code": code.code} for code in row.codes],
        "coverage": row.coverage_ref,
        "toldAt": _at(row.told_at),
        "told": {name: said for name, said in known.get("assertion", {}).items() if said not in (None, "", [])},
        "course": determination.get("course"),
        "reason": determination.get("reason"),
        "because": determination.get("text"),
        "policy": {"id": row.policy_id, "version": row.policy_version, "hash": row.policy_hash}
        if row.policy_id
        else None,
        "criteria": finding.get("criteria", []),
        "missing": finding.get("missing", []),
        "submittedAs": row.used_by,
    }


def _card(card: CardTold, feedback: tuple[CardFeedback, ...]) -> dict[str, Any]:
    said = [row for row in feedback if row.card_id == card.id]
    return {
        "uuid": card.id,
        "topic": card.topic,
        "policy": card.policy_id or None,
        "feedback": [
            {"outcome": row.outcome, "receivedAt": _at(row.received_at), **msgspec.json.decode(row.document)}
            for row in said
        ],
    }


def _at(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")

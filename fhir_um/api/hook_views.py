"""How a hook call is explained in our own API: plain JSON. Must not know FHIR or how it is stored."""

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

from fhir_um.cases.guidance import CardFeedback, CardTold, Explained, Guidance, Invocation

_ENGAGEMENT = {"accepted": "accept", "overridden": "override"}


def explanation_view(found: Explained) -> dict[str, Any]:
    """Why an EHR was told what it was told: the call, each assertion with its rule, and what became of the cards."""
    call = found.invocation
    return {
        "invocation": _call(call) if call else None,
        "assertions": [_assertion(row) for row in found.guidance],
        "cardsShown": [_card(card, found.feedback) for card in found.cards],
        "metric": metric_view(found) if call else None,
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


def _policy(row: Guidance) -> dict[str, Any] | None:
    if not row.policy_id:
        return None
    return {"id": row.policy_id, "version": row.policy_version, "hash": row.policy_hash}


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


# --- metrics --------------------------------------------------------------------------------------------------------


def metric_view(found: Explained) -> dict[str, Any] | None:
    """The call as CRDMetricData, without anything that names the patient. Source: CRD 2.2.1 CRDMetricData, metric-1.

    What the model requires and a call may not bring (NPIs of user and group) is left out.
    """
    call = found.invocation
    if call is None:
        return None
    known = msgspec.json.decode(call.document)
    return {
        "source": "payer-src",
        "hookInstance": call.instance,
        "hookType": call.hook,
        "payerId": call.payer_id,
        "requestTime": _at(call.received_at),
        "responseTime": _at(call.answered_at),
        "httpResponse": call.status,
        "issue": [{"code": code} for code in known.get("issues", [])],
        "tokenUse": known.get("tokenUse"),
        "resources": [
            {"type": row["type"], "count": row["count"], "prefetch": row["prefetched"]}
            for row in known.get("resources", [])
        ],
        "request": [_requested(order, found) for order in known.get("orders", [])],
        "cards": _engagement(found),
    }


def _requested(order: dict[str, Any], found: Explained) -> dict[str, Any]:
    codes = {(code["system"], code["code"]) for code in order["codes"]}
    told = [
        row
        for row in found.guidance
        if row.order_ref.startswith(f"{order['type']}/") and {(c.system, c.code) for c in row.codes} == codes
    ]
    return {
        "type": order["type"],
        "orderDetail": order["codes"],
        "response": [{"type": "coverage-info", "coverageInfo": [_coverage_info(row) for row in told]}] if told else [],
    }


def _coverage_info(row: Guidance) -> dict[str, Any]:
    told = msgspec.json.decode(row.document).get("assertion") or {}
    return {
        "covered": told.get("covered"),
        "paNeeded": told.get("pa_needed"),
        "docNeeded": told.get("doc_needed"),
        "infoNeeded": told.get("info_needed"),
        "questionnaire": [{"reference": url} for url in told.get("questionnaires", [])],
        "assertionId": row.id,
        "satisfiedId": row.number or None,
    }


def _engagement(found: Explained) -> list[dict[str, Any]]:
    """What became of the cards, by topic. A card nobody reported on was ignored, or its report is still to come."""
    last = {row.card_id: _ENGAGEMENT.get(row.outcome, row.outcome) for row in found.feedback}
    counted = Counter((card.topic, last.get(card.id)) for card in found.cards)
    return [{"type": topic, "engagement": said, "count": count} for (topic, said), count in counted.items()]


def _at(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")

"""How hook calls are measured in our own JSON: records in the shape of CRDMetricData, and the measures over them.

Must not know how a record is made. Source: CRD 2.2.1, CRDMetricData and the nine measures suggested beside it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any

from fhir_um.cases.hook_metrics import CardShown, CoverageTold, HookRecord, Measured, OrderAnswered
from fhir_um.words import Identifier

NOT_TOLD = {
    "providerId": "Who called is not kept with a call.",
    "groupId": "The organization that called is not kept with a call.",
}
"""What CRDMetricData asks for and no record has."""

NOT_MEASURED = {
    7: "Whether fewer requests for authorization come in can only be seen beside figures from before hooks were used.",
    8: "By payer only: who ordered is not kept with a call.",
}
"""Measures that cannot be had, or not whole."""


def record_view(record: HookRecord) -> dict[str, Any]:
    """One call as CRDMetricData; what it does not have is left out."""
    view = {
        "source": "payer-src",
        "hookInstance": record.instance,
        "hookType": record.hook,
        "payerId": _payer(record.payer, record.payer_id),
        "requestTime": _at(record.received_at),
        "responseTime": _at(record.answered_at),
        "httpResponse": record.status,
        "issue": [{"code": code} for code in record.issues],
        "tokenUse": record.token_use,
        "resources": [{"type": r.type, "count": r.count, "prefetch": r.prefetched} for r in record.resources],
        "request": [_order(order) for order in record.orders],
    }
    return _said(view)


def measures_view(found: Measured) -> list[dict[str, Any]]:
    """The measures that are numbers, each with what it is a share of."""
    of_orders = {"of": found.orders}
    covered = sorted(found.by_covered.items())
    return [
        {"measure": 1, "name": "orders with coverage information", "count": found.informed, **of_orders},
        *({"measure": 2, "name": f"orders told {code}", "count": count, **of_orders} for code, count in covered),
        {"measure": 3, "name": "authorization needed, with a form", "count": found.pa_with_form, **of_orders},
        {"measure": 4, "name": "documentation needed, with a form", "count": found.documents_with_form, **of_orders},
        {"measure": 5, "name": "authorization satisfied", "count": found.satisfied, **of_orders},
        {"measure": 6, "name": "calls answered in time", "count": found.in_time, "of": found.answers},
    ]


def split_view(splits: Mapping[str, Measured]) -> dict[str, Any]:
    """The measures for each payer, or each hook."""
    return {name: measures_view(found) for name, found in splits.items()}


def _payer(identifier: Identifier | None, payer_id: str) -> dict[str, str]:
    return {"system": identifier.system, "value": identifier.value} if identifier else {"value": payer_id}


def _order(order: OrderAnswered) -> dict[str, Any]:
    codes = [{"system": code.system, "code": code.code} for code in order.codes]
    return _said(
        {
            "type": order.type,
            "orderDetail": {"coding": codes} if codes else None,
            "response": [*_coverage_information(order), *(_card(card, order.type) for card in order.cards)],
        }
    )


def _coverage_information(order: OrderAnswered) -> Iterator[dict[str, Any]]:
    if order.coverage:
        rows = [row for told in order.coverage for row in _told(told)]
        yield {"type": "coverage-info", "focus": [order.type], "coverageInfo": rows}


def _told(told: CoverageTold) -> Iterator[dict[str, Any]]:
    """What one assertion said. The model has one place for what may be several: each further value is a further row."""
    forms = [{"reference": url, "adaptive": False, "response": False} for url in told.questionnaires]
    whole = {
        "covered": told.covered,
        "paNeeded": told.pa_needed,
        "questionnaire": forms,
        "assertionId": told.assertion_id,
        "satisfiedId": told.number,
    }
    for doc, info in list(zip_longest(told.doc_needed, told.info_needed)) or [(None, None)]:
        yield _said({**whole, "docNeeded": doc, "infoNeeded": info})


def _card(card: CardShown, focus: str) -> dict[str, Any]:
    return _said({"type": card.topic, "focus": [focus], "engagement": card.engagement})


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [])}


def _at(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")

"""Tell what the hook calls of a time amounted to: one metric record each, made of what is kept. One transaction.

Must not know FHIR. Nothing of the patient's record is read: codes of orders, codes of answers, counts and times.
Source: CRD 2.2.1, CRDMetricData, metric-1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from fhir_um.cases.guidance import CardTold, Explained, Guidance, Invocation
from fhir_um.cases.hook_metrics import Accessed, CardShown, CoverageTold, HookRecord, OrderAnswered
from fhir_um.cases.model import PayerId
from fhir_um.deps import Deps
from fhir_um.words import Code

_ENGAGEMENT = {"accepted": "accept", "overridden": "override"}


def hook_metrics(deps: Deps, since: datetime | None = None) -> tuple[HookRecord, ...]:
    """The record of every call that is kept, or of those received from then on, oldest first, of every payer."""
    with deps.open_reading() as work:
        found = [
            replace(each, payer=next(iter(payer.identifiers), None))
            for payer in work.directory().payers
            for each in work.hook_calls(PayerId(payer.id), since)
        ]
    records = (record_of(each) for each in found)
    return tuple(sorted((record for record in records if record), key=lambda record: record.received_at))


# --- one call -------------------------------------------------------------------------------------------------------


class _Order(msgspec.Struct):
    type: str
    codes: tuple[Code, ...] = ()


class _Resource(msgspec.Struct):
    type: str
    count: int
    prefetched: bool


class _Kept(msgspec.Struct, rename="camel"):
    """What is read of the document of an invocation."""

    issues: tuple[str, ...] = ()
    token_use: str = ""
    resources: tuple[_Resource, ...] = ()
    orders: tuple[_Order, ...] = ()
    told: dict[str, tuple[str, ...]] = {}


_kept = msgspec.json.Decoder(_Kept).decode


def record_of(found: Explained) -> HookRecord | None:
    """The record of a call; None for assertions whose call was not kept."""
    call = found.invocation
    if call is None:
        return None
    kept = _kept(call.document)
    return HookRecord(
        instance=call.instance,
        hook=call.hook,
        payer_id=call.payer_id,
        payer=found.payer,
        received_at=call.received_at,
        answered_at=call.answered_at,
        status=call.status,
        issues=kept.issues,
        token_use=kept.token_use,
        resources=tuple(Accessed(r.type, r.count, r.prefetched) for r in kept.resources if r.count),
        orders=_orders(kept, call, found),
    )


def _orders(kept: _Kept, call: Invocation, found: Explained) -> tuple[OrderAnswered, ...]:
    """Each order with the assertions told about it.

    Orders are kept by type and codes, assertions by reference: of equal orders each takes one reference.
    """
    rows = {row.id: row for row in found.guidance}
    told = {ref: [rows[id] for id in ids if id in rows] for ref, ids in kept.told.items()}
    mine = [card for card in found.cards if card.invocation_id == call.id]
    engaged = {row.card_id: _ENGAGEMENT.get(row.outcome, "") for row in found.feedback}
    made = []
    for order in kept.orders:
        about = told.pop(_ref_of(order, told), [])
        policies = {row.policy_id for row in about if row.policy_id}
        cards = tuple(
            CardShown(card.topic, engaged.get(card.id, "")) for card in mine if _concerns(card, policies, rows)
        )
        made.append(OrderAnswered(order.type, order.codes, tuple(map(_coverage, about)), cards))
    return tuple(made)


def _ref_of(order: _Order, told: Mapping[str, Sequence[Guidance]]) -> str:
    """The reference of an order among those not taken yet: one with the same codes, else any of its type."""
    of_type = [ref for ref in told if ref.startswith(f"{order.type}/")]
    codes = {(code.system, code.code) for code in order.codes}
    same = (ref for ref in of_type if {(c.system, c.code) for row in told[ref] for c in row.codes} == codes)
    return next(same, next(iter(of_type), ""))


def _concerns(card: CardTold, policies: set[str], rows: Mapping[str, Guidance]) -> bool:
    """A card of a policy concerns the orders that were weighed by it; one of none, or of no order's, all of them."""
    is_of_an_order = any(row.policy_id == card.policy_id for row in rows.values())
    return card.policy_id in policies or not card.policy_id or not is_of_an_order


def _coverage(row: Guidance) -> CoverageTold:
    told: dict[str, Any] = msgspec.json.decode(row.document).get("assertion") or {}
    return CoverageTold(
        covered=told.get("covered") or "",
        pa_needed=told.get("pa_needed") or "",
        doc_needed=tuple(told.get("doc_needed", ())),
        info_needed=tuple(told.get("info_needed", ())),
        questionnaires=tuple(told.get("questionnaires", ())),
        assertion_id=row.id,
        number=row.number,
    )

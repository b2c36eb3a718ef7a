"""Remember what clinicians made of cards, per card and policy. One transaction.

Must not know HTTP. A card that was not shown to who reports is passed over; the same report may come several times.
Source: CDS Hooks 2.0, feedback; CRD 2.2.1 metric-1 (engagement).
"""

from datetime import datetime, timedelta

import msgspec

from cds_hooks.desk import Feedback
from fhir_um.cases.guidance import CardFeedback, CardTold
from fhir_um.deps import Deps

_WRITER = msgspec.json.Encoder()


def hook_feedback(
    deps: Deps, client: str, service: str, rows: tuple[Feedback, ...], at: datetime, keep_days: int
) -> None:
    """Keeps each report on a card we have shown to that client."""
    with deps.open_work() as work:
        known = {card.id: card for card in work.cards(client, tuple(dict.fromkeys(row.card for row in rows)))}
        kept = tuple(_kept(deps, service, row, known[row.card], at, keep_days) for row in rows if row.card in known)
        if kept:
            work.add_feedback(kept)


def _kept(deps: Deps, service: str, row: Feedback, card: CardTold, at: datetime, keep_days: int) -> CardFeedback:
    document = {
        "service": service,
        "policy": card.policy_id,
        "suggestions": row.suggestions,
        "reason": {"system": row.reason.system, "code": row.reason.code} if row.reason else None,
        "comment": row.comment,
        "at": row.at,
    }
    return CardFeedback(
        id=deps.new_id(),
        payer_id=card.payer_id,
        card_id=card.id,
        outcome=row.outcome,
        received_at=at,
        document=_WRITER.encode(document).decode(),
        keep_until=at + timedelta(days=keep_days),
    )

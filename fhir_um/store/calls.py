"""Which conversations should have been had by now, from their clocks. Must not know what becomes of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import clocks

_OVER = Prepared(
    select(clocks.c.payer_id, clocks.c.case_id)
    .where(
        clocks.c.payer_id.in_(bindparam("payers", expanding=True)),
        clocks.c.due_at <= bindparam("at", type_=clocks.c.due_at.type),
        clocks.c.stopped_at.is_(None),
        clocks.c.kind == bindparam("kind"),
    )
    .distinct()
    .limit(bindparam("most"))
)


def calls_over(
    connection: Connection, payer_ids: Sequence[PayerId], at: datetime, limit: int
) -> tuple[tuple[PayerId, CaseId], ...]:
    """Payer and id of cases with a conversation whose time is over."""
    if not payer_ids:
        return ()
    named = {"payers": list(payer_ids), "at": at, "kind": ClockKind.PEER_TO_PEER.value, "most": limit}
    return tuple((PayerId(payer), CaseId(id)) for payer, id in _OVER.rows(connection, named))

"""Which tokens of hook callers were used, so that none opens the door twice in any process. Must not read tokens."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select

from fhir_um.store.columns import as_key
from fhir_um.store.engine import lock_key
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import hook_tokens
from fhir_um.store.writing import insert_or_leave

_IS_OVER = hook_tokens.c.expires_at < bindparam("at", type_=hook_tokens.c.expires_at.type)
_SPEND = Prepared(insert_or_leave(hook_tokens, "jti", "issuer"))
_OVER = Prepared(select(hook_tokens.c.jti).where(_IS_OVER).limit(1))
_FORGET = delete(hook_tokens).where(_IS_OVER)

_SWEPT_AFTER = timedelta(minutes=10)
"""Expired tokens are deleted together, not with every call."""


def spend(connection: Connection, issuer: str, jti: str, expires_at: datetime, at: datetime) -> bool:
    """Keep the token until it expires; False when it is kept already.

    The second of two processes that come with the same token waits for the first one's transaction.
    """
    row = {"issuer": as_key(issuer), "jti": as_key(jti), "expires_at": expires_at}
    is_first = _SPEND.change(connection, [row]) == 1
    if is_first and _OVER.rows(connection, {"at": at - _SWEPT_AFTER}):
        lock_key(connection, hook_tokens.name)
        connection.execute(_FORGET, {"at": at})
    return is_first

"""Use up the token of a hook call, so that it is good for one call only. One transaction. Must not read tokens."""

from datetime import datetime

from fhir_um.deps import Deps


def spend_token(deps: Deps, issuer: str, jti: str, expires_at: datetime) -> bool:
    """True the first time, for all processes that share the store; kept until the token would have expired.

    Source: CDS Hooks 3.0.0-ballot, trusting CDS clients: a service keeps `jti` to notice a replay.
    """
    at = deps.clock()
    with deps.open_work() as work:
        return work.spend_token(issuer, jti, expires_at, at)

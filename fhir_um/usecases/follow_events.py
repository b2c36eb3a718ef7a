"""Follow what happens to the cases of one's payers, step by step, without asking for each case. Changes nothing.

A follower keeps the cursor it was given and comes back with it: it misses nothing and is told nothing twice.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import CaseId, EventKind
from fhir_um.deps import Deps, FeedPage, FeedSearch
from fhir_um.errors import Kind, Refusal


def follow_events(
    deps: Deps,
    caller: Caller,
    cursor: str,
    limit: int,
    kinds: frozenset[EventKind] = frozenset(),
    case_id: CaseId | None = None,
) -> FeedPage:
    """The next steps after that cursor (empty: from the first) at the caller's payers, and where to go on from.

    With `kinds` a page may be short, or empty, and lead on all the same. Raises: Refusal INVALID for a cursor that is
    none of the feed.
    """
    wanted = FeedSearch(caller.payer_ids, cursor, limit, frozenset(kind.value for kind in kinds), case_id)
    try:
        with deps.open_reading() as work:
            return work.feed.page(wanted)
    except ValueError as fault:
        raise Refusal.of(Kind.INVALID, "value", "after is no cursor of the event feed.", "after") from fault

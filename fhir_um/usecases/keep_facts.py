"""Keep the facts that measures are made of: a follower of the event feed, each batch one transaction, exactly once.

Must not know a measure. What cases went through before anybody followed is in the feed too, so it is caught up with.
"""

from fhir_um.cases.model import CaseId, PayerId
from fhir_um.cases.telling_facts import facts_of
from fhir_um.deps import Deps, Work

FOLLOWER = "measures"
_EVENTS_AT_ONCE = 500
_BATCHES_AT_ONCE = 20


def keep_facts(deps: Deps) -> int:
    """How many cases had their facts brought up to date; beyond thousands of events the rest waits for another call."""
    done = 0
    for _ in range(_BATCHES_AT_ONCE):
        kept = keep_next(deps)
        if kept is None:
            break
        done += kept
    return done


def keep_next(deps: Deps) -> int | None:
    """Follows one batch: the number of its cases, None when there is nothing new. Looks before it takes its turn."""
    with deps.open_reading() as reading:
        if not reading.feed.after(None, reading.feed.place_of(FOLLOWER), 1):
            return None
    with deps.open_work(alone=True) as work:
        rows = work.feed.after(None, work.feed.place_of(FOLLOWER), _EVENTS_AT_ONCE)
        if not rows:
            return None
        cases = dict.fromkeys((row.payer_id, row.case_id) for row in rows)
        for payer_id, case_id in cases:
            _keep(deps, work, payer_id, case_id)
        work.feed.keep_place(FOLLOWER, rows[-1].cursor)
        return len(cases)


def begin_again(deps: Deps) -> None:
    """Have every fact made anew, from the first event on. Until then the old ones stay: no report misses a case."""
    with deps.open_work(alone=True) as work:
        work.feed.place_of(FOLLOWER)
        work.feed.keep_place(FOLLOWER, "")


def _keep(deps: Deps, work: Work, payer_id: PayerId, case_id: CaseId) -> None:
    facts = facts_of(work.events_of(payer_id, case_id), deps.drug_codes)
    work.facts.replace(payer_id, case_id, facts)

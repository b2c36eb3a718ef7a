"""Peer-to-peer conversations that were not had in their time are over. They decide nothing; a physician rules without.

Must not know who calls it, or how often. Source: um-domain 2.8 (P2P).
"""

from datetime import datetime

from fhir_um.cases.auditing import Act, Purpose, engine_entry
from fhir_um.cases.history import Journal
from fhir_um.cases.model import CaseId, EventKind, PayerId
from fhir_um.cases.peer_to_peers import CALL_PATH, CallSaid, call_clocks, next_call, open_calls
from fhir_um.cases.review import Review
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.zones import UNKNOWN
from fhir_um.deps import Deps, Work

_MOST_AT_ONCE = 200


def end_calls(deps: Deps) -> int:
    """How many cases had one that is over; those beyond 200 follow at the next call. One transaction for each."""
    at = deps.clock()
    with deps.open_reading() as reading:
        payer_ids = [PayerId(payer.id) for payer in reading.directory().payers]
        over = reading.calls_over(payer_ids, at, _MOST_AT_ONCE)
    return sum(_end(deps, payer_id, case_id, at) for payer_id, case_id in over)


def _end(deps: Deps, payer_id: PayerId, case_id: CaseId, at: datetime) -> bool:
    """False when they were had, or given more time, meanwhile."""
    with deps.open_work(alone=True) as work:
        case = work.load_case_for_change(payer_id, case_id)
        over = [call for call in open_calls(case) if call.expires_at <= at] if case else []
        if case is None or not over:
            return False
        expired = tuple(next_call(case, call, "expire", CallSaid(), ENGINE, at, call.id) for call in over)
        journal, zone = Journal(case, at, ENGINE), _zone(work, payer_id)
        journal.review(EventKind.PEER_TO_PEER, Review(peer_to_peers=expired), CALL_PATH)
        clocks = tuple(clock for call in expired for clock in call_clocks(case, call, zone))
        work.save_case(journal.case, case.version, tuple(journal.events), (), clocks)
        work.audit.add(engine_entry(at, "end-calls", Act.UPDATE, Purpose.OPERATIONS, journal.case))
        return True


def _zone(work: Work, payer_id: PayerId) -> str:
    payer = work.directory().payer(payer_id)
    return payer.time_zone if payer else UNKNOWN

"""The metric records of requests received in a time, page by page. Names no patient. Source: PAS 2.2.1 metric-2."""

from dataclasses import dataclass
from datetime import datetime

from fhir_um.cases.auditing import AuditSearch
from fhir_um.cases.caller import Caller
from fhir_um.cases.line_facts import micros
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.cases.pas_records import PasRecord, record_of
from fhir_um.deps import Deps, Reading
from fhir_um.words import Identifier

_INQUIRY = "/Claim/$inquire"
_MOST_ROWS = 1_000
_BEGINNING = (-(2**31), "")


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records in order of receipt; `following` is the key of the last one, None when there are no more."""

    records: tuple[PasRecord, ...]
    following: tuple[int, str] | None


def pas_records(
    deps: Deps, caller: Caller, since: datetime, until: datetime, after: tuple[int, str] | None, limit: int
) -> RecordPage:
    """The next records of the caller's payers, by day and case."""
    with deps.open_reading() as work:
        found = work.facts.cases_received(
            caller.payer_ids, micros(since), micros(until), after or _BEGINNING, limit + 1
        )
        names = {payer.id: next(iter(payer.identifiers), None) for payer in work.directory().payers}
        wanted = found[:limit]
        made = [_record(work, payer_id, case_id, names.get(payer_id)) for _, payer_id, case_id in wanted]
    following = (wanted[-1][0], str(wanted[-1][2])) if len(found) > limit else None
    return RecordPage(tuple(record for record in made if record is not None), following)


def _record(work: Reading, payer_id: PayerId, case_id: CaseId, payer: Identifier | None) -> PasRecord | None:
    case = work.load_case(payer_id, case_id)
    if case is None:
        return None
    facts = (fact for fact in work.facts.of_case(payer_id, case_id) if fact.superseded_at is None)
    rows = work.audit.search((payer_id,), AuditSearch(case_id=case_id, limit=_MOST_ROWS))
    asked = ((row.entry.at, row.entry.status) for row in rows if row.entry.action.endswith(_INQUIRY))
    return record_of(case, work.events_of(payer_id, case_id), facts, payer, asked)

"""What was kept as long as it had to be: told, or removed in batches. Each batch is one transaction and is reported.

A purge that was broken off is simply begun again. Must not know how anything is removed. Source: um-domain SEC20.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from fhir_um.cases.auditing import Act, AuditEntry, Purpose, Subject, as_word
from fhir_um.cases.model import CaseId, MemberId, PayerId
from fhir_um.cases.retention import (
    Candidate,
    Going,
    Kept,
    LegalHold,
    Purge,
    Purged,
    RecordKind,
    RetentionRule,
    changed_until,
    due_to_go,
)
from fhir_um.deps import Deps

GOING = (RecordKind.DELIVERY, RecordKind.CASE, RecordKind.DOCUMENT, RecordKind.HOOK)
"""The kinds a purge removes, what was told of a case before the case.

Tokens and sessions go by themselves; the audit log never does.
"""

_AT_ONCE = 50
_NO_DAY = date(1, 1, 1)

Told = Callable[[RecordKind, int], None]
"""Is told after each batch how many records of a kind were looked at, or went."""


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """Records that may go: of which kind and payer, by which rule, from which year; `is_held` by a legal hold alone."""

    kind: RecordKind
    payer_id: PayerId
    year: int
    rule_id: str
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some records, those after the key `after`, and what was held while they were read."""

    after: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    holds: tuple[LegalHold, ...]

    def going(self, rules: tuple[RetentionRule, ...], at: datetime) -> list[Going]:
        """Those that may go."""
        return [going for one in self.candidates if (going := due_to_go(one, rules, self.holds, at))]


def see_due(deps: Deps, tell: Told) -> dict[Due, int]:
    """How many records may go today, and how many only a legal hold keeps. Nothing changes."""
    at, found = deps.clock(), Counter[Due]()
    for kind in GOING:
        for batch in _walked(deps, kind, at):
            found.update(due for one in batch.candidates if (due := _due(deps, one, batch.holds, at)))
            tell(kind, len(batch.candidates))
    return dict(sorted(found.items()))


def purge(deps: Deps, by: str, most: int, tell: Told) -> tuple[Purged, ...]:
    """Remove what may go, at most so many records; the rows of the report."""
    report_id, at, left = deps.new_id(), deps.clock(), most
    for kind in GOING:
        for batch in _walked(deps, kind, at):
            if left and batch.going(deps.retention_rules, at):
                gone = _purge(deps, kind, batch.after, Purge(report_id, by, deps.clock()), left)
                left -= gone
                tell(kind, gone)
    with deps.open_reading() as reading:
        return tuple(row for row in reading.retention.reports() if row.report_id == report_id)


def see_reports(deps: Deps) -> tuple[Purged, ...]:
    """What was purged at any time, oldest first."""
    with deps.open_reading() as reading:
        return reading.retention.reports()


def _purge(deps: Deps, kind: RecordKind, after: tuple[str, ...], run: Purge, most: int) -> int:
    """One batch, looked at again where nobody can change it or place a hold; how many records went."""
    with deps.open_work(alone=True) as work:
        candidates = work.retention.candidates_to_go(kind, _until(deps, kind, run.at), after, _AT_ONCE)
        going = _Batch(after, candidates, work.retention.holds()).going(deps.retention_rules, run.at)
        gone = work.retention.purge(kind, going[:most], run)
        if gone:
            work.audit.add(_entry(gone, run))
        return len(gone)


def _walked(deps: Deps, kind: RecordKind, at: datetime) -> Iterator[_Batch]:
    """All records of a kind that may be due, batch by batch, each read in a short transaction of its own."""
    after: tuple[str, ...] = ()
    while True:
        with deps.open_reading() as work:
            candidates = work.retention.candidates(kind, _until(deps, kind, at), after, _AT_ONCE)
            batch = _Batch(after, candidates, work.retention.holds())
        if not candidates:
            return
        yield batch
        after = candidates[-1].key


def _until(deps: Deps, kind: RecordKind, at: datetime) -> datetime:
    """The end of the latest day whose records may be due."""
    last = changed_until(deps.retention_rules, kind, at.date()) or _NO_DAY
    return datetime.combine(last, time.max, UTC)


def _due(deps: Deps, one: Candidate, holds: Sequence[LegalHold], at: datetime) -> Due | None:
    free = due_to_go(one, deps.retention_rules, (), at)
    if free is None:
        return None
    is_held = due_to_go(one, deps.retention_rules, holds, at) is None
    return Due(one.record.kind, one.record.payer_id, one.record.last_change.year, free.rule_id, is_held)


def _entry(gone: Sequence[Going], run: Purge) -> AuditEntry:
    """Cases by their ids, which stand in the log already; of other records only that they went."""
    records = [each.candidate.record for each in gone]
    payers = {record.payer_id for record in records}
    return AuditEntry(
        at=run.at,
        action=f"retention-purge-{records[0].kind}",
        act=Act.DELETE,
        payer_id=payers.pop() if len(payers) == 1 else None,
        person=as_word(run.by),
        role="operator",
        purpose=Purpose.ADMINISTRATION,
        detail=run.report_id,
        subjects=tuple(_subject(record) for record in records if record.kind is RecordKind.CASE),
    )


def _subject(record: Kept) -> Subject:
    return Subject(record.payer_id, MemberId(next(iter(record.members), "")), CaseId(record.case_id))

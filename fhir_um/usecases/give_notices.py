"""Makes the letters that follow from what happens to cases, some cases in a transaction.

It follows the feed by name, and its place in it is kept together with the letters: after a crash it goes on where it
was, and no letter is made twice. Must not know who calls it, or how often. Source: um-domain 2.3 T19, 2.11 I10.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from fhir_um.cases.auditing import Act, AuditEntry, Purpose, engine_entry
from fhir_um.cases.history import Journal
from fhir_um.cases.model import NOTES, Case, EventKind
from fhir_um.cases.notices import DECISIONS, GIVEN, Channel, Notice, NoticeDelivery, NoticeWords, Outcome
from fhir_um.cases.review import NoticeStep, Review
from fhir_um.cases.roles import ENGINE
from fhir_um.deps import Deps, FeedRow, Work
from fhir_um.usecases.making_notices import make, read_owing
from fhir_um.usecases.stopping_clocks import stop_for_notice

_Made = tuple[Notice, NoticeWords]

FOLLOWER = "notices"
"""The name under which it follows the feed."""

OLDEST_DAYS = 30
"""What happened longer ago gets no letter: it was told in some other way, before letters were made here."""

NOTICE_PATH = ("T19",)
_STEPS_AT_ONCE = 200
_CASES_AT_ONCE = 400
"""A case takes some 2 ms, and notifications wait in the same process meanwhile."""

_CASES_TOGETHER = 10
"""In one transaction: whoever writes on one file waits meanwhile."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Letters to be kept together, by case, and the cursor of the last step they take into account."""

    letters: tuple[tuple[_Made, ...], ...]
    reached: str

    @property
    def count(self) -> int:
        """How many letters these are."""
        return sum(map(len, self.letters))


def give_notices(deps: Deps) -> int:
    """How many letters were made; what is left over is made at the next call."""
    made = cases = 0
    while cases < _CASES_AT_ONCE:
        with deps.open_reading() as reading:
            place = reading.feed.place_of(FOLLOWER)
            rows = reading.feed.after(None, place, _STEPS_AT_ONCE)
        if not rows:
            break
        for batch in _batches(deps, rows):
            if not _keep(deps, batch, place):
                return made
            made, cases, place = made + batch.count, cases + len(batch.letters), batch.reached
    return made


def note(work: Work, case: Case, steps: Iterable[NoticeStep], at: datetime) -> Case:
    """The case with steps of letters noted; its version stays, for nothing that decisions rest on changed."""
    journal = Journal(case, at, ENGINE)
    for step in steps:
        journal.review(EventKind.NOTICE, Review(notices=(step,)), NOTICE_PATH)
    work.save_case(journal.case, case.version, tuple(journal.events), (), ())
    return journal.case


def step_of(notice: Notice) -> NoticeStep:
    """How the history of a case tells of a letter."""
    return NoticeStep(
        notice.id,
        notice.sequences,
        notice.kind.value,
        notice.recipient.value,
        notice.status.value,
        notice.channel.value,
        notice.changed_at,
        notice.content_hash,
    )


def tell_clocks(work: Work, case: Case, notice: Notice, at: datetime, written: bool = True) -> None:
    """Note on the clocks of its lines that a determination was told."""
    if notice.kind in DECISIONS:
        for sequence in notice.sequences:
            stop_for_notice(work, case, sequence, at, notice.recipient.value, written)


def _batches(deps: Deps, rows: Sequence[FeedRow]) -> Iterator[_Batch]:
    """What those steps owe, some cases at a time; the last one reaches their end, also when nothing is owed."""
    since = deps.clock() - timedelta(days=OLDEST_DAYS)
    told = [row for row in rows if row.event.kind not in NOTES and row.event.at > since]
    steps = [list(together) for _, together in groupby(told, lambda r: (r.payer_id, r.case_id, r.event.version))]
    for start in range(0, len(steps) or 1, _CASES_TOGETHER):
        some, rest = steps[start : start + _CASES_TOGETHER], steps[start + _CASES_TOGETHER :]
        yield _Batch(_letters(deps, [each[0] for each in some]), some[-1][-1].cursor if rest else rows[-1].cursor)


def _letters(deps: Deps, steps: Sequence[FeedRow]) -> tuple[tuple[_Made, ...], ...]:
    """The letters that the transactions of those steps owe, made outside of any transaction."""
    at = deps.clock()
    with deps.open_reading() as reading:
        owing = [read_owing(reading, row.payer_id, row.case_id, row.event.version) for row in steps]
    return tuple(tuple(make(deps, each, owed, at) for owed in each.owed) for each in owing if each)


def _keep(deps: Deps, batch: _Batch, place: str) -> bool:
    """False, and nothing is written, when somebody else followed on meanwhile."""
    with deps.open_work(alone=True) as work:
        if work.feed.place_of(FOLLOWER) != place:
            return False
        for entry in [_add(work, letters) for letters in batch.letters]:
            if entry is not None:
                work.audit.add(entry)
        work.feed.keep_place(FOLLOWER, batch.reached)
    return True


def _add(work: Work, letters: Sequence[_Made]) -> AuditEntry | None:
    """Keeps the letters of one step of a case; None when the case went meanwhile."""
    first, _ = letters[0]
    case = work.load_case_for_change(first.payer_id, first.case_id)
    if case is None:
        return None
    new = [notice for notice, words in letters if work.notices.add(notice, words)]
    case = note(work, case, map(step_of, new), first.created_at)
    for notice in new:
        if notice.status in GIVEN:
            work.notices.add_try(_at_once(notice))
            tell_clocks(work, case, notice, notice.created_at)
    return _entry(case, first.created_at)


def _at_once(notice: Notice) -> NoticeDelivery:
    """Of a letter that is given by being made: the answer to the request says the same, and a portal shows it."""
    told = "Told by the answer to the request." if notice.channel is Channel.FHIR else "Shown in the portal."
    at = notice.created_at
    return NoticeDelivery(
        notice.id, notice.payer_id, notice.case_id, 0, at, notice.channel, Outcome.SENT, ENGINE.id, told, at
    )


def _entry(case: Case, at: datetime) -> AuditEntry:
    return engine_entry(at, "give-notices", Act.CREATE, Purpose.AUTHORIZATION, case)

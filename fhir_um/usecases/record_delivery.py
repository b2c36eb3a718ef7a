"""Records what became of a letter: sent, delivered, returned, failed, or told by phone; one transaction.

What was told counts for the clocks from when it was told, not from when somebody wrote it down. The same said twice
is said once.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider
from fhir_um.cases.notices import GIVEN, Channel, Notice, NoticeDelivery, Outcome, status_after
from fhir_um.cases.review import NoticeStep
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.give_notices import note, step_of, tell_clocks
from fhir_um.usecases.print_notice import print_notice
from fhir_um.usecases.see_notices import no_such_notice

_ON_PAPER = frozenset({Channel.MAIL, Channel.FAX})
_BY_PHONE = ".phone"
"""Behind the id of a letter: word of it by phone, in the history of its case."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a try: how it went out, what came of it, when (None: now), and what is to be said about it."""

    channel: Channel
    outcome: Outcome
    at: datetime | None = None
    note: str = ""


def record_delivery(deps: Deps, caller: Caller, notice_id: str, who: Decider, told: Told) -> Notice:
    """The letter after that.

    Raises: RoleNotAllowed; Refusal NOT_FOUND, CONFLICT for what cannot follow, INVALID for a time that is none.
    """
    demand_decider(caller, who)
    now = deps.clock()
    at = told.at or now
    with deps.open_work() as work:
        found = work.notices.find(caller.payer_ids, notice_id)
        if found is None:
            raise no_such_notice()
        case = work.load_case_for_change(found.payer_id, found.case_id)
        notice = work.notices.find_for_change(found.payer_id, found.id)
        if case is None or notice is None:
            raise no_such_notice()
        made = _try(notice, who, told, at, now)
        if any(_is_same(made, other) for other in work.notices.tries(notice)):
            return notice
        _demand_time(notice, told, at, now)
        moved = _moved(notice, told, at)
        work.notices.add_try(made)
        work.notices.move(moved)
        by_phone = told.channel is Channel.PHONE
        step = step_of(replace(moved, changed_at=at))
        noted = note(work, case, (_called(step, told.outcome) if by_phone else step,), now)
        if told.outcome.value in GIVEN:
            tell_clocks(work, noted, moved, at, written=not by_phone)
    if told.channel in _ON_PAPER:
        _keep_pdf(deps, caller, moved)
    return moved


def _keep_pdf(deps: Deps, caller: Caller, notice: Notice) -> None:
    """Paper went out: its PDF is kept, also when whoever sent it never asked for it."""
    try:
        print_notice(deps, caller, notice.id)
    except Refusal as refusal:
        if refusal.kind is not Kind.CONFLICT:
            raise


def _moved(notice: Notice, told: Told, at: datetime) -> Notice:
    status = status_after(notice, told.channel, told.outcome)
    if told.channel is Channel.PHONE:
        return notice
    return replace(notice, status=status, channel=told.channel, changed_at=max(at, notice.changed_at))


def _demand_time(notice: Notice, told: Told, at: datetime, now: datetime) -> None:
    """A call may come before the letter is there; the letter itself cannot go out before."""
    if at > now:
        raise Refusal.of(Kind.INVALID, "value", "This is still to come; say what has happened.", "at")
    if told.channel is not Channel.PHONE and at < notice.created_at:
        raise Refusal.of(Kind.INVALID, "value", "The letter was made after that.", "at")


def _try(notice: Notice, who: Decider, told: Told, at: datetime, now: datetime) -> NoticeDelivery:
    return NoticeDelivery(
        notice.id, notice.payer_id, notice.case_id, 0, at, told.channel, told.outcome, who.id, told.note, now
    )


def _is_same(one: NoticeDelivery, other: NoticeDelivery) -> bool:
    return (one.at, one.channel, one.outcome) == (other.at, other.channel, other.outcome)


def _called(step: NoticeStep, outcome: Outcome) -> NoticeStep:
    return replace(step, id=step.id + _BY_PHONE, status=outcome.value, channel=Channel.PHONE.value, content_hash="")

"""The operations measures K01 to K25 as figures, each with its formula and both its numbers.

Must not know how they are counted, or how they are shown. What is not kept says so and has no number. Source: um-domain
4.2; PAS 2.2.1 metric-1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fhir_um.cases.figures import Figure, Told, mean, median, percentile
from fhir_um.cases.operations import REAL_TIME_SECONDS, Worked

_HOUR = 3_600
_APPEALS = "Appeals are not kept by this server yet."


@dataclass(frozen=True, slots=True)
class ClockCount:
    """How the clocks of one rule and kind ran: in time or not, and how many were a day late or more."""

    rule_id: str
    kind: str
    line_of_business: str
    met: int
    late: int
    a_day_late: int


@dataclass(frozen=True, slots=True)
class CallCount:
    """Calls of one kind: all of them, and those refused."""

    calls: int
    refused: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Open lines by age band, and how many lines were decided in a time of so many days."""

    bands: tuple[tuple[str, int], ...]
    decided: int
    days: float


@dataclass(frozen=True, slots=True)
class HookUse:
    """What EHRs asked about coverage: calls, how many were answered within 5 seconds, and orders by what was told."""

    calls: int
    within_five_seconds: int
    orders: int
    by_need: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything the figures are made of."""

    worked: Worked
    clocks: tuple[ClockCount, ...]
    submits: CallCount
    inquiries: CallCount
    backlog: Backlog
    hooks: HookUse


@dataclass(frozen=True, slots=True)
class OperationsReport:
    """One payer's operations in a time; of one line of business, or of all when it is empty."""

    payer_id: str
    line_of_business: str
    since: datetime
    until: datetime
    as_of: datetime
    figures: tuple[Figure, ...]


def figures_of(found: Gathered) -> tuple[Figure, ...]:
    """Every figure, in the order of their ids."""
    return (
        *_decisions(found.worked),
        *_automation(found.worked),
        *_clocks(found),
        *_times(found.worked),
        *_work(found),
        *_people(found.worked),
        *_notices(found),
        *_calls(found),
        *_pas(found),
    )


def _decisions(of: Worked) -> Iterator[Figure]:
    approved, denied, modified = of.actions["A1"], of.actions["A3"], of.actions["A6"]
    decided = approved + denied + modified
    yield Told("K01", "Approval rate", "A1 ÷ (A1 + A3 + A6)").share(approved, decided)
    yield Told("K02", "Denial rate", "A3 ÷ (A1 + A3 + A6)").share(denied, decided)
    yield Told("K03", "Modified (partial) rate", "A6 ÷ (A1 + A3 + A6)").share(modified, decided)
    split = Told("K04", "Denials that are clinical", "denied-clinical ÷ A3")
    yield split.share(of.clinical_denials, denied)
    yield Told("K05", "Pend rate", "lines ever answered A4 ÷ lines").share(of.pended, of.lines)
    rate = Told("K06", "Lines with a request for information", "lines with a request for information ÷ lines")
    yield rate.share(of.asked_for_information, of.lines, "rate")
    answers = Told("K06", "Time until information came", "median(answered − asked)")
    middle = median(of.answer_seconds)
    yield answers.amount(None if middle is None else middle / _HOUR, len(of.answer_seconds), "hours", "median")


def _automation(of: Worked) -> Iterator[Figure]:
    at_once = Told(
        "K07",
        "Decided at once by software",
        f"decided by software, A1 or NA, within {REAL_TIME_SECONDS} seconds ÷ lines",
    )
    yield at_once.share(of.at_once, of.lines)
    yield Told("K08", "Straight-through rate", "decided by software, at any time ÷ lines").share(of.by_engine, of.lines)
    first = Told("K09", "First-pass yield", "decided without asking, intake work or rework ÷ decided lines")
    yield first.share(of.first_pass, of.decided)


def _clocks(found: Gathered) -> Iterator[Figure]:
    told = Told("K10", "Clocks met", "clocks that stopped in time ÷ clocks that were due", "clock")
    for count in found.clocks:
        basis = " ".join(part for part in (count.rule_id, count.kind, count.line_of_business) if part)
        yield told.share(count.met, count.met + count.late, basis)


def _times(of: Worked) -> Iterator[Figure]:
    told = Told("K11", "Time to decide", "first determination − received, of decided lines, in hours")
    for priority, seconds in sorted(of.decision_seconds.items()):
        values = {
            "mean": mean(seconds),
            "median": median(seconds),
            "p90": percentile(seconds, 90),
            "p95": percentile(seconds, 95),
            "max": max(seconds, default=None),
        }
        for name, value in values.items():
            yield told.amount(None if value is None else value / _HOUR, len(seconds), "hours", f"{priority} {name}")


def _work(found: Gathered) -> Iterator[Figure]:
    late = Told(
        "K12", "Late by more than 24 hours", "decision clocks that stopped, or run, a day past their end", "clock"
    )
    yield late.count(sum(count.a_day_late for count in found.clocks if count.kind == "decision"))
    of = found.worked
    extended = Told("K13", "Extension rate", "requests with more time granted ÷ decided requests", "request")
    yield extended.share(of.extended_requests, of.decided_requests)
    backlog = Told("K14", "Open lines by age", "lines neither decided nor ended at the end of the time")
    for band, count in found.backlog.bands:
        yield backlog.count(count, band)
    waiting = sum(count for _, count in found.backlog.bands)
    days = found.backlog.decided / found.backlog.days if found.backlog.days else 0.0
    yield Told("K14", "Days of work", "open lines ÷ lines decided a day").ratio(waiting, days, "days", "days of work")
    why = "Not kept: a case says when evidence was opened, and nobody says when they stopped reading it."
    yield Told("K15", "Touch time", "sum of active minutes ÷ decided lines").not_kept(why)


def _people(of: Worked) -> Iterator[Figure]:
    refer = Told("K16", "Nurse to physician", "lines that went on to a physician ÷ lines in nurse review")
    yield refer.share(of.referred, of.nurse_reviews)
    calls = Told("K17", "Peer-to-peer rate", "conversations held ÷ lines with an adverse decision made or in view")
    yield calls.share(of.peer_to_peers, of.adverse_proposed, "rate")
    changed = Told("K17", "Changed by peer-to-peer", "overturned or modified ÷ conversations held")
    yield changed.share(of.changed_after_peer_to_peer, of.peer_to_peers, "overturned")
    yield Told("K18", "Appeal rate", "appeals filed ÷ adverse decisions").not_kept(_APPEALS)
    yield Told("K19", "Overturn rate", "overturned in full or part ÷ appeals decided").not_kept(_APPEALS)
    yield Told("K20", "Denial stick rate", "1 − reversed denials ÷ denials").not_kept(_APPEALS)


def _notices(found: Gathered) -> Iterator[Figure]:
    notices = [count for count in found.clocks if count.kind.startswith("notice")]
    met, late = sum(count.met for count in notices), sum(count.late for count in notices)
    timely = Told("K21", "Notices given in time", "notice clocks that stopped in time ÷ notice clocks due", "clock")
    yield timely.share(met, met + late, "timeliness")
    given = Told("K21", "Decided lines with notice given", "decided lines whose notice was sent ÷ decided lines")
    yield given.share(found.worked.notified, found.worked.decided, "delivery")


def _calls(found: Gathered) -> Iterator[Figure]:
    hooks = found.hooks
    yield Told("K22", "CRD calls", "calls of coverage hooks", "call").count(hooks.calls, "calls")
    quick = Told("K22", "CRD calls answered within 5 seconds", "answered within 5 s ÷ calls", "call")
    yield quick.share(hooks.within_five_seconds, hooks.calls, "within 5 seconds")
    need = Told("K22", "Orders by what was told", "orders told that ÷ orders", "call")
    for code, count in sorted(hooks.by_need.items()):
        yield need.share(count, hooks.orders, code)
    forms = Told("K22", "Forms opened, and filled by themselves", "forms opened ÷ forms told", "call")
    yield forms.not_kept("Not kept: forms are opened and filled in the EHR, which does not tell.", "forms")
    of = found.worked
    electronic = Told("K23", "Electronic share", "requests by FHIR ÷ requests by any channel", "request")
    note = "FHIR is the only way in yet, so this is 100 % by construction."
    yield electronic.share(of.channels["fhir"], of.channels.total(), note=note)
    faults = Told(
        "K24", "Error rate", "submissions refused (HTTP) or answered with an error (AAA) ÷ submissions", "call"
    )
    refused, kept = found.submits.refused, of.submissions
    note = "Of refused submissions nobody knows the line of business: all of the payer's count."
    yield faults.share(refused + of.faulty_submissions, refused + kept, note=note)


def _pas(found: Gathered) -> Iterator[Figure]:
    """Metrics 1 to 10 of the guide, under one id."""
    of = found.worked
    told = "PAS metric {}"

    def metric(number: int, name: str, formula: str, level: str = "line") -> Told:
        return Told("K25", f"{told.format(number)}: {name}", formula, level)

    yield metric(1, "requests", "requests received", "request").count(of.requests, "1 requests")
    yield metric(1, "lines", "lines received").count(of.lines, "1 lines")
    yield metric(2, "updates", "updates of those requests", "call").count(of.updates, "2 updates")
    yield metric(2, "cancellations", "whole requests cancelled", "call").count(of.cancels, "2 cancels")
    yield metric(2, "inquiries", "inquiries answered or refused", "call").count(found.inquiries.calls, "2 inquiries")
    others = metric(3, "inquiries by others than the requester", "inquiries by others ÷ inquiries", "call")
    yield others.not_kept("Not kept: the log says who inquired, not whether they had asked for the service.", "3")
    errors = metric(4, "submissions with errors", "as K24", "call")
    yield errors.share(found.submits.refused + of.faulty_submissions, found.submits.refused + of.submissions, "4")
    final = metric(5, "final at the first submission", "decided lines that were never pended ÷ lines")
    yield final.share(of.decided - of.pended_and_decided, of.lines, "5")
    yield metric(6, "pended first", "lines ever pended").count(of.pended, "6 pended")
    yield metric(6, "pended and decided", "of these, decided").count(of.pended_and_decided, "6 decided")
    slow = mean(of.pended_seconds)
    pended = metric(6, "time of pended lines", "mean(decided − received) of these, in hours")
    yield pended.amount(None if slow is None else slow / _HOUR, len(of.pended_seconds), "hours", "6 mean")
    every = [(mean(seconds), len(seconds)) for seconds in of.decision_seconds.values()]
    number = sum(count for _, count in every)
    total = sum((value or 0.0) * count for value, count in every)
    whole = metric(7, "time to the final answer", "mean(decided − received) of decided lines, in hours")
    yield whole.amount(total / number / _HOUR if number else None, number, "hours", "7 mean")
    yield metric(8, "by payer, line of business and time", "ask for one").not_kept(
        "Every figure here can be had so.", "8"
    )
    yield metric(9, "outstanding", "open lines").count(sum(count for _, count in found.backlog.bands), "9")
    for band, count in found.backlog.bands:
        yield metric(10, "age of outstanding lines", "open lines by days since they came").count(count, f"10 {band}")

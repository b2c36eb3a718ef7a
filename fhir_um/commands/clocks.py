"""`fhir-um clocks`: why a case is due when it is, the rules of time, what runs out, and what will be late.

Must not know how a date is reckoned: it shows what `GET /um/v1/cases/{id}/clocks`, `rules` and `forecast` show.
"""

import argparse
import sys
from collections.abc import Iterator

from fhir_um.auth.guard import insider
from fhir_um.cases.alarms import LATE
from fhir_um.cases.auditing import Subject, subject_of
from fhir_um.cases.caller import Caller
from fhir_um.cases.clock_rules import LINES_OF_BUSINESS, ClockRule
from fhir_um.cases.clock_telling import reckoned, state_of, why
from fhir_um.cases.clocks import Clock
from fhir_um.cases.forecast import ASSUMPTIONS, DeskForecast
from fhir_um.cases.model import CaseId, MemberId
from fhir_um.commands.noting import OPERATOR
from fhir_um.commands.opening import open_house
from fhir_um.commands.telling import instant, wrapped
from fhir_um.commands.typed import day, whole_number
from fhir_um.deps import Deps
from fhir_um.errors import Refusal
from fhir_um.settings import Settings
from fhir_um.usecases.explain_clocks import clock_rules, explain_clocks, told_of
from fhir_um.usecases.forecast_late import DAYS, forecast_late
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.see_directory import payers_on_file

_EPILOG = """examples:
  fhir-um clocks CASE                                     every clock of a case, and why it is due then
  fhir-um clocks rules --line-of-business COMM --state CA --on 2026-08-03
  fhir-um clocks alarms                                   what is late, and what will be soon
  fhir-um clocks forecast --days 14                       what will be late at the pace of those days

A payer's own rules stand in a file that FHIR_UM_CLOCK_RULES names; without one the table that comes along holds."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `clocks` to the command line."""
    parser = subparsers.add_parser(
        "clocks",
        help="see why a case is due when it is, the rules of time, and what runs out",
        description="Why a case is due when it is, the rules of time, what is late or soon will be, and a forecast.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", metavar="CASE|rules|alarms|forecast", help="a case id, or one of those words")
    parser.add_argument(
        "--line-of-business",
        metavar="LOB",
        choices=sorted(LINES_OF_BUSINESS),
        default="",
        help=f"with rules: {', '.join(sorted(LINES_OF_BUSINESS))}",
    )
    parser.add_argument("--state", metavar="ST", default="", help="with rules: the state a plan is issued in")
    parser.add_argument("--on", metavar="DATE", type=day, help="with rules: those in force that day")
    parser.add_argument("--days", metavar="N", type=whole_number, default=DAYS, help="with forecast: days of the pace")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Show it; 0 when done, 1 when there is no such case."""
    deps = open_house(settings, noted="command clocks")
    caller = insider(OPERATOR, "Command line", payers_on_file(deps))
    if args.what == "rules":
        return _print(_rules(clock_rules(deps, args.line_of_business, args.state, args.on)))
    if args.what == "alarms":
        return _alarms(deps, caller)
    if args.what == "forecast":
        return _forecast(deps, caller, args.days)
    return _case(deps, caller, CaseId(args.what))


def _case(deps: Deps, caller: Caller, case_id: CaseId) -> int:
    try:
        case, clocks = explain_clocks(deps, caller, case_id)
    except Refusal as refusal:
        print("\n".join(issue.text for issue in refusal.issues), file=sys.stderr)
        return 1
    note_look(deps, (subject_of(case),))
    return _print(line for clock in clocks for line in _clock(clock)) if clocks else _say("No clock of this case.")


def _clock(clock: Clock) -> Iterator[str]:
    warned = f"runs, warned at {clock.alarm} % of its time" if clock.alarm else "runs"
    ended = f"stopped {instant(clock.stopped_at)}, {clock.outcome}" if clock.stopped_at else warned
    yield f"line {clock.sequence}, {clock.kind}: {ended}"
    yield from wrapped(why(clock), 2)
    for rule in clock.deadline.considered:
        due = f"due {instant(rule.due_at)}" if rule.due_at else "no date yet"
        counted = f": {reckoned(rule)}" if rule.limit else ""
        yield from wrapped(f"{rule.rule_id}, {rule.authority or 'house'}, {due}{counted}; {state_of(rule)}", 4)


def _rules(rules: tuple[ClockRule, ...]) -> Iterator[str]:
    for rule in rules:
        force = f"{rule.in_force.start or '…'} to {rule.in_force.end or '…'}" if rule.enabled else "not in force"
        where = f" in {' '.join(sorted(rule.states))}" if rule.states else ""
        whom = " ".join(sorted(rule.lines_of_business)) + where
        what = " ".join((*sorted(rule.review_types), *sorted(rule.priorities), *sorted(rule.subjects)))
        yield f"{rule.id}  {rule.kind}, {rule.limit} {rule.unit} from {rule.start}  ({force})"
        yield from wrapped(f"{whom}; {what}; {rule.source}", 4)


def _alarms(deps: Deps, caller: Caller) -> int:
    rows = told_of(deps, caller)
    note_look(deps, (Subject(payer_id, MemberId(""), clock.case_id) for payer_id, clock in rows))
    lines = (
        f"{'late ' if clock.alarm == LATE else f'{clock.alarm} % '} due {instant(clock.deadline.due_at)}  "
        f"case {clock.case_id} line {clock.sequence}, {clock.kind} by {clock.deadline.rule_id}"
        for _, clock in rows
    )
    return _print(lines) if rows else _say("Nothing is late, and nothing soon will be.")


def _forecast(deps: Deps, caller: Caller, days: int) -> int:
    at, payers = forecast_late(deps, caller, days)
    note_look(deps)
    print(f"At {instant(at)}, by the pace of {days} days:")
    for payer in payers:
        print(f"payer {payer.payer_id}")
        for desk in payer.desks:
            print(f"  {_desk(desk)}")
    return _print(f"- {assumed}" for assumed in ASSUMPTIONS)


def _desk(desk: DeskForecast) -> str:
    cleared = f"cleared {instant(desk.cleared_at)}" if desk.cleared_at else "never cleared at this pace"
    ends = cleared if desk.open_count else "nothing waits"
    return (
        f"{desk.desk}: {desk.open_count} wait, {desk.per_hour} decided in a working hour, "
        f"{desk.overdue_count} are late, {desk.late_count} will be; {ends}"
    )


def _print(lines: Iterator[str]) -> int:
    print("\n".join(lines))
    return 0


def _say(text: str) -> int:
    print(text)
    return 0

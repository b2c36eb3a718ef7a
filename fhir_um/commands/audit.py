"""`fhir-um audit`: checks the audit log, searches it, and accounts for what was told of a member.

Must not know how the log is kept. Looking into it is noted in it.
"""

import argparse
import re
import sys
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from fhir_um.api.audit_views import alert_view, disclosure_view, disclosures_csv, row_view
from fhir_um.auth.guard import insider
from fhir_um.cases.auditing import ANSWERED, Anchor, AuditSearch, Subject
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import MemberId, PayerId
from fhir_um.commands.audit_telling import tell_alert, tell_disclosure, tell_row
from fhir_um.commands.noting import OPERATOR
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import day, whole_number
from fhir_um.deps import Deps
from fhir_um.errors import Kind
from fhir_um.settings import Settings
from fhir_um.usecases.anchor_audit import see_anchors
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.search_audit import account_disclosures, audit_alerts, end_of_audit, knows_member, search_audit
from fhir_um.usecases.see_directory import payers_on_file

_ANCHOR = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")
_NO_MEMBER = "That payer has no member with that id; the memberId of a case is one, the number on the card is not."
_TOLD_EVERY_ROWS = 100_000
_MOST_ROWS = 10_000
_OUTCOMES = (ANSWERED, *(kind.value for kind in Kind))
_EPILOG = """examples:
  fhir-um audit verify
  fhir-um audit anchor >> /somewhere/else/anchors.txt
  fhir-um audit verify --anchor "$(tail -1 /somewhere/else/anchors.txt)"
  fhir-um audit search --member harbor-1001 --since 2026-11-01
  fhir-um audit alerts
  fhir-um audit disclosures --payer harbor --member harbor-1001 --csv > accounting.csv

docs/audit.md tells what is written, and what to do with it."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `audit` and its verbs to the command line."""
    parser = subparsers.add_parser(
        "audit",
        help="check and search the log of who did what",
        description="Checks and searches the audit log: who did what, when, from where and about whom.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add_chain(verbs)
    _add_search(verbs)
    _add_looks(verbs)


def _add_chain(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verify = verbs.add_parser(
        "verify",
        help="walk the whole log",
        description="Walks the log from its first row and names the first one that does not fit: changed, missing, "
        "moved or put in between. With an anchor it also finds an end that was cut off, or a log written anew. Exit "
        "code 1 then.",
    )
    verify.add_argument("--anchor", metavar="SEQUENCE:HASH", type=anchor, help="what `fhir-um audit anchor` printed")
    verify.set_defaults(func=run_verify)
    end = verbs.add_parser(
        "anchor",
        help="print the end of the log, to be kept elsewhere",
        description="Prints place and hash of the last row, and the time. Keep it where nobody who can change the "
        "database can change it, every day.",
    )
    end.set_defaults(func=run_anchor)
    kept = verbs.add_parser(
        "anchors",
        help="list the daily anchors",
        description="Lists the anchor of every day, as it was made and logged then. Hold them against the ones that "
        "you keep elsewhere.",
    )
    kept.set_defaults(func=run_anchors)


def _add_search(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    search = verbs.add_parser("search", help="find rows", description="Finds rows of the log, latest first.")
    search.add_argument("--since", metavar="DATE", type=day, help="from that day on, UTC")
    search.add_argument("--until", metavar="DATE", type=day, help="up to and including that day, UTC")
    search.add_argument("--client", metavar="ID", default="", help="the client or person that acted")
    search.add_argument("--case", metavar="ID", default="", help="rows about that case")
    search.add_argument("--member", metavar="ID", default="", help="rows about that member")
    search.add_argument("--action", metavar="WORDS", default="", help='for example "POST /fhir/Claim/$submit"')
    search.add_argument("--outcome", metavar="WORD", choices=_OUTCOMES, default="", help=", ".join(_OUTCOMES))
    search.add_argument("--request", metavar="ID", default="", help="the X-Request-Id of an answer")
    search.add_argument("--limit", metavar="N", type=whole_number, default=100, help="at most so many rows (100)")
    search.add_argument("--json", action="store_true", help="everything the rows say, as JSON")
    search.set_defaults(func=run_search)


def _add_looks(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    alerts = verbs.add_parser(
        "alerts", help="what somebody should look at", description="What is unusual in the log of late."
    )
    alerts.add_argument("--since", metavar="DATE", type=day, help="from that day on, UTC (default: a day back)")
    alerts.add_argument("--json", action="store_true", help="as JSON")
    alerts.set_defaults(func=run_alerts)
    told = verbs.add_parser(
        "disclosures",
        help="what was told of one member, and to whom",
        description="Accounts for all that was told of one member: when, to whom, what, why (45 CFR 164.528).",
    )
    told.add_argument("--payer", metavar="ID", required=True)
    told.add_argument("--member", metavar="ID", required=True, help="the member's id here, not the number on the card")
    told.add_argument("--since", metavar="DATE", type=day, help="from that day on, UTC (default: all)")
    shape = told.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="as JSON")
    shape.add_argument("--csv", action="store_true", help="as CSV")
    told.set_defaults(func=run_disclosures)


def anchor(text: str) -> Anchor:
    """What `fhir-um audit anchor` printed; anything after the hash is left alone.

    Raises: ArgumentTypeError, which the command line tells with the option's name.
    """
    found = _ANCHOR.match(text)
    if found is None:
        raise argparse.ArgumentTypeError("not an anchor; give the line that `fhir-um audit anchor` printed")
    return Anchor(int(found[1]), found[2])


def run_verify(args: argparse.Namespace, settings: Settings) -> int:
    """Walk the chain; 0 when it holds, 1 with the first row that does not fit otherwise."""
    checked = open_house(settings).store.verify_audit(args.anchor, _tell_progress)
    if checked.fault:
        print(
            f"The audit log does not hold: {checked.fault}. It holds up to row {checked.end.sequence}.", file=sys.stderr
        )
        return 1
    print(f"The audit log holds: {checked.end.sequence} rows, the last with hash {checked.end.hash or '(none)'}.")
    return 0


def run_anchor(_args: argparse.Namespace, settings: Settings) -> int:
    """Print it; 1 while the log is empty."""
    deps = open_house(settings)
    end = end_of_audit(deps)
    if not end.sequence:
        print("The audit log is empty.", file=sys.stderr)
        return 1
    print(f"{end.sequence}:{end.hash} {deps.clock():%Y-%m-%dT%H:%M:%SZ}")
    return 0


def run_anchors(_args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: that none was made yet is no fault."""
    deps = open_house(settings)
    for one in see_anchors(deps):
        print(f"{one.sequence}:{one.hash} {one.at:%Y-%m-%dT%H:%M:%SZ}")
    return 0


def run_search(args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: nothing found is no fault."""
    deps = open_house(settings, noted="command audit search")
    wanted = AuditSearch(
        since=_begin(args.since),
        until=_begin(args.until + timedelta(days=1)) if args.until else None,
        client_id=args.client,
        case_id=args.case,
        member_id=args.member,
        action=args.action,
        outcome=args.outcome,
        request_id=args.request,
        limit=min(args.limit, _MOST_ROWS),
    )
    rows = search_audit(deps, _operator(deps), wanted)
    named = {one for row in rows for one in row.entry.subjects}
    note_look(deps, (one for one in named if {args.member, args.case} & {one.member_id, one.case_id} - {""}))
    if args.json:
        print(_json([row_view(row) for row in rows]))
    else:
        print("\n".join(map(tell_row, rows)) or "Nothing was found.")
    return 0


def run_alerts(args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: whether an alert is a fault is for somebody to say."""
    deps = open_house(settings, noted="command audit alerts")
    since = _begin(args.since) or deps.clock() - timedelta(days=1)
    found = audit_alerts(deps, _operator(deps), since)
    note_look(deps)
    if args.json:
        print(_json([alert_view(alert) for alert in found]))
    else:
        print("\n".join(map(tell_alert, found)) or "Nothing unusual.")
    return 0


def run_disclosures(args: argparse.Namespace, settings: Settings) -> int:
    """0 also when nothing was told; 1 when that payer has no such member: a mistyped id was not told of either."""
    deps = open_house(settings, noted="command audit disclosures")
    payer_id, member_id = PayerId(args.payer), MemberId(args.member)
    found = account_disclosures(deps, _operator(deps), payer_id, member_id, _begin(args.since))
    note_look(deps, (Subject(payer_id, member_id),) if found else ())
    if not found and not knows_member(deps, payer_id, member_id):
        print(f"{_NO_MEMBER} Payers on file: {', '.join(payers_on_file(deps))}.", file=sys.stderr)
        return 1
    if args.csv:
        print(disclosures_csv(found).decode(), end="")
    elif args.json:
        print(_json([disclosure_view(told) for told in found]))
    else:
        print("\n".join(map(tell_disclosure, found)) or "Nothing was told of that member.")
    return 0


def _operator(deps: Deps) -> Caller:
    return insider(OPERATOR, "Command line", payers_on_file(deps))


def _begin(on: date | None) -> datetime | None:
    return datetime.combine(on, time(tzinfo=UTC)) if on else None


def _tell_progress(rows: int) -> None:
    if rows % _TOLD_EVERY_ROWS == 0:
        print(f"{rows} rows hold so far", file=sys.stderr)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()

"""`fhir-um retention`: what was kept as long as it had to be, its purge, and legal holds. Must not know any rule."""

import argparse
import sys
from contextlib import closing
from itertools import groupby

from fhir_um.cases.retention import LegalHold, Purged, RecordKind
from fhir_um.commands.noting import account
from fhir_um.commands.opening import open_house
from fhir_um.commands.telling import instant
from fhir_um.commands.typed import whole_number
from fhir_um.settings import Settings
from fhir_um.usecases.legal_holds import place_hold, release_hold, see_holds
from fhir_um.usecases.retain import Due, purge, see_due, see_reports

_EPILOG = """examples:
  fhir-um retention report
  fhir-um retention purge --yes --limit 10000
  fhir-um retention hold add --payer harbor --member harbor-1001 --reason "matter 2031-17"
  fhir-um retention hold list --all
  fhir-um retention hold release ID --reason "matter closed"

docs/retention.md tells how long what is kept, and why. The audit log is never purged."""
_SEE_REPORT = "See what would go with `fhir-um retention report`, then say --yes. Nothing was removed."
_NO_LIMIT = sys.maxsize


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `retention` and its verbs to the command line."""
    parser = subparsers.add_parser(
        "retention",
        help="see and remove what was kept long enough; legal holds",
        description="What was kept as long as it had to be, its purge, and legal holds that keep it from going.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    report = verbs.add_parser("report", help="what may go today", description="What may go today. Changes nothing.")
    report.add_argument("--past", action="store_true", help="what was purged before, instead")
    report.set_defaults(func=run_report)
    purging = verbs.add_parser(
        "purge",
        help="remove what may go",
        description="Removes what may go, in batches that are kept or not as a whole; to be run again when broken off.",
    )
    purging.add_argument("--yes", action="store_true", help="really remove it: there is no way back but a backup")
    purging.add_argument("--limit", type=whole_number, default=_NO_LIMIT, metavar="N", help="at most so many records")
    purging.set_defaults(func=run_purge)
    _add_hold(verbs.add_parser("hold", help="legal holds", description="Forbids that records go, and allows it again."))


def _add_hold(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    adding = words.add_parser("add", help="forbid that records go")
    adding.add_argument("--payer", required=True, metavar="ID", help="payer; all of its records unless one is named")
    which = adding.add_mutually_exclusive_group()
    which.add_argument("--member", metavar="ID", default="", help="everything of that member, by our own id")
    which.add_argument("--case", metavar="ID", default="", help="that case, and what hangs on it")
    adding.set_defaults(func=run_add)
    releasing = words.add_parser("release", help="allow it again; the hold stays on file")
    releasing.add_argument("id", metavar="ID", help="id of the hold")
    releasing.set_defaults(func=run_release)
    for verb in (adding, releasing):
        verb.add_argument("--reason", required=True, metavar="TEXT", help="why; no names of patients")
        verb.add_argument(
            "--by", default="", metavar="NAME", help="who wants it (default: the account at this machine)"
        )
    listing = words.add_parser("list", help="holds that hold")
    listing.add_argument("--all", action="store_true", help="also those released")
    listing.set_defaults(func=run_list)


def run_report(args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: that nothing may go is no fault."""
    deps = open_house(settings)
    with closing(deps.store):
        if args.past:
            _tell_purged(see_reports(deps))
            return 0
        due = see_due(deps, _looked_at)
    for one, count in due.items():
        print(f"{count:>8}  {_told(one)}")
    free = sum(count for one, count in due.items() if not one.is_held)
    print(f"May go: {free}. Kept by a legal hold alone: {sum(due.values()) - free}.")
    return 0


def run_purge(args: argparse.Namespace, settings: Settings) -> int:
    """0 when done, 1 when it was not told to go ahead."""
    if not args.yes:
        print(_SEE_REPORT, file=sys.stderr)
        return 1
    deps = open_house(settings)
    with closing(deps.store):
        rows = purge(deps, account(), args.limit, _gone)
    _tell_purged(rows)
    if not rows:
        print("Nothing may go.")
    return 0


def run_add(args: argparse.Namespace, settings: Settings) -> int:
    """0 when it holds."""
    deps = open_house(settings)
    with closing(deps.store):
        hold = place_hold(deps, args.payer, args.member, args.case, args.reason, args.by or account())
    print(_of_hold(hold))
    return 0


def run_release(args: argparse.Namespace, settings: Settings) -> int:
    """0 when it holds no more."""
    deps = open_house(settings)
    with closing(deps.store):
        hold = release_hold(deps, args.id, args.reason, args.by or account())
    print(_of_hold(hold))
    return 0


def run_list(args: argparse.Namespace, settings: Settings) -> int:
    """Always 0."""
    deps = open_house(settings)
    with closing(deps.store):
        for hold in see_holds(deps, active=not args.all):
            print(_of_hold(hold))
    return 0


def _told(due: Due) -> str:
    held = "  kept by a legal hold" if due.is_held else ""
    return f"{due.kind:9} of {due.year}  payer {due.payer_id}  rule {due.rule_id}{held}"


def _tell_purged(rows: tuple[Purged, ...]) -> None:
    for report_id, several in groupby(rows, lambda row: row.report_id):
        found = list(several)
        print(f"Purge {report_id}, {instant(found[0].began_at)}, by {found[0].purged_by}:")
        for row in found:
            print(f"{row.count:>8}  {row.kind:9} payer {row.payer_id}  rule {row.rule_id}")


def _of_hold(hold: LegalHold) -> str:
    about = f"case {hold.case_id}" if hold.case_id else f"member {hold.member_id}" if hold.member_id else "everything"
    end = f"; released {instant(hold.released_at)} by {hold.released_by}" if hold.released_at else ""
    why = f": {hold.release_reason}" if hold.release_reason else ""
    placed = f"since {instant(hold.placed_at)} by {hold.placed_by}: {hold.reason}"
    return f"{hold.id}  payer {hold.payer_id}  {about}  {placed}{end}{why}"


def _looked_at(kind: RecordKind, count: int) -> None:
    _progress(f"looked at {count} of kind {kind}")


def _gone(kind: RecordKind, count: int) -> None:
    _progress(f"{count} of kind {kind} went")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)

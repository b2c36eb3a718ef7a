"""`fhir-um events`: what happened to cases, in order, one line of JSON for each step. Must not know how it is kept."""

import argparse
import time

import msgspec
from werkzeug.datastructures import MultiDict

from fhir_um.api.feed import feed_page, read_place
from fhir_um.auth.guard import insider
from fhir_um.cases.model import CaseId, EventKind
from fhir_um.commands.noting import OPERATOR
from fhir_um.commands.opening import open_house
from fhir_um.deps import Deps
from fhir_um.settings import Settings
from fhir_um.usecases.follow_events import follow_events
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.see_directory import payers_on_file

_MOST = 200
_PAUSE_SECONDS = 1.0
_EPILOG = """examples:
  fhir-um events
  fhir-um events --kind line-moved --kind line-cancelled
  fhir-um events --after "$(tail -1 events.jsonl | jq -r .cursor)" >> events.jsonl
  fhir-um events --follow

Each line has a cursor: what comes after it is what --after gives. Systems elsewhere read the same from
GET /um/v1/events; docs/um.md tells what a line says."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `events` to the command line."""
    parser = subparsers.add_parser(
        "events",
        help="follow what happens to cases",
        description="Prints every step of every case in the order in which they became final, as lines of JSON.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--after", metavar="CURSOR", default="", help="go on after that step (default: from the first)")
    parser.add_argument("--follow", action="store_true", help="wait for more until interrupted")
    parser.add_argument("--kind", choices=sorted(EventKind), action="append", default=[], help="steps of that kind")
    parser.add_argument("--case", metavar="ID", default="", help="steps of that case")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """0, also when nothing happened. Raises: Refusal for a cursor that is none of the feed."""
    cursor, _ = read_place(MultiDict({"after": args.after}))
    deps = open_house(settings, noted="command events")
    note_look(deps)
    cursor = _print_from(deps, args, cursor)
    while args.follow:
        time.sleep(_PAUSE_SECONDS)
        cursor = _print_from(deps, args, cursor)
    return 0


def _print_from(deps: Deps, args: argparse.Namespace, cursor: str) -> str:
    """Print what there is after that cursor; the cursor after it."""
    caller = insider(OPERATOR, "Command line", payers_on_file(deps))
    kinds, case_id = frozenset(map(EventKind, args.kind)), CaseId(args.case) if args.case else None
    while True:
        page = follow_events(deps, caller, cursor, _MOST, kinds, case_id)
        for event in feed_page(page)["events"]:
            print(msgspec.json.encode(event).decode(), flush=args.follow)
        if page.cursor == cursor:
            return cursor
        cursor = page.cursor

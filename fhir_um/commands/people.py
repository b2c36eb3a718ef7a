"""`fhir-um people`: lists who signed in, and ends the sessions of one of them. Must not know how anybody signs in."""

import argparse
import re
import sys
from contextlib import closing

from fhir_um.cases.model import ClientId
from fhir_um.cases.people import Known
from fhir_um.commands.opening import open_house
from fhir_um.settings import Settings
from fhir_um.usecases.see_people import end_sessions, see_people

_OURS = re.compile(r"person-[0-9a-f]{32}")
"""How we name a person; anything else may be a name, and is not noted."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `people` to the command line."""
    parser = subparsers.add_parser(
        "people",
        help="who signed in; end somebody's sessions",
        description="Lists who signed in: the id that stands in histories and in the audit log, when they last came,\n"
        "how many sessions are open, their name, and their subject at the OpenID provider.",
        epilog="docs/people.md tells how people sign in and what each role may do.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB")
    end = verbs.add_parser("end", help="end all sessions of a person; their next request is refused")
    end.add_argument("person", metavar="ID", help="their id here, as listed")
    parser.set_defaults(func=run, person="")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """0 when done, 1 when that person has no session."""
    return _end(settings, ClientId(args.person)) if args.person else _list(settings)


def _list(settings: Settings) -> int:
    deps = open_house(settings)
    with closing(deps.store):
        found = see_people(deps)
    print("\n".join(map(_line, found)) or "Nobody has signed in yet.")
    return 0


def _end(settings: Settings, person_id: ClientId) -> int:
    deps = open_house(settings, noted="command people end", on=person_id if _OURS.fullmatch(person_id) else "")
    with closing(deps.store):
        count = end_sessions(deps, person_id)
    if not count:
        print("That person has no session.", file=sys.stderr)
        return 1
    print(f"Ended: {count}.")
    return 0


def _line(known: Known) -> str:
    who = f"{known.person.name or '-'}  {known.person.subject}" if known.person else "(sealed with a key that is gone)"
    return f"{known.id}  {known.signed_in_at:%Y-%m-%d %H:%M}Z  {known.session_count}  {who}"

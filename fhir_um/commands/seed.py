"""`fhir-um seed`: loads payers, plans, members, providers and used services into the store. Running it again is safe.

Must not know how the files are written or how the store keeps them.
"""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from fhir_um.cases.model import MemberId, PayerId
from fhir_um.commands.opening import open_house
from fhir_um.coverage.load import People, PeopleFault, load_people
from fhir_um.deps import Deps
from fhir_um.errors import Refusal
from fhir_um.settings import Settings
from fhir_um.usecases.keep_reviewers import on_file

PEOPLE = Path(__file__).resolve().parents[2] / "fixtures" / "people"
_COUNTED = {"gold_cards": "gold cards", "history": "used services"}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `seed` to the command line."""
    parser = subparsers.add_parser(
        "seed",
        help="load payers, plans, members and providers",
        description="Loads payers, plans, members, providers and used services from a folder of YAML files. "
        "Safe to run again: rows that are there take the new values.",
    )
    parser.add_argument(
        "--people", metavar="DIR", type=Path, default=PEOPLE, help="folder of YAML files (default: demo)"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Load the folder; 0 when done, 1 when a file is wrong (nothing is loaded then)."""
    try:
        people = load_people(args.people)
        on_file(people.reviewers)
    except PeopleFault as fault:
        print(f"Nothing was loaded from {args.people}:\n{fault}", file=sys.stderr)
        return 1
    except Refusal as refusal:
        told = "\n".join(issue.text for issue in refusal.issues)
        print(f"Nothing was loaded from {args.people}:\n{told}", file=sys.stderr)
        return 1
    deps = open_house(settings, noted="command seed")
    try:
        seed(people, deps)
    finally:
        deps.store.close()
    counts = ", ".join(f"{len(getattr(people, f.name))} {_COUNTED.get(f.name, f.name)}" for f in fields(People))
    print(f"Loaded {counts}.")
    return 0


def seed(people: People, deps: Deps) -> None:
    """Put people into the store in one transaction; rows that are there already take the new values."""
    with deps.open_work() as work:
        work.save_payers(people.payers)
        work.save_plans(people.plans)
        work.save_members(people.members)
        work.save_providers(people.providers)
        work.save_gold_cards(people.gold_cards)
        work.reviewers.save(on_file(people.reviewers))
        for member in people.members:
            used = tuple(u.service for u in people.history if (u.payer_id, u.member_id) == (member.payer_id, member.id))
            work.save_history(PayerId(member.payer_id), MemberId(member.id), used)

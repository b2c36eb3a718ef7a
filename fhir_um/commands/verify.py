"""`fhir-um verify`: checks that the store still says what happened: events, hashes, numbers. Changes nothing."""

import argparse
import sys

from fhir_um.commands.opening import named, open_house
from fhir_um.settings import Settings

_SOUND = "The store is sound: every case equals its history, every hash holds, every number is on record."
_FAULTY = "{} faults found, listed above. Nothing was changed. Keep a copy of the database before repairing anything."


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to the command line."""
    parser = subparsers.add_parser(
        "verify",
        help="check the integrity of the case store",
        description="Checks that the store still says what happened: every case against its history, every hash, "
        "every number. Changes nothing.",
        epilog="Every case must equal the fold of its events, every hash chain and body hash must hold, and every "
        "authorization number must be on record. Exit code 1 when something does not.",
    )
    parser.set_defaults(func=run)


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Verify; 0 when all holds, 1 with one line per fault otherwise."""
    faults = open_house(settings).store.verify()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"Checked {named(settings)}.", _FAULTY.format(len(faults)) if faults else _SOUND)
    return 1 if faults else 0

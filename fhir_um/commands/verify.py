"""`fhir-um verify`: checks that the store still says what happened: events, hashes, numbers. Changes nothing."""

import argparse
import sys

from fhir_um.settings import Settings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to the command line."""
    parser = subparsers.add_parser(
        "verify",
        help="check the integrity of the case store",
        description=__doc__,
        epilog="Every case must equal the fold of its events, every hash chain and body hash must hold, and every "
        "authorization number must be on record. Exit code 1 when something does not.",
    )
    parser.set_defaults(func=run)


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Verify; 0 when all holds, 1 with one line per fault otherwise."""
    from fhir_um.deps import make_deps

    faults = make_deps(settings).store.verify()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(faults)} faults found." if faults else "The store is sound.")
    return 1 if faults else 0

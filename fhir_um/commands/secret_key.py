"""`fhir-um secret-key`: makes keys for secrets at rest, seals again with a new one, tells which are still needed.

Must not store a key anywhere, or print one that is in use: keys are told apart by names.
"""

import argparse
import sys
from contextlib import closing

from fhir_um.commands.noting import account
from fhir_um.commands.opening import open_house
from fhir_um.deps import Sealed
from fhir_um.settings import Settings, SettingsFault
from fhir_um.usecases.rotate_keys import SealedRows, rotate_keys, see_sealed
from fhir_um.vault import new_key

_EPILOG = """To change keys:
  1. fhir-um secret-key new          make one
  2. add it behind the old one (FHIR_UM_SECRET_KEYS=old,new) everywhere and restart: now all can open what it seals
  3. put it in front (FHIR_UM_SECRET_KEYS=new,old) everywhere and restart: now all seal with it
  4. fhir-um secret-key rotate       seal again what the old one sealed; the server may run
  5. fhir-um secret-key check        when the old one seals nothing any more, take it away
With one server, steps 2 and 3 are one. Without its key, what is sealed cannot be read again by anybody."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `secret-key` to the command line."""
    parser = subparsers.add_parser(
        "secret-key",
        help="make, change and check keys for secrets at rest",
        description="Keys for FHIR_UM_SECRET_KEYS. They seal documents and what subscribers want to be sent.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=("new", "rotate", "check"),
        default="new",
        help="new: print a key (the default). rotate: seal with the first key what others sealed, and what is in the "
        "clear. check: how many rows each key seals",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """0 when done; 1 when something is sealed with a key that is not there, or was altered."""
    if args.what == "new":
        print(new_key())
        return 0
    if not settings.vault_keys:
        raise SettingsFault("FHIR_UM_SECRET_KEYS is not set: without a key nothing that is sealed can be opened.")
    return _rotate(settings) if args.what == "rotate" else _check(settings)


def _check(settings: Settings) -> int:
    deps = open_house(settings)
    with closing(deps.store):
        rows = see_sealed(deps)
    for place, key in enumerate(rows.keys, 1):
        print(f"key {place}  {key}  {_counted(rows, key)}{'  (seals)' if place == 1 else ''}")
    if any(key == "" for _, key in rows.counts):
        print(f"in the clear           {_counted(rows, '')}")
    return _told_missing(rows)


def _rotate(settings: Settings) -> int:
    deps = open_house(settings)
    with closing(deps.store):
        done = rotate_keys(deps, account(), _progress)
    for named in done.unopened:
        print(f"altered, or of an unknown key: {named}", file=sys.stderr)
    print(f"Sealed again: {done.count}. Left, not sealed with key {done.after.keys[0]}: {done.after.left}.")
    return _told_missing(done.after) or (1 if done.unopened else 0)


def _progress(what: Sealed, count: int) -> None:
    if count:
        print(f"{count} {what}", file=sys.stderr)


def _told_missing(rows: SealedRows) -> int:
    for key, count in rows.missing.items():
        print(
            f"{count} rows are sealed with key {key}, which is not among FHIR_UM_SECRET_KEYS: {_counted(rows, key)}. "
            "Add that key again, or restore it from where keys are kept.",
            file=sys.stderr,
        )
    return 1 if rows.missing else 0


def _counted(rows: SealedRows, key: str) -> str:
    counts = [f"{rows.counts[what, key]} {what}" for what in Sealed if rows.counts.get((what, key))]
    return ", ".join(counts) or "nothing"

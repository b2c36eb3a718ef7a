"""`fhir-um verify`: checks that the store still says what happened: histories, hashes, rows, hooks. Changes nothing."""

import argparse
import sys

from fhir_um.commands.opening import named, open_house
from fhir_um.settings import Settings

_LOOKED_AT = (
    "Checked {}: {} cases, {} events, {} submissions, {} records of hooks, {} attachments and subscriptions, "
    "{} rows of the audit log."
)
_SOUND = (
    "The store is sound: every case equals its history, every hash holds, and lines, clocks, numbers, names and "
    "submissions are those the history tells of; what EHRs were told can be read and rests on what is there; "
    "documents are as they came, and every event owed is about a version of a case; no row of the audit log was "
    "changed, lost or moved."
)
_PURGED = "{} cases were purged and left their mark: `fhir-um retention report --past` tells by which rules."
_UNOPENED = "{} documents are sealed and were not looked into: set FHIR_UM_SECRET_KEYS to have them opened and checked."
_FAULTY = "Faults found, listed above: {}. Nothing was changed. Keep a copy of the database before repairing anything."


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to the command line."""
    parser = subparsers.add_parser(
        "verify",
        help="check the integrity of the case store",
        description="Checks that the store still says what happened: every case against its history, every submission "
        "against the hash in that history, every other row against the case, and what EHRs were told: that it can be "
        "read, that the authorizations it names are there, that it is kept no longer than its time. Changes nothing.",
        epilog="Rows cut off the end of the audit log leave nothing to check either: `fhir-um audit verify --anchor` "
        "finds them. The steps of a case are chained by hashes, and a step that takes a submission holds the hash of "
        "its bytes. A case removed by hand with all its rows leaves nothing to check: compare the counts with those of "
        "a backup. Exit code 1 when something does not hold.",
    )
    parser.set_defaults(func=run)


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Verify; 0 when all holds, 1 with one line per fault otherwise."""
    checked = open_house(settings).store.verify()
    for fault in checked.faults:
        print(fault, file=sys.stderr)
    print(
        _LOOKED_AT.format(
            named(settings),
            checked.cases,
            checked.events,
            checked.submissions,
            checked.hook_records,
            checked.pended_records,
            checked.audit_rows,
        ),
        _FAULTY.format(len(checked.faults)) if checked.faults else _SOUND,
    )
    if checked.purged_cases:
        print(_PURGED.format(checked.purged_cases))
    if checked.unopened:
        print(_UNOPENED.format(checked.unopened))
    return 1 if checked.faults else 0

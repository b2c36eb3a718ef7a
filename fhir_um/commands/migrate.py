"""`fhir-um migrate`: brings the database to the schema of this program. Safe to run again."""

import argparse

from fhir_um.commands.opening import named, open_house
from fhir_um.settings import Settings


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `migrate` to the command line."""
    parser = subparsers.add_parser(
        "migrate",
        help="create or upgrade the database",
        description="Creates the database, or brings it to the schema of this program. Safe to run again.",
        epilog="The database is FHIR_UM_DATABASE_URL; nothing is lost when it is already up to date.",
    )
    parser.set_defaults(func=run)


def run(_args: argparse.Namespace, settings: Settings) -> int:
    """Migrate; 0 when the schema is current."""
    open_house(settings, migrated=False).store.migrate()
    print(f"The database {named(settings)} is up to date.")
    return 0

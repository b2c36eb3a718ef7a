"""`fhir-um secret-key`: makes a key for secrets at rest. Must not store it anywhere."""

import argparse

from fhir_um.settings import Settings
from fhir_um.vault import new_key


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `secret-key` to the command line."""
    parser = subparsers.add_parser(
        "secret-key",
        help="make a key for secrets at rest",
        description="Prints a new key for FHIR_UM_SECRET_KEYS. It seals what subscribers want to be sent.",
        epilog="To change keys, put the new one in front of the old one, with a comma between; take the old one away "
        "when every subscription has been changed since. Without the key its secrets cannot be read again.",
    )
    parser.set_defaults(func=run)


def run(_args: argparse.Namespace, _settings: Settings) -> int:
    """Print it."""
    print(new_key())
    return 0

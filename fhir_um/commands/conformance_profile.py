"""`fhir-um conformance profile`: a client profile to start from, with every value there is and what it means."""

import argparse
from importlib import resources

from fhir_um.settings import Settings

TEMPLATE = "client.yaml"


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `profile` to `fhir-um conformance`."""
    parser = verbs.add_parser(
        "profile",
        help="print a client profile to start from",
        description="Prints a complete client profile: every value with its default, and what it is for. Keep the "
        "lines that are other for you.",
        epilog="Example: fhir-um conformance profile > client.yaml",
    )
    parser.set_defaults(func=run)


def run(_args: argparse.Namespace, _settings: Settings) -> int:
    """Print it."""
    print(template(), end="")
    return 0


def template() -> str:
    """The commented profile."""
    return resources.files("fhir_um.conformance").joinpath("templates", TEMPLATE).read_text("utf-8")

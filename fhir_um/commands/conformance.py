"""`fhir-um conformance`: tests a PAS or CRD server, any server, and says what its answers break, by requirement.

Must not know what is tested: suites do. Each of its own verbs is a row of `_VERBS`.
"""

import argparse
from collections.abc import Callable

from fhir_um.commands import conformance_list, conformance_profile, conformance_run, inferno_presets

Parsers = "argparse._SubParsersAction[argparse.ArgumentParser]"
_VERBS: tuple[Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None], ...] = (
    conformance_run.add_parser,
    conformance_profile.add_parser,
    conformance_list.add_parser,
    inferno_presets.add_parser,
)

_EPILOG = """First steps:
  make run                                                     a server to try it on, in another shell
  fhir-um conformance run --server http://127.0.0.1:8080       every suite; the report comes into a folder
  fhir-um conformance profile > client.yaml                    your own members, providers, codes and credentials
  fhir-um conformance run --server URL --profile client.yaml   the same with them
  fhir-um conformance list --suite pas-2.2.1                   what is checked, by requirement
  fhir-um conformance inferno-presets --server URL             presets for the public test suites

docs/testing.md tells more."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `conformance` to the command line."""
    parser = subparsers.add_parser(
        "conformance",
        help="test a PAS or CRD server, any server",
        description="Plays stories against a server over HTTP, as an EHR would, and holds every answer against the "
        "guides (Da Vinci PAS and CRD, 2.2.1 and 2.0.1). Every run makes requests of its own: never on a server that "
        "knows real patients.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for add in _VERBS:
        add(verbs)

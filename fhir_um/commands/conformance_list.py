"""`fhir-um conformance list`: what is checked, by requirement. Must not know how it is checked."""

import argparse
import sys

import msgspec

from fhir_um.commands.conformance_run import NOT_RUN, PASSED, NotRun, add_choice, chosen
from fhir_um.commands.conformance_telling import told
from fhir_um.conformance.report_json import check_as_plain
from fhir_um.conformance.running import concerns
from fhir_um.settings import Settings


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `list` to `fhir-um conformance`."""
    parser = verbs.add_parser(
        "list",
        help="list the checks, with requirements and the public tests that look at the same",
        description="Lists every check: its id, how much a guide insists, what it asks for, the requirements of the "
        "guides (pas:, crd:, hrex:) and the tests of the public suites (pas-v221:, pas-v201:, crd-…:) it answers to.",
        epilog="Example: fhir-um conformance list --suite pas-2.2.1 --only pas.submit",
    )
    add_choice(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """List; 2 when no check is called so."""
    try:
        suites = chosen(args)
    except NotRun as fault:
        print(fault, file=sys.stderr)
        return NOT_RUN
    if args.json:
        rows = {
            suite.name: [check_as_plain(check) for check in suite.checks if concerns(check.id, args.only)]
            for suite in suites
        }
        print(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
    else:
        print("\n".join(told(suites, args.only)))
    return PASSED

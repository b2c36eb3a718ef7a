"""`fhir-um reviewers`: the payer's clinicians on file, and what they attest. Must not know who decides."""

import argparse
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

from fhir_um.auth.guard import insider
from fhir_um.cases.caller import Caller
from fhir_um.cases.credentials import Credential
from fhir_um.commands.noting import OPERATOR
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import day
from fhir_um.coverage.load import PeopleFault, load_reviewers
from fhir_um.deps import Deps
from fhir_um.settings import Settings
from fhir_um.usecases.keep_reviewers import attest, expire, keep_reviewers, on_file, see_reviewers
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.words import Period

_EPILOG = """examples:
  fhir-um reviewers
  fhir-um reviewers put reviewers.yaml
  fhir-um reviewers attest 1910200405 --from 2027-01-01 --to 2027-12-31
  fhir-um reviewers expire 1910200405 --on 2026-12-31

Nobody denies or reduces care without a licence and an attestation that are valid that day."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `reviewers` and its verbs to the command line."""
    parser = subparsers.add_parser(
        "reviewers",
        help="licences and attestations of the payer's clinicians",
        description="Lists the payer's clinicians: NPI, what they are, licences, until when they attested.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(func=run_list)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB")
    put = verbs.add_parser("put", help="put clinicians on file, or in the place of those with the same NPI")
    put.add_argument("file", metavar="FILE", type=Path, help="YAML, in the form of fixtures/people/reviewers.yaml")
    put.set_defaults(func=run_put)
    attesting = verbs.add_parser("attest", help="note that somebody attested that nothing ties them to what they rule")
    attesting.add_argument("--from", metavar="DATE", dest="first", type=day, required=True, help="first day")
    attesting.add_argument("--to", metavar="DATE", dest="last", type=day, required=True, help="last day, within a year")
    attesting.set_defaults(func=run_attest)
    expiring = verbs.add_parser("expire", help="end all licences and the attestation of somebody")
    expiring.add_argument("--on", metavar="DATE", type=day, help="last day that they are valid (default: today, UTC)")
    expiring.set_defaults(func=run_expire)
    for verb in (attesting, expiring):
        verb.add_argument("npi", metavar="NPI", help="theirs, as listed")


def run_list(_args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: that nobody is on file is no fault."""
    deps = open_house(settings)
    with closing(deps.store):
        found = see_reviewers(deps, _operator(deps))
        on = deps.clock().date()
    print("\n".join(_line(one, on) for one in found) or "Nobody is on file yet.")
    return 0


def run_put(args: argparse.Namespace, settings: Settings) -> int:
    """0 when all of the file is on file, 1 when something in it is wrong (nothing is then)."""
    try:
        credentials = on_file(load_reviewers(args.file))
    except PeopleFault as fault:
        print(fault, file=sys.stderr)
        return 1
    deps = open_house(settings, noted="command reviewers put")
    with closing(deps.store):
        keep_reviewers(deps, _operator(deps), credentials)
    print(f"On file: {len(credentials)}.")
    return 0


def run_attest(args: argparse.Namespace, settings: Settings) -> int:
    """0 when it is noted."""
    deps = open_house(settings, noted="command reviewers attest")
    with closing(deps.store):
        changed = attest(deps, _operator(deps), args.npi, args.first, args.last)
        _tell(changed, deps.clock().date())
    return 0


def run_expire(args: argparse.Namespace, settings: Settings) -> int:
    """0 when it is noted."""
    deps = open_house(settings, noted="command reviewers expire")
    with closing(deps.store):
        today = deps.clock().date()
        changed = expire(deps, _operator(deps), args.npi, args.on or today)
        _tell(changed, today)
    return 0


def _tell(changed: tuple[Credential, ...], on: date) -> None:
    print("\n".join(_line(one, on) for one in changed))


def _operator(deps: Deps) -> Caller:
    return insider(OPERATOR, "Command line", payers_on_file(deps))


def _line(one: Credential, on: date) -> str:
    licences = ", ".join(f"{held.state} {held.number} until {held.period.end}" for held in one.licences) or "no licence"
    valid = "" if one.valid_licence(on) else "  NO VALID LICENCE"
    attested = f"attested until {one.attested.end}" if one.attested != Period() else "never attested"
    lapsed = "" if one.attested_on(on) else "  NOT ATTESTED"
    who = f"{one.npi}  {one.payer_id}  {one.kind}  {one.name}  {' '.join(one.specialties)}"
    return f"{who}  {licences}{valid}  {attested}{lapsed}"

"""`fhir-um authorizations`: what was authorized, what was used of it, and which one a claim may be paid under.

Must not know what fits what.
"""

import argparse
import sys
from contextlib import closing
from decimal import Decimal

from fhir_um.auth.guard import insider
from fhir_um.cases.auditing import Subject
from fhir_um.cases.auth_matching import SENTENCES, Billed, Hindrance, Match
from fhir_um.cases.caller import Caller
from fhir_um.cases.ledger import Authorization, Use
from fhir_um.cases.model import MemberId, PayerId
from fhir_um.commands.noting import OPERATOR
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import amount, day
from fhir_um.deps import Deps
from fhir_um.settings import Settings
from fhir_um.usecases.match_authorization import Insured, match_authorization
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.usecases.use_authorization import read_authorization
from fhir_um.words import Code, Period

_EPILOG = """examples:
  fhir-um authorizations show 0123456789
  fhir-um authorizations match --member harbor-1001 --code E1390 --on 2026-12-01 --units 1 --npi 1910010010"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `authorizations` and its verbs to the command line."""
    parser = subparsers.add_parser(
        "authorizations",
        help="what was authorized, and what was used of it",
        description="Shows an authorization with everything that was used of it, or finds the one for a claim.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    show = verbs.add_parser("show", help="one authorization, by number")
    show.add_argument("number", metavar="NUMBER", help="the number the provider was given")
    show.set_defaults(func=run_show)
    match = verbs.add_parser("match", help="the authorization that one line of a claim may be paid under")
    match.add_argument("--member", metavar="ID", required=True, help="the member's id here, not the number on the card")
    match.add_argument("--payer", metavar="ID", default="", help="whose member (default: any payer's)")
    match.add_argument("--code", metavar="[SYSTEM|]CODE", required=True, help="what was done")
    match.add_argument("--on", metavar="DATE", type=day, required=True, help="the day it was done")
    match.add_argument("--units", metavar="N", type=amount, default=Decimal(1), help="how often (1)")
    match.add_argument("--npi", metavar="NPI", default="", help="who did it")
    match.add_argument("--modifier", metavar="CODE", action="append", default=[], help="a modifier; may be repeated")
    match.add_argument("--place", metavar="CODE", default="", help="place of service")
    match.set_defaults(func=run_match)


def run_show(args: argparse.Namespace, settings: Settings) -> int:
    """0 when it is there."""
    deps = open_house(settings, noted="command authorizations show")
    with closing(deps.store):
        found, standing = read_authorization(deps, _operator(deps), args.number)
        note_look(deps, (_subject(found),))
    print(f"{_told(found)}  {standing}")
    for use in found.uses:
        print(_use(use))
    return 0


def run_match(args: argparse.Namespace, settings: Settings) -> int:
    """0 when one fits, 1 when none does; why is told either way."""
    system, _, code = args.code.rpartition("|")
    insured = Insured(args.member, (), PayerId(args.payer) if args.payer else None)
    billed = Billed(
        Code(system, code), Period(args.on, args.on), args.units, args.npi, tuple(args.modifier), args.place
    )
    deps = open_house(settings, noted="command authorizations match")
    with closing(deps.store):
        found = match_authorization(deps, _operator(deps), insured, billed)
        told = (*found.fitting, *found.near)
        note_look(deps, (_subject(one.authorization) for one in told))
    for one in told:
        print(_match(one))
    print(_why(found.hindrances), end="", file=sys.stdout if found.fitting else sys.stderr)
    return 0 if found.fitting else 1


def _operator(deps: Deps) -> Caller:
    return insider(OPERATOR, "Command line", payers_on_file(deps))


def _subject(found: Authorization) -> Subject:
    return Subject(found.payer_id, MemberId(found.member_id), found.case_id, found.version)


def _match(one: Match) -> str:
    return f"{_told(one.authorization)}  {' '.join(one.hindrances) or 'fits'}"


def _told(found: Authorization) -> str:
    codes = "/".join(code.code for code in found.service.codes)
    days = f"{found.period.start or '...'} to {found.period.end or '...'}"
    units = f"{found.remaining:f} of {found.opening.value:f} units remain"
    who = f"for {' '.join(sorted(found.npis)) or 'any provider'}"
    return (
        f"{found.number or '(no number)'}  {codes}  {days}  {units}  {who}  case {found.case_id} line {found.sequence}"
    )


def _use(use: Use) -> str:
    back = f"  taken back {use.reversed_at:%Y-%m-%d} by {use.reversed_by}" if use.reversed_at else ""
    return f"  {use.served_on}  {use.units:f}  {use.npi}  {use.use_id}  recorded by {use.recorded_by}{back}"


def _why(hindrances: tuple[Hindrance, ...]) -> str:
    return "".join(f"{each}: {SENTENCES[each]}\n" for each in hindrances)

"""`fhir-um fake-payer`: a payer to test an EHR with, that answers PAS and CRD by a rule file.

Must not know our own server: it shares nothing with it.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

from fhir_um import clock
from fhir_um.commands.plainly import on_one_line, plainly
from fhir_um.commands.typed import port_number, seconds
from fhir_um.replaying.guarding import readable
from fhir_um.settings import Settings
from fhir_um.simulators.listening import LOOPBACK, Asked, Told
from fhir_um.simulators.payer import BASES, FakePayer
from fhir_um.simulators.payer_rules import DEFAULT, RulesFault, read_rules

PORT = 8090
_EPILOG = """Examples:
  fhir-um fake-payer                                 answer by the default rules
  fhir-um fake-payer rules > my-rules.yaml           print the default rules, commented, to begin with
  fhir-um fake-payer --rules my-rules.yaml           answer by your own
  fhir-um fake-payer --rules my-rules.yaml --seed 1  with the same ids and numbers in every run

Everything is kept in memory and gone when it stops. It reads requests leniently: whether they are right,
`python -m profiles check` tells. It asks no EHR for anything. For tests only: no token is asked for.
docs/simulators.md tells more."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `fake-payer` to the command line."""
    parser = subparsers.add_parser(
        "fake-payer",
        help="play a payer that answers by a rule file, to test an EHR",
        description="Plays a payer: answers Claim/$submit, Claim/$inquire, Subscriptions and hooks by a rule file, in "
        "both versions of PAS and CRD.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", nargs="?", choices=("serve", "rules"), default="serve", help="serve, or print rules")
    parser.add_argument("--port", type=port_number, default=PORT, help=f"where it listens ({PORT}; 0: a free port)")
    parser.add_argument("--host", default=LOOPBACK, help=f"the address it listens at ({LOOPBACK})")
    parser.add_argument("--public-url", metavar="URL", default="", help="how the EHR reaches it, if otherwise")
    parser.add_argument("--rules", metavar="FILE", type=Path, default=DEFAULT, help="the rules (built in)")
    parser.add_argument("--seed", metavar="TEXT", default="", help="make the same ids and numbers in every run")
    parser.add_argument("--for", dest="stop_after", metavar="SECONDS", type=seconds, help="stop after as long")
    parser.add_argument("--verbose", action="store_true", help="tell whole requests and answers, health data and all")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Answer until stopped; 2 when the rules cannot be used, 1 when the port cannot be had."""
    if args.action == "rules":
        print(DEFAULT.read_text("utf-8"), end="")
        return 0
    try:
        payer = FakePayer(
            read_rules(args.rules),
            clock.now,
            clock.new_id,
            port=args.port,
            host=args.host,
            seed=args.seed,
            public_url=args.public_url,
            heard=_teller(args.verbose),
        )
    except RulesFault as fault:
        print(fault, file=sys.stderr)
        return 2
    except OSError as fault:
        print(f"{args.host}:{args.port} cannot be listened at: {fault.strerror}. Give another --port.", file=sys.stderr)
        return 1
    with payer:
        print(f"A payer that nobody works with, kept in memory; rules of {args.rules.name}.")
        for version, base in BASES.items():
            hooks = base.replace("/fhir", "/cds-services")
            print(f"  PAS {version}   {payer.url}{base}\n  CRD {version}   {payer.url}{hooks}")
        print("Stop with Ctrl-C.", flush=True)
        Event().wait(args.stop_after)
    return 0


def _teller(verbose: bool) -> Callable[[Asked, Told], None]:
    """Tells each thing that comes, with the time; of whom it is only when asked to."""

    def tell(asked: Asked, told: Told) -> None:
        place = asked.path if verbose else "/".join(part for part in asked.path.split("/") if not _is_id(part))
        print(f"{clock.now():%H:%M:%S} {on_one_line(f'{asked.method} {place}')}: {told.status}", flush=True)
        if verbose:
            said = f"  > {readable(asked.body)}\n  < {readable(told.body)}"
            print(plainly(said), flush=True)

    return tell


def _is_id(part: str) -> bool:
    """True for a part of a path that is neither a type, nor an operation, nor a base."""
    return any(letter.isdigit() for letter in part) and part != "2.0.1"

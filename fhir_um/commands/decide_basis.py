"""What a decision at the command line rests on: its options, and the JSON they stand for.

Must not know what a decision needs; the server tells.
"""

import argparse
import re
from typing import Any

from fhir_um.cases.basis import Reopening
from fhir_um.cases.findings import Truth

_INDEX = re.compile(r"\[\d+\]")


def add_basis(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command line."""
    group = parser.add_argument_group("what the decision rests on")
    group.add_argument(
        "--criterion",
        metavar="ID=TRUTH:WHY",
        type=_reading,
        action="append",
        default=[],
        help=f"how you read a criterion of the policy: {', '.join(Truth)}, and why; may be repeated",
    )
    group.add_argument(
        "--considered",
        metavar="ADDRESS",
        action="append",
        help="a fact you weighed: the address of evidence, or request; may be repeated",
    )
    group.add_argument("--missing", metavar="TEXT", action="append", help="what did not come; may be repeated")
    group.add_argument("--alternative", metavar="TEXT", help="what would be covered instead")
    group.add_argument("--exception", metavar="TEXT", help="why you approve although a criterion is not met")
    group.add_argument("--rule", metavar="TEXT", help="the rule of contract or benefit you deny by")
    group.add_argument("--reopening", choices=[why.value for why in Reopening], help="why you reopen")
    group.add_argument(
        "--attest", action="store_true", default=None, help="you are not rewarded for it and have no part in the case"
    )


def readings(args: argparse.Namespace) -> list[dict[str, str]]:
    """The criteria as the decision has them."""
    return list(args.criterion)


def basis(args: argparse.Namespace) -> dict[str, Any]:
    """What was given of the basis."""
    return given(
        considered=args.considered,
        missing=args.missing,
        alternative=args.alternative,
        exception=args.exception,
        rule=args.rule,
        reopening=args.reopening,
        attestation=args.attest,
    )


def given(**values: Any) -> dict[str, Any]:
    """What is not None."""
    return {name: value for name, value in values.items() if value is not None}


def _reading(text: str) -> dict[str, str]:
    name, _, rest = text.partition("=")
    truth, _, why = rest.partition(":")
    if not name or truth not in set(Truth) or not why:
        raise argparse.ArgumentTypeError(f"write ID=TRUTH:WHY, with TRUTH one of {', '.join(Truth)}")
    return {"id": name, "truth": truth, "reason": why}


_OPTIONS = (
    ("basis.considered", "--considered"),
    ("basis.missing", "--missing"),
    ("basis.alternative", "--alternative"),
    ("basis.exception", "--exception"),
    ("basis.rule", "--rule"),
    ("basis.reopening", "--reopening"),
    ("basis.attestation", "--attest"),
    ("criteria", "--criterion"),
    ("authorized.quantity", "--units"),
    ("documents", "--document"),
    ("reviewer.npi", "--npi"),
    ("reviewer.specialty", "--specialty"),
    ("text", "--text"),
    ("reason", "--reason"),
)


def option_of(path: str) -> str:
    """The option that stands for that place of a decision; the place itself where none does.

    >>> option_of("lines[0].basis.alternative"), option_of("lines[0]")
    ('--alternative', 'lines[0]')
    """
    bare = _INDEX.sub("", path)
    return next((option for place, option in _OPTIONS if bare == place or f".{place}" in bare), path)

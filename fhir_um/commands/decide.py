"""`fhir-um decide`: a person's decision on a pended line, made at the command line of the machine that has the store.

Must not know which moves are legal: it says the same as `POST /um/v1/cases/{id}/decisions` and meets the same rules.
"""

import argparse
import sys
from typing import Any

import msgspec

from fhir_um.settings import Settings

_EPILOG = """examples:
  fhir-um decide CASE --version 1 --role nurse --reviewer n-17 --line 1 --action approve --reason criteria-met
  fhir-um decide CASE --version 2 --role physician --reviewer d-3 --npi 1999999992 --line 2 --action deny-clinical \\
      --reason not-necessary --text "Conservative treatment for six weeks has not been tried."
  fhir-um decide CASE --body decision.json       (the same JSON the HTTP interface takes)

The version is the one you read: when somebody changed the case meanwhile, nothing happens and you are told."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `decide` to the command line."""
    parser = subparsers.add_parser(
        "decide",
        help="decide a pended line of a case",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("case", metavar="CASE", help="the case id")
    parser.add_argument("--body", metavar="FILE", type=argparse.FileType("rb"), help="a whole decision as JSON")
    parser.add_argument("--version", type=int, help="the case version the decision was made on")
    parser.add_argument("--role", help="the role you act in, for example nurse or physician")
    parser.add_argument("--reviewer", metavar="ID", help="who you are")
    parser.add_argument("--npi", default="", help="your NPI; needed for a clinical denial or reduction")
    parser.add_argument("--specialty", help="your specialty, a NUCC taxonomy code")
    parser.add_argument("--line", metavar="N", type=int, action="append", help="the line; may be repeated")
    parser.add_argument("--action", help="approve, modify, deny-clinical, deny-administrative, refer-physician, ...")
    parser.add_argument("--reason", help="our reason code, for example criteria-met")
    parser.add_argument("--text", default="", help="the reason in words the member and provider will read")
    parser.add_argument("--units", help="with modify: how many are authorized")
    parser.add_argument("--from", dest="start", metavar="DATE", help="first authorized day")
    parser.add_argument("--to", dest="end", metavar="DATE", help="last authorized day")
    parser.add_argument(
        "--document", metavar="LOINC=LABEL", action="append", default=[], help="with request-information: what to send"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Decide; 0 when done, 1 when refused."""
    from fhir_um.api.rulings import read_decision
    from fhir_um.api.views import case_view
    from fhir_um.auth.guard import insider
    from fhir_um.cases.model import CaseId
    from fhir_um.deps import make_deps
    from fhir_um.errors import Refusal
    from fhir_um.usecases.decide_case import decide_case
    from fhir_um.usecases.see_directory import payers_on_file

    deps = make_deps(settings)
    try:
        version, decider, rulings = read_decision(_body(args))
        operator = insider("command-line", "Command line", payers_on_file(deps))
        case = decide_case(deps, operator, CaseId(args.case), version, decider, rulings)
    except Refusal as refusal:
        for issue in refusal.issues:
            print(f"{issue.path}: {issue.text}" if issue.path else issue.text, file=sys.stderr)
        return 1
    print(msgspec.json.format(msgspec.json.encode(case_view(case))).decode())
    return 0


def _body(args: argparse.Namespace) -> bytes:
    if args.body:
        with args.body as file:
            content: bytes = file.read()
            return content
    reviewer = _given(id=args.reviewer, npi=args.npi, specialty=args.specialty)
    decision = _given(version=args.version, role=args.role, reviewer=reviewer, lines=_lines(args))
    return msgspec.json.encode(decision)


def _lines(args: argparse.Namespace) -> list[dict[str, Any]]:
    documents = [dict(zip(("loinc", "label"), text.split("=", 1), strict=False)) for text in args.document]
    authorized = _given(
        quantity=_given(value=args.units) or None,
        period=_given(start=args.start, end=args.end) or None,
    )
    ruling = _given(
        action=args.action,
        reason=args.reason,
        text=args.text,
        authorized=authorized or None,
        documents=documents or None,
    )
    return [{"sequence": sequence} | ruling for sequence in args.line or ()]


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}

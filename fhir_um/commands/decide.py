"""`fhir-um decide`: a person's decision on a pended line, made at the command line of the machine that has the store.

Must not know which moves are legal: it says the same as `POST /um/v1/cases/{id}/decisions` and meets the same rules.
"""

import argparse
import sys
from typing import Any

import msgspec

from fhir_um.api.plain_words import hard_to_read
from fhir_um.api.rulings import read_decision
from fhir_um.api.views import case_view
from fhir_um.auth.guard import insider
from fhir_um.cases.auditing import subject_of
from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.lifecycle import RulingAction
from fhir_um.cases.model import PENDED, Case, CaseId
from fhir_um.cases.reasons import ADMINISTRATIVE_DENIALS, CLINICAL_DENIALS, Reason
from fhir_um.cases.roles import REVIEWERS
from fhir_um.commands.decide_basis import add_basis, basis, given, option_of, readings
from fhir_um.commands.opening import open_house
from fhir_um.commands.telling import open_line, tell_case, wrapped
from fhir_um.commands.typed import day, whole_number
from fhir_um.deps import Deps
from fhir_um.errors import Refusal
from fhir_um.settings import Settings
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.open_evidence import open_evidence
from fhir_um.usecases.read_case import list_work, read_case
from fhir_um.usecases.see_directory import payers_on_file

_MOST_LISTED = 50
_NEEDED = ("version", "role", "reviewer", "line", "action", "reason")


def _reasons(title: str, reasons: frozenset[Reason]) -> str:
    return "\n".join(wrapped(f"{title}: {', '.join(sorted(reasons))}", 2))


_EPILOG = f"""how a reviewer works:
  fhir-um decide                 what waits, most urgent first
  fhir-um decide CASE            one case: lines, findings, deadlines
  fhir-um decide CASE --open --role nurse --reviewer n-17
                                 opens the evidence; nobody approves or denies before that
  fhir-um decide CASE --version 1 --role nurse --reviewer n-17 --line 1 --action approve --reason criteria-met \\
      --criterion "spo2=met:88 percent at rest in the letter of 3 March"
  fhir-um decide CASE --version 2 --role physician --reviewer d-3 --npi 1999999992 --line 2 --action deny-clinical \\
      --reason not-necessary --text "Conservative treatment for six weeks has not been tried." \\
      --considered request --alternative "Six weeks of physical therapy are covered." --attest
  fhir-um decide CASE --version 2 --role physician --reviewer d-3 --npi 1999999992 --line 3 --action modify \\
      --reason qty-reduced --units 12 --unit visits --text "Twelve visits, then a new look at progress." \\
      --considered request --alternative "More can be asked for with a measure of progress." --attest
  fhir-um decide CASE --body decision.json       (the same JSON the HTTP interface takes)

The version is the one you read: when somebody changed the case meanwhile, nothing happens and you are told.

reasons:
{_reasons("to deny or reduce clinically (a physician, with --npi and --text)", CLINICAL_DENIALS)}
{_reasons("to deny as benefit or contract (with --text)", ADMINISTRATIVE_DENIALS)}
{_reasons("otherwise", frozenset(Reason) - CLINICAL_DENIALS - ADMINISTRATIVE_DENIALS)}"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `decide` to the command line."""
    parser = subparsers.add_parser(
        "decide",
        help="see what waits for a person, and decide it",
        description="Lists what waits for a person, shows one case, or decides lines of it, in the store of this "
        "machine and under the same rules as over HTTP.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("case", metavar="CASE", nargs="?", help="the case id; without one, what waits is listed")
    parser.add_argument("--version", metavar="N", type=whole_number, help="the case version you read and decide on")
    _add_ruling(parser)
    add_basis(parser)
    parser.add_argument("--open", action="store_true", help="open the evidence, in --role as --reviewer, and show it")
    parser.add_argument("--body", metavar="FILE", type=argparse.FileType("rb"), help="the whole decision as JSON")
    parser.add_argument("--json", action="store_true", help="print the case as JSON")
    parser.set_defaults(func=run)


def _add_ruling(parser: argparse.ArgumentParser) -> None:
    roles, actions = sorted(REVIEWERS), [action.value for action in RulingAction]
    parser.add_argument("--role", metavar="ROLE", choices=roles, help=f"the role you act in: {', '.join(roles)}")
    parser.add_argument("--reviewer", metavar="ID", help="who you are")
    parser.add_argument("--npi", default="", help="your NPI; needed for a clinical denial or a reduction")
    parser.add_argument("--specialty", metavar="CODE", help="your specialty, a NUCC taxonomy code")
    parser.add_argument("--line", metavar="N", type=whole_number, action="append", help="the line; may be repeated")
    parser.add_argument("--action", metavar="ACTION", choices=actions, help=", ".join(actions))
    reasons = [reason.value for reason in Reason]
    parser.add_argument("--reason", metavar="REASON", choices=reasons, help="why, one of the reasons below")
    parser.add_argument("--text", default="", help="why, in words that the member and the provider will read")
    parser.add_argument("--units", metavar="N", help="with modify: how many are authorized")
    parser.add_argument("--unit", metavar="UNIT", help="what --units counts (visits); without it, what was asked")
    parser.add_argument("--from", dest="start", metavar="DATE", type=day, help="with modify: the first authorized day")
    parser.add_argument("--to", dest="end", metavar="DATE", type=day, help="with modify: the last authorized day")
    parser.add_argument(
        "--document", metavar="LOINC=LABEL", action="append", default=[], help="with request-information: what to send"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """List, show or decide; 0 when done, 1 when refused, 2 when the decision is not complete."""
    if args.open:
        return _open(args, settings)
    missing = [] if args.body else [name for name in _NEEDED if getattr(args, name) is None]
    deciding = args.body or len(missing) < len(_NEEDED)
    if deciding and (missing or not args.case):
        lacking = ["CASE"] * (not args.case) + [f"--{name}" for name in missing]
        print(f"A decision also needs {', '.join(lacking)}. `fhir-um decide CASE` shows the case.", file=sys.stderr)
        return 2
    if args.unit is not None and args.units is None:
        print("--unit says what --units counts; give both.", file=sys.stderr)
        return 2
    deps = open_house(settings, noted="command decide")
    caller = _operator(deps)
    if not args.case:
        return _list(deps, caller)
    return _decide(args, deps, caller) if deciding else _show(args, deps, caller)


def _operator(deps: Deps) -> Caller:
    return insider("command-line", "Command line", payers_on_file(deps))


def _list(deps: Deps, caller: Caller) -> int:
    cases = list_work(deps, caller, PENDED, _MOST_LISTED)
    note_look(deps, map(subject_of, cases))
    print("\n".join(open_line(case) for case in cases) or "Nothing waits for a person.")
    return 0


def _open(args: argparse.Namespace, settings: Settings) -> int:
    lacking = [name for name in ("case", "role", "reviewer") if not getattr(args, name)]
    if lacking:
        words = ", ".join("CASE" if name == "case" else f"--{name}" for name in lacking)
        print(f"To open the evidence also give {words}.", file=sys.stderr)
        return 2
    deps = open_house(settings, noted="command decide")
    decider = Decider(args.reviewer, args.role, human=True, npi=args.npi)
    try:
        case = open_evidence(deps, _operator(deps), CaseId(args.case), decider)
    except Refusal as refusal:
        print("\n".join(issue.text for issue in refusal.issues), file=sys.stderr)
        return 1
    _tell(case, args.json)
    return 0


def _show(args: argparse.Namespace, deps: Deps, caller: Caller) -> int:
    case = read_case(deps, caller, CaseId(args.case))
    note_look(deps, (subject_of(case),))
    _tell(case, args.json)
    return 0


def _decide(args: argparse.Namespace, deps: Deps, caller: Caller) -> int:
    try:
        version, decider, rulings = read_decision(_body(args))
        case = decide_case(deps, caller, CaseId(args.case), version, decider, rulings)
    except Refusal as refusal:
        print("Nothing was decided.", file=sys.stderr)
        for issue in refusal.issues:
            place = issue.path if args.body else option_of(issue.path or "")
            print(f"{place}: {issue.text}" if place else issue.text, file=sys.stderr)
        return 1
    warnings = hard_to_read(rulings)
    for warning in warnings:
        print(f"{warning['path']}: {warning['text']}", file=sys.stderr)
    _tell(case, args.json, warnings=warnings)
    return 0


def _tell(case: Case, as_json: bool, **beside: Any) -> None:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(case_view(case) | beside)).decode())
    else:
        print("\n".join(tell_case(case)))


def _body(args: argparse.Namespace) -> bytes:
    if args.body:
        with args.body as file:
            content: bytes = file.read()
            return content
    reviewer = given(id=args.reviewer, npi=args.npi, specialty=args.specialty)
    decision = given(version=args.version, role=args.role, reviewer=reviewer, lines=_lines(args))
    return msgspec.json.encode(decision)


def _lines(args: argparse.Namespace) -> list[dict[str, Any]]:
    documents = [dict(zip(("loinc", "label"), text.split("=", 1), strict=False)) for text in args.document]
    authorized = given(
        quantity=given(value=args.units, unit=args.unit) or None,
        period=given(start=args.start, end=args.end) or None,
    )
    ruling = given(
        action=args.action,
        reason=args.reason,
        text=args.text,
        authorized=authorized or None,
        documents=documents or None,
        criteria=readings(args) or None,
        basis=basis(args) or None,
    )
    return [{"sequence": sequence} | ruling for sequence in args.line or ()]

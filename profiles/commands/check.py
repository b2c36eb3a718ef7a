"""`python -m profiles check FILE...`: is this what its profiles, or a PAS server, ask for? Knows only the options."""

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from profiles.commands.guides import NEWEST_PAS, UnknownGuide, add_definitions, package_of
from profiles.commands.judging import Check, State, as_request, by_profiles, judge
from profiles.commands.messages import Message, messages_in
from profiles.commands.progress import Progress
from profiles.commands.report import FINDING, REFUSAL, SHOWN, JsonReport, Totals, lines_of
from profiles.rules import GUIDES, VERSIONS
from profiles.site import SiteFault, library_with, tables_of
from profiles.strictness import Strictness
from profiles.validating.validator import UnknownProfile, Validator

MANY = 20
"""With more files than that, clean ones are only counted, and a bar shows how far the work is."""

_DESCRIPTION = """Holds FHIR R4 resources in JSON, Bundles or single ones, against FHIR, the profiles they claim and
those given. Every fault is told with its place in the file, the rule and the profile that makes it."""

_EPILOG = """exit code: 0 no errors, 1 errors, 2 a file that cannot be read, or a wrong option

examples:
  python -m profiles check request.json               as Da Vinci PAS, newest version, means it
  python -m profiles check --guide us-core-6.1.0 folder
  python -m profiles check --profile http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient patient.json
  python -m profiles check --request 2.2.1 request.json        what the server would say to $submit
  generate | python -m profiles check --format json -"""


class _WrongOption(Exception):
    """Options that make no sense; the message says what to do."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `check`."""
    parser = commands.add_parser(
        "check",
        help="check FHIR resources against their profiles",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = "a file, a folder (every *.json in it), or - for standard input"
    parser.add_argument("files", nargs="+", metavar="FILE", help=what)
    _add_what(parser)
    _add_request(parser)
    _add_how(parser)
    parser.set_defaults(run=run)


def _add_what(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to check against")
    group.add_argument(
        "--profile",
        action="append",
        default=[],
        metavar="URL",
        help="a profile every file must meet, besides those it claims; may be given more than once",
    )
    group.add_argument(
        "--guide",
        metavar="NAME",
        help="the guide that says which versions are meant, such as pas-2.0.1 or us-core-7.0.0 (default: pas, its "
        "newest version); `python -m profiles guides` lists them",
    )
    add_definitions(group)
    group.add_argument("--code-tables", type=Path, metavar="FOLDER", help="tables of codes (*.csv) no package lists")


def _add_request(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the server would say")
    group.add_argument("--request", choices=VERSIONS, metavar="VERSION", help="check PAS requests: 2.2.1 or 2.0.1")
    group.add_argument("--inquiry", action="store_true", help="they are for $inquire, not for $submit")
    group.add_argument(
        "--mode",
        choices=tuple(mode.value for mode in Strictness),
        metavar="MODE",
        help="how strict the server is: strict (default), lenient or off",
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how to tell it")
    group.add_argument("--format", choices=("text", "json"), default="text", help="json tells all there is to tell")
    group.add_argument(
        "--show",
        choices=tuple(SHOWN),
        default="warnings",
        help="errors; warnings (and errors, the default); all: also notes, such as what could not be checked",
    )


def run(options: argparse.Namespace) -> int:
    """0 when every message is without error, 1 when one is not, 2 when one cannot be read or the options are wrong."""
    try:
        check = _check(options)
    except (_WrongOption, SiteFault, UnknownGuide) as fault:
        return _stopped(fault)
    messages = messages_in(options.files)
    if not messages:
        return _stopped("there is no *.json file in what you named.")
    try:
        return _json(messages, check, options) if options.format == "json" else _text(messages, check, options)
    except UnknownProfile as fault:
        return _stopped(f"no definition of {fault} is at hand; is it of another guide (--guide, --definitions)?")


def _check(options: argparse.Namespace) -> Check:
    if options.request is None and (options.inquiry or options.mode):
        raise _WrongOption("--inquiry and --mode go with --request VERSION.")
    if options.request and (options.guide or options.profile):
        raise _WrongOption("--request has its guide and profile already; leave --guide and --profile out.")
    library, tables = library_with(options.definitions), tables_of(options.code_tables)
    if options.request:
        validator = Validator(library, GUIDES[options.request], tables)
        return as_request(validator, options.request, options.inquiry, Strictness(options.mode or Strictness.STRICT))
    validator = Validator(library, package_of(library, options.guide or NEWEST_PAS), tables)
    now = datetime.now(UTC)  # noqa: TID251 a command stands in real time, and has no other door to it
    return by_profiles(validator, tuple(options.profile), now)


def _text(messages: list[Message], check: Check, options: argparse.Namespace) -> int:
    totals = Totals()
    is_many = len(messages) > MANY
    progress = Progress(sys.stderr, len(messages), is_many and sys.stderr.isatty())
    for message in messages:
        judged = judge(message, check)
        totals.add(judged)
        if not is_many or judged.state is not State.CLEAN:
            progress.clear()
            _write(lines_of(judged, SHOWN[options.show], REFUSAL if options.request else FINDING))
        progress.step()
    progress.clear()
    if len(messages) > 1:
        _write(("", *totals.lines()))
    return totals.exit_code


def _json(messages: list[Message], check: Check, options: argparse.Namespace) -> int:
    totals = Totals()
    report = JsonReport(sys.stdout, _about(options))
    for message in messages:
        judged = judge(message, check)
        totals.add(judged)
        report.add(judged)
    report.end(totals)
    return totals.exit_code


def _about(options: argparse.Namespace) -> dict[str, object]:
    if options.request:
        return {"request": options.request, "inquiry": options.inquiry, "mode": options.mode or Strictness.STRICT}
    library = library_with(options.definitions)
    return {"guide": package_of(library, options.guide or NEWEST_PAS), "profiles": options.profile}


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")


def _stopped(why: object) -> int:
    sys.stderr.write(f"python -m profiles check: {why}\n")
    return 2

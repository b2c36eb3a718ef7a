"""`fhir-um conformance run`: runs suites against a server, shows how far it is, and writes the report.

Must not know what a suite holds, or how a report looks.
"""

import argparse
import os
import sys
from pathlib import Path

from fhir_um.commands.conformance_telling import Teller, told
from fhir_um.conformance.client_profile import ProfileFault, make_tester, read_profile
from fhir_um.conformance.credentials import Credentials
from fhir_um.conformance.hiding import Secrets
from fhir_um.conformance.listening import Ear
from fhir_um.conformance.reporting import REPORT, write_report
from fhir_um.conformance.running import Run, concerns, run_suites
from fhir_um.conformance.stage import BrokenOff, Suite
from fhir_um.conformance.staging import House
from fhir_um.conformance.suites import SUITES
from fhir_um.conformance.tester import Tester
from fhir_um.conformance.wire import Sending, Transport, Wire
from fhir_um.settings import Settings

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FOLDER = Path("conformance-report")
PASSED, NOT_PASSED, NOT_RUN = 0, 1, 2

_EPILOG = """Examples:
  fhir-um conformance run
  fhir-um conformance run --server https://pas.example.org --profile client.yaml --suite pas-2.2.1
  fhir-um conformance run --suite crd-2.2.1 --only crd.discovery --report /tmp/discovery
  fhir-um conformance run --quiet --report out && echo conforms

Exit code 0: every check that is insisted on (SHALL, SHALL NOT, expected) was passed, or is left out by the profile with
a reason. 1: not so. 2: asked wrongly, a profile that cannot be used, or nobody answers at the server.
The report is a folder: report.html to read, report.json for programs, junit.xml for CI, exchanges/ message by
message."""


class NotRun(Exception):
    """There is no run; the text says why."""


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `run` to `fhir-um conformance`."""
    parser = verbs.add_parser(
        "run",
        help="run the suites against a server and write a report",
        description="Plays the scenes of each suite against a server and judges what it answered.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--server", metavar="URL", help="the server (default: that of the profile, else on this machine)"
    )
    add_choice(parser)
    parser.add_argument("--profile", metavar="FILE", type=Path, help="a client profile (fhir-um conformance profile)")
    parser.add_argument("--report", metavar="FOLDER", type=Path, default=FOLDER, help=f"default: ./{FOLDER}")
    parser.add_argument("--list", action="store_true", help="list the checks that would be made, and stop")
    parser.add_argument("--quiet", action="store_true", help="show no progress, only the summary")
    parser.add_argument("--fixtures", metavar="DIR", type=Path, default=FIXTURES, help="where the stories are kept")
    parser.set_defaults(func=run)


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Which suites, and which of their checks."""
    parser.add_argument(
        "--suite",
        action="append",
        metavar="NAME",
        choices=tuple(SUITES),
        help=f"one of {', '.join(SUITES)}; again for more",
    )
    parser.add_argument(
        "--only",
        metavar="CHECK",
        default="",
        help="report this check or area only (pas.submit, or a pattern: '*.valid')",
    )


def chosen(args: argparse.Namespace) -> tuple[Suite, ...]:
    """The suites asked for, in their order. Raises: NotRun when no check of theirs is."""
    suites = tuple(suite for name, suite in SUITES.items() if not args.suite or name in args.suite)
    if not any(concerns(check.id, args.only) for suite in suites for check in suite.checks):
        raise NotRun(f"No check is called {args.only}; `fhir-um conformance list` names them all.")
    return suites


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run; 0 when all is passed that is insisted on, 1 when not, 2 when there was no run."""
    try:
        suites = chosen(args)
        if args.list:
            print("\n".join(told(suites, args.only)))
            return PASSED
        tester = _tester(args, settings)
        _demand_folders(args)
        ended = _run(suites, tester, args)
    except (NotRun, ProfileFault) as fault:
        print(fault, file=sys.stderr)
        return NOT_RUN
    try:
        write_report(ended, args.report)
    except OSError as fault:
        print(f"The report cannot be written: {fault.filename or args.report}: {fault.strerror}.", file=sys.stderr)
        return NOT_RUN
    print(f"\nThe report: {args.report / REPORT}")
    return PASSED if ended.passed else NOT_PASSED


def _tester(args: argparse.Namespace, settings: Settings) -> Tester:
    """Raises: NotRun when `--server` is empty, as a variable that nobody set is: no other server is meant."""
    if args.server == "":
        raise NotRun("--server is empty; it takes the address of a server.")
    if args.profile:
        return read_profile(args.profile, args.server or "")
    return make_tester({"server": args.server or settings.base_url}, "--server")


def _demand_folders(args: argparse.Namespace) -> None:
    """Before anything is sent. Raises: NotRun when there are no stories, or no report can be written."""
    if not (args.fixtures / "stories").is_dir():
        raise NotRun(f"--fixtures: there are no stories in {args.fixtures}.")
    try:
        args.report.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise NotRun(f"--report: no report can be written into {args.report}: {fault.strerror}.") from fault
    if not os.access(args.report, os.W_OK):
        raise NotRun(f"--report: {args.report} may not be written into.")


def _run(suites: tuple[Suite, ...], tester: Tester, args: argparse.Namespace) -> Run:
    """Raises: NotRun when nobody answers, or nobody can listen."""
    wire = Wire(tester.timeout_seconds, tester.ca_file, tester.proxy)
    _demand_answer(tester, wire)
    credentials = Credentials(tester, wire, os.environ)  # noqa: TID251 the profile names variables of the tester's own
    teller = Teller(sys.stdout, is_quiet=args.quiet)
    try:
        ear = Ear(tester.listen, credentials.published_keys)
    except OSError as fault:
        where = f"{tester.listen.host}:{tester.listen.port}"
        raise NotRun(f"Nobody can listen at {where}: {fault.strerror}. `listen` in the profile says where.") from fault
    with ear:
        credentials.keys_url = ear.keys_url
        _demand_credentials(suites, tester, credentials)
        house = House(wire, credentials, ear, Secrets(), args.fixtures / "stories")
        ended = run_suites(suites, tester, house, teller.tell, args.only)
    wire.close()
    teller.summary(ended, args.report)
    return ended


def _demand_credentials(suites: tuple[Suite, ...], tester: Tester, credentials: Credentials) -> None:
    """Every client of the profile shows who it is, once. Raises: NotRun when one cannot: nothing would be answered."""
    base, hooks = (tester.base(f"{guide}-{suites[0].version}") for guide in ("pas", "crd"))
    for name in ("", *tester.clients):
        try:
            credentials.fhir(name, base)
            credentials.hook(name, hooks)
        except BrokenOff as broken:
            where = f"clients.{name}" if name else "authentication"
            raise NotRun(f"{where} of the profile: {broken}.") from broken


def _demand_answer(tester: Tester, transport: Transport) -> None:
    got = transport(Sending("GET", f"{tester.server}/", {"Accept": "*/*"}))
    if not got.status:
        raise NotRun(f"Nobody answers at {tester.server}: {got.why}. `make run` starts a server to try it on.")

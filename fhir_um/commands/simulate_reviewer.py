"""`fhir-um simulate-reviewer`: decides what waits, by rules, through the same interface a payer's own systems use.

For testers who walk the asynchronous flow with nobody at the desk. It is a client: the server does not know it from
a person, and holds it to the same roles, moves and versions.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import requests

from fhir_um.commands.reviewing import APPROVING, Reviewer, RulesFault, read_rules
from fhir_um.commands.typed import seconds
from fhir_um.settings import Settings

_TIMEOUT_SECONDS = 30
_LOOKS_EVERY_SECONDS = 0.5
_MOST_CASES = 200
_OK, _CONFLICT, _TOO_LATE = 200, 409, 412

_EPILOG = """Without --rules it sends what waits with intake to a nurse, and approves what waits for a nurse or a
physician; what waits for documents goes on waiting. A rule file says otherwise, line by line, first fit first:

  rules:
    - {service: E0601, state: nurse-review, action: request-information, reason: need-patient-info,
       text: The sleep study is missing from the record., documents: [{loinc: 28563-5, label: Sleep study}]}
    - {service: E0601, action: approve, reason: criteria-met, after: 2}
    - {service: K0861, action: deny-administrative, reason: not-covered, text: This group is excluded by the plan.}
    - {service: "97110", action: modify, reason: qty-reduced, units: "12", unit: visits,
       text: Twelve visits first and then a new look at progress.}

Each rule acts once on a line. For the sandbox and for tests; never run it against real requests."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `simulate-reviewer` to the command line."""
    parser = subparsers.add_parser(
        "simulate-reviewer",
        help="decide what waits, by rules, as a tester's stand-in for a person",
        description="Looks every half second at what waits for a person on a running server and decides it\nby rules, "
        "through /um/v1 like any payer's system.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--server", metavar="URL", help="the server (default: as the settings say, on this machine)")
    parser.add_argument(
        "--after", metavar="SECONDS", type=seconds, default=10.0, help="how long a line waits before it is decided (10)"
    )
    parser.add_argument("--rules", metavar="FILE", type=Path, help="what to decide, as YAML (see below)")
    parser.add_argument("--for", dest="stop_after", metavar="SECONDS", type=seconds, help="stop after as long")
    parser.add_argument("--token-file", metavar="FILE", type=Path, help="a bearer token for a guarded server")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Decide until stopped; 0 at the end, 1 when the server cannot be worked with, 2 for rules that cannot be read."""
    try:
        rules = read_rules(args.rules) if args.rules else APPROVING
    except RulesFault as fault:
        print(fault, file=sys.stderr)
        return 2
    server = (args.server or settings.base_url).rstrip("/")
    print(f"Deciding what waits at {server}, {args.after:g} s after it came. Stop with Ctrl-C.", flush=True)
    with requests.Session() as session:
        if args.token_file:
            session.headers["Authorization"] = f"Bearer {args.token_file.read_text('utf-8').strip()}"
        return _work(_Desk(session, f"{server}/um/v1/cases"), Reviewer(rules, args.after), args.stop_after)


def _work(desk: "_Desk", reviewer: Reviewer, stop_after: float | None) -> int:
    end = time.monotonic() + stop_after if stop_after is not None else None
    while end is None or time.monotonic() < end:
        try:
            desk.look(reviewer)
        except _Trouble as trouble:
            print(trouble, file=sys.stderr)
            return 1
        except requests.RequestException as fault:
            print(f"Nobody answers at {desk.cases} ({type(fault).__name__}).", file=sys.stderr)
            return 1
        time.sleep(_LOOKS_EVERY_SECONDS)
    return 0


class _Trouble(Exception):
    """The server answered what a reviewer cannot work with."""


class _Desk:
    """The cases of a server, over HTTP."""

    def __init__(self, session: requests.Session, cases: str) -> None:
        self.cases = cases
        self._session = session

    def look(self, reviewer: Reviewer) -> None:
        """One look at everything that waits, and a decision on what is ripe."""
        for row in self._read(f"{self.cases}?limit={_MOST_CASES}")["cases"]:
            case = self._read(f"{self.cases}/{row['id']}")
            decision = reviewer.decision(case, time.monotonic())
            if decision is not None:
                self._decide(case["id"], decision)

    def _decide(self, case_id: str, decision: dict[str, Any]) -> None:
        """Opens the evidence, as somebody who decides does, and decides."""
        opening = {"role": decision["role"], "reviewer": decision["reviewer"]}
        self._session.post(f"{self.cases}/{case_id}/openings", json=opening, timeout=_TIMEOUT_SECONDS)
        got = self._session.post(f"{self.cases}/{case_id}/decisions", json=decision, timeout=_TIMEOUT_SECONDS)
        for line in decision["lines"]:
            told = f"case {case_id} line {line['sequence']}: {line['action']} ({line['reason']})"
            print(told if got.status_code == _OK else f"{told} was refused: {_why(got)}", flush=True)

    def _read(self, url: str) -> dict[str, Any]:
        got = self._session.get(url, timeout=_TIMEOUT_SECONDS)
        if got.status_code != _OK:
            raise _Trouble(f"{self.cases} answers {got.status_code}: {_why(got)}")
        read: dict[str, Any] = got.json()
        return read


def _why(got: requests.Response) -> str:
    if got.status_code in (_CONFLICT, _TOO_LATE):
        return "somebody else was faster"
    try:
        errors = got.json().get("errors", [])
    except ValueError:
        errors = []
    return " ".join(error.get("detail", "") for error in errors) or got.reason

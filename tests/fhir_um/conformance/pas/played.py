"""Sessions with our own server, played once for each module of tests, and the outcome of checks over them."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace

from fhir_um.commands.demo import FIXTURES
from fhir_um.conformance.client_profile import make_tester
from fhir_um.conformance.credentials import Credentials
from fhir_um.conformance.hiding import Secrets
from fhir_um.conformance.in_process import InProcess
from fhir_um.conformance.judging import judge
from fhir_um.conformance.listening import Ear
from fhir_um.conformance.model import Check, Session, Verdict
from fhir_um.conformance.pas.suite import SUITES_PAS
from fhir_um.conformance.running import SuiteRun, run_suite
from fhir_um.conformance.staging import House
from tests.fhir_um.conformance.house import SERVER, open_office

SUITES = {suite.version: suite for suite in SUITES_PAS}
FEW = (
    *("public-suite", "inquiry-ways", "modified-approval", "several-lines", "pended", "unknown-member"),
    *("answered-in-part", "no-authorization", "another-administrator", "sent-twice", "subscriptions"),
    *("no-requests", "media-types", "addresses", "unusual-requests", "replaced-number", "tokens"),
)
"""Scenes that have something for nearly every check."""


def played(version: str, database_url: str, scenes: Iterable[str] = FEW) -> SuiteRun:
    """Those scenes of the suite, played against our own server in this process."""
    wanted, suite = set(scenes), SUITES[version]
    chosen = replace(suite, scenes=tuple(scene for scene in suite.scenes if scene.name in wanted))
    tester = make_tester({"server": SERVER})
    with open_office(database_url) as office, ExitStack() as stack:
        transport = InProcess(office)
        credentials = Credentials(tester, transport, {})
        ear = stack.enter_context(Ear(tester.listen, credentials.published_keys))
        return run_suite(chosen, tester, House(transport, credentials, ear, Secrets(), FIXTURES / "stories"))


def failed(checks: Iterable[Check], session: Session) -> list[str]:
    """The ids of the checks that found a fault in it."""
    found = {Verdict.FAILED, Verdict.WARNED}
    return [outcome.check.id for outcome in judge(tuple(checks), session) if outcome.verdict in found]

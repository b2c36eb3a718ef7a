"""Servers that answer anything but what is asked for: every check ends in words, none takes garbage for an answer."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fhir_um.commands.conformance_telling import Teller
from fhir_um.commands.demo import FIXTURES
from fhir_um.conformance.guarding import guarded
from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import INSISTED, Exchange, Outcome, Session, Verdict
from fhir_um.conformance.reasons import reasoned
from fhir_um.conformance.reporting import write_report
from fhir_um.conformance.running import run_suites
from fhir_um.conformance.suites import SUITES
from fhir_um.conformance.tester import Tester
from fhir_um.conformance.wire import Got, Sending
from tests.fhir_um.conformance.house import Office, tried
from tests.fhir_um.conformance.playing_for import housed
from tests.fhir_um.conformance.programmes import programme

PLAYED = {"pas-2.2.1": ("approved", "denied", "subscriptions"), "crd-2.2.1": ("discovery", "crd")}
FHIR = {"content-type": "application/fhir+json"}
STEERING = "<script>alert('x')</script>\x1b[2J\x00\u202e]]>"
ODD: tuple[Any, ...] = (
    None,
    [],
    {},
    "",
    -1,
    1.5,
    True,
    "x" * 50,
    STEERING,
    [None],
    [[]],
    [{}],
    {"a": None},
    {"resourceType": 1},
    {"resourceType": ["x"]},
    {"resourceType": "Bundle", "entry": [None, {"resource": None}, {"resource": []}]},
    {"coding": [None]},
    "9999-99-99",
)
DEEP = b'{"resourceType": "Bundle", "entry": ' + b"[" * 400 + b"]" * 400 + b"}"
ENDLESS = b"[" * 100_000


@pytest.fixture(scope="module", params=PLAYED)
def suite(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


SAID: dict[str, Session] = {}


@pytest.fixture
def said(suite: str, office: Office) -> Session:
    """What was said with a good server."""
    if suite not in SAID:
        SAID[suite] = tried(programme(suite, PLAYED[suite]), office).session
    return SAID[suite]


def damaged(body: bytes, chance: random.Random) -> bytes:
    """The same JSON with a few of its values changed, gone, or in a list."""
    content = json.loads(body) if body[:1] in (b"{", b"[") else {}
    for _ in range(chance.choice((1, 2, 5))):
        places = list(_places(content))
        if not places:
            break
        owner, key = chance.choice(places)
        new = chance.choice((*ODD, [owner[key]]))
        owner[key] = json.loads(json.dumps(new))
    return json.dumps(content).encode()


def _places(value: Any) -> Any:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in parts:
        yield value, key
        yield from _places(one)


def with_bodies(session: Session, change: Callable[[bytes], bytes]) -> Session:
    """The same session, in which the server said something else."""

    def changed(each: Exchange) -> Exchange:
        return replace(each, sent=change(each.sent)) if each.came_in else replace(each, body=change(each.body))

    return replace(session, exchanges=tuple(map(changed, session.exchanges)))


def judged(suite: str, session: Session) -> tuple[Outcome, ...]:
    return reasoned(judge([guarded(check) for check in SUITES[suite].checks], session), session)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_damaged_is_judged_in_words(suite: str, said: Session, seed: int) -> None:
    chance = random.Random(seed)

    outcomes = judged(suite, with_bodies(said, lambda body: damaged(body, chance)))

    assert len(outcomes) == len(SUITES[suite].checks)
    assert any(outcome.verdict is Verdict.FAILED for outcome in outcomes)
    faults = [fault for outcome in outcomes for found in outcome.found for fault in found.faults]
    assert all(isinstance(fault.text, str) and fault.text and isinstance(fault.path, str) for fault in faults)


@pytest.mark.parametrize("body", [DEEP, ENDLESS], ids=["deep", "endless"])
def test_what_is_nested_without_end_passes_no_check_of_an_answer(suite: str, said: Session, body: bytes) -> None:
    outcomes = judged(suite, with_bodies(said, lambda _body: body))

    assert passed_by_accident(outcomes) == set()


SAYING_NOTHING = re.compile(
    r"crd\.(transport|asked|errors|hooks)\.|crd\.discovery\.(answered|with-token)"
    r"|crd\.answers\.cards|crd\.coverage\.(not-again|do-not-perform|others-kept)"
    r"|crd\.robustness\.(unreachable-server|user-role)|crd\.options\."
    r"|crd\.coverage\.(hook-type|known|basis|update|no-resource-id|unchanged|no-card|early|own-ids)"
    r"|pas\.http\.|pas\.(submit|inquiry|attachment)\.(taken|time)"
    r"|pas\.subscription\.(created|deleted|updated|gone|refuses-[a-z]+)"
    r"|pas\.submit\.(optional-left-out|unknown-extension|urn-addresses|many-lines|charset|fhir-version)"
    r"|pas\.request\.|pas\.asked\.|pas\.must-support\."
)
"""Checks of a status alone, of what the tester sent, and of what must not be there."""


def passed_by_accident(outcomes: tuple[Outcome, ...]) -> set[str]:
    """Checks that are insisted on, passed, and are about what an answer holds."""
    passed = [each.check for each in outcomes if each.verdict is Verdict.PASSED and each.check.strength in INSISTED]
    return {check.id for check in passed if not SAYING_NOTHING.match(check.id)}


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"<html>", b""])
def test_an_answer_that_says_nothing_passes_no_check_of_what_it_says(suite: str, said: Session, body: bytes) -> None:
    assert passed_by_accident(judged(suite, with_bodies(said, lambda _body: body))) == set()


def test_a_server_whose_every_answer_is_its_own_fault_has_looked_at_no_token(said: Session, suite: str) -> None:
    fault = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "exception"}]}'
    broken = replace(
        said, exchanges=tuple(replace(each, status=500, headers=FHIR, body=fault) for each in said.exchanges)
    )

    by_id = {outcome.check.id: outcome.verdict for outcome in judged(suite, broken)}

    assert by_id.get("crd.signing.checked", Verdict.SKIPPED) is not Verdict.PASSED
    assert by_id.get("pas.http.no-server-fault", Verdict.FAILED) is Verdict.FAILED


def steering(sending: Sending) -> Got:
    """Says what steers terminals and pages, wherever something can be said."""
    content = {
        "resourceType": "Bundle",
        "id": STEERING,
        "entry": [{"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": STEERING, "code": "x"}]}}],
        "services": [{"hook": "order-sign", "id": STEERING, "description": STEERING}],
        "cards": [{"summary": STEERING, "indicator": STEERING, "source": {"label": STEERING}}],
        "echo": sending.headers.get("Authorization", ""),
    }
    headers = {"content-type": STEERING, "location": "http://elsewhere.test/", "set-cookie": "sid=planted-cookie"}
    return Got(200, headers, json.dumps(content).encode(), 1.0)


def test_nothing_a_server_says_steers_a_terminal_or_a_page(tmp_path: Path) -> None:
    tester = Tester(server="http://payer.test", patience_seconds=0)
    told = StringIO()
    teller = Teller(told)
    with housed(steering, FIXTURES / "stories", tester) as house:
        pas = programme(
            "pas-2.2.1", ("public-suite", "refused", "unreadable", "subscriptions", "media-types", "tokens")
        )
        run = run_suites([pas, SUITES["crd-2.2.1"]], tester, house, teller.tell)
    teller.summary(run, tmp_path)
    write_report(run, tmp_path)

    page = (tmp_path / "report.html").read_text()
    assert not run.passed
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", told.getvalue())
    assert "<script" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f]", page)
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().get("failures") != "0"  # noqa: S314 our own
    assert json.loads((tmp_path / "report.json").read_bytes())["passed"] is False
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "planted-cookie" not in written
    assert "eyJ" not in written

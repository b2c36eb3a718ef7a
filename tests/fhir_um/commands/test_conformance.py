"""`fhir-um conformance` on the command line: what is printed, what is written, and what it ends with."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from fhir_um.__main__ import main
from fhir_um.commands import conformance_run
from fhir_um.commands.conformance_telling import Teller
from fhir_um.conformance.client_profile import SANDBOX
from fhir_um.conformance.model import Each, Fault, Strength
from fhir_um.conformance.running import Event, run_suites
from fhir_um.conformance.stage import BrokenOff, Scene, Suite
from fhir_um.conformance.tester import BASES
from fhir_um.simulators.listening import Asked, Listener, Told
from tests.fhir_um.conformance.playing_for import TESTER, answering, check, housed, sending, suite

FAILS = check("tiny.other.fails", judge=Each(("submit",), lambda _each: [Fault("It is wrong.", "Bundle.type")]))
WISH = check("tiny.other.wish", strength=Strength.SHOULD, judge=Each(("submit",), lambda _each: [Fault("A wish.")]))
GOOD, BAD = suite(), replace(suite(check(), FAILS, WISH), name="bad")


@pytest.fixture
def server() -> Iterator[str]:
    def answer(asked: Asked) -> Told:
        return Told(200, b'{"resourceType": "ClaimResponse"}')

    with Listener(answer) as listener:
        yield listener.url


@pytest.fixture(autouse=True)
def suites(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small suites in place of the real ones."""
    known: dict[str, Suite] = {"tiny": GOOD, "bad": BAD}
    monkeypatch.setattr(conformance_run, "SUITES", known)


def run(*words: str) -> int:
    return main(["conformance", *words])


def test_a_run_that_is_passed_ends_with_zero_and_a_report(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", "--server", server, "--suite", "tiny", "--report", str(tmp_path / "out")) == 0

    assert capsys.readouterr().out.splitlines() == [
        "tiny: 1 scene",
        "  scene 1 of 1: asks",
        "  1 exchange; 1 passed",
        "",
        "tiny       1 passed in 0 s",
        f"passed in 0 s at {server}",
        "",
        f"The report: {tmp_path / 'out' / 'report.html'}",
    ]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.html",
        "report.json",
        "junit.xml",
        "exchanges",
    }


def test_a_run_that_is_not_passed_tells_why_and_where(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", "--server", server, "--quiet", "--report", str(tmp_path)) == 1

    told = capsys.readouterr().out
    assert "FAILED bad tiny.other.fails (SHALL): A request is answered with 200 [pas:spec-33]\n" in told
    assert "    It is wrong. (asks/asked at Bundle.type)\n" in told
    assert f"    {tmp_path}/report.html#bad--tiny.other.fails\n" in told
    assert "WARNED bad tiny.other.wish (SHOULD)" in told
    assert "bad        1 passed, 1 failed, 1 warned in 0 s\nNOT PASSED" in told
    assert "scene 1" not in told


def test_only_some_checks_count_when_asked_for(server: str, tmp_path: Path) -> None:
    assert run("run", "--server", server, "--quiet", "--report", str(tmp_path), "--only", "tiny.status") == 0

    content = json.loads((tmp_path / "report.json").read_text())
    assert [[each["id"] for each in one["checks"]] for one in content["suites"]] == [["tiny.status.ok"]] * 2


def test_the_profile_is_used(server: str, tmp_path: Path) -> None:
    profile = tmp_path / "client.yaml"
    profile.write_text(f"server: {server}\nskip: {{tiny.other: not yet}}\n")

    assert run("run", "--profile", str(profile), "--quiet", "--report", str(tmp_path)) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--server", "http://127.0.0.1:1"), "Nobody answers at http://127.0.0.1:1: nobody listens there"),
        (("--server", "payer.test"), "server: payer.test is no address"),
        (("--server", ""), "--server is empty; it takes the address of a server."),
        (("--fixtures", "/none"), "--fixtures: there are no stories in /none."),
        (("--report", "/dev/null/out"), "--report: no report can be written into /dev/null/out: Not a directory."),
        (("--profile", "/none.yaml"), "/none.yaml: No such file"),
        (("--only", "no.such"), "No check is called no.such; `fhir-um conformance list` names them all."),
    ],
)
def test_what_cannot_be_run_ends_with_two(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", *words) == 2

    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("client", "told"),
    [
        ("fhir: {kind: bearer, token_env: NO_TOKEN_HERE}", "there is no token in NO_TOKEN_HERE."),
        ("hooks: {kind: jwt, issuer: us, key_file: none.key}", "none.key: No such file or directory."),
        (
            "fhir: {kind: backend-services, client_id: us, key_file: us.pem}",
            "smart-configuration names no token_endpoint.",
        ),
    ],
)
def test_a_client_that_cannot_show_who_it_is_ends_with_two(
    client: str, told: str, server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "client.yaml"
    profile.write_text(f"server: {server}\nauthentication: {{{client}}}\n")

    assert run("run", "--profile", str(profile), "--report", str(tmp_path)) == 2
    heard = capsys.readouterr()
    assert heard.err.startswith("authentication of the profile: ")
    assert told in heard.err
    assert heard.out == ""


def test_a_port_that_is_taken_ends_with_two(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = tmp_path / "client.yaml"
    profile.write_text(f"server: {server}\nlisten: {{port: {server.rpartition(':')[2]}}}\n")

    assert run("run", "--profile", str(profile)) == 2
    assert "Nobody can listen at 127.0.0.1:" in capsys.readouterr().err


def test_a_suite_nobody_knows_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("run", "--suite", "dtr")

    assert ended.value.code == 2
    assert "choose from" in capsys.readouterr().err


def test_without_a_verb_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run()

    assert ended.value.code == 2
    assert "VERB" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("list",), ("run", "--list")])
def test_checks_are_listed_with_their_requirements(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 0

    assert capsys.readouterr().out.splitlines()[:3] == [
        "tiny: A tiny suite, 1 scene, 1 check",
        "    tiny.status.ok (SHALL): A request is answered with 200 [pas:spec-33, pas-v221:2.1.1.02]",
        "bad: A tiny suite, 1 scene, 3 checks",
    ]


def test_checks_are_listed_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--suite", "bad", "--only", "tiny.other.wish", "--json") == 0

    assert json.loads(capsys.readouterr().out) == {
        "bad": [
            {
                "id": "tiny.other.wish",
                "title": "A request is answered with 200",
                "strength": "SHOULD",
                "requirements": ["pas:spec-33"],
                "public": ["pas-v221:2.1.1.02"],
                "restsOn": [],
            }
        ]
    }
    assert run("list", "--only", "no.such") == 2


def test_the_profile_is_printed_with_every_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("profile") == 0

    printed = capsys.readouterr().out
    assert f"server: {SANDBOX}\n" in printed
    assert all(f"  {suite}: {base}\n" in printed for suite, base in BASES.items())


class Terminal(StringIO):
    """Somewhere that lines can move."""

    def isatty(self) -> bool:
        return True


def breaking(_stage: Any) -> None:
    raise BrokenOff("there was no answer")


def test_on_a_terminal_one_line_moves_and_what_breaks_off_stays() -> None:
    out = Terminal()
    played = suite(scenes=(sending(), Scene("breaks", "It breaks", breaking)))
    with housed(answering()) as house:
        run_suites([played], TESTER, house, Teller(out).tell)

    moved, told = out.getvalue(), out.getvalue().replace("\r\033[K", "\n")
    assert "\r\033[K  ████████████░░░░░░░░░░░░ 1/2 asks" in moved
    assert "  breaks broke off: there was no answer\n" in told
    assert told.endswith("  1 exchange; 1 passed\n")


def test_nothing_is_told_quietly() -> None:
    out = StringIO()
    Teller(out, is_quiet=True).tell(Event("suite", "tiny", of=3))

    assert out.getvalue() == ""


def test_checks_that_were_not_judged_are_told_together(tmp_path: Path) -> None:
    unheard = [check(f"tiny.none.{name}", judge=Each(("notification",), lambda _each: [])) for name in "ab"]
    out = StringIO()
    with housed(answering()) as house:
        Teller(out).summary(run_suites([suite(*unheard)], TESTER, house), tmp_path)

    assert "NOT JUDGED tiny tiny.none.a, tiny.none.b\n    there was no exchange to judge\n" in out.getvalue()

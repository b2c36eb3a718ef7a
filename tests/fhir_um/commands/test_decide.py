"""`fhir-um decide`: the same rules as over HTTP, from the command line."""

import json
import re
from pathlib import Path

import pytest

from fhir_um.__main__ import main
from fhir_um.cases.reasons import Reason
from tests.fhir_um.doors import open_doors

REQUEST = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"


def submitted(body: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A pended case in the database that the command line is told to use."""
    with open_doors(sqlite_url) as client:
        answer = client.post("/fhir/Claim/$submit", data=body.read_bytes(), content_type="application/fhir+json")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    identity: str = answer.json["entry"][0]["resource"]["id"]
    return identity


@pytest.fixture
def case_id(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    return submitted(next(REQUEST.glob("02-*.request.json")), sqlite_url, monkeypatch)


@pytest.fixture
def oxygen_id(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Without the test that the policy wants."""
    body = REQUEST.parent / "pended-for-documents" / "01-submit-without-test.request.json"
    return submitted(body, sqlite_url, monkeypatch)


WHO = ["--role", "physician", "--reviewer", "d-1", "--npi", "1999999992"]
PHYSICIAN = [*WHO, "--line", "1"]
EXCEPTION = "The examination shows the need."


def opened(id: str) -> str:
    assert main(["decide", id, "--open", *WHO]) == 0
    return id


def test_line_is_decided(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--version",
        "1",
        *PHYSICIAN,
        "--action",
        "approve",
        "--reason",
        "criteria-met",
        "--text",
        "Need is shown.",
        "--json",
    ]
    opened(case_id)
    capsys.readouterr()

    assert main(["decide", case_id, *words]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["version"], shown["lines"][0]["state"]) == (2, "approved")


def test_decision_may_come_as_a_file(case_id: str, tmp_path: Path) -> None:
    line = {"sequence": 1, "action": "approve", "reason": "criteria-met", "basis": {"exception": EXCEPTION}}
    body = {"version": 1, "role": "physician", "reviewer": {"id": "d-1", "npi": "1999999992"}, "lines": [line]}
    file = tmp_path / "decision.json"
    file.write_text(json.dumps(body))

    assert main(["decide", opened(case_id), "--body", str(file)]) == 0


def test_nobody_decides_before_the_evidence_was_opened(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--version", "1", *PHYSICIAN, "--action", "approve", "--reason", "criteria-met"]

    assert main(["decide", case_id, *words]) == 1
    assert "open" in capsys.readouterr().err
    assert main(["decide", case_id, "--open", "--role", "nurse"]) == 2
    assert "also give --reviewer" in capsys.readouterr().err


def test_a_criterion_is_read_by_the_person_who_decides(
    oxygen_id: str, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nurse = ["--role", "nurse", "--reviewer", "n-1"]
    words = ["--version", "1", *nurse, "--line", "1", "--action", "approve", "--reason", "criteria-met"]

    assert main(["decide", oxygen_id, "--open", *nurse]) == 0
    assert main(["decide", oxygen_id, *words, "--criterion", "spo2=met:86 percent in the letter of Monday"]) == 0
    with open_doors(sqlite_url) as client:
        (reading,) = client.get(f"/um/v1/cases/{oxygen_id}").json["review"]["readings"]
    assert (reading["criterionId"], reading["truth"]) == ("spo2", "met")
    with pytest.raises(SystemExit):
        main(["decide", oxygen_id, *words, "--criterion", "spo2"])
    assert "write ID=TRUTH:WHY" in capsys.readouterr().err


def test_refusal_is_told(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--version", "7", *PHYSICIAN, "--action", "approve", "--reason", "criteria-met"]

    assert main(["decide", case_id, *words]) == 1
    told = capsys.readouterr().err
    assert "Nothing was decided." in told
    assert "version 7" in told


def test_what_is_missing_is_told_by_its_option(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--version", "1", *PHYSICIAN, "--action", "deny-clinical", "--reason", "not-necessary"]

    assert main(["decide", case_id, *words]) == 1
    told = capsys.readouterr().err
    assert "decide --open" in told
    assert "--text: deny-clinical on line 1: " in told
    assert "--considered: " in told and "--alternative: " in told and "--attest: " in told
    assert "basis." not in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--action", "approve"], "also needs --version, --role, --reviewer, --line, --reason"),
        (["--version", "1", *PHYSICIAN, "--action", "approve"], "also needs --reason"),
    ],
)
def test_what_is_missing_is_named_at_once(
    case_id: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", case_id, *words]) == 2
    assert told in capsys.readouterr().err


def test_unknown_action_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["decide", "7", "--action", "bless"])

    assert stop.value.code == 2
    assert "deny-clinical" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--from", "2026-13-01"], "--from: '2026-13-01' is not a day such as 2026-03-01"),
        (["--version", "0"], "--version: '0' is not a whole number from 1"),
        (["--line", "one"], "--line: 'one' is not a whole number from 1"),
    ],
)
def test_what_was_mistyped_is_told(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["decide", "7", *words])

    assert stop.value.code == 2
    assert told in capsys.readouterr().err


def test_a_decided_case_is_told_with_number_and_period(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--version", "1", *PHYSICIAN, "--action", "approve", "--reason", "criteria-met"]

    assert main(["decide", opened(case_id), *words, "--exception", EXCEPTION]) == 0
    told = capsys.readouterr().out
    assert f"Case {case_id}, version 2: decided" in told
    assert "line 1: approved (authorized as asked) · K0823 · quantity 1 units · number A" in told
    assert re.search(r" from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d$", told, re.MULTILINE)
    assert "    criteria-met\n" in told


THERAPY = REQUEST.parent / "modified-approval" / "01-submit-therapy.request.json"
REDUCED = ["--version", "1", *PHYSICIAN, "--action", "modify", "--reason", "qty-reduced"]
REDUCED += ["--text", "Twelve visits fit the goals that were set."]
REDUCED += ["--considered", "request", "--alternative", "More can be asked for.", "--attest"]


@pytest.fixture
def therapy_id(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A pended case of twenty visits."""
    return submitted(THERAPY, sqlite_url, monkeypatch)


@pytest.mark.parametrize(("words", "unit"), [([], "visits"), (["--unit", "visits"], "visits")])
def test_a_reduced_amount_is_kept_with_its_unit(
    therapy_id: str, words: list[str], unit: str, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", opened(therapy_id), *REDUCED, "--units", "12", *words]) == 0
    assert "line 1: modified (authorized with changes) · 97110 · quantity 20 visits" in capsys.readouterr().out
    with open_doors(sqlite_url) as client:
        told = client.get(f"/fhir/ClaimResponse/{therapy_id}").json
        seen = client.get(f"/um/v1/cases/{therapy_id}").json["lines"][0]["decision"]["authorized"]["quantity"]
    assert told["addItem"][0]["quantity"] == {"value": 12, "unit": unit}
    assert seen == {"value": "12", "unit": unit}


def test_what_was_authorized_is_told_beside_what_was_asked(therapy_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", opened(therapy_id), *REDUCED, "--units", "12"]) == 0
    assert "    authorized: quantity 12 visits\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--units", "20"], "this is an approval"),
        (["--units", "30"], "below the one asked"),
        (["--unit", "visits"], "--unit says what --units counts; give both"),
    ],
)
def test_a_reduction_that_reduces_nothing_is_refused(
    therapy_id: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", opened(therapy_id), *REDUCED, *words]) in {1, 2}
    assert told in capsys.readouterr().err


def test_without_a_case_what_waits_is_listed(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide"]) == 0
    assert capsys.readouterr().out.startswith(f"{case_id}  version 1  due 20")


def test_a_case_alone_is_shown(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", case_id]) == 0

    told = capsys.readouterr().out
    assert f"Case {case_id}, version 1: open" in told
    assert "line 1: physician-review (waits for a physician) · K0823" in told
    assert "policy power-wheelchair" in told


def test_a_case_that_is_not_there_is_told(case_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "none-such"]) == 1
    assert "There is no " in capsys.readouterr().err


def test_help_names_every_reason_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["decide", "--help"])

    listed = re.findall(r"[\w-]+", capsys.readouterr().out.partition("\nreasons:\n")[2])
    assert [reason for reason in Reason if listed.count(reason) != 1] == []

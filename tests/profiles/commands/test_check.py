"""The checker as a command: what is told, and with which exit code."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from profiles.__main__ import main
from profiles.commands.check import MANY

BROKEN = Path(__file__).parents[3] / "fixtures/broken"
CLEAN = '{"resourceType": "Patient",\n "id": "a"}'
FAULTY = '{"resourceType": "Patient",\n "gender": "x"}'
PATIENT = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"

Out = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clean.json").write_text(CLEAN)
    (tmp_path / "deep" / ".hidden").mkdir(parents=True)
    (tmp_path / "deep" / "faulty.json").write_text(FAULTY)
    (tmp_path / "deep" / ".hidden" / "other.json").write_text("no JSON")
    (tmp_path / "notes.txt").write_text("no JSON")
    return tmp_path


def read(capsys: Out) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_clean_file_exits_0(folder: Path, capsys: Out) -> None:
    assert main(["check", str(folder / "clean.json")]) == 0
    assert capsys.readouterr().out == f"{folder}/clean.json: clean\n"


def test_fault_is_told_with_place_rule_and_profile_and_exits_1(folder: Path, capsys: Out) -> None:
    file = folder / "deep/faulty.json"

    assert main(["check", str(file)]) == 1
    head, fault, path, rule = capsys.readouterr().out.splitlines()
    assert head == f"{file}: 1 error"
    assert fault.startswith(f"{file}:2:2: error: ")
    assert path == "    at Patient.gender"
    assert rule == "    rule required of http://hl7.org/fhir/StructureDefinition/Patient|4.0.1"


def test_folder_is_searched_and_summed_up(folder: Path, capsys: Out) -> None:
    assert main(["check", str(folder), str(folder / "clean.json")]) == 1
    *_, names, figures = capsys.readouterr().out.splitlines()
    row = dict(zip(names.split("  "), figures.split(), strict=False))
    assert row["files"] == "2" and figures.split()[:6] == ["2", "1", "1", "0", "1", "0"]


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"id": "a"}', '{"resourceType": 1}', "\ufeff"])
def test_what_cannot_be_read_exits_2(content: str, folder: Path, capsys: Out) -> None:
    (folder / "bad.json").write_text(content)

    assert main(["check", str(folder / "bad.json"), str(folder / "deep")]) == 2
    assert f"{folder}/bad.json: not readable\n" in capsys.readouterr().out


def test_what_is_no_json_is_told_with_its_place(tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "bad.json").write_text('{\n "resourceType": Patient}', encoding="utf-8-sig")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')

    assert main(["check", str(tmp_path)]) == 2
    printed = capsys.readouterr().out
    assert f"{tmp_path}/bad.json:2:18: error: The body is not JSON" in printed
    assert f"{tmp_path}/deep.json: error: " in printed
    assert f"{tmp_path}/latin.json: error: " in printed


def test_absent_file_exits_2_and_the_others_are_checked(folder: Path, capsys: Out) -> None:
    assert main(["check", str(folder / "absent.json"), str(folder / "clean.json")]) == 2
    printed = capsys.readouterr().out
    assert "absent.json: error: It cannot be opened: No such file or directory." in printed
    assert "clean.json: clean" in printed


def test_empty_folder_is_told(tmp_path: Path, capsys: Out) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "no *.json file" in capsys.readouterr().err


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FAULTY.encode())))

    assert main(["check", "-"]) == 1
    assert capsys.readouterr().out.startswith("standard input: 1 error\nstandard input:2:2: error: ")


def test_given_profile_is_held_against_the_file(folder: Path, capsys: Out) -> None:
    assert main(["check", "--profile", PATIENT, "--guide", "us-core-6.1.0", str(folder / "clean.json")]) == 1
    printed = capsys.readouterr().out
    assert "at Patient.identifier" in printed
    assert f"of {PATIENT}|6.1.0" in printed


def test_profile_of_another_type_is_a_fault(folder: Path, capsys: Out) -> None:
    profile = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-claim"

    assert main(["check", "--profile", profile, str(folder / "clean.json")]) == 1
    assert "profile-claim 2.2.1 is about Claim, not about Patient." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--profile", "urn:x"], "no definition of urn:x is at hand"),
        (["--guide", "pass"], "Did you mean pas?"),
        (["--mode", "lenient"], "go with --request"),
        (["--inquiry"], "go with --request"),
        (["--request", "2.2.1", "--guide", "pas"], "leave --guide and --profile out"),
        (["--definitions", "absent"], "absent is not a folder"),
        (["--code-tables", "absent"], "absent is not a folder"),
    ],
)
def test_options_that_make_no_sense_exit_2(options: list[str], told: str, folder: Path, capsys: Out) -> None:
    assert main(["check", *options, str(folder / "clean.json")]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("show", "expected"), [("errors", 0), ("warnings", 0), ("all", 1)])
def test_what_is_not_shown_is_counted(show: str, expected: int, tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "a.json").write_text('{"resourceType": "Patient", "meta": {"profile": ["urn:unknown"]}}')

    assert main(["check", "--show", show, str(tmp_path / "a.json")]) == 0
    head, *rest = capsys.readouterr().out.splitlines()
    assert head.removeprefix(f"{tmp_path}/a.json: ") == ("clean, 1 note" + ("" if expected else " (--show all)"))
    assert len([line for line in rest if ": note: Not checked" in line]) == expected


def test_code_tables_make_codes_checkable(tmp_path: Path, capsys: Out) -> None:
    """A value set no package lists is not checked, until the site mounts a table of it."""
    url = "http://hl7.org/fhir/us/davinci-pas/ValueSet/X12278LocationType"
    (tmp_path / "a.csv").write_text(f"# system: {url}\n# source: a book\n# licence: own\ncode\n1\n")
    good = str(BROKEN / "good.request.json")

    main(["check", "--format", "json", good])
    before = [issue["text"] for issue in read(capsys)["files"][0]["issues"]]
    main(["check", "--format", "json", "--code-tables", str(tmp_path), good])
    after = [issue["text"] for issue in read(capsys)["files"][0]["issues"]]

    assert any("X12278LocationType" in text and "Not checked" in text for text in before)
    assert any("X12278LocationType" in text and "not in the value set" in text for text in after)


def test_json_tells_everything(folder: Path, capsys: Out) -> None:
    assert main(["check", "--format", "json", str(folder)]) == 1
    told = read(capsys)

    assert told["guide"] == "hl7.fhir.us.davinci-pas#2.2.1"
    assert [file["state"] for file in told["files"]] == ["clean", "faulty"]
    issue = told["files"][1]["issues"][0]
    assert (issue["severity"], issue["code"], issue["path"]) == ("error", "code-invalid", "Patient.gender")
    assert (issue["line"], issue["column"], issue["rule"]) == (2, 2, "required")
    assert told["totals"]["errors"] == 1


def test_many_files_are_told_by_their_faults_and_a_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    for number in range(MANY):
        (tmp_path / f"{number}.json").write_text(CLEAN)
    (tmp_path / "z.json").write_text(FAULTY)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    assert main(["check", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "clean\n" not in printed.out
    assert f"{tmp_path}/z.json: 1 error\n" in printed.out
    assert f"1 of {MANY + 1}" in printed.err
    assert printed.err.endswith("\r\x1b[K")


def test_issues_stand_in_the_order_of_the_text(capsys: Out) -> None:
    main(["check", "--format", "json", str(BROKEN / "good.request.json")])
    places = [(issue["line"], issue["column"]) for issue in read(capsys)["files"][0]["issues"]]

    assert places == sorted(places)


def test_request_is_judged_as_the_server_does(capsys: Out) -> None:
    files = [str(BROKEN / name) for name in ("good.request.json", "period-backwards.request.json")]

    assert main(["check", "--request", "2.2.1", "--mode", "lenient", *files]) == 1
    printed = capsys.readouterr().out
    assert f"{files[0]}: taken" in printed
    assert f"{files[1]}: refused, 1 error" in printed
    assert "at Bundle.entry[0].resource.item[0].servicedPeriod" in printed


def test_request_that_is_no_bundle_is_refused(folder: Path, capsys: Out) -> None:
    assert main(["check", "--request", "2.0.1", "--inquiry", str(folder / "clean.json")]) == 2
    assert "refused, not readable" in capsys.readouterr().out


def test_help_tells_the_exit_codes(capsys: Out) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", "--help"])

    assert stopped.value.code == 0
    assert "exit code" in capsys.readouterr().out

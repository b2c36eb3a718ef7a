"""`fhir-um policy`: names what is shipped, checks a folder, explains a decision with its evidence."""

import re
from pathlib import Path

import pytest

from fhir_um.__main__ import main

REQUESTS = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"


def oxygen() -> str:
    return str(next(REQUESTS.glob("01-*.request.json")))


def test_list_names_at_least_sixteen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 16


def explained(capsys: pytest.CaptureFixture[str], bundle: str, *words: str) -> str:
    assert main(["policy", "explain", "--bundle", bundle, "--received", "2026-11-02", *words]) == 0
    return capsys.readouterr().out


def story(name: str) -> str:
    return str(next((REQUESTS.parent / name).glob("01-*.request.json")))


def test_explain_tells_each_criterion_with_its_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    told = explained(capsys, oxygen())

    assert "Line 1: E1390, quantity 1\n  approve: software approves at once (reason criteria-met)" in told
    assert re.search(r"policy: home-oxygen 1\.0\.0, Home oxygen equipment\n    sha256 [0-9a-f]{64}\n", told)
    assert re.search(
        r"    met      +Oxygen saturation .*\[spo2\]\n +<- 86 % on 2026-10-\d\d, https://\S+/Observation/", told
    )
    assert re.search(r"    unknown  +Arterial .*\[pao2\]\n +not found: an arterial oxygen pressure", told)
    assert "<- J44.9, https://ehr.example.test/fhir/Claim/oxygen-1001-1#diagnosis-1" in told


def test_explain_tells_what_is_missing_and_what_would_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    told = explained(capsys, story("pended-for-documents"))

    assert "missing: an oxygen saturation measured in the last 30 days" in told
    assert "would ask for: Report of the oxygen measurement (LOINC 11502-2)" in told
    assert "would ask: Lowest oxygen saturation in the last 30 days in per cent [spo2]" in told
    assert "goes to: reviewers for durable-equipment" in told


def test_explain_weighs_age_on_the_day_of_receipt(capsys: pytest.CaptureFixture[str]) -> None:
    wheelchair = str(next(REQUESTS.glob("02-*.request.json")))

    assert main(["policy", "explain", "--bundle", wheelchair, "--received", "2027-06-01"]) == 0
    assert re.search(r"unmet +Examined in person", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gold-card", "<- gold-card:"),
        ("denied-benefit", "denied as a benefit exclusion, never on medical need"),
        ("no-authorization", "no authorization is needed"),
    ],
)
def test_explain_tells_rules_outside_the_criteria(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in explained(capsys, story(name))


def test_a_policy_that_does_not_name_the_service_says_which_does(capsys: pytest.CaptureFixture[str]) -> None:
    told = explained(capsys, oxygen(), "--policy", "power-wheelchair")

    assert "power-wheelchair does not speak about this service; home-oxygen does." in told


@pytest.mark.parametrize(
    ("policy", "bundle", "told"),
    [
        ("none-such", oxygen(), "policy list"),
        ("home-oxygen", str(REQUESTS), "directory"),
        ("home-oxygen", str(REQUESTS / "missing.json"), "missing.json"),
        ("home-oxygen", str(REQUESTS / "story.yaml"), "cannot be read as a request"),
        ("home-oxygen", str(REQUESTS.parents[1] / "broken" / "entry-empty.request.json"), "Bundle.entry"),
        ("home-oxygen", str(REQUESTS.parents[1] / "broken" / "claim-not-first.request.json"), "is no PAS request"),
    ],
)
def test_what_cannot_be_explained_is_told(
    policy: str, bundle: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "explain", "--policy", policy, "--bundle", bundle]) == 1
    assert told in capsys.readouterr().err


def test_folder_with_a_fault_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.yaml").write_text("id: broken\n")

    assert main(["policy", "check", str(tmp_path)]) == 1
    assert "broken.yaml" in capsys.readouterr().err


def test_folder_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(tmp_path / "none")]) == 1
    assert "There is no folder" in capsys.readouterr().err

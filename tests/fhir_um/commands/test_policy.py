"""`fhir-um policy`: names what is shipped, checks a folder, explains a decision with its evidence."""

from pathlib import Path

import pytest

from fhir_um.__main__ import main

REQUESTS = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"


def oxygen() -> str:
    return str(next(REQUESTS.glob("01-*.request.json")))


def test_list_names_at_least_sixteen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 16


def test_explain_tells_each_criterion_with_its_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", "--policy", "home-oxygen", "--bundle", oxygen()]) == 0

    shown = capsys.readouterr().out
    assert "Line 1" in shown
    assert "met      " in shown
    assert "Observation/" in shown


@pytest.mark.parametrize(
    ("policy", "bundle", "told"),
    [
        ("none-such", oxygen(), "policy list"),
        ("home-oxygen", str(REQUESTS), "directory"),
        ("home-oxygen", str(REQUESTS / "missing.json"), "missing.json"),
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

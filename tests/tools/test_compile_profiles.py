"""The tool that makes the committed facts: what it refuses, and that the facts are what the packages say."""

import os
import shutil
from pathlib import Path

import pytest

from tests.tiny_packages import tiny_core, write_package
from tools.compile_profiles import FACTS, main

FOLDER = Path(os.environ.get("FHIR_UM_IG_PACKAGES", Path(__file__).parents[3] / "shared" / "igs"))
CORE = Path(os.environ.get("FHIR_R4_CORE_PACKAGE", FOLDER / "hl7.fhir.r4.core.tgz"))


@pytest.fixture
def core() -> Path:
    if not CORE.exists() or not (FOLDER / "davinci_pas_2.2.1.tgz").exists():
        pytest.skip("no packages: set FHIR_UM_IG_PACKAGES to their folder and FHIR_R4_CORE_PACKAGE to the R4 core .tgz")
    return CORE


def test_the_committed_facts_are_what_the_packages_say(core: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--packages", str(FOLDER), "--core", str(core), "--check"]) == 0
    assert "by-hand-davinci-dtr-2.2.0.facts" in capsys.readouterr().out


def test_a_changed_and_a_stray_file_are_named_and_put_right(
    core: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = tmp_path / "facts"
    shutil.copytree(FACTS, facts)
    (facts / "hl7.fhir.us.core-7.0.0.facts").write_text("package hl7.fhir.us.core#7.0.0\t{}\n")
    (facts / "stray-1.0.0.facts").write_text("package stray#1.0.0\t{}\n")
    (facts / "hl7.fhir.us.core-6.1.0.facts").unlink()
    arguments = ["--packages", str(FOLDER), "--core", str(core), "--facts", str(facts)]
    assert main([*arguments, "--check"]) == 1
    said = capsys.readouterr().err
    assert "hl7.fhir.us.core-7.0.0.facts differs from what the packages say" in said
    assert "hl7.fhir.us.core-6.1.0.facts is not committed" in said
    assert "stray-1.0.0.facts comes from no package here" in said
    assert main(arguments) == 0
    assert {p.name: p.read_bytes() for p in facts.iterdir()} == {p.name: p.read_bytes() for p in FACTS.glob("*.facts")}


def test_a_folder_without_packages_or_with_too_few_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    core = write_package(tmp_path, "hl7.fhir.r4.core", "4.0.1", tiny_core())
    (tmp_path / "empty").mkdir()
    assert main(["--packages", str(tmp_path / "empty"), "--core", str(core)]) == 2
    assert "no packages (.tgz) here" in capsys.readouterr().err
    write_package(tmp_path / "empty", "guide", "1.0.0", [])
    assert main(["--packages", str(tmp_path / "empty"), "--core", str(core), "--facts", str(tmp_path)]) == 2
    assert "no package for hl7.fhir.us.core-3.1.1" in capsys.readouterr().err


def test_a_core_package_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_package(tmp_path, "guide", "1.0.0", [])
    assert main(["--packages", str(tmp_path), "--core", str(tmp_path / "gone.tgz")]) == 2
    assert "gone.tgz: not a readable package" in capsys.readouterr().err


def test_a_core_package_beside_the_guides_is_not_read_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    core = write_package(tmp_path, "hl7.fhir.r4.core", "4.0.1", tiny_core())
    write_package(tmp_path, "guide", "1.0.0", [], dependencies={"hl7.fhir.r4.core": "4.0.1"})
    assert main(["--packages", str(tmp_path), "--core", str(core), "--facts", str(tmp_path)]) == 2
    assert "reading 2 packages" in capsys.readouterr().err

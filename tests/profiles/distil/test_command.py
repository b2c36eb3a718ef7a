"""`python -m profiles compile`, from the options to the files."""

import argparse
from pathlib import Path

import pytest

from profiles.distil.command import add_parser, run, shipped_sheets
from profiles.distil.writing import read
from tests.tiny_packages import element, structure, write_package


def _options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    return parser.parse_args(["compile", *arguments])


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """A guide of a site's own: every Patient has a birth date, and a gender of two."""
    binding = {"strength": "required", "valueSet": "http://site.example/sex"}
    elements = [
        element("Patient", most="*"),
        element("Patient.birthDate", "date", 1),
        element("Patient.gender", "code", binding=binding),
    ]
    about = {"url": "http://site.example/P", "derivation": "constraint"}
    codes = [{"code": "male"}, {"code": "female"}]
    sex = {
        "resourceType": "ValueSet",
        "url": "http://site.example/sex",
        "compose": {
            "include": [
                {
                    "system": "http://hl7.org/fhir/administrative-gender",
                    "concept": codes,
                    "valueSet": ["http://hl7.org/fhir/ValueSet/administrative-gender"],
                }
            ]
        },
    }
    resources = [structure("Patient", "Patient", elements, **about), sex]
    return write_package(tmp_path, "site", "1.0.0", resources, dependencies={"hl7.fhir.r4.core": "4.0.1"})


def test_a_guide_of_ones_own_builds_on_the_facts_that_come_along(
    guide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = _options(str(guide), "--to", str(tmp_path / "new" / "facts"))
    assert options.run(options) == 0
    (file,) = (tmp_path / "new" / "facts").iterdir()
    sheet = read(file.read_text("utf-8").split("\n"))
    assert sheet.structures[0].rows == {
        "birthDate": {"min": 1},
        "gender": {"required": "http://site.example/sex|1.0.0"},
    }
    assert sheet.structures[0].head["base"] == "http://hl7.org/fhir/StructureDefinition/Patient|4.0.1"
    assert sheet.codes["http://site.example/sex|1.0.0"].of("http://hl7.org/fhir/administrative-gender") == {
        "male",
        "female",
    }
    assert "site-1.0.0.facts" in capsys.readouterr().out


def test_what_cannot_be_read_or_written_is_said(
    guide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(_options(str(tmp_path / "gone.tgz"), "--to", str(tmp_path))) == 2
    assert "gone.tgz: not a readable package" in capsys.readouterr().err
    (tmp_path / "file").write_text("in the way")
    assert run(_options(str(guide), "--to", str(tmp_path / "file"))) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_notes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = {"resourceType": "StructureDefinition", "url": "http://site.example/P", "kind": "resource"}
    path = write_package(tmp_path, "site", "1.0.0", [bare])
    assert run(_options(str(path), "--to", str(tmp_path))) == 0
    assert "note: http://site.example/P (site#1.0.0) has no snapshot" in capsys.readouterr().err


def test_the_facts_that_come_along_are_read() -> None:
    assert "hl7.fhir.us.davinci-pas#2.2.1" in {sheet.package for sheet in shipped_sheets()}

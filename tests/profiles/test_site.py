"""What a site adds: compiled definitions and code tables from its own folders."""

from pathlib import Path

import pytest

from profiles.site import SiteFault, library_with, tables_of
from profiles.validating.validator import Validator

URL = "https://example.org/StructureDefinition/named-patient"
FACTS = (
    'package example.guide#1.0.0\t{"canonical":"https://example.org","depends":["hl7.fhir.r4.core#4.0.1"]}\n'
    f'structure {URL}|1.0.0\t{{"type":"Patient","kind":"resource","derivation":"constraint",'
    '"base":"http://hl7.org/fhir/StructureDefinition/Patient|4.0.1"}\n'
    ' birthDate\t{"min":1}\n'
)
TABLE = "# system: urn:s\n# source: a book\n# licence: free\ncode\na\nb\n"


def test_definitions_of_a_folder_join_those_that_come_along(tmp_path: Path) -> None:
    (tmp_path / "example.facts").write_text(FACTS)
    library = library_with(tmp_path)

    issues = Validator(library, "example.guide#1.0.0").check({"resourceType": "Patient", "id": "a"}, (URL,))

    assert library.type("Claim") is not None
    assert [issue.path for issue in issues if issue.severity == "error"] == ["Patient.birthDate"]
    assert library_with(tmp_path) is library


def test_without_a_folder_there_is_what_comes_along() -> None:
    assert library_with(None).structure(URL) is None
    assert tables_of(None) == {}


def test_tables_are_read_by_system(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(TABLE, encoding="utf-8-sig")

    assert tables_of(tmp_path) == {"urn:s": frozenset("ab")}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bad.facts", b"structure x|1\t{}\n", "begin with the line of their package"),
        ("bad.facts", FACTS.replace('{"min":1}', '{"min":').encode(), "profiles compile"),
        ("bad.facts", FACTS.replace('"type":"Patient",', "").encode(), "profiles compile"),
        ("bad.facts", b"\xff", "cannot be read"),
    ],
)
def test_bad_definitions_are_told_with_their_file(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SiteFault, match=f"{name}.*{told}"):
        library_with(tmp_path)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"bad.csv": b"code\na\n"}, "profiles/codes for the form"),
        ({"bad.csv": b"\xff"}, "cannot be read"),
        ({"a.csv": TABLE.encode(), "b.csv": TABLE.encode()}, "has a table already"),
        ({}, "holds no file that ends in .csv"),
    ],
)
def test_bad_tables_are_told_with_their_file(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    with pytest.raises(SiteFault, match=told):
        tables_of(tmp_path)

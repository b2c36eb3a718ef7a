"""The names guides go by."""

from pathlib import Path

import pytest

from profiles.__main__ import main
from profiles.commands.guides import UnknownGuide, package_of, short_name
from profiles.library import shipped_library
from profiles.rules import GUIDES


def test_every_package_is_found_by_its_key_and_its_short_name() -> None:
    library = shipped_library()

    for package in library.packages():
        assert package_of(library, package) == package
        assert package_of(library, short_name(package)) == package


def test_without_a_version_the_newest_is_meant() -> None:
    assert package_of(shipped_library(), "pas") == GUIDES["2.2.1"]
    assert package_of(shipped_library(), "us-core") == "hl7.fhir.us.core#7.0.0"


def test_unknown_guide_is_told_with_a_hint() -> None:
    with pytest.raises(UnknownGuide, match=r"Did you mean pas-2\.2\.1\?"):
        package_of(shipped_library(), "pas-2.2.2")


def test_list_names_what_is_at_hand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guides"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["guide", "package", "profiles"]
    assert ["pas-2.0.1", "hl7.fhir.us.davinci-pas#2.0.1"] in [row[:2] for row in rows]


def test_folder_that_cannot_be_read_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guides", "--definitions", str(tmp_path)]) == 2
    assert "holds no file" in capsys.readouterr().err

"""Facts put back on the shelf say the same as the packages they came from."""

from pathlib import Path

from profiles.distil.compiling import compile_packages
from profiles.distil.difference import BaseTypes
from profiles.distil.known import known_packages, known_types
from profiles.distil.membership import Members
from profiles.distil.writing import Sheet, read
from tests.tiny_packages import tiny_core, write_package


def _core(folder: Path) -> list[Sheet]:
    path = write_package(folder, "hl7.fhir.r4.core", "4.0.1", tiny_core())
    return [read(text.split("\n")) for text in compile_packages([path], []).files.values()]


def test_the_types_are_whole_again(tmp_path: Path) -> None:
    base = BaseTypes()
    known_types(_core(tmp_path), base)
    assert base.of("Thing") == {
        "id": {"min": 0, "max": "1", "types": {"id": {}}},
        "when": {"min": 0, "max": "1", "types": {"Period": {}}},
        "state": {"min": 1, "max": "1", "types": {"code": {}}, "required": "http://a.example/states"},
    }
    assert base.root("Period")["rules"] == {"ele-1": ["error", "hasValue()"]}


def test_files_of_one_package_become_one_package_again() -> None:
    head = {"canonical": "http://a", "depends": ["b#2.0.0", "b#1.0.0"]}
    sheets = [Sheet("a#1", head, [], {"http://a/V|1": Members()}), Sheet("a#1", head, [], {"http://a/W": Members()})]
    (package,) = known_packages(sheets)
    assert (package.key, package.canonical) == ("a#1", "http://a")
    assert package.depends == {"b": "2.0.0", "b.v100": "1.0.0"}
    assert {url: row["version"] for url, row in package.resources["ValueSet"].items()} == {
        "http://a/V": "1",
        "http://a/W": "",
    }

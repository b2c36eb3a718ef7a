"""Reading packages, and what a canonical means to the package that writes it."""

import json
import tarfile
from pathlib import Path

import pytest

from profiles.distil.packages import Package, PackageFault, Shelf, read_package
from tests.tiny_packages import write_package

PAINT = {"resourceType": "ValueSet", "url": "http://a.example/paint"}


def _package(name: str, version: str, depends: dict[str, str], *sets: dict[str, str]) -> Package:
    resources = {"ValueSet": {one["url"]: one for one in sets}, "CodeSystem": {}, "StructureDefinition": {}}
    return Package(name, version, "", "", depends, resources)


def test_a_package_is_read_with_its_definitions(tmp_path: Path) -> None:
    path = write_package(
        tmp_path,
        "a.guide",
        "1.0.0",
        [PAINT, {"resourceType": "Patient"}],
        dependencies={"b": "2"},
        canonical="http://a",
    )
    package = read_package(path)
    assert (package.key, package.canonical, package.depends) == ("a.guide#1.0.0", "http://a", {"b": "2"})
    assert package.resources["ValueSet"] == {PAINT["url"]: PAINT}
    assert len(package.sha256) == 64


@pytest.mark.parametrize("url", ["", None, 7, "http://a.example/with space", "http://a.example/x|1"])
def test_a_definition_nothing_can_refer_to_is_left_out(tmp_path: Path, url: object) -> None:
    path = write_package(tmp_path, "a", "1", [{"resourceType": "ValueSet", "url": url}, ["no object"]])  # type: ignore[list-item]  # a wrong file on purpose
    assert not read_package(path).resources["ValueSet"]


@pytest.mark.parametrize(("name", "version"), [("../up", "1"), ("a b", "1"), ("a", "1/2"), ("", "1")])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str, version: str) -> None:
    path = write_package(tmp_path, "a", "1", [])
    about = json.dumps({"name": name, "version": version}).encode()
    (tmp_path / "package").mkdir()
    (tmp_path / "package/package.json").write_bytes(about)
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "package/package.json", "package/package.json")
    with pytest.raises(PackageFault, match="name and version"):
        read_package(path)


def test_what_is_no_package_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.tgz"
    path.write_bytes(b"no archive")
    with pytest.raises(PackageFault, match=r"broken\.tgz: not a package"):
        read_package(path)
    with pytest.raises(PackageFault, match=r"gone\.tgz"):
        read_package(tmp_path / "gone.tgz")


def test_a_canonical_is_pinned_to_the_version_the_package_builds_on() -> None:
    old, new = (_package("paints", version, {}, PAINT) for version in ("1.0.0", "2.0.0"))
    guide = _package("guide", "1", {"paints.v100": "1.0.0", "paints": "2.0.0"})
    shelf = Shelf([old, new, guide], {})
    assert shelf.pinned(PAINT["url"], guide) == "http://a.example/paint|2.0.0"
    assert shelf.pinned(f"{PAINT['url']}|9", guide) == f"{PAINT['url']}|9"
    assert shelf.pinned("http://a.example/other", guide) == "http://a.example/other"
    assert [package.key for package in shelf.reach(guide)] == ["guide#1", "paints#2.0.0", "paints#1.0.0"]
    assert shelf.any_version("ValueSet", PAINT["url"]) == (PAINT, new)


def test_one_package_answers_for_another() -> None:
    paints = _package("paints", "2.0.0", {}, PAINT)
    guide = _package("guide", "1", {"paints": "current"})
    assert Shelf([paints, guide], {"paints#current": "paints#2.0.0"}).reach(guide) == [guide, paints]
    assert Shelf([paints, guide], {}).reach(guide) == [guide]

"""Packages in, facts out, with invented packages."""

from pathlib import Path
from typing import Any

import pytest

from profiles.distil.compiling import compile_packages
from profiles.distil.membership import Members
from profiles.distil.packages import PackageFault
from profiles.distil.writing import Sheet, read
from tests.tiny_packages import CORE, element, structure, tiny_core, write_package

STATES = {
    "resourceType": "ValueSet",
    "url": "http://a.example/states",
    "version": "3",
    "compose": {"include": [{"system": "s", "concept": [{"code": "on"}]}]},
}


def _profile(**more: Any) -> dict[str, Any]:
    elements = [
        element("Thing"),
        element("Thing.when", "Period", 1),
        element("Thing.state", "code", 1, binding={"strength": "required", "valueSet": "http://a.example/states"}),
    ]
    about = {"derivation": "constraint", "url": "http://a.example/P", "type": "Thing", **more}
    return structure("Thing", "Thing", elements, **about)


def _core(folder: Path, *more: dict[str, Any]) -> Path:
    return write_package(folder, "hl7.fhir.r4.core", "4.0.1", [*tiny_core(), *more], canonical="http://hl7.org/fhir")


def _guide(folder: Path, *resources: dict[str, Any]) -> Path:
    return write_package(folder, "guide", "1.0.0", list(resources), dependencies={"hl7.fhir.r4.core": "4.0.1"})


def test_a_profile_is_what_it_adds_to_its_type(tmp_path: Path) -> None:
    compiled = compile_packages([_core(tmp_path, STATES), _guide(tmp_path, _profile())], [])
    head, *lines = compiled.files["guide-1.0.0.facts"].splitlines()
    assert head.startswith('package guide#1.0.0\t{"sha256":"')
    assert head.endswith('"canonical":"","depends":["hl7.fhir.r4.core#4.0.1"]}')
    assert lines == [
        'structure http://a.example/P|1.0.0\t{"type":"Thing","kind":"resource","derivation":"constraint",'
        f'"base":"{CORE}Thing|4.0.1"}}',
        ' when\t{"min":1}',
    ]


def test_the_core_package_is_parted_into_types_extensions_and_codes(tmp_path: Path) -> None:
    compiled = compile_packages([_core(tmp_path, STATES, _profile())], [])
    sheets = {name: read(text.split("\n")) for name, text in compiled.files.items()}
    name = "hl7.fhir.r4.core-4.0.1"
    assert [one.head["type"] for one in sheets[f"{name}.facts"].structures] == ["Base", "Period", "Thing"]
    assert [one.canonical for one in sheets[f"{name}-extensions.facts"].structures] == ["http://a.example/P|4.0.1"]
    assert sheets[f"{name}-codes.facts"].codes == {"http://a.example/states|3": Members({"s": frozenset({"on"})})}
    assert len({sheet.head["sha256"] for sheet in sheets.values()}) == 1


def test_a_value_set_nobody_has_is_said_to_be_unknown(tmp_path: Path) -> None:
    compiled = compile_packages([_core(tmp_path)], [])
    assert 'codes http://a.example/states\t{"unknown":true}\n' in compiled.files["hl7.fhir.r4.core-4.0.1-codes.facts"]


def test_a_guide_is_compiled_without_the_core_package_from_its_facts(tmp_path: Path) -> None:
    core, guide = _core(tmp_path, STATES), _guide(tmp_path, _profile())
    both = compile_packages([core, guide], []).files
    known = [read(text.split("\n")) for name, text in both.items() if name.startswith("hl7")]
    assert compile_packages([guide], known).files == {"guide-1.0.0.facts": both["guide-1.0.0.facts"]}


def test_the_order_of_the_packages_does_not_matter(tmp_path: Path) -> None:
    core, guide = _core(tmp_path, STATES), _guide(tmp_path, _profile())
    assert compile_packages([core, guide], []).files == compile_packages([guide, core], []).files


def test_what_is_written_by_hand_stands_in_place_of_what_the_package_says(tmp_path: Path) -> None:
    by_hand = Sheet("hl7.fhir.r4.core#4.0.1", {}, [], {"http://a.example/states|3": Members()})
    files = compile_packages([_core(tmp_path, STATES)], [by_hand]).files
    assert "http://a.example/states|3" not in files["hl7.fhir.r4.core-4.0.1-codes.facts"].split("\n", 1)[1]


def test_facts_of_an_older_compilation_of_the_same_package_do_not_stand(tmp_path: Path) -> None:
    older = Sheet("hl7.fhir.r4.core#4.0.1", {"sha256": "x"}, [], {"http://a.example/states|3": Members()})
    files = compile_packages([_core(tmp_path, STATES)], [older]).files
    assert "codes http://a.example/states|3" in files["hl7.fhir.r4.core-4.0.1-codes.facts"]


def test_what_has_no_snapshot_is_noted_and_logical_models_are_not_asked_for_one(tmp_path: Path) -> None:
    bare = {key: value for key, value in _profile().items() if key != "snapshot"}
    model = {**bare, "url": "http://a.example/model", "kind": "logical"}
    compiled = compile_packages([_guide(tmp_path, bare, model)], [])
    assert compiled.notes == ["http://a.example/P (guide#1.0.0) has no snapshot and is left out"]


@pytest.mark.parametrize(
    "broken",
    [
        {
            "resourceType": "StructureDefinition",
            "url": "http://a.example/x",
            "snapshot": {"element": [{}]},
            "kind": "k",
        },
        {
            "resourceType": "ValueSet",
            "url": "http://a.example/x",
            "compose": {"include": [{"system": "s", "concept": [7]}]},
        },
    ],
)
def test_a_definition_that_is_none_is_named(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(PackageFault, match=r"guide#1\.0\.0: http://a\.example/x is no"):
        compile_packages([_guide(tmp_path, broken)], [])


def test_the_contexts_of_an_extension(tmp_path: Path) -> None:
    context = [{"type": "element", "expression": "Thing"}]
    profile = _profile(context=context, contextInvariant=["a = b"], abstract=True)
    (sheet,) = (read(t.split("\n")) for t in compile_packages([_guide(tmp_path, profile)], []).files.values())
    head = sheet.structures[0].head
    assert (head["context"], head["contextRules"], head["abstract"]) == ([["element", "Thing"]], ["a = b"], True)

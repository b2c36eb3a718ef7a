"""From a snapshot's element to facts: what is kept, under which name, and that prose is not."""

from typing import Any

import pytest

from profiles.distil.elements import pinned_rows
from profiles.distil.packages import Package, Shelf
from tests.tiny_packages import element, structure

EMPTY: dict[str, dict[str, Any]] = {"ValueSet": {}, "CodeSystem": {}, "StructureDefinition": {}}
ADDITIONAL = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding"
MAXIMUM = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"


def _facts(derivation: str = "constraint", code: str = "code", **more: Any) -> dict[str, Any]:
    definition = structure("Thing", "", [element("Thing.x", code, **more)], derivation=derivation)
    package = Package("a", "1", "", "", {}, EMPTY)
    return dict(pinned_rows(definition, Shelf([package], {}), package))["x"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"fixedUri": "http://x"}, {"fixed": "http://x", "fixedType": "Uri"}),
        ({"patternCodeableConcept": {"text": "t"}}, {"pattern": {"text": "t"}, "patternType": "CodeableConcept"}),
        ({"maxLength": 3, "mustSupport": True, "isModifier": False}, {"maxLength": 3, "mustSupport": True}),
        ({"minValueInteger": 1, "maxValueDecimal": 9}, {"minValue": 1, "maxValue": 9}),
        ({"contentReference": "#Thing.part"}, {"same": "Thing.part"}),
        ({"short": "prose", "definition": "prose", "comment": "prose", "requirements": "prose"}, {}),
        (
            {"slicing": {"rules": "closed", "ordered": True, "discriminator": [{"type": "value", "path": "url"}]}},
            {"slicing": {"by": [["value", "url"]], "rules": "closed", "ordered": True}},
        ),
        ({"slicing": {"rules": "open"}}, {"slicing": {"by": []}}),
        (
            {"constraint": [{"key": "k", "severity": "error", "human": "prose", "expression": "a"}, {"key": "no"}]},
            {"rules": {"k": ["error", "a"]}},
        ),
        (
            {"binding": {"strength": "required", "valueSet": "http://v", "description": "prose"}},
            {"required": "http://v"},
        ),
        ({"binding": {"strength": "preferred", "valueSet": "http://v"}}, {}),
        ({"binding": {"strength": "example", "extension": [{"url": MAXIMUM, "valueCanonical": "v"}]}}, {"most": "v"}),
    ],
)
def test_what_is_kept_of_an_element(said: dict[str, Any], kept: dict[str, Any]) -> None:
    assert _facts(**said) == {"min": 0, "max": "1", "types": {"code": {}}, **kept}


@pytest.mark.parametrize(("purpose", "kept"), [("extensible", [["extensible", "v"]]), ("ui", None)])
def test_additional_bindings_that_are_to_be_checked(purpose: str, kept: object) -> None:
    parts = [{"url": "purpose", "valueCode": purpose}, {"url": "valueSet", "valueCanonical": "v"}]
    binding = {"strength": "example", "extension": [{"url": ADDITIONAL, "extension": parts}]}
    assert _facts(binding=binding).get("besides") == kept


def test_profiles_targets_and_aggregation_of_a_type() -> None:
    kind = {"code": "Reference", "profile": ["p|1"], "targetProfile": ["t|1"], "aggregation": ["contained"]}
    assert _facts(type=[kind])["types"] == {"Reference": {"as": ["p|1"], "to": ["t|1"], "held": ["contained"]}}


def test_the_types_that_fhirpath_gives_to_values() -> None:
    extension = {"url": "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type", "valueUrl": "uri"}
    code = "http://hl7.org/fhirpath/System.String"
    assert _facts(type=[{"code": code, "extension": [extension]}])["types"] == {"uri": {}}
    assert _facts(type=[{"code": code}])["types"] == {"string": {}}


def test_the_id_of_a_resource_and_of_an_element_are_of_different_types() -> None:
    package = Package("a", "1", "", "", {}, EMPTY)
    parts = [element("Thing.id", "string"), element("Thing.x.id", "id", base={"path": "Element.id"})]
    rows = dict(pinned_rows(structure("Thing", "", parts), Shelf([package], {}), package))
    assert rows["id"]["types"] == {"id": {}}
    assert rows["x.id"]["types"] == {"string": {}}


def test_types_of_fhir_itself_have_no_slices() -> None:
    assert "slicing" not in _facts("specialization", slicing={"rules": "open"})

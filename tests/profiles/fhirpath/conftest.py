"""A handful of types by hand, and expressions evaluated over them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from profiles.fhirpath.compiling import compile_expression, compile_invariant
from profiles.fhirpath.environment import Element, Environment
from profiles.fhirpath.types import PRIMITIVES, KnownTypes, Member

BASES = {
    "Patient": "DomainResource",
    "Observation": "DomainResource",
    "Practitioner": "DomainResource",
    "Questionnaire": "DomainResource",
    "Bundle": "Resource",
    "DomainResource": "Resource",
    "Age": "Quantity",
    "SimpleQuantity": "Quantity",
    "code": "string",
    "id": "string",
    "canonical": "uri",
    "url": "uri",
    "BackboneElement": "Element",
    **dict.fromkeys(
        ("Extension", "HumanName", "Coding", "CodeableConcept", "Quantity", "Period", "Reference", "Meta"), "Element"
    ),
}
_OF_ELEMENT = {"id": "System.String", "extension": "Extension*"}
_OF_RESOURCE = {"id": "id", "meta": "Meta"}
_OF_DOMAIN = {**_OF_RESOURCE, "contained": "Resource*", "extension": "Extension*"}
MEMBERS: dict[str, dict[str, str]] = {
    "Resource": _OF_RESOURCE,
    "DomainResource": _OF_DOMAIN,
    "Element": _OF_ELEMENT,
    "Meta": {**_OF_ELEMENT, "versionId": "id", "profile": "canonical*"},
    "Extension": {
        **_OF_ELEMENT,
        "url": "System.String",
        "value": "?string code boolean integer decimal dateTime Quantity CodeableConcept Coding Reference canonical",
    },
    "Coding": {**_OF_ELEMENT, "system": "uri", "code": "code", "display": "string"},
    "CodeableConcept": {**_OF_ELEMENT, "coding": "Coding*", "text": "string"},
    "HumanName": {**_OF_ELEMENT, "use": "code", "family": "string", "given": "string*", "period": "Period"},
    "Period": {**_OF_ELEMENT, "start": "dateTime", "end": "dateTime"},
    "Quantity": {**_OF_ELEMENT, "value": "decimal", "unit": "string", "system": "uri", "code": "code"},
    "Reference": {**_OF_ELEMENT, "reference": "string", "type": "uri"},
    "Patient": {
        **_OF_DOMAIN,
        "active": "boolean",
        "birthDate": "date",
        "name": "HumanName*",
        "deceased": "?boolean dateTime",
        "managingOrganization": "Reference",
        "contact": "Patient.contact*",
    },
    "Patient.contact": {**_OF_ELEMENT, "name": "HumanName", "period": "Period"},
    "Practitioner": {**_OF_DOMAIN, "name": "HumanName*"},
    "Observation": {
        **_OF_DOMAIN,
        "status": "code",
        "code": "CodeableConcept",
        "value": "?Quantity CodeableConcept string boolean integer dateTime Period",
        "subject": "Reference",
    },
    "Questionnaire": {**_OF_DOMAIN, "item": "Questionnaire.item*"},
    "Questionnaire.item": {**_OF_ELEMENT, "linkId": "string", "text": "string", "item": "Questionnaire.item*"},
    "Bundle": {**_OF_RESOURCE, "type": "code", "entry": "Bundle.entry*"},
    "Bundle.entry": {**_OF_ELEMENT, "fullUrl": "uri", "resource": "Resource"},
}


class FewTypes:
    """Types from the table above: `*` is many, `?` a choice."""

    def member(self, type_path: str, name: str) -> Member | None:
        told = MEMBERS.get(type_path, {}).get(name)
        if told is None:
            return None
        return Member(tuple(told.strip("?*").split()), told.endswith("*"), told.startswith("?"))

    def is_a(self, type_name: str, ancestor: str) -> bool:
        name = "BackboneElement" if "." in type_name else type_name
        while name != ancestor and (name in BASES or name in PRIMITIVES):
            name = BASES.get(name, "Element")
        return name == ancestor and (name in BASES or name in PRIMITIVES or name in ("Element", "Resource"))


NOW = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)

Evaluate = Callable[..., list[Any]]
Holds = Callable[..., bool]


@pytest.fixture(scope="session")
def types() -> KnownTypes:
    return KnownTypes(FewTypes())


def _environment(node: Any, told: dict[str, Any]) -> Environment:
    resource = node if isinstance(node, dict) and "resourceType" in node else None
    return Environment(**{"resource": resource, "root_resource": resource, "now": NOW, **told})


@pytest.fixture(scope="session")
def evaluate(types: KnownTypes) -> Evaluate:
    """Expression, focus and its type -> the items, as bare values."""

    def run(text: str, node: Any = None, type_path: str = "Patient", **told: Any) -> list[Any]:
        found = compile_expression(text, type_path, types)(node or {}, _environment(node, told))
        return [item.value if isinstance(item, Element) else item for item in found]

    return run


@pytest.fixture(scope="session")
def holds(types: KnownTypes) -> Holds:
    """Expression, focus and its type -> whether it holds as an invariant."""

    def run(text: str, node: Any, type_path: str = "Patient", **told: Any) -> bool:
        return compile_invariant(text, type_path, types)(node, _environment(node, told))

    return run

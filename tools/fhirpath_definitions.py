"""The types of FHIR as the official StructureDefinitions tell them, for the FHIRPath oracle."""

from dataclasses import dataclass
from typing import Any

from profiles.fhirpath.types import PRIMITIVES, Member, plain_name

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule and one type of node it is said of."""

    key: str
    expression: str
    type_path: str
    on_resource: bool


class Definitions:
    """The types of FHIR as the official StructureDefinitions tell them."""

    def __init__(self) -> None:
        self.structures: list[Json] = []
        self._members: dict[str, dict[str, Member]] = {}
        self._bases: dict[str, str] = {}

    def add(self, structure: Json) -> None:
        """Takes a StructureDefinition in; only those that define a type tell of types."""
        self.structures.append(structure)
        if structure.get("derivation") == "constraint" or structure["kind"] == "logical":
            return
        name = structure["type"]
        if name in self._bases:
            return
        self._bases[name] = structure.get("baseDefinition", "").rpartition("/")[2]
        for element in structure["snapshot"]["element"]:
            parent, _, child = element["path"].rpartition(".")
            if parent:
                self._members.setdefault(parent, {})[child.removesuffix("[x]")] = _member(element)

    def member(self, type_path: str, name: str) -> Member | None:
        """Source: FHIR R4 4.0.1, ElementDefinition."""
        return self._members.get(type_path, {}).get(name)

    def is_a(self, type_name: str, ancestor: str) -> bool:
        if "." in type_name:
            return ancestor in ("BackboneElement", "Element")
        seen = type_name
        while seen != ancestor and seen in self._bases:
            seen = self._bases[seen]
        return seen == ancestor and ancestor in self._bases

    def is_type(self, type_path: str) -> bool:
        """Whether a type has children of its own; a backbone that is told elsewhere has none."""
        return type_path in self._members or type_path in PRIMITIVES

    def is_resource(self, type_name: str) -> bool:
        return self.is_a(type_name, "Resource")


def _member(element: Json) -> Member:
    path, many = element["path"], element["max"] != "1"
    if "contentReference" in element:
        return Member((element["contentReference"].rpartition("#")[2],), many)
    codes = tuple(plain_name(each["code"]) for each in element["type"])
    if codes[0] in ("BackboneElement", "Element"):
        return Member((path,), many)
    return Member(codes, many, path.endswith("[x]"))

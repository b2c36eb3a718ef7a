"""StructureDefinition snapshots to facts: per element only what it adds to the base type it stands on.

Knows no text format. Prose (definitions, comments, names for people) is left behind.
"""

import re
from collections.abc import Iterator
from typing import Any

from profiles.distil.packages import Package, Resource, Shelf

_FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
_MAX_VALUE_SET = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
_SYSTEM_TYPE = "http://hl7.org/fhirpath/System."
_CORE = "http://hl7.org/fhir/StructureDefinition/"
_ADDITIONAL_BINDING = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding"
_CHECKED_PURPOSES = frozenset({"required", "extensible", "current", "maximum"})
_CHECKED_STRENGTHS = frozenset({"required", "extensible"})
_PLAIN = ("maxLength", "mustSupport", "isModifier")
_LIMIT = re.compile(r"(min|max)Value[A-Z]")
Facts = dict[str, Any]


def pinned_rows(definition: Resource, shelf: Shelf, package: Package) -> Iterator[tuple[str, Facts]]:
    """Every element of a snapshot as (path after the type, facts), nothing left out but prose."""
    for element in definition["snapshot"]["element"]:
        facts = _facts(element, shelf, package)
        if definition.get("derivation") != "constraint":
            facts.pop("slicing", None)  # some types announce slices of extensions; only profiles have any
        if definition["kind"] == "resource" and element["path"] == f"{definition['type']}.id":
            facts["types"] = {"id": {}}  # the snapshots say string here; the type of a resource's id is id (R4 2.27.3)
        elif element.get("base", {}).get("path") == "Element.id":
            facts["types"] = {"string": {}}  # a few snapshots say id; the id of an element is any string (R4 2.24.0.1)
        yield _path(element), facts


def _path(element: Resource) -> str:
    """`Claim.item:slice.extension` -> `item:slice.extension`; the root is the empty path."""
    text: str = element.get("id") or element["path"]
    return text.partition(".")[2]


def _facts(element: Resource, shelf: Shelf, package: Package) -> Facts:
    def pin(canonical: str) -> str:
        return shelf.pinned(canonical, package)

    facts: Facts = {"min": element["min"], "max": element["max"]}
    types = {_type_name(row): _type_detail(row, pin) for row in element.get("type", ())}
    if types:
        facts["types"] = types
    facts.update(_values(element))
    facts.update(_bindings(element.get("binding"), pin))
    if "slicing" in element:
        facts["slicing"] = _slicing(element["slicing"])
    if "contentReference" in element:
        facts["same"] = element["contentReference"].rpartition("#")[2]
    rules = {row["key"]: [row["severity"], row["expression"]] for row in _computable(element)}
    if rules:
        facts["rules"] = rules
    facts.update((name, element[name]) for name in _PLAIN if element.get(name))
    return facts


def _values(element: Resource) -> Iterator[tuple[str, Any]]:
    """Fixed and pattern values with their type, and the least and greatest value allowed."""
    for name, value in element.items():
        kind = name[:5] if name.startswith("fixed") else name[:7]
        if kind in ("fixed", "pattern") and name != kind:
            yield kind, value
            yield f"{kind}Type", name.removeprefix(kind)
        elif _LIMIT.match(name):
            yield name[:8], value


def _computable(element: Resource) -> Iterator[Resource]:
    """The invariants that say what they check in FHIRPath."""
    return (row for row in element.get("constraint", ()) if row.get("expression"))


def _type_name(row: Resource) -> str:
    code: str = row["code"]
    if not code.startswith(_SYSTEM_TYPE):
        return code.removeprefix(_CORE)
    named = [x.get("valueUrl") or x.get("valueUri") for x in row.get("extension", ()) if x["url"] == _FHIR_TYPE]
    return str(named[0]) if named else "string"


def _type_detail(row: Resource, pin: Any) -> Facts:
    detail: Facts = {}
    if row.get("profile"):
        detail["as"] = [pin(url) for url in row["profile"]]
    if row.get("targetProfile"):
        detail["to"] = [pin(url) for url in row["targetProfile"]]
    if row.get("aggregation"):
        detail["held"] = row["aggregation"]
    return detail


def _bindings(binding: Resource | None, pin: Any) -> Iterator[tuple[str, Any]]:
    if not binding:
        return
    value_set = binding.get("valueSet")
    if value_set and binding["strength"] in _CHECKED_STRENGTHS:
        yield binding["strength"], pin(value_set)
    for extension in binding.get("extension", ()):
        if extension["url"] == _MAX_VALUE_SET:
            yield "most", pin(extension.get("valueCanonical") or extension["valueUri"])
    besides = [row for row in map(_besides, binding.get("extension", ())) if row]
    if besides:
        yield "besides", [[purpose, pin(value_set)] for purpose, value_set in besides]


def _besides(extension: Resource) -> tuple[str, str] | None:
    """Purpose and value set of an additional binding that is to be checked."""
    if extension["url"] != _ADDITIONAL_BINDING:
        return None
    parts = {row["url"]: row for row in extension["extension"]}
    purpose = parts["purpose"]["valueCode"]
    return (purpose, parts["valueSet"]["valueCanonical"]) if purpose in _CHECKED_PURPOSES else None


def _slicing(slicing: Resource) -> Facts:
    facts: Facts = {"by": [[row["type"], row["path"]] for row in slicing.get("discriminator", ())]}
    if slicing["rules"] != "open":
        facts["rules"] = slicing["rules"]
    if slicing.get("ordered"):
        facts["ordered"] = True
    return facts

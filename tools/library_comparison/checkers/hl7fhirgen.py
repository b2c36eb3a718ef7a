"""hl7fhirgen: one resource against one profile at a time, so every resource is asked for each profile it claims."""

from importlib.metadata import version
from typing import Any

from hl7fhirgen.structure_definition import StructureDefinition
from hl7fhirgen.validator import validate_resource

from tools.library_comparison.checkers.measuring import Ask, Given, claimed, measure, resources_of


def _prepare(given: Given) -> Ask:
    known = {row["url"]: row for row in given.definitions()}
    parsed: dict[str, StructureDefinition] = {}

    def profile(url: str) -> StructureDefinition | None:
        if url not in parsed and url in known:
            parsed[url] = StructureDefinition.from_dict(known[url])
        return parsed.get(url)

    def ask(message: dict[str, Any]) -> list[str]:
        found = []
        for resource in resources_of(message):
            for url in claimed(resource):
                definition = profile(url)
                issues = validate_resource(resource, definition).issues if definition else []
                found += [f"{url} {row.path}: {row.message}" for row in issues if row.severity == "error"]
        return found

    return ask


if __name__ == "__main__":
    measure(version("hl7fhirgen"), _prepare)

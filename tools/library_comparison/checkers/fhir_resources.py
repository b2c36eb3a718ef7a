"""fhir.resources: models of the base types; it knows no profiles."""

from importlib.metadata import version
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from tools.library_comparison.checkers.measuring import Ask, Given, measure


def _ask(message: dict[str, Any]) -> list[str]:
    try:
        get_fhir_model_class(message.get("resourceType")).model_validate(message)
    except ValidationError as fault:
        return [f"{row['loc']}: {row['msg']}" for row in fault.errors()]
    except LookupError as fault:
        return [f"resourceType: {fault}"]
    return []


def _prepare(given: Given) -> Ask:
    return _ask


if __name__ == "__main__":
    measure(version("fhir.resources"), _prepare)

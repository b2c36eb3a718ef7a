"""fhirkit-rs: the base types, in Rust; it knows no profiles."""

from importlib.metadata import version
from typing import Any

import fhirkit

from tools.library_comparison.checkers.measuring import Ask, Given, measure


def _ask(message: dict[str, Any]) -> list[str]:
    try:
        issues = fhirkit.validate(message)
    except fhirkit.ParseError as fault:
        return [str(fault)]
    return [f"{issue.path}: {issue.message}" for issue in issues if issue.severity == "error"]


def _prepare(given: Given) -> Ask:
    return _ask


if __name__ == "__main__":
    measure(version("fhirkit-rs"), _prepare)

"""Our own checker, as the server uses it."""

from importlib.metadata import version
from typing import Any

from profiles.library import shipped_library
from profiles.validating.validator import Validator
from tools.library_comparison.checkers.measuring import Ask, Given, measure

_GUIDE = "hl7.fhir.us.davinci-pas#2.2.1"


def _prepare(given: Given) -> Ask:
    validator = Validator(shipped_library(), _GUIDE)

    def ask(message: dict[str, Any]) -> list[str]:
        issues = validator.check(message)
        return [f"{issue.path}: {issue.text}" for issue in issues if issue.severity == "error"]

    return ask


if __name__ == "__main__":
    measure(version("fhir-um"), _prepare)

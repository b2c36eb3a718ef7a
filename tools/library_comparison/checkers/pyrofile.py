"""pyrofile-validator with the same packages; extensions nobody knows are let through, as our own checker does."""

from importlib.metadata import version
from typing import Any

from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig

from tools.library_comparison.checkers.measuring import Ask, Given, measure


def _prepare(given: Given) -> Ask:
    settings = {"fhirVersion": "4.0.1", "localPackagePaths": given.packages, "allowUnknownExtensions": True}
    validator = Validator(ValidatorConfig.load_dict(settings))

    def ask(message: dict[str, Any]) -> list[str]:
        return [f"{issue.path}: {issue.message}" for issue in validator.validate_resource(message).errors]

    return ask


if __name__ == "__main__":
    measure(version("pyrofile-validator"), _prepare)

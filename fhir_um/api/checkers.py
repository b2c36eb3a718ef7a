"""The profile checkers of the served guides, and how strict to be with whom. Must not know any single rule."""

from functools import cache
from pathlib import Path

from fhir_um.cases.caller import Caller
from fhir_um.settings import Settings, SettingsFault, variable_of
from profiles.site import SiteFault, library_with, tables_of
from profiles.strictness import Strictness
from profiles.validating.validator import Validator

PACKAGES = {"2.2.1": "hl7.fhir.us.davinci-pas#2.2.1", "2.0.1": "hl7.fhir.us.davinci-pas#2.0.1"}
"""The package behind each PAS version; its dependencies say what a canonical without version means."""


class Checkers:
    """One profile checker for each guide and process, and the strictness the operator chose."""

    def __init__(self, settings: Settings) -> None:
        """Reads all definitions at once, so that processes forked later share them.

        Raises: SettingsFault for definitions or code tables that cannot be used, or a version that is not served.
        """
        self._general = settings.validation
        self._by_version = dict(settings.validation_by_version)
        self._by_client = dict(settings.validation_by_client)
        for version in self._by_version:
            if version not in PACKAGES:
                name = variable_of("validation_by_version")
                raise SettingsFault(f"{name} names {version!r}; served are {', '.join(PACKAGES)}.")
        try:
            self._validators = {
                version: _validator(package, settings.definitions, settings.code_tables)
                for version, package in PACKAGES.items()
            }
        except SiteFault as fault:
            raise SettingsFault(f"{_named(settings)} cannot be used: {fault}") from fault

    def validator(self, guide: str) -> Validator:
        """The checker of a PAS version."""
        return self._validators[guide]

    def strictness(self, caller: Caller, guide: str) -> Strictness:
        """How strict to be: the caller's own word, else the version's, else the general one."""
        of_version = self._by_version.get(guide, self._general)
        return self._by_client.get(caller.client_id, of_version)


@cache
def _validator(package: str, definitions: Path | None, code_tables: Path | None) -> Validator:
    return Validator(library_with(definitions), package, tables_of(code_tables))


def _named(settings: Settings) -> str:
    given = [name for name in ("definitions", "code_tables") if getattr(settings, name)]
    return " or ".join(f"{variable_of(name)}={getattr(settings, name)}" for name in given)

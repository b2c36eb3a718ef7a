"""Which checker answers for which base, and how strict it is with whom."""

from dataclasses import replace
from pathlib import Path

import pytest

from fhir_um.api.checkers import PACKAGES, Checkers
from fhir_um.api.exchange import BASES
from fhir_um.auth.guard import ANONYMOUS
from fhir_um.cases.model import ClientId
from fhir_um.settings import Settings, SettingsFault
from profiles.rules import GUIDES
from profiles.strictness import Strictness

CALLER = replace(ANONYMOUS, client_id=ClientId("ehr-1"))


def test_every_base_has_a_checker_of_its_own() -> None:
    checkers = Checkers(Settings())

    assert set(PACKAGES) == set(BASES)
    assert checkers.validator("2.2.1") is not checkers.validator("2.0.1")


def test_packages_are_those_that_requests_are_checked_by() -> None:
    assert PACKAGES == GUIDES


def test_checkers_of_one_process_are_shared() -> None:
    assert Checkers(Settings()).validator("2.2.1") is Checkers(Settings()).validator("2.2.1")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ("strict", "strict")),
        ({"FHIR_UM_VALIDATION": "off"}, ("off", "off")),
        ({"FHIR_UM_VALIDATION_BY_VERSION": "2.0.1=lenient"}, ("strict", "lenient")),
        ({"FHIR_UM_VALIDATION_BY_CLIENT": "ehr-2=off"}, ("strict", "strict")),
        (
            {"FHIR_UM_VALIDATION_BY_VERSION": "2.0.1=off", "FHIR_UM_VALIDATION_BY_CLIENT": "ehr-1=lenient"},
            ("lenient", "lenient"),
        ),
    ],
)
def test_the_callers_word_wins_over_the_versions(environment: dict[str, str], expected: tuple[str, str]) -> None:
    checkers = Checkers(Settings.from_env(environment))

    assert tuple(checkers.strictness(CALLER, guide) for guide in ("2.2.1", "2.0.1")) == tuple(map(Strictness, expected))


def test_a_version_nobody_serves_stops_the_start() -> None:
    with pytest.raises(SettingsFault, match="FHIR_UM_VALIDATION_BY_VERSION names '2.1.0'; served are 2.2.1, 2.0.1"):
        Checkers(Settings.from_env({"FHIR_UM_VALIDATION_BY_VERSION": "2.1.0=off"}))


@pytest.mark.parametrize("name", ["FHIR_UM_DEFINITIONS", "FHIR_UM_CODE_TABLES"])
def test_a_folder_that_cannot_be_used_stops_the_start(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match=f"{name}=.*absent.* is not a folder"):
        Checkers(Settings.from_env({name: str(tmp_path / "absent")}))

"""Which slice a value that stands alone belongs to."""

from typing import Any

import pytest

from profiles.canonicals import PAS_SD
from profiles.library import Definition, Element, shipped_library
from profiles.validating.belonging import Belonging


def profile(name: str) -> Definition:
    found = shipped_library().structure(f"{PAS_SD}profile-{name}|2.2.1")
    assert found is not None
    return found


def slices_of(name: str, *path: str) -> tuple[Belonging, Element]:
    definition = profile(name)
    here = definition.root
    for step in path:
        here = here.children[step]
    return Belonging(shipped_library(), definition), here


def belongs_to(belonging: Belonging, whole: Element, value: Any) -> set[str]:
    return {name for name, piece in whole.slices.items() if belonging.is_of(value, whole, piece)}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"system": "http://hl7.org/fhir/sid/us-npi", "value": "1910010010"}, {"NPI"}),
        ({"system": "http://terminology.hl7.org/NamingSystem/USEIN", "value": "12-3456789"}, {"TIN"}),
        ({"system": "urn:other", "value": "1"}, set()),
        ("1910010010", set()),
    ],
)
def test_an_identifier_goes_by_its_pattern(value: Any, names: set[str]) -> None:
    assert belongs_to(*slices_of("insurer", "identifier"), value) == names


def test_a_member_of_the_care_team_goes_by_what_an_extension_of_it_says() -> None:
    scope = {"url": PAS_SD + "extension-careTeamClaimScope", "valueBoolean": False}

    assert belongs_to(*slices_of("claim", "careTeam"), {"extension": [scope]}) == {"ItemClaimMember"}


def test_an_entry_goes_by_the_type_of_its_resource() -> None:
    belonging, whole = slices_of("pas-response-bundle", "entry")

    assert belongs_to(belonging, whole, {"resource": {"resourceType": "ClaimResponse"}}) == {"ClaimResponse"}
    assert belongs_to(belonging, whole, {"resource": {"resourceType": "Claim"}}) == set()


@pytest.mark.parametrize(("system", "names"), [("1069", {"X12Code"}), ("1068", set())])
def test_a_code_of_a_list_nobody_publishes_goes_by_the_list(system: str, names: set[str]) -> None:
    belonging, whole = slices_of("coverage", "relationship", "coding")
    code = {"system": f"https://codesystem.x12.org/005010/{system}", "code": "18"}

    assert belongs_to(belonging, whole, code) == names


def test_an_extension_goes_by_its_address() -> None:
    belonging, whole = slices_of("claimresponse", "item", "extension")

    assert belonging.url_of(whole.slices["itemTraceNumber"]) == PAS_SD + "extension-itemTraceNumber"

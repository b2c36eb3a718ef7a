"""Two people are two: not two spellings of an id, and not two ids with one NPI."""

from dataclasses import replace

import pytest

from fhir_um.cases.deciders import Decider, is_same_person
from fhir_um.cases.roles import Role

FALK = Decider("dr-falk", Role.PHYSICIAN, human=True, npi="1910200405")


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"role": Role.PEER}, True),
        ({"id": "DR-Falk", "npi": ""}, True),
        ({"id": " dr-falk ", "npi": ""}, True),
        ({"id": "om-7"}, True),
        ({"id": "om-7", "npi": ""}, False),
        ({"id": "om-7", "npi": "1910140148"}, False),
    ],
)
def test_who_is_the_same_person(changes, same) -> None:
    assert is_same_person(FALK, replace(FALK, **changes)) is same
    assert is_same_person(replace(FALK, **changes), FALK) is same

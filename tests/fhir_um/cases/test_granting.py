"""What counts as the same as was asked, and what does not although it is called an approval."""

from decimal import Decimal

import pytest

from fhir_um.cases.asked import Party
from fhir_um.cases.granting import in_full
from fhir_um.cases.model import Authorized
from fhir_um.words import Identifier, Quantity
from profiles.canonicals import NPI
from tests.builders import line_request

ASKED = line_request(1, "E1390", quantity=Quantity(Decimal(2), "month", "urn:x12:673", "MO"))


def by(npi: str) -> Authorized:
    return Authorized(provider=Party(identifiers=(Identifier(NPI, npi),)))


@pytest.mark.parametrize(("team", "whole"), [(set(), True), ({"1910010010"}, True), ({"1910010028"}, False)])
def test_somebody_else_than_the_sender_named_is_something_else(team, whole) -> None:
    assert in_full(ASKED, by("1910010010"), frozenset(team)) is whole


@pytest.mark.parametrize(("unit", "code", "whole"), [("", "mo", True), ("month", "", True), ("month", "DA", False)])
def test_two_codes_of_a_unit_both_count(unit, code, whole) -> None:
    assert in_full(ASKED, Authorized(quantity=Quantity(Decimal(2), unit, "", code))) is whole

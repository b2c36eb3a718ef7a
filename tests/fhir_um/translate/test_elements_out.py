from datetime import date
from decimal import Decimal

import pytest

from fhir_um.cases.asked import Party
from fhir_um.translate.elements_out import logical_reference, quantity, timed
from fhir_um.words import Identifier, Period, Quantity

X12 = "https://codesystem.x12.org/005010/673"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (Quantity(Decimal("1.00"), "", X12, "MO"), {"value": Decimal("1.00"), "system": X12, "code": "MO"}),
        (Quantity(Decimal(2), "visit"), {"value": Decimal(2), "unit": "visit"}),
        (
            Quantity(Decimal(2), "visit", "http://unitsofmeasure.org", "1"),
            {"value": Decimal(2), "unit": "visit"},
        ),
        (Quantity(Decimal(3), "", "http://unitsofmeasure.org", "d"), {"value": Decimal(3), "unit": "d"}),
        (Quantity(Decimal(2)), {}),
        (None, {}),
    ],
)
@pytest.mark.spec("pas:prof-2")
@pytest.mark.spec("pas:prof-3")
def test_a_quantity_has_a_unit_or_an_x12_code_or_is_left_out(amount, expected):
    assert quantity(amount) == expected


def test_one_day_is_a_date_and_more_are_a_period():
    day = date(2026, 3, 1)

    assert timed("serviced", Period(day, day)) == {"servicedDate": "2026-03-01"}
    assert timed("serviced", Period(day, None)) == {"servicedPeriod": {"start": "2026-03-01"}}
    assert timed("serviced", Period()) == {} and timed("serviced", None) == {}


def test_a_party_that_cannot_be_pointed_to_is_named():
    known = Party("", (Identifier("s", "1"),), "Some Plan")

    assert logical_reference(known) == {"identifier": {"system": "s", "value": "1"}, "display": "Some Plan"}
    assert logical_reference(Party())["extension"][0]["valueCode"] == "unknown"

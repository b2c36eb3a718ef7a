from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.translate.elements_in import concept, day, each, identifier, quantity, span, text, timed
from fhir_um.words import Code, Concept, Identifier, Period, Quantity

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026-03-01T23:59:00-05:00", date(2026, 3, 1)),
        ("2026-03", None),
        ("2026-02-30", None),
        ("2026-W01-1", None),
        ("20260301", None),
        ("", None),
    ],
)
def test_day_is_the_whole_day_as_written(written, expected):
    assert day(written) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026", "2026", Period(date(2026, 1, 1), date(2026, 12, 31))),
        ("2026-02", "", Period(date(2026, 2, 1), None)),
        ("", "2024-02", Period(None, date(2024, 2, 29))),
        ("2026-13", "x", Period()),
    ],
)
def test_span_widens_a_month_or_year_to_all_its_days(start, end, expected):
    assert span(start, end) == expected


def test_timed_reads_a_date_a_date_time_and_a_period():
    one_day = Period(date(2026, 3, 1), date(2026, 3, 1))

    assert timed({"servicedDate": "2026-03-01"}, "serviced") == one_day
    assert timed({"servicedDateTime": "2026-03-01T10:00:00Z"}, "serviced") == one_day
    assert timed({"servicedPeriod": {"start": "2026-03-01"}}, "serviced") == Period(date(2026, 3, 1), None)


def test_quantity_keeps_every_digit_and_refuses_an_inexact_one():
    assert quantity({"value": Decimal("1.00"), "unit": "visit"}) == Quantity(Decimal("1.00"), "visit")
    assert str(quantity({"value": Decimal("1.00")}).value) == "1.00"
    assert quantity({"value": 5, "comparator": "<"}) is None
    assert quantity({"unit": "visit"}) is None


def test_identifier_without_value_is_none_and_member_number_wins_among_types():
    typed = {"type": {"coding": [{"code": "XX"}, {"code": "MB"}]}, "system": "s", "value": "1"}

    assert identifier(typed) == Identifier("s", "1", "MB")
    assert identifier({"type": {"coding": [{"code": "MB"}]}}) is None


def test_concept_gives_the_2_0_1_revenue_system_its_present_url():
    written = {"coding": [{"system": "https://www.nubc.org/revenue-code", "code": "0290"}]}

    assert concept(written) == Concept((Code("https://www.nubc.org/CodeSystem/RevenueCodes", "0290"),))


@given(JUNK)
def test_reading_never_raises_on_any_json(junk):
    node = {"x": junk, "xPeriod": junk, "xDate": junk, "coding": junk, "value": junk, "type": junk, "extension": junk}

    each(node, "x")
    text(node, "x")
    timed(node, "x")
    concept(node)
    identifier(node)
    quantity(node)

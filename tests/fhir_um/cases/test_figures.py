"""Arithmetic that all measures share."""

from array import array
from statistics import median as textbook_median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.figures import Told, mean, median, percentile, without_numbers

TOLD = Told("M2", "approved", "a ÷ b", "request")


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=40))
def test_median_is_the_middle_or_the_mean_of_the_middle_two(values: list[float]) -> None:
    assert median(array("d", values)) == pytest.approx(textbook_median(values))


def test_of_nothing_there_is_no_figure() -> None:
    empty = array("d")

    assert (mean(empty), median(empty), percentile(empty, 90)) == (None, None, None)
    assert TOLD.share(0, 0).value is None
    assert TOLD.ratio(3, 0.0, "days").value is None


@pytest.mark.parametrize(("percent", "found"), [(1, 1.0), (50, 10.0), (90, 18.0), (95, 19.0), (100, 20.0)])
def test_percentile_is_by_nearest_rank(percent: int, found: float) -> None:
    assert percentile(array("d", range(20, 0, -1)), percent) == found


def test_a_hidden_figure_keeps_its_name_and_loses_its_numbers() -> None:
    hidden = without_numbers(TOLD.share(3, 40))

    assert (hidden.id, hidden.hidden) == ("M2", True)
    assert (hidden.numerator, hidden.denominator, hidden.value) == (None, None, None)

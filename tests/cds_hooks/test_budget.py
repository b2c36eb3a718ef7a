"""The time of a call: how much there is, and how it is shared out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.budget import MARGIN_SECONDS, Budget, for_call

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


class Watch:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize(
    "hook", ["order-select", "order-sign", "order-dispatch", "encounter-start", "encounter-discharge"]
)
@pytest.mark.spec("crd:found-2")
def test_five_seconds_less_the_way(hook: str) -> None:
    assert for_call(hook, None, NOW) == 5 - MARGIN_SECONDS
    assert for_call(hook, NOW - timedelta(hours=23, minutes=59), NOW) == 5 - MARGIN_SECONDS


@pytest.mark.parametrize("hook", ["order-sign", "order-dispatch"])
@pytest.mark.spec("crd:found-2")
def test_ten_seconds_after_a_day_without_a_call(hook: str) -> None:
    assert for_call(hook, NOW - timedelta(hours=24), NOW) == 10 - MARGIN_SECONDS


@pytest.mark.spec("crd:found-2")
def test_ten_seconds_for_every_appointment() -> None:
    assert for_call("appointment-book", NOW, NOW) == 10 - MARGIN_SECONDS
    assert for_call("order-select", NOW - timedelta(days=9), NOW) == 5 - MARGIN_SECONDS


def test_a_budget_runs_out() -> None:
    watch = Watch()
    budget = Budget(2.0, watch)

    watch.at += 1.5
    assert (budget.left(), budget.is_over) == (0.5, False)
    watch.at += 1.5
    assert (budget.left(), budget.is_over) == (0.0, True)


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 10), st.floats(0, 10))
def test_a_part_never_outlives_what_it_is_part_of(whole: float, gone: float, most: float, keep: float) -> None:
    watch = Watch()
    budget = Budget(whole, watch)
    watch.at += gone

    part = budget.part(most, keep)

    assert part.left() <= most + 1e-9
    assert part.left() <= max(0.0, budget.left() - keep) + 1e-9

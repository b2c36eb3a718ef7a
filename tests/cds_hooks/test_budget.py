"""The time of a call: how much there is, and how it is shared out."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.budget import MARGIN_SECONDS, Budget, for_call
from cds_hooks.desk import Answered, Needs, Question
from tests.cds_hooks.calling import call, make_counter, order, said, speaking, told_of
from tests.cds_hooks.fake_desk import FakeDesk


class Watch:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.spec("crd-check:117")
@pytest.mark.parametrize(
    "hook", ["order-select", "order-sign", "order-dispatch", "encounter-start", "encounter-discharge"]
)
@pytest.mark.spec("crd:found-2")
def test_five_seconds_less_the_way(hook: str) -> None:
    """Also where the guide would allow ten after a day without a call: somebody waits."""
    assert for_call(hook) == 5 - MARGIN_SECONDS


@pytest.mark.spec("crd-check:117")
@pytest.mark.spec("crd:found-2")
def test_ten_seconds_for_every_appointment() -> None:
    assert for_call("appointment-book") == 10 - MARGIN_SECONDS


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


class _Never(Future[Any]):
    """Work that does not end. Who waits for it although nothing is left fails here."""

    def exception(self, timeout: float | None = None) -> BaseException | None:
        assert timeout == 0
        raise TimeoutError


class _Hangs(Exception):
    """What a desk says in place of hanging."""


class _AtOnce(Executor):
    """Does work while it is handed in; what would hang is never done."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **more))
        except _Hangs:
            return _Never()
        return done


class _Slow(FakeDesk):
    """Takes all the time there is to say what it needs, and does not end with order 2."""

    def __init__(self, watch: Watch, hook: str) -> None:
        super().__init__()
        self.watch, self.seconds = watch, for_call(hook)

    def needs(self, question: Question) -> Needs:
        self.watch.at += self.seconds
        return super().needs(question)

    def answer(self, question: Question) -> Answered:
        if any(order.ref.endswith("/2") for order in question.orders):
            raise _Hangs
        return super().answer(question)


@pytest.mark.spec("crd:found-2", "crd:found-34", "crd:impl-2", "crd-check:117")
@pytest.mark.parametrize(("version", "unsaid"), [("2.2", "indeterminate"), ("2.0", "conditional")])
@pytest.mark.parametrize("ids", ["2", "123"])
def test_when_the_time_is_over_the_answer_goes_out_with_what_is_known(ids: str, version: str, unsaid: str) -> None:
    watch = Watch()
    at = make_counter(_Slow(watch, "order-sign"), monotonic=watch, helpers=_AtOnce())

    response = at.ask(speaking(call("order-sign", *map(order, ids)), version))

    assert response.status_code == 200
    assert {ref: said(told[0], "covered") for ref, told in told_of(response).items()} == {
        f"ServiceRequest/{id}": [unsaid if id == "2" else "covered"] for id in ids
    }

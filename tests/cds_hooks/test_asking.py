"""An order the desk fails on, or is late with, fails alone."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import pytest

from cds_hooks.asking import attempt, hear, indeterminate
from cds_hooks.assertions import Covered, PaNeeded, ReasonCode
from cds_hooks.budget import Budget
from cds_hooks.desk import Advice, AdviceKind, Answered, Indicator, NotOurs, Order, Period, Question, Topic
from tests.cds_hooks.calling import NOW, order
from tests.cds_hooks.fake_desk import FakeDesk

CARD = Advice(AdviceKind.INSTRUCTIONS, Topic.INSURANCE, Indicator.INFO, "Once is enough.", "Really.")
LONG, SHORT = 30.0, 0.2


@pytest.fixture
def helpers() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def budget(seconds: float = LONG) -> Budget:
    return Budget(seconds, lambda: 0.0)


def question(*ids: str) -> Question:
    orders = tuple(Order(f"ServiceRequest/{id}", order(id), (), "", None, Period(None, None), (), ()) for id in ids)
    return Question(
        hook="order-sign",
        instance="i",
        version="2.2",
        orders=orders,
        patient_id="pat1",
        patient=None,
        coverage=None,
        coverage_ref="Coverage/cov1",
        resources={},
        missing={},
        user="",
        received_at=NOW,
    )


@dataclass
class ClumsyDesk(FakeDesk):
    """Stumbles over some orders, and hangs at others until it is let go."""

    stumbles: frozenset[str] = frozenset()
    hangs: frozenset[str] = frozenset()
    let_go: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        super().__init__()

    def answer(self, question: Question) -> Answered:
        ids = {order.ref.partition("/")[2] for order in question.orders}
        if ids & self.stumbles:
            raise LookupError("Marisol Vega, member 77, has no such thing")
        if ids & self.hangs:
            self.let_go.wait(LONG)
        answered = super().answer(question)
        return Answered(answered.source_label, answered.assertions, (CARD,))


def test_all_orders_are_asked_about_in_one_go(helpers: Executor) -> None:
    desk = FakeDesk()

    heard = hear(desk, question("1", "2", "3"), budget(), helpers, "Payer")

    assert set(heard.answered.assertions) == {"ServiceRequest/1", "ServiceRequest/2", "ServiceRequest/3"}
    assert (heard.answered.source_label, heard.failed, len(desk.questions)) == ("Example Health Plan", (), 1)


@pytest.mark.spec("crd:resp-43")
def test_order_the_desk_stumbles_over_fails_alone(helpers: Executor) -> None:
    heard = hear(ClumsyDesk(stumbles=frozenset("2")), question("1", "2", "3"), budget(), helpers, "Payer")

    assert set(heard.answered.assertions) == {"ServiceRequest/1", "ServiceRequest/3"}
    assert heard.failed == ("ServiceRequest/2",)
    assert {type(fault) for fault in heard.faults} == {LookupError}


@pytest.mark.spec("crd:impl-2")
def test_order_the_desk_is_late_with_fails_alone_and_nobody_waits(helpers: Executor) -> None:
    desk = ClumsyDesk(hangs=frozenset("2"))

    heard = hear(desk, question("1", "2", "3"), budget(SHORT), helpers, "Payer")
    desk.let_go.set()

    assert set(heard.answered.assertions) == {"ServiceRequest/1", "ServiceRequest/3"}
    assert heard.failed == ("ServiceRequest/2",)
    assert {type(fault) for fault in heard.faults} == {TimeoutError}


def test_desk_that_fails_on_everything_loses_nothing_but_the_answers(helpers: Executor) -> None:
    heard = hear(ClumsyDesk(stumbles=frozenset("12")), question("1", "2"), budget(), helpers, "Payer")

    assert (heard.failed, heard.answered.assertions) == (("ServiceRequest/1", "ServiceRequest/2"), {})
    assert heard.answered.source_label == "Payer"


def test_card_about_all_orders_is_told_once(helpers: Executor) -> None:
    heard = hear(ClumsyDesk(stumbles=frozenset("2")), question("1", "2", "3"), budget(), helpers, "Payer")

    assert heard.answered.advice == (CARD,)


def test_many_orders_are_asked_about_in_several_goes(helpers: Executor) -> None:
    desk = FakeDesk()

    heard = hear(desk, question(*map(str, range(60))), budget(), helpers, "Payer")

    assert len(heard.answered.assertions) == 60
    assert sorted(len(asked.orders) for asked in desk.questions) == [10, 25, 25]


def test_coverage_that_is_not_ours_is_said_once_for_all(helpers: Executor) -> None:
    class Elsewhere(FakeDesk):
        def answer(self, question: Question) -> Answered:
            raise NotOurs("another payer")

    with pytest.raises(NotOurs):
        hear(Elsewhere(), question("1"), budget(), helpers, "Payer")


@pytest.mark.spec("crd-check:88")
@pytest.mark.spec("crd:resp-43")
def test_what_could_not_be_determined_says_so_with_the_reason() -> None:
    asked = question("1")

    said = indeterminate(asked.orders[0], "id-1", asked)

    assert (said.id, said.on, said.covered, said.pa_needed) == (
        "id-1",
        NOW.date(),
        Covered.INDETERMINATE,
        PaNeeded.INDETERMINATE,
    )
    assert [why.code for why in said.reasons] == [ReasonCode.TECHNICAL]
    assert all(why.text for why in said.reasons)


def test_attempt_gives_what_the_work_gives(helpers: Executor) -> None:
    assert attempt(lambda: 7, 0, budget(), helpers) == (7, None)


def test_attempt_that_fails_or_lasts_gives_the_other_thing(helpers: Executor) -> None:
    let_go = Event()

    failed, fault = attempt(lambda: 1 // 0, 5, budget(), helpers)
    late, lateness = attempt(lambda: let_go.wait(LONG), False, budget(SHORT), helpers)
    let_go.set()

    assert (failed, type(fault)) == (5, ZeroDivisionError)
    assert (late, type(lateness)) == (False, TimeoutError)

"""Asks the desk about the orders of a call, so that what fails or is late fails alone, and the answer goes out in time.

Must not know dialects or HTTP. Source: CRD 2.2.1 resp-43 (technical problems), found-34 (answer what can be answered).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cds_hooks.budget import Budget
from cds_hooks.codings import system_of
from cds_hooks.desk import (
    Advice,
    Answered,
    Assertion,
    Covered,
    Desk,
    NotOurs,
    Order,
    PaNeeded,
    Question,
    ReasonCode,
    Why,
)
from profiles.canonicals import EXT_COVERAGE_INFORMATION

_TOGETHER = 25
"""Orders asked about in one go. One desk is asked in several goes only for a call that is out of the ordinary."""

_FIRST_SHARE = 0.6
"""Of the time left, how much the goes together get before each order is asked about by itself."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard:
    """What the desk said: `failed` are orders it could not answer in time or at all, `faults` why, by type of error."""

    answered: Answered
    failed: tuple[str, ...] = ()
    faults: tuple[BaseException, ...] = ()


@dataclass(slots=True)
class _Gathered:
    """Answers as they come in."""

    assertions: dict[str, tuple[Assertion, ...]] = field(default_factory=dict)
    advice: list[Advice] = field(default_factory=list)
    label: str = ""
    url: str = ""
    faults: list[BaseException] = field(default_factory=list)

    def take(self, answered: Answered) -> None:
        """Adds one answer; advice that was given before is not given again."""
        self.assertions.update(answered.assertions)
        self.advice += [advice for advice in answered.advice if advice not in self.advice]
        self.label = self.label or answered.source_label
        self.url = self.url or answered.source_url


def hear(desk: Desk, question: Question, budget: Budget, helpers: Executor, label: str) -> Heard:
    """The desk's answer to every order it could answer within the budget.

    All orders are asked about together first; where that fails or lasts, each is asked about by itself. `label` names
    the insurer where the desk said nothing at all.

    Raises: NotOurs.
    """
    gathered = _Gathered()
    parts = [question.orders[at : at + _TOGETHER] for at in range(0, len(question.orders), _TOGETHER)] or [()]
    left = _ask(desk, question, parts, budget.left() * _FIRST_SHARE, helpers, gathered)
    if left:
        left = _ask(desk, question, [(order,) for order in left], budget.left(), helpers, gathered)
    answered = Answered(gathered.label or label, gathered.assertions, tuple(gathered.advice), gathered.url)
    return Heard(answered, tuple(order.ref for order in left), tuple(gathered.faults))


def attempt(work: Callable[[], T], otherwise: T, budget: Budget, helpers: Executor) -> tuple[T, BaseException | None]:
    """What the work gives, or `otherwise` and the fault when it fails or is not done within the budget."""
    future = helpers.submit(work)
    fault = _fault_of(future, budget.left())
    return (otherwise, fault) if fault is not None else (future.result(), None)


def indeterminate(order: Order, id: str, question: Question) -> Assertion:
    """What is said of an order that could not be determined (resp-43)."""
    text = "The payer's system could not determine this now, for technical reasons. Ask again later."
    return Assertion(
        id=id,
        on=question.received_at.date(),
        covered=Covered.INDETERMINATE,
        pa_needed=PaNeeded.INDETERMINATE,
        reasons=(Why(text, ReasonCode.TECHNICAL),),
    )


def as_ordered(assertions: tuple[Assertion, ...], order: Order) -> tuple[Assertion, ...]:
    """The same with each billing code that the order names under the address it is written with there.

    Who compares the answer with the order need not know our name for HCPCS.
    """
    if not any(told.billing_codes for told in assertions):
        return assertions
    written = dict(_systems_in(order.resource))
    return tuple(
        replace(
            told,
            billing_codes=tuple(
                replace(code, system=written.get((code.system, code.code), code.system)) for code in told.billing_codes
            ),
        )
        for told in assertions
    )


def _systems_in(value: Any) -> Iterator[tuple[tuple[str, str], str]]:
    """Code system and code of every coding inside, as the house files it, and the address as it is written.

    What we said ourselves does not count.
    """
    if isinstance(value, dict):
        if value.get("url") == EXT_COVERAGE_INFORMATION:
            return
        system, code = value.get("system"), value.get("code")
        if isinstance(system, str) and isinstance(code, str):
            yield (system_of(system), code), system.partition("|")[0]
    for inside in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _systems_in(inside)


def _ask(
    desk: Desk,
    question: Question,
    parts: Iterable[Sequence[Order]],
    seconds: float,
    helpers: Executor,
    gathered: _Gathered,
) -> list[Order]:
    """Asks about each part at once; gives back the orders of those that failed or were late."""
    asked = [(tuple(part), helpers.submit(desk.answer, replace(question, orders=tuple(part)))) for part in parts]
    if len(asked) > 1:
        wait([future for _, future in asked], timeout=seconds)
        seconds = 0.0
    left: list[Order] = []
    for part, future in asked:
        fault = _fault_of(future, seconds)
        if isinstance(fault, NotOurs):
            raise fault
        if fault is None:
            gathered.take(future.result())
        else:
            gathered.faults.append(fault)
            left += part
    return left


def _fault_of(future: Future[T], seconds: float) -> BaseException | None:
    """Why a piece of work gave nothing; one that lasts longer is late, and called off if it has not begun."""
    try:
        return future.exception(timeout=seconds)
    except TimeoutError as late:
        future.cancel()
        return late

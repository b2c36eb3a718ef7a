"""What hook calls amount to: the metric record of a call, and the measures over records.

Must not know FHIR, what is kept of a call, or how a record is written. Nothing here names a patient. Source: CRD 2.2.1,
CRDMetricData and the measures suggested beside it (metric-1).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fhir_um.words import Code, Identifier

ANSWERED = 200
_REQUIRED = frozenset({"auth-needed", "performpa"})


@dataclass(frozen=True, slots=True)
class CoverageTold:
    """What one assertion said, without its reasons."""

    covered: str
    pa_needed: str
    doc_needed: tuple[str, ...]
    info_needed: tuple[str, ...]
    questionnaires: tuple[str, ...]
    assertion_id: str
    number: str


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card by its topic, and what became of it: `accept`, `override`, or nothing that was reported."""

    topic: str
    engagement: str


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """One order that was asked about, and what came back about it."""

    type: str
    codes: tuple[Code, ...]
    coverage: tuple[CoverageTold, ...]
    cards: tuple[CardShown, ...]


@dataclass(frozen=True, slots=True)
class Accessed:
    """How many resources of a type came along, or were fetched."""

    type: str
    count: int
    prefetched: bool


@dataclass(frozen=True, slots=True)
class HookRecord:
    """One call. `payer` is how the payer is known outside; None when it has no identifier on file."""

    instance: str
    hook: str
    payer_id: str
    payer: Identifier | None
    received_at: datetime
    answered_at: datetime
    status: int
    issues: tuple[str, ...]
    token_use: str
    resources: tuple[Accessed, ...]
    orders: tuple[OrderAnswered, ...]

    @property
    def seconds(self) -> float:
        """How long it took to answer."""
        return (self.answered_at - self.received_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures over some calls: `orders` and `answers` are of calls answered with 200, all others are left out."""

    calls: int
    answers: int
    orders: int
    informed: int
    by_covered: Mapping[str, int]
    pa_with_form: int
    documents_with_form: int
    satisfied: int
    in_time: int


def measured(records: Iterable[HookRecord], seconds_for: Callable[[str], float]) -> Measured:
    """The measures over calls. `seconds_for` tells what the guide gives a hook."""
    calls = list(records)
    answered = [call for call in calls if call.status == ANSWERED]
    orders = [order for call in answered for order in call.orders]
    return Measured(
        calls=len(calls),
        answers=len(answered),
        orders=len(orders),
        informed=sum(bool(order.coverage) for order in orders),
        by_covered=Counter(covered for order in orders for covered in {told.covered for told in order.coverage}),
        pa_with_form=_count(orders, lambda told: told.pa_needed in _REQUIRED and bool(told.questionnaires)),
        documents_with_form=_count(orders, lambda told: bool(told.doc_needed and told.questionnaires)),
        satisfied=_count(orders, lambda told: told.pa_needed == "satisfied"),
        in_time=sum(call.seconds < seconds_for(call.hook) for call in answered),
    )


def _count(orders: Iterable[OrderAnswered], holds: Callable[[CoverageTold], bool]) -> int:
    return sum(any(map(holds, order.coverage)) for order in orders)

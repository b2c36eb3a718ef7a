"""A card says why nothing is said about an order, and only then."""

import pytest

from cds_hooks.desk import AdviceKind, Order, Period
from cds_hooks.notes import notes
from cds_hooks.orders import DOUBLED, NO_ID, Asked
from tests.cds_hooks.calling import order

ORDER = Order("ServiceRequest/1", order(), (), "", None, Period(None, None), (), ())


@pytest.mark.parametrize(
    ("found", "has_coverage", "count"),
    [
        (Asked((ORDER,)), True, 0),
        (Asked(()), False, 0),
        (Asked((ORDER,)), False, 1),
        (Asked((), unread=("ServiceRequest/2",)), True, 1),
        (Asked((), unread=("ServiceRequest/2",)), False, 2),
        (
            Asked((ORDER,), ((NO_ID, ("ServiceRequest#1", "ServiceRequest#2")), (DOUBLED, ("ServiceRequest/3",)))),
            True,
            2,
        ),
    ],
)
def test_note_is_given_for_what_gets_no_answer(found: Asked, has_coverage: bool, count: int) -> None:
    given = list(notes(found, has_coverage))

    assert len(given) == count
    assert all(advice.kind is AdviceKind.INSTRUCTIONS and advice.detail for advice in given)
    assert all(len(advice.summary) < 140 for advice in given)


@pytest.mark.spec("crd:dev-24", "crd-check:111")
def test_note_names_the_orders_that_have_a_name() -> None:
    nameless, doubled = notes(Asked((), ((NO_ID, ("ServiceRequest#1",)), (DOUBLED, ("ServiceRequest/3",)))), True)

    assert (nameless.about, "ServiceRequest" in nameless.detail) == ((), False)
    assert (doubled.about, "ServiceRequest/3" in doubled.detail) == (("ServiceRequest/3",), True)

"""Events are fetched again as they were: each with the case as it stood, whatever came after and whoever was told."""

import pytest

from fhir_um.cases.model import LineState
from fhir_um.errors import Refusal
from fhir_um.subscribers.model import Content
from fhir_um.usecases import subscription_events as fetching
from fhir_um.usecases.subscribe import subscribe
from fhir_um.usecases.subscription_events import subscription_events
from tests.fhir_um.subscribing import asked
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.subscribers import decided, deliver, pended

ALL = (1, 999)


@pytest.fixture
def told(deps, clock):
    """A subscription owed two events about one case, the first of them delivered."""
    made = subscribe(deps, a_caller(), asked())
    case = pended(deps)
    clock.move(seconds=1)
    deliver(deps)
    case = decided(deps, case, 1)
    deliver(deps)
    clock.move(seconds=1)
    return made, decided(deps, case, 2)


def events(deps, made, first: int, last: int, content: Content = Content.FULL_RESOURCE):
    return subscription_events(deps, a_caller(), "2.2.1", made.id, first, last, content)[1]


def test_each_event_with_the_case_as_it_stood(deps, told) -> None:
    made, case = told

    first, second = events(deps, made, *ALL)

    assert (first.number, second.number) == (1, 2)
    assert first.case.line(1).state is LineState.APPROVED
    assert first.case.line(2).state is not LineState.APPROVED
    assert second.case == case
    assert second.body.startswith(b"submission")
    assert second.at == case.changed_at


def test_by_id_alone_no_case_is_read(deps, told) -> None:
    made, case = told

    assert [(one.case_id, one.case, one.body) for one in events(deps, made, *ALL, Content.ID_ONLY)] == [
        (case.id, None, b"")
    ] * 2


@pytest.mark.parametrize(
    ("first", "last", "numbers"), [(1, 1, [1]), (2, 9, [2]), (3, 9, []), (2, 1, []), (0, 9, [1, 2])]
)
def test_from_and_until(deps, told, first: int, last: int, numbers: list[int]) -> None:
    assert [one.number for one in events(deps, told[0], first, last)] == numbers


def test_no_more_than_one_answer_can_hold(deps, told, monkeypatch) -> None:
    monkeypatch.setattr(fetching, "MOST_EVENTS", 1)

    assert [one.number for one in events(deps, told[0], *ALL)] == [1]


@pytest.mark.spec("pas:spec-59")
def test_nobody_else_fetches_them(deps, told) -> None:
    with pytest.raises(Refusal):
        subscription_events(deps, a_caller("ehr-2"), "2.2.1", told[0].id, *ALL, Content.ID_ONLY)


def test_a_case_of_another_payer_than_the_subscription_is_found(deps, clock) -> None:
    """A sender that deals with several payers subscribes with the first of them."""
    caller = a_caller("ehr-1", "prairie", "harbor")
    made = subscribe(deps, caller, asked())
    case = decided(deps, pended(deps), 1)

    (event,) = subscription_events(deps, caller, "2.2.1", made.id, *ALL, Content.FULL_RESOURCE)[1]

    assert (made.payer_id, case.payer_id) == ("prairie", "harbor")
    assert event.case == case

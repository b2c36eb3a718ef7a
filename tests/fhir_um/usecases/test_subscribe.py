"""A sender subscribes: kept, owed a handshake after the answer, active when it was taken; nobody else sees it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.errors import Kind, Refusal
from fhir_um.subscribers.asked import SubscriptionSearch
from fhir_um.subscribers.model import DeliveryKind, Standing
from fhir_um.usecases import subscribe as subscribing
from fhir_um.usecases.see_subscriptions import read_subscription, search_subscriptions
from fhir_um.usecases.subscribe import subscribe
from tests.fhir_um.subscribing import SECRET, asked
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.subscribers import decided, deliver, pended, seen


@pytest.mark.spec("pas:spec-54")
def test_a_new_one_waits_for_its_handshake(deps, clock) -> None:
    made = subscribe(deps, a_caller(), asked())

    assert made.standing is Standing.REQUESTED
    assert read_subscription(deps, a_caller(), "2.2.1", made.id) == made
    assert made.channel.headers == (SECRET,)
    assert deliver(deps) == [], "not before the answer is there"
    clock.move(seconds=1)
    assert [one.kind for one in deliver(deps)] == [DeliveryKind.HANDSHAKE]
    assert seen(deps, made).standing is Standing.ACTIVE


def test_a_handshake_nobody_takes_leaves_it_requested_and_at_last_in_error(deps, clock) -> None:
    made = subscribe(deps, a_caller(), asked())

    clock.move(seconds=1)
    deliver(deps, status=500)
    assert seen(deps, made).standing is Standing.REQUESTED
    clock.move(seconds=2)
    deliver(deps, status=410, gives_up=True)

    assert seen(deps, made).standing is Standing.ERROR
    assert seen(deps, made).fault == "handshake: 410"


@pytest.mark.spec("pas:spec-51")
@pytest.mark.spec("pas:spec-60")
def test_decisions_are_owed_from_the_first_moment(deps, clock) -> None:
    made = subscribe(deps, a_caller(), asked())
    decided(deps, pended(deps), 1)

    clock.move(seconds=1)

    assert [one.kind for one in deliver(deps)] == [DeliveryKind.HANDSHAKE]
    assert [one.event_number for one in deliver(deps)] == [1]
    assert seen(deps, made).event_count == 1


@pytest.mark.spec("pas:spec-59")
@pytest.mark.parametrize(("client", "guide"), [("ehr-2", "2.2.1"), ("ehr-1", "2.0.1")])
def test_another_sender_or_base_does_not_find_it(deps, client: str, guide: str) -> None:
    made = subscribe(deps, a_caller(), asked())

    with pytest.raises(Refusal) as refused:
        read_subscription(deps, a_caller(client), guide, made.id)

    assert refused.value.kind is Kind.NOT_FOUND
    assert search_subscriptions(deps, a_caller(client), guide, SubscriptionSearch()) == ()


@pytest.mark.spec("pas:spec-59")
def test_another_sender_hears_nothing_of_our_requests(deps, clock) -> None:
    """Even by a filter that names our clinic."""
    theirs = subscribe(deps, a_caller("ehr-2"), asked("2.2.1", "org-identifier=1910010010"))

    decided(deps, pended(deps), 1)

    assert seen(deps, theirs).event_count == 0


@pytest.mark.spec("pas:spec-58")
@pytest.mark.parametrize(("wanted", "count"), [("1910010010", 1), ("1999999992", 0), ("1999999992,1910010010", 1)])
def test_the_filter_says_what_counts(deps, wanted: str, count: int) -> None:
    made = subscribe(deps, a_caller(), asked("2.2.1", f"org-identifier={wanted}"))

    decided(deps, pended(deps), 1)

    assert seen(deps, made).event_count == count


def test_one_that_is_off_from_the_start_is_refused(lite) -> None:
    with pytest.raises(Refusal) as refused:
        subscribe(lite, a_caller(), asked(status="off"))

    assert refused.value.issues[0].path == "Subscription.status"


def test_there_is_an_end_to_it(deps, monkeypatch) -> None:
    monkeypatch.setattr(subscribing, "MOST_OF_A_SENDER", 2)
    for _ in range(2):
        subscribe(deps, a_caller(), asked())
    subscribe(deps, a_caller("ehr-2"), asked())

    with pytest.raises(Refusal) as refused:
        subscribe(deps, a_caller(), asked())

    assert refused.value.issues[0].code == "too-costly"


def test_search(deps, clock) -> None:
    first = subscribe(deps, a_caller(), asked())
    clock.move(seconds=1)
    deliver(deps)
    other = {"channel": {"endpoint": "https://ehr.example.org/other"}}
    second = subscribe(deps, a_caller(), asked(**other))
    subscribe(deps, a_caller(), asked("2.0.1"))

    def found(**wanted) -> list[str]:
        search = replace(SubscriptionSearch(), **{name: frozenset(values) for name, values in wanted.items()})
        return [one.id for one in search_subscriptions(deps, a_caller(), "2.2.1", search)]

    assert found() == [first.id, second.id]
    assert found(ids={second.id, "nobody"}) == [second.id]
    assert found(standings={Standing.ACTIVE}) == [first.id]
    assert found(standings={Standing.OFF}) == []
    assert found(endpoints={"https://ehr.example.org/other"}) == [second.id]
    assert second.created_at - first.created_at == timedelta(seconds=1)


def _of_lakeside(client: str, *payers: str):
    return replace(a_caller(client, *payers), organisation="lakeside")


@pytest.mark.spec("pas:spec-59")
def test_a_client_of_the_same_organisation_sees_it_unless_it_tells_of_a_payer_of_others(deps) -> None:
    of_both = subscribe(deps, _of_lakeside("both", "harbor", "prairie"), asked())
    of_one = subscribe(deps, _of_lakeside("one", "harbor"), asked())

    def listed(caller) -> set[str]:
        return {one.id for one in search_subscriptions(deps, caller, "2.2.1", SubscriptionSearch())}

    assert listed(_of_lakeside("another", "prairie", "harbor")) == {of_both.id, of_one.id}
    assert listed(_of_lakeside("another", "harbor")) == {of_one.id}
    assert listed(_of_lakeside("another", "prairie")) == set()
    with pytest.raises(Refusal) as refused:
        read_subscription(deps, _of_lakeside("another", "harbor"), "2.2.1", of_both.id)
    assert refused.value.kind is Kind.NOT_FOUND


@pytest.mark.parametrize(("payers", "events"), [(("harbor",), 1), (("prairie",), 0), (("prairie", "harbor"), 1)])
def test_it_hears_of_the_payers_its_maker_may_speak_to(deps, payers, events) -> None:
    """Two clients of one organisation, each with payers of its own: neither endpoint hears of the other's payer."""
    made = subscribe(deps, replace(a_caller("another", *payers), organisation="ehr-1"), asked())

    decided(deps, pended(deps), 1)

    assert _events(deps, made) == events


def _events(deps, made) -> int:
    with deps.open_reading() as work:
        return len(work.subscribers.events(made, 1, 100, 100))

"""A sender changes its subscription: a new handshake first, nothing lost, nothing overwritten unseen, or silence."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from fhir_um.errors import Kind, Refusal, VersionConflict
from fhir_um.subscribers.model import DeliveryKind, Standing
from fhir_um.usecases.change_subscription import change_subscription
from fhir_um.usecases.end_subscription import end_subscription
from fhir_um.usecases.own_subscription import told_when_overtaken
from fhir_um.usecases.see_subscriptions import read_subscription
from fhir_um.usecases.subscribe import subscribe
from tests.fhir_um.subscribing import asked
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.subscribers import decided, deliver, pended, seen

OTHER = {"channel": {"endpoint": "https://ehr.example.org/other", "header": ["X-New: secret"]}}


@pytest.fixture
def active(deps, clock):
    """A subscription whose handshake was taken."""
    made = subscribe(deps, a_caller(), asked())
    clock.move(seconds=1)
    deliver(deps)
    return seen(deps, made)


def kinds(deliveries) -> list[DeliveryKind]:
    return [one.kind for one in deliveries]


def test_a_change_asks_for_a_handshake_again(deps, clock, active) -> None:
    changed = change_subscription(deps, a_caller(), active.id, asked(**OTHER))

    assert changed == seen(deps, active)
    assert (changed.standing, changed.version) == (Standing.REQUESTED, 2)
    assert changed.channel.endpoint.endswith("/other")
    assert changed.channel.headers == ("X-New: secret",)
    assert changed.created_at == active.created_at
    clock.move(seconds=1)
    assert kinds(deliver(deps)) == [DeliveryKind.HANDSHAKE]


def test_what_was_held_in_error_follows_the_new_handshake(deps, clock, active) -> None:
    case = decided(deps, pended(deps), 1)
    deliver(deps, status=500, gives_up=True)
    assert seen(deps, active).standing is Standing.ERROR
    decided(deps, case, 2)

    change_subscription(deps, a_caller(), active.id, asked())
    clock.move(seconds=1)

    assert seen(deps, active).fault == ""
    assert kinds(deliver(deps)) == [DeliveryKind.HANDSHAKE]
    assert [one.event_number for one in deliver(deps)] == [1, 2]
    assert seen(deps, active).standing is Standing.ACTIVE


def test_off_is_silence_and_events_do_not_count(deps, clock, active) -> None:
    case = pended(deps)

    change_subscription(deps, a_caller(), active.id, asked(status="off"))
    decided(deps, case, 1)
    clock.move(hours=1)

    assert deliver(deps) == []
    assert (seen(deps, active).standing, seen(deps, active).event_count) == (Standing.OFF, 0)


def test_what_is_off_can_be_requested_again(deps, clock, active) -> None:
    change_subscription(deps, a_caller(), active.id, asked(status="off"))

    change_subscription(deps, a_caller(), active.id, asked(), frozenset({"2"}))
    clock.move(seconds=1)

    assert kinds(deliver(deps)) == [DeliveryKind.HANDSHAKE]


@pytest.mark.parametrize("versions", [frozenset({"2"}), frozenset(), frozenset({"0", "x"})])
def test_a_change_made_on_another_version_is_refused(deps, active, versions) -> None:
    for change in (
        lambda: change_subscription(deps, a_caller(), active.id, asked(), versions),
        lambda: end_subscription(deps, a_caller(), "2.2.1", active.id, versions),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.kind is Kind.OUTDATED

    assert seen(deps, active) == active


@pytest.mark.spec("pas:spec-59")
@pytest.mark.parametrize(("client", "guide"), [("ehr-2", "2.2.1"), ("ehr-1", "2.0.1")])
def test_another_sender_or_base_changes_nothing(deps, active, client: str, guide: str) -> None:
    for change in (
        lambda: change_subscription(deps, a_caller(client), active.id, asked(guide)),
        lambda: end_subscription(deps, a_caller(client), guide, active.id),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.kind is Kind.NOT_FOUND

    assert seen(deps, active) == active


def test_an_ended_one_is_gone_and_hears_nothing(deps, clock, active) -> None:
    case = pended(deps)
    decided(deps, case, 1)

    end_subscription(deps, a_caller(), "2.2.1", active.id, frozenset({"1"}))
    clock.move(hours=1)

    assert deliver(deps) == []
    with pytest.raises(Refusal) as refused:
        read_subscription(deps, a_caller(), "2.2.1", active.id)
    assert refused.value.kind is Kind.NOT_FOUND
    with pytest.raises(Refusal):
        end_subscription(deps, a_caller(), "2.2.1", active.id)


def test_of_two_changes_at_once_one_is_told_so() -> None:
    with pytest.raises(Refusal) as refused, told_when_overtaken():
        raise VersionConflict(1, 2)

    assert refused.value.kind is Kind.CONFLICT
    assert "subscription" in refused.value.issues[0].text


def test_of_two_who_change_the_same_version_one_does(deps, active) -> None:
    together = Barrier(2)

    def change() -> Kind | None:
        together.wait()
        try:
            change_subscription(deps, a_caller(), active.id, asked(), frozenset({"1"}))
        except Refusal as refused:
            return refused.kind
        return None

    with ThreadPoolExecutor(2) as pool:
        met = {task.result() for task in [pool.submit(change) for _ in range(2)]}

    assert None in met
    assert met - {None} <= {Kind.OUTDATED, Kind.CONFLICT}
    assert len(met) == 2
    assert seen(deps, active).version == 2

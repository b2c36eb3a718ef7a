"""Who may not call any more is not told any more either; what they are owed is held."""

from dataclasses import replace

import pytest

from fhir_um.cases.client import Client, ClientKind, ClientStanding
from fhir_um.cases.model import ClientId
from fhir_um.deps import Deps
from fhir_um.subscribers.model import Asking, Delivery, DeliveryKind, Given, Sent, Standing, Subscription, Tried
from fhir_um.usecases.change_client import change_client
from fhir_um.usecases.change_subscription import change_subscription
from fhir_um.usecases.register_client import register_client
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.usecases.subscribe import subscribe
from tests.fhir_um.subscribing import asked
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.subscribers import decided, deliver, pended, seen


def registered(deps: Deps, id: str, organisation: str = "") -> Client:
    at = deps.clock()
    new = Client(
        id=ClientId(id),
        kind=ClientKind.SMART,
        name="Hospital",
        payer_ids=payers_on_file(deps),
        scopes=("system/Subscription.c",),
        created_at=at,
        changed_at=at,
        organisation=organisation,
        jwks_url="https://ehr.example.org/keys",
    )
    register_client(deps, new)
    return new


def disabled(client: Client) -> Client:
    return replace(client, standing=ClientStanding.DISABLED)


def enabled(client: Client) -> Client:
    return replace(client, standing=ClientStanding.ACTIVE)


@pytest.fixture
def heard(deps, clock) -> Subscription:
    """An active subscription of the sender ehr-1."""
    made = subscribe(deps, a_caller(), asked())
    clock.move(seconds=1)
    deliver(deps)
    return made


def test_nothing_is_sent_for_a_client_that_is_kept_out(deps, heard) -> None:
    registered(deps, "ehr-1")
    change_client(deps, "ehr-1", disabled)
    decided(deps, pended(deps), 1)

    assert deliver(deps) == []
    assert seen(deps, heard).standing is Standing.ERROR
    assert "may not call" in seen(deps, heard).fault


def test_who_comes_back_is_told_what_it_missed(deps, clock, heard) -> None:
    registered(deps, "ehr-1")
    change_client(deps, "ehr-1", disabled)
    decided(deps, pended(deps), 1)
    change_client(deps, "ehr-1", enabled)
    assert deliver(deps) == [], "it asks for that itself"

    change_subscription(deps, a_caller(), heard.id, asked(), None)
    clock.move(seconds=1)

    assert [one.kind for one in deliver(deps)] == [DeliveryKind.HANDSHAKE]
    assert [one.event_number for one in deliver(deps)] == [1]


def test_others_of_the_same_organisation_go_on(deps, heard) -> None:
    registered(deps, "clinic-a", organisation="ehr-1")
    registered(deps, "clinic-b", organisation="ehr-1")
    change_client(deps, "clinic-a", disabled)
    decided(deps, pended(deps), 1)

    assert [one.event_number for one in deliver(deps)] == [1]

    change_client(deps, "clinic-b", disabled)
    assert seen(deps, heard).standing is Standing.ERROR


def test_other_senders_go_on(deps, heard) -> None:
    registered(deps, "ehr-2")
    change_client(deps, "ehr-2", disabled)

    assert seen(deps, heard).standing is Standing.ACTIVE


def test_what_is_under_way_settles_nothing(deps, heard) -> None:
    registered(deps, "ehr-1")
    decided(deps, pended(deps), 1)
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        (lease,) = work.subscribers.lease(at, Asking("worker", at.replace(year=2030)))
    change_client(deps, "ehr-1", disabled)
    with deps.open_work(alone=True) as work:
        lost = work.subscribers.settle((Given(lease, _arrived(lease.deliveries, at)),), at)

    assert lost == (lease,)
    assert seen(deps, heard).standing is Standing.ERROR


def _arrived(deliveries: tuple[Delivery, ...], at) -> tuple[Tried, ...]:
    return tuple(Tried(one, Sent(200), at, None) for one in deliveries)

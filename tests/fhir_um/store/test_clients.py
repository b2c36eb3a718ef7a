"""Clients and their tokens as rows, on each kind of database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.client import Client, ClientKind, ClientStanding, Grant, Issued
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.errors import VersionConflict
from fhir_um.store.database import Store
from tests.conftest import NOW

LATER = NOW + timedelta(minutes=5)
CLIENT = Client(
    id=ClientId("ehr-1"),
    kind=ClientKind.UDAP,
    name="General Hospital",
    payer_ids=(PayerId("harbor"), PayerId("prairie")),
    scopes=("system/Claim.cruds", "um/cases.read"),
    created_at=NOW,
    changed_at=LATER,
    organisation="valley",
    roles=frozenset({"nurse"}),
    keys=({"kty": "EC", "kid": "ec-1", "x": "…", "key_ops": ["verify"]},),
    jwks_url="https://ehr.example.org/jwks.json",
    certificates=("one", "two"),
    uri="https://ehr.example.org",
    version=3,
)
ISSUED = Issued("opaque", ("system/Claim.c", "um/cases.read"), LATER, "thumbprint")


def add(store: Store, *clients: Client) -> list[bool]:
    with store.open_work() as work:
        return [work.clients.add(client) for client in clients]


def change(store: Store, changed: Client, expected_version: int) -> None:
    with store.open_work() as work:
        work.clients.change(changed, expected_version)


def issue(store: Store, client: Client, issued: Issued = ISSUED) -> None:
    with store.open_work() as work:
        work.clients.issue(client, issued, NOW)


def grant(store: Store, token: str = ISSUED.token, seconds: float = 0) -> Grant | None:
    with store.open_reading() as reading:
        return reading.clients.of_token(token, NOW + timedelta(seconds=seconds))


def test_a_client_comes_back_as_it_was(store: Store) -> None:
    other = replace(CLIENT, id=ClientId("ehr-0"), uri="", kind=ClientKind.SMART)

    assert add(store, CLIENT, other) == [True, True]
    with store.open_reading() as reading:
        assert reading.clients.find("ehr-1") == CLIENT
        assert reading.clients.find("ehr-2") is None
        assert reading.clients.find_named(ClientKind.UDAP, CLIENT.uri) == CLIENT
        assert reading.clients.find_named(ClientKind.SMART, CLIENT.uri) is None
        assert reading.clients.find_named(ClientKind.SMART, "") is None
        assert reading.clients.all() == (other, CLIENT)


def test_an_id_is_taken_once(store: Store) -> None:
    add(store, CLIENT)

    assert add(store, replace(CLIENT, name="Another", uri="")) == [False]
    with store.open_reading() as reading:
        assert reading.clients.find("ehr-1") == CLIENT


def test_a_change_on_an_older_version_changes_nothing(store: Store) -> None:
    add(store, CLIENT)
    changed = replace(CLIENT, name="Renamed", version=4)

    with pytest.raises(VersionConflict):
        change(store, changed, 2)
    change(store, changed, 3)

    with store.open_reading() as reading:
        assert reading.clients.find("ehr-1") == changed


def test_a_token_stands_for_what_was_granted(store: Store) -> None:
    add(store, CLIENT)
    issue(store, CLIENT)

    assert grant(store) == Grant(CLIENT, ISSUED.scopes, "thumbprint", NOW, LATER)
    for token in ("", "Opaque", "opaque ", "other", "\ud800", "\0"):
        assert grant(store, token) is None


def test_a_token_ends_with_its_last_second(store: Store) -> None:
    add(store, CLIENT)
    issue(store, CLIENT)

    assert grant(store, seconds=299.999) is not None
    assert grant(store, seconds=300) is None


@pytest.mark.parametrize("changed", [{"version": 4}, {"standing": ClientStanding.DISABLED}])
def test_whatever_changes_about_a_client_its_tokens_are_over(store: Store, changed: dict[str, object]) -> None:
    add(store, CLIENT)
    issue(store, CLIENT)

    change(store, replace(CLIENT, **changed), 3)  # type: ignore[arg-type]  # one field of several kinds

    assert grant(store) is None


def test_a_token_issued_while_the_client_was_changed_opens_nothing(store: Store) -> None:
    add(store, CLIENT)
    change(store, replace(CLIENT, version=4), 3)

    issue(store, CLIENT)

    assert grant(store) is None


def test_a_client_ends_its_own_tokens_only(store: Store) -> None:
    add(store, CLIENT)
    issue(store, CLIENT)
    for id, token, is_there in (("ehr-2", "opaque", True), ("ehr-1", "other", True), ("ehr-1", "opaque", False)):
        with store.open_work() as work:
            work.clients.revoke(ClientId(id), token)
        assert (grant(store) is not None) is is_there

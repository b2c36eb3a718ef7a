"""Tokens of hook calls are good once, in whatever process they come."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from fhir_um.store.database import Store
from tests.conftest import NOW

SOON = NOW + timedelta(minutes=6)


def spend(store: Store, issuer: str = "ehr", jti: str = "1", minutes: float = 0) -> bool:
    at = NOW + timedelta(minutes=minutes)
    with store.open_work() as work:
        return work.spend_token(issuer, jti, at + timedelta(minutes=6), at)


@pytest.mark.spec("crd:sec-1")
def test_a_token_is_spent_once(store: Store) -> None:
    assert spend(store)
    assert not spend(store)
    assert not spend(store, minutes=7)
    assert spend(store, jti="2")
    assert spend(store, issuer="another")
    assert spend(store, jti="x" * 5_000)
    assert not spend(store, jti="x" * 5_000)


def test_tokens_that_expired_long_ago_are_forgotten(store: Store) -> None:
    spend(store)
    spend(store, jti="2", minutes=10)
    spend(store, jti="3", minutes=17)

    with store.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT jti FROM hook_tokens ORDER BY jti").scalars().all()
    assert kept == ["3"]


@pytest.mark.spec("crd:sec-1")
def test_of_several_that_come_at_once_one_is_let_in(store: Store) -> None:
    with ThreadPoolExecutor(4) as several:
        assert sorted(several.map(lambda _: spend(store), range(4))) == [False, False, False, True]

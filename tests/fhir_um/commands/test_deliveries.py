"""`fhir-um deliveries`: what is owed, and having it sent again."""

from datetime import UTC, datetime

import pytest

from fhir_um.__main__ import main
from fhir_um.clock import now
from fhir_um.store.database import Store
from fhir_um.subscribers.model import Standing
from tests.fhir_um.store.subscribed import (
    add,
    add_active,
    announced,
    arrived,
    failed,
    found,
    leased,
    numbers,
    open_store,
    settle,
    subscription,
)


@pytest.fixture
def store(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """One subscription in error: event 1 arrived, events 2 and 3 are held."""
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", database_url)
    made = open_store(database_url)
    add_active(made, subscription())
    announced(made)
    settle(made, *map(arrived, leased(made)))
    announced(made)
    announced(made)
    settle(made, *(failed(held, None) for held in leased(made)))
    yield made
    made.close()


def test_list_tells_who_is_owed_what_and_why_without_secrets(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    add(store, subscription("sub-2", created_at=datetime(2026, 3, 3, tzinfo=UTC)))

    assert main(["deliveries", "list"]) == 0

    shown = capsys.readouterr().out
    assert "sub-1  error (event-notification: 500)  ehr-1  ehr.example.test  2 delivered, 2 held" in shown
    assert "sub-1  event 2  case case-1 version 1  held  1 tries, last 500" in shown
    assert "sub-2  handshake  due 2026-03-03 00:00:00Z" in shown
    assert "secret" not in shown


def test_list_of_what_is_held_leaves_out_the_rest(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    add(store, subscription("sub-2"))

    assert main(["deliveries", "list", "--held"]) == 0

    assert "sub-2" not in capsys.readouterr().out


def test_retry_sends_what_was_held(store: Store) -> None:
    assert main(["deliveries", "retry", "sub-1"]) == 0

    assert found(store).standing is Standing.ACTIVE
    assert [numbers(held) for held in leased(store, now())] == [[2, 3]]


def test_replay_sends_what_had_arrived_too(store: Store) -> None:
    assert main(["deliveries", "replay", "sub-1", "--from", "1"]) == 0

    assert [numbers(held) for held in leased(store, now())] == [[1, 2, 3]]


def test_what_is_not_there_or_off_is_told(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    add(store, subscription("sub-2", standing=Standing.OFF))

    assert main(["deliveries", "retry", "nobody"]) == 1
    assert main(["deliveries", "retry", "sub-2"]) == 1

    assert capsys.readouterr().err.splitlines() == [
        "fhir-um: There is no such subscription.",
        "fhir-um: The subscription is switched off; its sender must ask again.",
    ]


def test_replay_needs_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["deliveries", "replay", "sub-1", "--from", "0"])

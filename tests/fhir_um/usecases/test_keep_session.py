"""Sessions live while they are used, end when they should, and are written seldom."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.people import Person, Standing
from fhir_um.cases.roles import Role
from fhir_um.deps import Deps
from fhir_um.usecases.keep_session import end_session, find_session, open_session, see_session
from fhir_um.vault import Vault, new_key

NORA = Standing(
    Person("https://id.example", "nora.nurse@plan", "Nora Nurse"), frozenset({Role.NURSE}), (PayerId("harbor"),), True
)
IDLE, WHOLE = 900, 43_200


@pytest.fixture
def token(bare: Deps) -> str:
    return open_session(bare, NORA, WHOLE)


def rows(bare: Deps, table: str) -> list[dict[str, object]]:
    with bare.store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]


def test_a_session_is_found_by_what_the_browser_holds(bare, token) -> None:
    session = find_session(bare, token, IDLE)

    assert session is not None
    assert (session.person_id, session.roles, session.payer_ids) == (NORA.person.id, NORA.roles, NORA.payer_ids)
    assert session.has_second_factor
    assert find_session(bare, token[:-1], IDLE) is None
    assert find_session(bare, "", IDLE) is None


def test_a_session_ends_when_nothing_is_asked(bare, token, clock) -> None:
    clock.move(seconds=IDLE - 1)
    assert find_session(bare, token, IDLE) is not None
    clock.move(seconds=IDLE - 1)
    assert find_session(bare, token, IDLE) is not None, "it was used in between"
    clock.move(seconds=IDLE)
    assert find_session(bare, token, IDLE) is None
    assert find_session(bare, token, IDLE) is None, "looking does not bring it back"


def test_a_session_ends_whatever_is_asked(bare, token, clock) -> None:
    for _ in range(WHOLE // 600 - 1):
        clock.move(seconds=600)
        assert find_session(bare, token, IDLE) is not None
    clock.move(seconds=600)

    assert find_session(bare, token, IDLE) is None
    with bare.open_reading() as work:
        assert work.people.session(token, clock.at) is None


def test_use_is_written_once_a_minute(bare, token, clock) -> None:
    written = set()
    for _ in range(60):
        clock.move(seconds=5)
        find_session(bare, token, IDLE)
        written.add(str(rows(bare, "people_sessions")[0]["used_at"]))

    assert len(written) <= 6


def test_a_short_session_in_use_does_not_end(bare, token, clock) -> None:
    for _ in range(20):
        clock.move(seconds=9)
        assert find_session(bare, token, 20) is not None


def test_what_ended_cannot_be_used(bare, token) -> None:
    end_session(bare, token)

    assert find_session(bare, token, IDLE) is None
    assert rows(bare, "people_sessions") == []


def test_signing_in_again_ends_the_session_before(bare, token) -> None:
    second = open_session(bare, NORA, WHOLE, replaced=token)

    assert second != token
    assert find_session(bare, token, IDLE) is None
    assert find_session(bare, second, IDLE) is not None


def test_nothing_that_is_kept_opens_a_session_or_tells_a_name(bare, token) -> None:
    kept = str(rows(bare, "people_sessions") + rows(bare, "people"))

    assert token not in kept
    assert "Nora" not in kept
    assert "nora.nurse" not in kept


def test_ids_are_long_and_never_the_same(bare) -> None:
    tokens = {open_session(bare, NORA, WHOLE) for _ in range(5)}

    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 43  # 256 bits


def test_sessions_that_are_over_are_forgotten(bare, token, clock) -> None:
    clock.move(seconds=WHOLE + 1200)
    open_session(bare, NORA, WHOLE)

    assert len(rows(bare, "people_sessions")) == 1


def test_whoever_signed_in_sees_their_own_session(bare, token, clock) -> None:
    caller = Caller(NORA.person.id, "", NORA.payer_ids, frozenset(), is_person=True)

    seen = see_session(bare, caller, token, IDLE)

    assert (seen.name, seen.ends_at) == ("Nora Nurse", clock.at + timedelta(seconds=IDLE))
    assert see_session(bare, Caller(ClientId("s"), "Sandbox", (), frozenset()), "", IDLE).ends_at is None


def test_a_name_sealed_with_a_key_that_is_gone_is_left_out(bare, token) -> None:
    caller = Caller(NORA.person.id, "", NORA.payer_ids, frozenset(), is_person=True)
    bare.store._vault = Vault((new_key(),))

    assert see_session(bare, caller, token, IDLE).name == ""


def test_a_person_is_kept_once_and_as_of_the_last_sign_in(bare, token, clock) -> None:
    clock.move(hours=1)
    open_session(bare, replace(NORA, person=replace(NORA.person, name="Nora Nimble")), WHOLE)

    with bare.open_reading() as work:
        person = work.people.find(NORA.person.id)
    assert len(rows(bare, "people")) == 1
    assert person is not None and person.name == "Nora Nimble"

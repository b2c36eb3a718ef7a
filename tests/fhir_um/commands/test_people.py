"""`fhir-um people`: whose id it is, and an end to their sessions."""

import pytest

from fhir_um.__main__ import main
from fhir_um.cases.model import PayerId
from fhir_um.cases.people import Person, Standing
from fhir_um.cases.roles import Role
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.keep_session import find_session, open_session
from fhir_um.vault import new_key
from tests.conftest import now

NORA = Person("https://id.example", "u-1", "Nora Nurse")


@pytest.fixture
def deps(database_url, monkeypatch):
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", database_url)
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    made = make_deps(Settings(database_url=database_url, mode=Mode.SANDBOX), clock=now)
    yield made
    made.store.close()


def signed_in(deps: Deps) -> str:
    return open_session(deps, Standing(NORA, frozenset({Role.NURSE}), (PayerId("harbor"),), True), 10**9)


def test_nobody_at_first(deps, capsys) -> None:
    assert main(["people"]) == 0
    assert capsys.readouterr().out == "Nobody has signed in yet.\n"


def test_an_id_has_a_name(deps, capsys, monkeypatch) -> None:
    signed_in(deps), signed_in(deps)

    assert main(["people"]) == 0
    assert capsys.readouterr().out == f"{NORA.id}  2026-03-02 15:00Z  2  Nora Nurse  u-1\n"

    monkeypatch.setenv("FHIR_UM_SECRET_KEYS", new_key())
    assert main(["people"]) == 0
    assert "Nora" not in capsys.readouterr().out


def test_somebodys_sessions_end(deps, capsys) -> None:
    tokens = [signed_in(deps), signed_in(deps)]

    assert main(["people", "end", NORA.id]) == 0
    assert capsys.readouterr().out == "Ended: 2.\n"
    assert [find_session(deps, token, 900) for token in tokens] == [None, None]
    assert main(["people", "end", NORA.id]) == 1
    assert "no session" in capsys.readouterr().err

"""`fhir-um secret-key`: keys that work, which of them is needed, and sealing again with a new one."""

import pytest

from fhir_um.__main__ import main
from fhir_um.settings import SANDBOX_KEY
from fhir_um.vault import Vault, new_key
from tests.fhir_um.store.subscribed import add, open_store, subscription


@pytest.fixture
def environment(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A store with one subscription, whose headers the sandbox's key sealed."""
    with_headers = open_store(sqlite_url)
    add(with_headers, subscription())
    with_headers.close()
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.delenv("FHIR_UM_SECRET_KEYS", raising=False)
    return monkeypatch


@pytest.mark.parametrize("words", [["secret-key"], ["secret-key", "new"]])
def test_each_key_is_new_and_opens_what_it_sealed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert main(words) == 0

    first, second = capsys.readouterr().out.split()
    assert first != second
    assert Vault((second, first)).open(Vault((first,)).seal("a secret")) == "a secret"


def test_rotating_and_checking(environment, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secret-key", "check"]) == 0
    told = capsys.readouterr().out
    assert "1 headers of subscribers  (seals)" in told

    new = new_key()
    environment.setenv("FHIR_UM_SECRET_KEYS", f"{new},{SANDBOX_KEY}")
    assert main(["secret-key", "rotate"]) == 0
    told = capsys.readouterr().out
    assert "Sealed again: 1. Left" in told
    assert told.endswith(": 0.\n")
    assert main(["secret-key", "check"]) == 0
    told = capsys.readouterr().out
    assert "nothing" in told.splitlines()[1]
    assert new not in told


def test_a_missing_key_is_told(environment, capsys: pytest.CaptureFixture[str]) -> None:
    environment.setenv("FHIR_UM_SECRET_KEYS", new_key())

    assert main(["secret-key", "check"]) == 1
    assert main(["secret-key", "rotate"]) == 1

    told = capsys.readouterr()
    assert "which is not among FHIR_UM_SECRET_KEYS" in told.err
    assert "Left, not sealed with key" in told.out


def test_without_any_key_there_is_nothing_to_check(environment, capsys: pytest.CaptureFixture[str]) -> None:
    environment.setenv("FHIR_UM_MODE", "production")

    assert main(["secret-key", "check"]) == 2
    assert "FHIR_UM_SECRET_KEYS is not set" in capsys.readouterr().err

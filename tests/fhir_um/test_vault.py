"""Secrets come back as they were, with any of the keys and with no other."""

import pytest

from fhir_um.vault import CannotOpen, Vault, new_key

SECRET = "Authorization: Bearer made-up-and-ümläut"


def test_a_secret_comes_back_and_is_not_to_be_read_meanwhile() -> None:
    vault = Vault((new_key(),))

    sealed = vault.seal(SECRET)

    assert vault.open(sealed) == SECRET
    assert "made-up" not in sealed
    assert vault.seal(SECRET) != sealed


def test_keys_can_change_while_the_old_one_is_kept() -> None:
    old, new = new_key(), new_key()
    sealed = Vault((old,)).seal(SECRET)

    assert Vault((new, old)).open(sealed) == SECRET
    with pytest.raises(CannotOpen, match="FHIR_UM_SECRET_KEYS"):
        Vault((new,)).open(sealed)


def test_what_was_altered_is_not_opened() -> None:
    vault = Vault((new_key(),))
    sealed = vault.seal(SECRET)

    with pytest.raises(CannotOpen):
        vault.open(sealed[:-4] + "AAAA")


@pytest.mark.parametrize("keys", [(), ("short",), ("!" * 44,)])
def test_what_is_no_key_is_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"key|base64|Fernet"):
        Vault(keys)

"""Secrets come back as they were, with any of the keys and with no other."""

import pytest

from fhir_um.settings import SANDBOX_KEY
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


# --- documents ------------------------------------------------------------------------------------------------------

SEALED_ONCE = "013cc5911f7ea27b84ddc18ba275065da5319be807212a52cfef4f8682574c453fd2476f74033d3a2fa305f6e94ca305b9d524"
PIECE, HERE = b"a scan" * 1000, b"piece 0 of content 1"


def test_a_document_comes_back_and_is_not_to_be_read_meanwhile() -> None:
    vault = Vault((new_key(),))

    sealed = vault.seal_bytes(PIECE, HERE)

    assert vault.open_bytes(sealed, HERE) == PIECE
    assert b"a scan" not in sealed
    assert len(sealed) == len(PIECE) + 37
    assert vault.seal_bytes(PIECE, HERE) != sealed
    assert vault.open_bytes(vault.seal_bytes(b"", HERE), HERE) == b""


def test_a_document_opens_in_its_own_place_only() -> None:
    vault = Vault((new_key(),))

    with pytest.raises(CannotOpen, match="another place"):
        vault.open_bytes(vault.seal_bytes(PIECE, HERE), b"piece 1 of content 1")


@pytest.mark.parametrize("at", [0, 1, 8, 9, 20, 21, 500, -1])
def test_one_bit_changed_anywhere_is_not_opened(at: int) -> None:
    vault = Vault((new_key(),))
    altered = bytearray(vault.seal_bytes(PIECE, HERE))
    altered[at] ^= 1

    with pytest.raises(CannotOpen):
        vault.open_bytes(bytes(altered), HERE)


@pytest.mark.parametrize("kept", [b"", b"\x01", b"\x01" + bytes(20), PIECE])
def test_what_is_no_sealed_document_is_not_opened(kept: bytes) -> None:
    with pytest.raises(CannotOpen):
        Vault((new_key(),)).open_bytes(kept, HERE)


def test_the_right_key_opens_a_document_and_is_named_in_it() -> None:
    old, new = new_key(), new_key()
    both, sealed = Vault((new, old)), Vault((old,)).seal_bytes(PIECE, HERE)

    assert both.open_bytes(sealed, HERE) == PIECE
    assert sealed[1:9].hex() == both.key_ids[1] == Vault((old,)).key_ids[0]
    with pytest.raises(CannotOpen, match="FHIR_UM_SECRET_KEYS"):
        Vault((new,)).open_bytes(sealed, HERE)


def test_keys_are_derived_as_they_always_were() -> None:
    """Sealed by the first version of this program: a change here would lose every document."""
    vault = Vault((SANDBOX_KEY,))
    kept = bytes.fromhex(SEALED_ONCE)

    assert vault.open_bytes(kept, HERE) == b"kept for years"
    assert vault.key_ids == (kept[1:9].hex(),)


def test_a_text_tells_which_key_sealed_it() -> None:
    old, new = new_key(), new_key()
    both = Vault((new, old))

    assert both.sealed_by(Vault((old,)).seal(SECRET)) == both.key_ids[1]
    assert both.sealed_by(Vault((new_key(),)).seal(SECRET)) is None

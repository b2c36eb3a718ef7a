"""`fhir-um secret-key`: a key that works, and another one each time."""

import pytest

from fhir_um.__main__ import main
from fhir_um.vault import Vault


def test_each_key_is_new_and_opens_what_it_sealed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secret-key"]) == 0
    assert main(["secret-key"]) == 0

    first, second = capsys.readouterr().out.split()
    assert first != second
    assert Vault((second, first)).open(Vault((first,)).seal("a secret")) == "a secret"

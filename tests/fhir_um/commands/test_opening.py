"""A database that cannot be used is told in plain words, without its password."""

import pytest

from fhir_um.__main__ import main

NOWHERE = "postgresql+psycopg://user:secret@127.0.0.1:1/none"


@pytest.mark.parametrize("verb", ["migrate", "seed", "verify", "decide"])
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://somewhere", "cannot be used"),
        ("sqlite:////dev/null/under/a/file.db", "cannot be used"),
        ("user:secret@host", "write an address such as"),
        (NOWHERE, "does not answer"),
    ],
)
def test_a_database_that_cannot_be_used_is_told(
    verb: str, url: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", url)

    assert main([verb]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "FHIR_UM_DATABASE_URL" in err
    assert "secret" not in err

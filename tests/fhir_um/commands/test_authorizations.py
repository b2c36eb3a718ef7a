"""`fhir-um authorizations`: one by number, and the one for a claim."""

import pytest

from fhir_um.__main__ import main
from tests.fhir_um.doors import open_doors
from tests.fhir_um.parties import story

FHIR = {"Content-Type": "application/fhir+json"}
MATCH = ("match", "--member", "harbor-1009", "--code", "E1390", "--npi", "1910010010")


@pytest.fixture
def number(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    with open_doors(sqlite_url) as client:
        answer = client.post("/fhir/Claim/$submit", data=story("inquiry-ways", "01"), headers=FHIR)
        number = str(answer.json["entry"][0]["resource"]["preAuthRef"])
        use = {"useId": "c-1", "dateOfService": "2026-11-10", "units": 1, "providerNpi": "1910010010"}
        assert client.post(f"/um/v1/authorizations/{number}/uses", json=use).status_code == 201
        client.post(f"/um/v1/authorizations/{number}/uses/c-1/reversal")
    return number


def test_what_was_used_and_what_fits(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["authorizations", "show", number]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{number}  E1390  2026-11-09 to 2027-11-08")
    assert "c-1  recorded by" in told
    assert "taken back" in told

    assert main(["authorizations", *MATCH, "--on", "2026-11-10"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("fits")
    assert main(["authorizations", *MATCH, "--on", "2030-01-01", "--units", "0.5"]) == 1
    told = capsys.readouterr()
    assert told.out.rstrip().endswith("expired")
    assert told.err == "expired: The service ends after the authorization does.\n"
    assert main(["authorizations", "show", "A0"]) == 1
    assert "There is no such authorization here." in capsys.readouterr().err


@pytest.mark.parametrize("units", ["0", "-1", "many", "NaN"])
def test_units_are_a_number_above_0(units: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["authorizations", *MATCH, "--on", "2026-11-10", "--units", units])
    assert "is not a number above 0" in capsys.readouterr().err

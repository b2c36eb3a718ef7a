"""`fhir-um reviewers`: who is on file, put there from a file, attested, gone."""

import pytest

from fhir_um.__main__ import main
from fhir_um.commands.seed import PEOPLE, seed
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from tests.people import people

YAML = """- npi: "1910200439"
  payer_id: harbor
  name: Nadia Orr
  kind: MD
  specialties: [imaging]
  licences: [{state: MD, number: D1, period: {start: 2026-01-01, end: 2039-12-31}}]
"""


@pytest.fixture
def seeded(sqlite_url, monkeypatch) -> None:
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    deps = make_deps(Settings(database_url=sqlite_url, mode=Mode.SANDBOX))
    seed(people(), deps)
    deps.store.close()


def test_from_the_file_to_the_last_day(seeded, capsys, tmp_path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(YAML)

    assert main(["reviewers", "put", str(file)]) == 0
    assert main(["reviewers"]) == 0
    told = capsys.readouterr().out
    assert "On file: 1.\n" in told
    assert "1910200439  harbor  MD  Nadia Orr  imaging  MD D1 until 2039-12-31  never attested  NOT ATTESTED" in told
    assert "1910200223  harbor  MD  Edgar Quill  general  MD D0020223 until 2021-12-31  NO VALID LICENCE" in told

    assert main(["reviewers", "attest", "1910200439", "--from", "2038-01-01", "--to", "2038-12-31"]) == 0
    assert "attested until 2038-12-31" in capsys.readouterr().out
    assert main(["reviewers", "expire", "1910200439", "--on", "2026-01-31"]) == 0
    assert "until 2026-01-31  NO VALID LICENCE" in capsys.readouterr().out
    assert main(["reviewers", "expire", "1999999999"]) == 1
    assert "Nobody with that NPI is on file." in capsys.readouterr().err


def test_a_file_that_is_wrong_is_refused_whole(seeded, capsys, tmp_path) -> None:
    file = tmp_path / "reviewers.yaml"
    for text, told in (
        ("npi: 1", "write a list"),
        (YAML + YAML, "payer and NPI `harbor 1910200439` is used 2 times"),
        (YAML.replace("2039", "2019"), "row 1: licence 1: give the first and the last day"),
    ):
        file.write_text(text)
        assert main(["reviewers", "put", str(file)]) == 1
        assert told in capsys.readouterr().err


def test_the_demo_file_may_be_put_again_only_for_a_year_at_a_time(seeded, capsys) -> None:
    assert main(["reviewers", "put", str(PEOPLE / "reviewers.yaml")]) == 1
    assert "Row 1: an attestation is for a year" in capsys.readouterr().err

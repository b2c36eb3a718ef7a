"""Clinicians over HTTP: listed with what is valid today, put on file whole."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.doors import open_doors

YEAR = {"start": "2026-01-01", "end": "2026-12-31"}
LICENCE = {"state": "MD", "number": "D1", "period": YEAR}
ORR = {"name": "Nadia Orr", "kind": "MD", "specialties": ["imaging"], "licences": [LICENCE], "attested": YEAR}
AT = "/um/v1/reviewers/1910200439"


@pytest.fixture(scope="module")
def client(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """One server for all of them: none leaves anything another could stumble over."""
    with open_doors(f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('doors') / 'um.db')}") as made:
        yield made


def listed(client: FlaskClient) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["npi"], one["payerId"]): one for one in client.get("/um/v1/reviewers").json["reviewers"]}


def test_who_is_put_on_file_is_listed(client: FlaskClient) -> None:
    before = listed(client)
    assert before["1910200223", "harbor"]["hasValidLicence"] is False
    assert before["1910200298", "harbor"]["hasAttested"] is False
    assert before["1910200405", "prairie"]["hasValidLicence"] is True

    answer = client.put(AT, json=ORR | {"payer": "prairie"})

    assert answer.status_code == 200, answer.text
    assert listed(client) == before | {("1910200439", "prairie"): answer.json}
    assert client.put(AT, json=ORR | {"payer": "prairie", "attested": None}).json["attested"] is None


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"licences": []}, Kind.INVALID),
        ({"licences": [LICENCE | {"period": {"start": "2026-01-01"}}]}, Kind.INVALID),
        ({"attested": {"start": "2026-01-01", "end": "2030-01-01"}}, Kind.INVALID),
        ({"name": "N" * 201}, Kind.INVALID),
        ({"licences": [LICENCE] * 61}, Kind.INVALID),
        ({"born": "1970-01-01"}, Kind.INVALID),
        ({"payer": "nobody"}, Kind.NOT_FOUND),
    ],
)
def test_what_may_not_be_put_on_file_is_refused(client: FlaskClient, changes: dict[str, Any], kind: Kind) -> None:
    answer = client.put(AT, json=ORR | changes)

    assert_outcome(answer, kind)
    assert "Orr" not in answer.text


def test_an_npi_has_ten_digits(client: FlaskClient) -> None:
    assert_outcome(client.put("/um/v1/reviewers/12", json=ORR), Kind.INVALID)

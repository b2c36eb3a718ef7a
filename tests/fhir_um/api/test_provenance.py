"""Provenance over HTTP: read by case and version, found by its target, at both bases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fhir_um.api.forms import FORM
from profiles.issues import Kind
from tests.fhir_um.api import attaching
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.deciding import decision_body, line_body, open_with
from tests.fhir_um.doors import open_doors
from tests.fhir_um.parties import story

FHIR = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="module")
def client(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """One server for all of them: none leaves anything another could stumble over."""
    with open_doors(f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('doors') / 'um.db')}") as made:
        yield made


@pytest.fixture(scope="module")
def approved(client: FlaskClient) -> str:
    answer = client.post("/fhir/Claim/$submit", data=story("update-chain", "01"), headers=FHIR)
    return str(answer.json["entry"][0]["resource"]["id"])


@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
def test_what_software_approved_is_read_and_found(client: FlaskClient, approved: str, base: str) -> None:
    read = client.get(f"{base}/Provenance/{approved}-1")

    assert (read.status_code, read.json["id"]) == (200, f"{approved}-1")
    full = read.json["target"][0]["reference"]
    assert full.endswith(f"{base}/ClaimResponse/{approved}/_history/1")
    for target in (f"ClaimResponse/{approved}", f"ClaimResponse/{approved}/_history/1", full):
        found = client.get(f"{base}/Provenance", query_string={"target": target})
        assert [entry["resource"] for entry in found.json["entry"]] == [read.json]
    posted = client.post(f"{base}/Provenance/_search", data={"target": full}, content_type=FORM)
    assert posted.json["total"] == 1
    assert posted.json["link"][0]["url"].endswith("/Provenance/_search")


def test_a_physicians_denial_is_told_with_the_npi(client: FlaskClient) -> None:
    case_id = attaching.pended(client)
    shown = client.get(f"/um/v1/cases/{case_id}").json
    body = decision_body(shown["version"], line_body("deny-clinical"))
    assert open_with(client, case_id, body).status_code == 200
    assert client.get(f"/fhir/Provenance?target=ClaimResponse/{case_id}").json["total"] == 0
    decided = client.post(f"/um/v1/cases/{case_id}/decisions", json=body)
    assert decided.status_code == 200, decided.text

    (entry,) = client.get(f"/fhir/Provenance?target=ClaimResponse/{case_id}").json["entry"]

    assert entry["resource"]["id"] == f"{case_id}-{decided.json['version']}"
    assert entry["resource"]["agent"][0]["who"]["identifier"]["value"] == body["reviewer"]["npi"]


@pytest.mark.parametrize("id", ["{}-2", "{}-0", "{}", "nothing-1", "nothing"])
def test_what_decided_nothing_is_not_there(client: FlaskClient, approved: str, id: str) -> None:
    assert_outcome(client.get(f"/fhir/Provenance/{id.format(approved)}"), Kind.NOT_FOUND)


@pytest.mark.parametrize(
    "query", ["", "target=", "target=Claim/1", "target=https://elsewhere.example/fhir/ClaimResponse/1", "target=a,b"]
)
def test_a_search_needs_an_answer_of_ours(client: FlaskClient, query: str) -> None:
    assert_outcome(client.get(f"/fhir/Provenance?{query}"), Kind.INVALID, "target")


def test_other_parameters_are_refused(client: FlaskClient) -> None:
    assert_outcome(client.get("/fhir/Provenance?patient=1"), Kind.INVALID)
    assert client.get("/fhir/Provenance?target=ClaimResponse/nothing").json["total"] == 0

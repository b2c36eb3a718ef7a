"""Reads and searches: what the sender sent, what we say now, by id or by identifier, with versions."""

import json

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.outcomes import assert_outcome


@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
@pytest.mark.parametrize("resource_type", ["Claim", "ClaimResponse"])
def test_read_by_id(client: FlaskClient, case_id: str, base: str, resource_type: str) -> None:
    answer = client.get(f"{base}/{resource_type}/{case_id}")

    assert answer.status_code == 200
    assert (answer.json["resourceType"], answer.json["id"]) == (resource_type, case_id)
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"].endswith("GMT")


def test_unchanged_resource_is_not_sent_again(client: FlaskClient, case_id: str) -> None:
    answer = client.get(f"/fhir/ClaimResponse/{case_id}", headers={"If-None-Match": 'W/"1"'})

    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == 'W/"1"'


def test_changed_resource_is_sent(client: FlaskClient, case_id: str) -> None:
    answer = client.get(f"/fhir/ClaimResponse/{case_id}", headers={"If-None-Match": 'W/"0"'})

    assert answer.status_code == 200


def test_search_by_identifier(client: FlaskClient, case_id: str, good: bytes) -> None:
    identifier = json.loads(good)["entry"][0]["resource"]["identifier"][0]

    found = client.get(f"/fhir/Claim?identifier={identifier['system']}|{identifier['value']}").json

    assert (found["type"], found["total"]) == ("searchset", 1)
    assert found["entry"][0]["fullUrl"].endswith(f"/fhir/Claim/{case_id}")
    assert found["entry"][0]["resource"]["id"] == case_id


def test_search_that_finds_nothing(client: FlaskClient, case_id: str) -> None:
    found = client.get("/fhir/ClaimResponse?identifier=nowhere|1").json

    assert found["total"] == 0
    assert "entry" not in found


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("", "identifier"),
        ("status=active", "status"),
        ("identifier=a&identifier=b", "identifier"),
        ("identifier=a&_count=none", "_count"),
        ("identifier=a&_count=0", "_count"),
    ],
)
def test_search_that_cannot_be_understood_is_refused(client: FlaskClient, query: str, path: str) -> None:
    assert_outcome(client.get(f"/fhir/ClaimResponse?{query}"), Kind.INVALID, path)


@pytest.mark.parametrize("resource_type", ["Claim", "ClaimResponse"])
def test_unknown_id_is_not_found(client: FlaskClient, resource_type: str) -> None:
    assert_outcome(client.get(f"/fhir/{resource_type}/nobody"), Kind.NOT_FOUND)


def test_xml_is_not_offered(client: FlaskClient, case_id: str) -> None:
    assert_outcome(client.get(f"/fhir/ClaimResponse/{case_id}?_format=xml"), Kind.NOT_ACCEPTABLE)

"""`$validate`: every finding with its place; 200 whatever is found; nothing kept."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from profiles.issues import Kind
from profiles.validating.validator import Validator, shipped_library
from tests.fhir_um.api.outcomes import assert_outcome

FHIR = {"Content-Type": "application/fhir+json"}
PATIENT = {"resourceType": "Patient", "id": "a"}
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
Row = dict[str, Any]


def validate(client: FlaskClient, content: Any, path: str = "/fhir/$validate") -> TestResponse:
    return client.post(path, data=content if isinstance(content, bytes) else json.dumps(content), headers=FHIR)


def issues_of(answer: TestResponse) -> list[Row]:
    assert answer.status_code == 200, answer.text
    assert answer.json is not None and answer.json["resourceType"] == "OperationOutcome"
    issues: list[Row] = answer.json["issue"]
    return issues


def parameters(*rows: Row) -> Row:
    return {"resourceType": "Parameters", "parameter": list(rows)}


@pytest.mark.parametrize("path", ["/fhir/$validate", "/fhir/Patient/$validate", "/2.0.1/fhir/Patient/$validate"])
def test_what_is_right_is_said_to_be(client: FlaskClient, path: str) -> None:
    (issue,) = issues_of(validate(client, PATIENT, path))

    assert (issue["severity"], issue["code"]) == ("information", "informational")


def test_faults_are_told_with_place_and_rule(client: FlaskClient) -> None:
    issues = issues_of(validate(client, b'{"resourceType": "Patient",\n "gender": "x", "birthDate": "soon"}'))

    told = {issue["expression"][0]: issue["diagnostics"] for issue in issues}
    assert told["Patient.gender"].startswith("line 2, column 2; rule required of http://hl7.org/fhir/")
    assert told["Patient.birthDate"].startswith("line 2, column 17; ")
    assert {issue["severity"] for issue in issues} == {"error"}


def test_what_could_not_be_checked_is_told_beside_the_good_news(client: FlaskClient) -> None:
    first, second = issues_of(validate(client, PATIENT | {"meta": {"profile": ["urn:unknown"]}}))

    assert first["code"] == "informational"
    assert (second["severity"], second["code"]) == ("information", "not-supported")


@pytest.mark.parametrize(
    "rows",
    [
        [{"name": "profile", "valueUri": US_CORE}],
        [{"name": "profile", "valueCanonical": f"{US_CORE}|7.0.0"}, {"name": "mode", "valueCode": "create"}],
    ],
)
def test_parameters_hold_the_resource_and_its_profiles(client: FlaskClient, rows: list[Row]) -> None:
    body = json.dumps(parameters(*rows, {"name": "resource", "resource": PATIENT}))

    issues = issues_of(validate(client, body.encode(), "/fhir/Patient/$validate"))

    paths = {issue["expression"][0] for issue in issues if issue["severity"] == "error"}
    assert paths == {"Patient.identifier", "Patient.name", "Patient.gender"}
    column = body.index('"resource": {') + 1
    assert issues[0]["diagnostics"].startswith(f"line 1, column {column}; ")


def test_profiles_of_the_query_are_all_held_against_it(client: FlaskClient) -> None:
    other = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-claim"
    issues = issues_of(validate(client, PATIENT, f"/fhir/$validate?profile={US_CORE}&profile={other}"))

    profiles = {row["valueUri"] for issue in issues for row in issue["extension"] if "valueUri" in row}
    assert {profile.partition("|")[0] for profile in profiles} >= {US_CORE, other}


def test_versions_are_those_of_the_base(client: FlaskClient) -> None:
    found = {}
    for base in ("/fhir", "/2.0.1/fhir"):
        answer = validate(client, PATIENT, f"{base}/$validate?profile={US_CORE}")
        found[base] = [issue["diagnostics"].rpartition("|")[2] for issue in issues_of(answer)][0]

    assert found == {"/fhir": "7.0.0", "/2.0.1/fhir": "3.1.1"}


def test_parameters_without_a_resource_are_what_is_checked(client: FlaskClient) -> None:
    issues = issues_of(validate(client, parameters({"valueCode": "a"}), "/fhir/Parameters/$validate"))

    assert [issue["expression"] for issue in issues] == [["Parameters.parameter[0].name"]]


@pytest.mark.parametrize(
    ("content", "path", "kind"),
    [
        (b"{", "/fhir/$validate", Kind.UNREADABLE),
        (b"[]", "/fhir/$validate", Kind.UNREADABLE),
        ({"id": "a"}, "/fhir/$validate", Kind.UNREADABLE),
        (parameters({"name": "resource", "resource": {}}), "/fhir/$validate", Kind.UNREADABLE),
        (parameters({"name": "resource", "resource": "a"}), "/fhir/$validate", Kind.UNREADABLE),
        (PATIENT, "/fhir/Nothing/$validate", Kind.NOT_FOUND),
        (PATIENT, "/fhir/Resource/$validate", Kind.NOT_FOUND),
        (PATIENT, "/fhir/HumanName/$validate", Kind.NOT_FOUND),
        (PATIENT, "/fhir/Claim/$validate", Kind.INVALID),
        (parameters({"valueCode": "a"}), "/fhir/Claim/$validate", Kind.INVALID),
        (PATIENT, "/fhir/$validate?profile=urn:nobody", Kind.INVALID),
        (PATIENT, "/fhir/$validate?profiles=urn:x", Kind.INVALID),
        (PATIENT, "/fhir/$validate?mode=delete", Kind.INVALID),
        (PATIENT, "/fhir/$validate?" + "&".join([f"profile={US_CORE}"] * 21), Kind.INVALID),
        (
            parameters({"name": "resource", "resource": PATIENT}, {"name": "mode", "valueCode": "update"}),
            "/fhir/$validate",
            Kind.INVALID,
        ),
        (
            parameters({"name": "resource", "resource": PATIENT}, {"name": "profile", "valueInteger": 1}),
            "/fhir/$validate",
            Kind.INVALID,
        ),
        ({"resourceType": "Bundle", "entry": [{}] * 1001}, "/fhir/$validate", Kind.TOO_BIG),
    ],
)
def test_what_cannot_be_checked_is_refused(client: FlaskClient, content: Any, path: str, kind: Kind) -> None:
    assert_outcome(validate(client, content, path), kind)


def test_an_unknown_type_of_resource_is_a_finding(client: FlaskClient) -> None:
    (issue,) = issues_of(validate(client, {"resourceType": "Nothing"}))

    assert issue["severity"] == "error"


def test_nothing_is_kept(client: FlaskClient, good: bytes, sqlite_url: str) -> None:
    issues_of(validate(client, good, "/fhir/Bundle/$validate"))

    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as store:
        kept = [store.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("cases", "submissions")]
    assert kept == [(0,), (0,)]


def test_answer_is_fhir_by_our_own_measure(client: FlaskClient, good: bytes) -> None:
    answer = validate(client, good.replace(b'"male"', b'"x"'))

    found = Validator(shipped_library(), "hl7.fhir.us.davinci-pas#2.2.1").check(answer.json)
    assert [issue for issue in found if issue.severity == "error"] == []

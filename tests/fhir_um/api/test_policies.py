"""Policies over HTTP: listed, and one of them whole."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from profiles.issues import Kind
from tests.fhir_um.api.outcomes import assert_outcome
from tests.fhir_um.doors import open_doors


@pytest.fixture(scope="module")
def client(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """One server for all of them: none leaves anything another could stumble over."""
    with open_doors(f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('doors') / 'um.db')}") as made:
        yield made


def test_every_policy_is_listed_and_can_be_read(client: FlaskClient) -> None:
    rows = client.get("/um/v1/policies").json["policies"]

    assert len(rows) >= 20
    for row in rows:
        shown = client.get(f"/um/v1/policies/{row['id']}?version={row['version']}")
        assert shown.status_code == 200
        assert len(shown.json["codes"]) == row["codes"] > 0
        assert {name: shown.json[name] for name in row if name != "codes"} == {n: row[n] for n in row if n != "codes"}


def test_a_policy_tells_what_it_weighs_and_what_follows(client: FlaskClient) -> None:
    shown = client.get("/um/v1/policies/home-oxygen").json

    tree = shown["criteria"]
    assert (tree["join"], tree["text"], tree["of"][0]["id"]) == ("all", "all of", "condition")
    assert tree["of"][1]["of"][0] == {
        "id": "spo2",
        "text": "Oxygen saturation of 88 % or lower in the last 30 days",
        "fact": "saturation",
        "op": "<=",
        "value": "88",
    }
    assert shown["outcomes"] == {"met": "approve", "unmet": "pend-review", "unknown": "pend-documents"}
    assert {fact["id"] for fact in shown["facts"]} >= {"saturation", "long-term-condition"}
    assert shown["sources"][0]["url"].startswith("https://www.cms.gov/")
    assert shown["limits"]["maxUnits"] == "12"


def test_what_is_not_there_is_told(client: FlaskClient) -> None:
    assert_outcome(client.get("/um/v1/policies/nothing"), Kind.NOT_FOUND)
    assert_outcome(client.get("/um/v1/policies/home-oxygen?version=9.9.9"), Kind.NOT_FOUND)
    assert_outcome(client.get("/um/v1/policies?title=oxygen"), Kind.INVALID)

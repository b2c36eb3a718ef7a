"""The CapabilityStatement says what the route table serves, per base."""

import pytest
from flask.testing import FlaskClient

from profiles import models


@pytest.mark.parametrize(("base", "guide"), [("/fhir", "2.2.1"), ("/2.0.1/fhir", "2.0.1")])
@pytest.mark.spec("pas:conf-1")
def test_statement_of_a_base(client: FlaskClient, base: str, guide: str) -> None:
    statement = client.get(f"{base}/metadata").json

    claim = statement["rest"][0]["resource"][0]
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["instantiates"][0].endswith(f"IntermediaryCapabilities|{guide}")
    assert statement["implementation"]["url"].endswith(base)
    assert {operation["name"] for operation in claim["operation"]} == {"submit", "inquire", "validate"}
    assert {operation["name"] for operation in statement["rest"][0]["operation"]} == {"submit-attachment", "validate"}
    assert {row["code"] for row in claim["interaction"]} == {"read", "search-type"}


@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
def test_statement_tells_how_documents_are_sent_and_where_the_topic_is(client: FlaskClient, base: str) -> None:
    rest = client.get(f"{base}/metadata").json["rest"][0]

    attaching = next(row for row in rest["operation"] if row["name"] == "submit-attachment")["documentation"]
    topic = next(row for row in rest["resource"] if row["type"] == "Basic")["documentation"]
    assert "At most 20000000 bytes" in attaching
    assert "413" in attaching
    assert "of the Task" in attaching
    assert topic.startswith("Basic/PASSubscriptionTopic")


def test_statement_is_fhir(client: FlaskClient) -> None:
    told = models.parse("CapabilityStatement", client.get("/fhir/metadata").json)

    assert told.fhirVersion == "4.0.1"

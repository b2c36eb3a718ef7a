"""The forms that hooks and requests for information name can be had, and are sound Questionnaires."""

import pytest

from fhir_um.policy.load import shipped_policies
from tests.validators import validator_for

FHIR = {"Accept": "application/fhir+json"}
WITH_FORM = [policy for policy in shipped_policies().policies if policy.form]


@pytest.mark.spec("crd:resp-38")
@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
def test_form_of_a_policy_is_read_by_its_id(client, base):
    answer = client.get(f"{base}/Questionnaire/home-oxygen", headers=FHIR)

    form = answer.json
    assert answer.status_code == 200
    assert (form["id"], form["url"]) == ("home-oxygen", "http://127.0.0.1:8080/fhir/Questionnaire/home-oxygen")
    assert [item["linkId"] for item in form["item"][0]["item"]] == ["spo2", "pao2"]


@pytest.mark.parametrize("policy", WITH_FORM, ids=lambda policy: policy.id)
def test_every_form_is_sound_and_found_by_its_canonical(client, policy):
    canonical = f"http://127.0.0.1:8080/fhir/Questionnaire/{policy.id}|{policy.version}"

    found = client.get("/fhir/Questionnaire", query_string={"url": canonical}, headers=FHIR).json

    assert found["total"] == 1
    form = found["entry"][0]["resource"]
    assert (form["version"], form["id"]) == (policy.version, f"{policy.id}-{policy.version}")
    assert [f.text for f in validator_for("2.2.1").check(form) if f.severity == "error"] == []
    assert client.get(f"/fhir/Questionnaire/{form['id']}", headers=FHIR).json == form


def test_all_forms_are_listed(client):
    assert client.get("/fhir/Questionnaire", headers=FHIR).json["total"] == len(WITH_FORM)


@pytest.mark.parametrize("query", [{"url": "http://other.example.org/form"}, {"url": "x", "version": "1.0.0"}])
def test_form_of_somebody_else_is_not_found(client, query):
    answer = client.get("/fhir/Questionnaire", query_string=query, headers=FHIR)

    assert answer.json == {"resourceType": "Bundle", "type": "searchset", "total": 0}


@pytest.mark.parametrize("form_id", ["nothing", "home-oxygen-9.9.9"])
def test_form_that_is_not_there_is_told(client, form_id):
    assert client.get(f"/fhir/Questionnaire/{form_id}", headers=FHIR).status_code == 404


def test_unknown_parameter_is_refused(client):
    assert client.get("/fhir/Questionnaire?title=x", headers=FHIR).status_code == 422

"""Every request Bundle among the official examples, posted to the base of its version, gets a lawful answer."""

import json

import pytest

from tests.packages import bundles_with, examples
from tests.serving import LEGAL_ACTIONS, actions_of, serving

BASES = {"2.2.1": "/fhir", "2.0.1": "/2.0.1/fhir"}
VERSIONS = sorted(BASES)


@pytest.fixture
def client(database_url):
    with serving(database_url) as made:
        yield made


def _requests(version: str) -> dict[str, bytes]:
    found = bundles_with(f"davinci_pas_{version}", "Claim")
    return {name: raw for name, (raw, _) in found.items() if "Inquiry" not in name}


def _post(client, version: str, operation: str, body: bytes):
    return client.post(f"{BASES[version]}/Claim/{operation}", data=body, content_type="application/fhir+json")


@pytest.mark.spec("pas:conf-11")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.spec("pas:spec-30")
@pytest.mark.spec("pas:spec-34")
@pytest.mark.spec("pas:spec-39")
def test_every_line_of_every_example_gets_a_legal_review_action(client, version) -> None:
    requests = _requests(version)
    assert len(requests) >= 5

    for name, body in requests.items():
        answer = _post(client, version, "$submit", body)

        assert answer.status_code == 200, (name, answer.text)
        actions = actions_of(answer.json)
        asked = {item["sequence"] for item in json.loads(body)["entry"][0]["resource"]["item"]}
        assert asked <= set(actions), name
        assert set(actions.values()) <= LEGAL_ACTIONS, name


@pytest.mark.parametrize("version", VERSIONS)
def test_the_update_example_amends_the_case_its_original_opened(client, version) -> None:
    bodies = examples(f"davinci_pas_{version}")

    opened = _post(client, version, "$submit", bodies["Bundle-HomecareAuthorizationBundleExample.json"]).json
    amended = _post(client, version, "$submit", bodies["Bundle-HomecareAuthorizationUpdateBundleExample.json"]).json

    assert amended["entry"][0]["resource"]["id"] == opened["entry"][0]["resource"]["id"]
    actions = actions_of(amended)
    assert set(actions) == {1, 2, 3}
    assert actions[2] == "C"


@pytest.mark.spec("pas:spec-46")
def test_the_differential_example_of_2_0_1_amends_too(client) -> None:
    bodies = examples("davinci_pas_2.0.1")

    opened = _post(client, "2.0.1", "$submit", bodies["Bundle-HomecareAuthorizationBundleExample.json"]).json
    amended = _post(client, "2.0.1", "$submit", bodies["Bundle-HomecareAuthorizationDifferentialBundleExample.json"])

    assert amended.json["entry"][0]["resource"]["id"] == opened["entry"][0]["resource"]["id"]
    assert set(actions_of(amended.json)) == {1, 2, 3}


@pytest.mark.parametrize(("version", "shape"), [("2.2.1", "Parameters"), ("2.0.1", "Bundle")])
def test_the_inquiry_example_is_answered_in_the_shape_of_its_version(client, version, shape) -> None:
    bodies = examples(f"davinci_pas_{version}")
    _post(client, version, "$submit", bodies["Bundle-HomecareAuthorizationBundleExample.json"])

    answer = _post(client, version, "$inquire", bodies["Bundle-PASClaimInquiryBundleExample.json"])

    assert answer.status_code == 200, answer.text
    assert answer.json["resourceType"] == shape


def test_the_referral_example_of_2_2_1_is_approved(client) -> None:
    body = examples("davinci_pas_2.2.1")["Bundle-ReferralAuthorizationBundleExample.json"]

    answer = _post(client, "2.2.1", "$submit", body)

    assert actions_of(answer.json) == {1: "A1"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.spec("pas:spec-33")
def test_a_repeat_of_an_amended_request_is_answered_from_what_holds_now(client, version) -> None:
    bodies = examples(f"davinci_pas_{version}")
    first, update = (bodies[f"Bundle-HomecareAuthorization{name}BundleExample.json"] for name in ("", "Update"))
    _post(client, version, "$submit", first)
    amended = _post(client, version, "$submit", update)

    repeated = _post(client, version, "$submit", first)

    assert repeated.data == amended.data

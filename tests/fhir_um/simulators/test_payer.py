"""The fake payer over HTTP: requests, inquiries, documents, subscriptions, and what it says of what it cannot read."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from fhir_um.simulators.payer import BASES, FakePayer
from fhir_um.simulators.payer_rules import LineRule, Rules
from fhir_um.simulators.receiver import Receiver
from profiles.canonicals import EXT_REVIEW_ACTION_CODE
from tests.fhir_um.subscribing import written
from tests.validators import validator_for

PENDED = Path(__file__).parents[3] / "fixtures" / "stories" / "pended"
SUBMIT = json.loads((PENDED / "03-submit-without-test.request.json").read_bytes())
CANCEL = json.loads((PENDED / "12-cancel.request.json").read_bytes())
INQUIRE = json.loads((PENDED / "11-inquire.request.json").read_bytes())
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
SOON = 0.01
PENDING = Rules((LineRule(outcome="pend", then="approve", after=60, documents=("11502-2",), text="Wait."),))


@pytest.fixture
def payer() -> Iterator[FakePayer]:
    with opened(PENDING) as running:
        yield running


def opened(rules: Rules) -> FakePayer:
    return FakePayer(rules, lambda: AT, str, seed="1")


def post(payer: FakePayer, path: str, content: Any, version: str = "2.2.1") -> requests.Response:
    return requests.post(payer.url + BASES[version] + path, json=content, timeout=5)


def actions(answer: Any) -> list[str]:
    """The review actions in an answer, in their order."""
    text = json.dumps(answer)
    parts = text.split(EXT_REVIEW_ACTION_CODE)[1:]
    return [part.partition('"code": "')[2].partition('"')[0] for part in parts]


def without_numbers(inquiry: Any) -> Any:
    """The inquiry about everything of the member."""
    changed = json.loads(json.dumps(inquiry))
    changed["entry"][0]["resource"].pop("extension")
    return changed


def with_number(inquiry: Any, number: str) -> Any:
    return json.loads(json.dumps(inquiry).replace("AUTHNUMBER", number))


def test_a_request_waits_and_can_be_found_and_cancelled(payer: FakePayer) -> None:
    waiting = post(payer, "/Claim/$submit", SUBMIT).json()
    response = waiting["entry"][0]["resource"]
    found = post(payer, "/Claim/$inquire", without_numbers(INQUIRE)).json()
    read = requests.get(f"{payer.url}/fhir/ClaimResponse/{response['id']}", timeout=5).json()
    gone = post(payer, "/Claim/$submit", CANCEL).json()["entry"][0]["resource"]

    assert (actions(waiting), response["outcome"]) == (["A4"], "complete")
    assert [each["name"] for each in found["parameter"]] == ["return"]
    assert (read["id"], actions(read)) == (response["id"], ["A4"])
    assert gone["id"] == response["id"]
    assert set(actions(gone)) == {"C"}


def test_an_inquiry_may_be_by_number_and_find_nothing() -> None:
    with opened(Rules((LineRule(outcome="approve", number="A-1"),))) as payer:
        post(payer, "/Claim/$submit", SUBMIT)
        found, nothing = (post(payer, "/Claim/$inquire", with_number(INQUIRE, n)).json() for n in ("A-1", "A-2"))
        older = post(payer, "/Claim/$inquire", with_number(INQUIRE, "A-2"), "2.0.1").json()

    assert (len(found["parameter"]), "parameter" in nothing) == (1, False)
    assert older["entry"][0]["resource"]["resourceType"] == "OperationOutcome"


def test_the_same_request_again_is_the_same_case(payer: FakePayer) -> None:
    first, again = (post(payer, "/Claim/$submit", SUBMIT).json() for _ in range(2))

    assert first == again


def test_a_request_of_the_older_version_waits_in_its_words(payer: FakePayer) -> None:
    told = post(payer, "/Claim/$submit", SUBMIT, "2.0.1").json()

    assert told["entry"][0]["resource"]["outcome"] == "queued"


def test_a_seed_gives_the_same_ids_in_every_run() -> None:
    told = []
    for _ in range(2):
        with opened(PENDING) as payer:
            told.append(post(payer, "/Claim/$submit", SUBMIT).json()["id"])

    assert told[0] == told[1]


@pytest.mark.parametrize("version", ["2.2.1", "2.0.1"])
def test_a_subscriber_hears_how_a_pended_request_ends(version: str) -> None:
    """A handshake first; the decision after as long as the rule says; every notification meets its profile."""
    rules = Rules((LineRule(outcome="pend", then="modify", quantity=1, after=SOON, text="Less."),))
    with opened(rules) as payer, Receiver() as receiver:
        wanted = written(version, channel={"endpoint": receiver.url, "header": ["X-Own: 1"]})
        created = post(payer, "/Subscription", wanted, version)
        hands = receiver.next("handshake", 5)
        stands = until_active(f"{payer.url}{BASES[version]}/Subscription/{created.json()['id']}")
        post(payer, "/Claim/$submit", SUBMIT, version)
        event = receiver.next("event-notification", 5)

    assert (created.status_code, stands) == (201, True)
    assert hands is not None and event is not None
    assert (hands.headers["x-own"], event.headers["x-own"]) == ("1", "1")
    assert actions(json.loads(event.body)) == ({"2.2.1": ["A6", "A1"], "2.0.1": []}[version])
    for told in (hands, event):
        found = validator_for(version).check(json.loads(told.body))
        assert [issue for issue in found if issue.severity != "information"] == []


def until_active(url: str) -> bool:
    """Asks again until the subscription stands; the handshake was taken just now."""
    return any(requests.get(url, timeout=5).json()["status"] == "active" for _ in range(200))


def test_documents_that_come_decide_at_once(payer: FakePayer) -> None:
    told = post(payer, "/Claim/$submit", SUBMIT).json()
    asked = told["entry"][1]["resource"]["identifier"][0]["value"]
    tracking = {"name": "TrackingId", "valueIdentifier": {"value": asked}}
    with Receiver() as receiver:
        subscriber = post(payer, "/Subscription", written(channel={"endpoint": receiver.url})).json()
        assert receiver.hear("handshake", 5)
        assert until_active(f"{payer.url}/fhir/Subscription/{subscriber['id']}")
        taken = post(payer, "/$submit-attachment", {"resourceType": "Parameters", "parameter": [tracking]})
        assert receiver.hear("event-notification", 5)

    assert taken.status_code == 200
    case = requests.get(f"{payer.url}/fhir/ClaimResponse/{told['entry'][0]['resource']['id']}", timeout=5).json()
    assert (actions(case), case["preAuthRef"][0]) == (["A1"], "A")
    assert post(payer, "/$submit-attachment", {"parameter": []}).status_code == 422


def test_a_subscription_can_be_read_asked_about_and_taken_back(payer: FakePayer) -> None:
    with Receiver() as receiver:
        id = post(payer, "/Subscription", written(channel={"endpoint": receiver.url})).json()["id"]
        url = f"{payer.url}/fhir/Subscription/{id}"
        status = requests.get(f"{url}/$status", timeout=5).json()
        gone = requests.delete(url, timeout=5)

    assert status["entry"][0]["resource"]["resourceType"] == "Parameters"
    assert (gone.status_code, requests.get(url, timeout=5).status_code) == (204, 404)
    email = written(channel={"type": "email", "endpoint": "mailto:a@b.example"})
    assert post(payer, "/Subscription", email).status_code == 422


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "no Bundle with entries"),
        ([], "no Bundle with entries"),
        ({"entry": [{"resource": {"resourceType": "Patient"}}]}, "no Claim"),
        ({"entry": [{"resource": {"resourceType": "Claim"}}]}, "nothing of patient, insurer, provider"),
        ({"entry": [{"resource": {"resourceType": "Claim", "item": 7}}]}, "says nothing of"),
        ({"entry": {"a": 1}}, "no Bundle"),
    ],
)
def test_what_is_no_request_is_refused_in_words(payer: FakePayer, content: Any, said: str) -> None:
    got = post(payer, "/Claim/$submit", content)

    assert got.status_code == 400
    assert said in got.json()["issue"][0]["details"]["text"]


def test_what_is_of_other_kinds_than_fhir_gives_it_is_refused(payer: FakePayer) -> None:
    odd = json.loads(json.dumps(SUBMIT))
    odd["entry"][0]["resource"]["item"] = 7

    assert post(payer, "/Claim/$submit", odd).status_code == 400


def test_hooks_and_statement_are_where_they_are_looked_for(payer: FakePayer) -> None:
    found = [requests.get(f"{payer.url}{path}/cds-services", timeout=5).json()["services"] for path in ("", "/2.0.1")]
    url = f"{payer.url}/cds-services"

    assert [len(services) for services in found] == [6, 6]
    assert requests.get(f"{payer.url}/fhir/metadata", timeout=5).json()["fhirVersion"] == "4.0.1"
    assert requests.post(f"{url}/order-sign", json={"hook": "order-sign", "context": {}}, timeout=5).json() == {
        "cards": []
    }
    assert requests.post(f"{url}/order-sign", json={}, timeout=5).status_code == 400
    assert requests.post(f"{url}/order-sign/feedback", json={"feedback": []}, timeout=5).status_code == 200
    assert requests.post(f"{url}/unheard-of", json={}, timeout=5).status_code == 404
    assert requests.options(url, timeout=5).headers["Access-Control-Allow-Origin"] == "*"

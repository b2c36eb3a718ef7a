"""The fake EHR: read and searched as a good one, closed to strangers, and as bad as a test wants it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from fhir_um.simulators.ehr import FakeEhr
from fhir_um.simulators.misbehaving import hangs_up, is_late, sends
from fhir_um.simulators.signing import SigningKey

KEY = SigningKey.new()
PATIENT = {"resourceType": "Patient", "id": "p"}
COVERAGE = {
    "resourceType": "Coverage",
    "id": "c",
    "status": "active",
    "beneficiary": {"reference": "Patient/p"},
    "payor": [{"reference": "Organization/payer"}],
}
PAYER = {"resourceType": "Organization", "id": "payer"}
TOKEN = "let-me-in"


@pytest.fixture
def ehr() -> Iterator[FakeEhr]:
    with FakeEhr([PATIENT, COVERAGE, PAYER], key=KEY) as running:
        yield running


def ask(ehr: FakeEhr, path: str, token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(ehr.url + path, headers=headers, timeout=5)


def test_what_is_in_the_chart_is_read_and_searched(ehr: FakeEhr) -> None:
    found = ask(ehr, "/Coverage?patient=p&status=active&_include=Coverage:payor").json()

    assert ask(ehr, "/Patient/p").json() == PATIENT
    assert [(entry["fullUrl"], entry["search"]["mode"]) for entry in found["entry"]] == [
        (f"{ehr.url}/Coverage/c", "match"),
        (f"{ehr.url}/Organization/payer", "include"),
    ]
    assert found["total"] == 1
    assert ask(ehr, "/Patient/nobody").status_code == 404


def test_a_search_may_be_posted(ehr: FakeEhr) -> None:
    got = requests.post(f"{ehr.url}/Coverage/_search", data={"beneficiary": "Patient/p"}, timeout=5).json()

    assert [entry["resource"]["id"] for entry in got["entry"]] == ["c"]


def test_pages_lead_to_pages(ehr: FakeEhr) -> None:
    ehr.has(*({"resourceType": "Condition", "id": str(n), "subject": {"reference": "Patient/p"}} for n in range(3)))
    ehr.page_size = 2

    page = ask(ehr, "/Condition?patient=p").json()
    (onward,) = [link["url"] for link in page["link"] if link["relation"] == "next"]
    last = requests.get(onward, timeout=5).json()

    assert [entry["resource"]["id"] for each in (page, last) for entry in each["entry"]] == ["0", "1", "2"]
    assert [link["relation"] for link in last["link"]] == ["self"]


def test_strangers_see_the_statement_and_the_keys_alone(ehr: FakeEhr) -> None:
    ehr.token = TOKEN

    assert ask(ehr, "/Patient/p").status_code == ask(ehr, "/Patient/p", "wrong").status_code == 401
    assert ask(ehr, "/Patient/p", TOKEN).json() == PATIENT
    assert ask(ehr, "/metadata").json()["resourceType"] == "CapabilityStatement"
    assert requests.get(ehr.jwks_url, timeout=5).json() == KEY.public_jwks()


def test_what_it_was_asked_is_kept_without_the_token(ehr: FakeEhr) -> None:
    ask(ehr, "/Patient/p?_format=json", TOKEN)

    (asked,) = ehr.was_asked
    assert (asked.method, asked.target) == ("GET", "/fhir/Patient/p?_format=json")
    assert TOKEN not in str(asked)


def test_nothing_is_written(ehr: FakeEhr) -> None:
    assert requests.put(f"{ehr.url}/Patient/p", json=PATIENT, timeout=5).status_code == 405
    assert requests.get(f"{ehr.root}/elsewhere", timeout=5).status_code == 404


def test_it_is_as_bad_as_told(ehr: FakeEhr) -> None:
    ehr.instead["/fhir/Patient/p"] = sends({"resourceType": "OperationOutcome"}, 500)
    ehr.instead["/fhir/Coverage/c"] = is_late(sends(b"{}"), 0.05)
    ehr.instead["/fhir/Organization/payer"] = hangs_up

    assert ask(ehr, "/Patient/p").status_code == 500
    assert ask(ehr, "/Coverage/c").elapsed.total_seconds() >= 0.05
    with pytest.raises(requests.ConnectionError):
        ask(ehr, "/Organization/payer")


def test_notifications_are_heard_in_their_order(ehr: FakeEhr) -> None:
    for kind in ("handshake", "event-notification"):
        assert requests.post(ehr.endpoint, json=notification(kind), timeout=5).status_code == 200

    heard = ehr.hear("event-notification", 1)
    assert heard is not None and b"event-notification" in heard
    assert ehr.hear("handshake", 0) is None


def notification(kind: str) -> dict[str, Any]:
    status = {"resourceType": "Parameters", "parameter": [{"name": "type", "valueCode": kind}]}
    return {"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]}

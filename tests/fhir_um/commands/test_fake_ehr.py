"""`fhir-um fake-ehr` against the fake payer: what it sends, and what it tells of what comes."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from joserfc.jwk import ECKey

from fhir_um.commands import ehr_subscribing, fake_ehr
from fhir_um.settings import Settings
from fhir_um.simulators.listening import Asked, Listener, Told
from fhir_um.simulators.payer import FakePayer
from fhir_um.simulators.payer_rules import LineRule, Rules, read_rules
from fhir_um.simulators.receiver import Receiver

PENDED = Path(__file__).parents[3] / "fixtures" / "stories" / "pended"
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
HEARD: list[Asked] = []


def keep(asked: Asked, _told: Told) -> None:
    HEARD.append(asked)


def opened(rules: Rules) -> FakePayer:
    return FakePayer(rules, lambda: AT, str, seed="1", heard=keep)


@pytest.fixture
def payer() -> Iterator[FakePayer]:
    HEARD.clear()
    with opened(read_rules()) as running:
        yield running


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    fake_ehr.add_parser(parser.add_subparsers())
    args = parser.parse_args(["fake-ehr", *argv])
    code: int = args.func(args, Settings())
    return code


def test_a_call_of_a_story_is_fired_and_the_answer_told(payer: FakePayer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fire", "--server", payer.url, "--hook", "order-sign", "--step", "mri") == 0

    printed = capsys.readouterr().out
    assert "ServiceRequest/mri: covered (a benefit) · authorization auth-needed" in printed
    assert "card (info, guideline) points to: The rule for images of the spine" in printed
    sent = HEARD[-1].content
    assert sent["fhirServer"].startswith("http://127.0.0.1:")
    assert sent["fhirAuthorization"]["access_token"] not in printed
    assert sent["extension"]["davinci-crd.requestedVersion"] == "2.2"
    assert "prefetch" in sent


def test_a_call_may_come_without_prefetch_in_the_older_dialect(payer: FakePayer) -> None:
    run("fire", "--server", payer.url, "--hook", "order-sign", "--dialect", "2.0.1", "--no-prefetch")

    sent = HEARD[-1].content
    assert (sent["extension"]["davinci-crd.requestedVersion"], "prefetch" in sent) == ("2.0", False)


def test_a_call_of_ones_own_is_sent_as_a_new_one(
    payer: FakePayer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "call.json"
    file.write_text(json.dumps({"hook": "order-sign", "hookInstance": "old", "context": {"patientId": "p"}}))

    assert (
        run("fire", "--server", payer.url, "--hook", "order-sign", "--file", str(file), "--unsigned", "--verbose") == 0
    )

    assert HEARD[-1].content["hookInstance"] != "old"
    assert "no card, no coverage information" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("--hook", "order-unheard-of"), 2, "no step at all that calls order-unheard-of"),
        (("--hook", "order-sign", "--step", "nope"), 2, "those that do are crd/oxygen"),
        (("--hook", "order-sign", "--step", "nope", "--story", "crd"), 2, "those that do are oxygen, mri"),
        (("--hook", "order-sign", "--story", "nope"), 2, "There is no story nope"),
        (("--hook", "order-sign", "--file", "/nowhere.json"), 2, "/nowhere.json: No such file"),
        (("--hook", "order-sign", "--file", __file__), 2, "is no JSON"),
        (("--hook", "order-sign", "--key", __file__), 2, "no private key"),
        (("--hook", "order-sign", "--chart", "/nowhere"), 2, "There is no /nowhere."),
    ],
)
def test_what_cannot_be_used_is_told_in_words(
    argv: tuple[str, ...], code: int, said: str, payer: FakePayer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fire", "--server", payer.url, *argv) == code
    assert said in capsys.readouterr().err


def test_a_hook_that_nobody_answers_is_told(
    payer: FakePayer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "call.json"
    file.write_text(json.dumps({"context": {}}))

    assert run("fire", "--server", payer.url, "--hook", "patient-view", "--file", str(file)) == 1
    assert "No service there answers patient-view; offered are order-sign" in capsys.readouterr().err
    assert run("fire", "--server", "http://127.0.0.1:1", "--hook", "order-sign") == 1
    assert "Nobody answers" in capsys.readouterr().err


def test_an_answer_that_is_no_200_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(asked: Asked) -> Told:
        services = b'{"services": [{"hook": "order-sign", "id": "x"}]}'
        return Told(body=services) if asked.method == "GET" else Told(412, b'{"error": "no"}')

    with Listener(answer) as server:
        assert run("fire", "--server", server.url, "--hook", "order-sign") == 1
    assert '{"error": "no"}' in capsys.readouterr().err


def test_it_subscribes_hears_and_takes_the_subscription_back(capsys: pytest.CaptureFixture[str]) -> None:
    HEARD.clear()
    with opened(Rules()) as payer:
        assert run("subscribe", "--server", f"{payer.url}/fhir", "--organization", "1910010010", "--for", "0.3") == 0

    printed = capsys.readouterr().out
    assert "heard: handshake · status requested · events-since-subscription-start 0" in printed
    assert "is deleted: 204" in printed
    assert [asked.method for asked in HEARD] == ["POST", "DELETE"]
    assert HEARD[0].content["channel"]["_payload"]["extension"][0]["valueCode"] == "full-resource"


def test_an_event_is_told_by_number_and_reference() -> None:
    """What a subscriber is told of a decision, without what the decision is about."""
    body = json.loads((PENDED / "03-submit-without-test.request.json").read_bytes())
    rules = Rules((LineRule(outcome="pend", then="approve", after=0.01, text="Private words."),))
    with opened(rules) as payer, Receiver() as receiver:
        base = f"{payer.url}/fhir"
        wanted = ehr_subscribing.subscription(receiver.url, "1910010010", "id-only", "2.2.1")
        url = f"{base}/Subscription/{requests.post(f'{base}/Subscription', json=wanted, timeout=5).json()['id']}"
        assert receiver.hear("handshake", 5)
        assert any(requests.get(url, timeout=5).json()["status"] == "active" for _ in range(200))
        requests.post(f"{base}/Claim/$submit", json=body, timeout=5)
        heard = receiver.next("event-notification", 5)

    assert heard is not None
    told = " ".join(ehr_subscribing._told(heard))
    assert told.startswith(
        "event-notification status active events-since-subscription-start 1 event 1 http://127.0.0.1:"
    )
    assert "/ClaimResponse/" in told


def test_a_server_that_will_not_have_the_subscription_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(lambda _asked: Told(422, b'{"resourceType": "OperationOutcome"}')) as server:
        assert run("subscribe", "--server", server.url, "--organization", "1") == 1

    assert "answers 422" in capsys.readouterr().err


def test_serving_tells_what_is_there_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "patient.json").write_text('{"resourceType": "Patient", "id": "ann-lee"}')
    key = tmp_path / "key.pem"
    key.write_bytes(ECKey.generate_key("P-384").as_pem(private=True))

    assert run("serve", "--chart", str(tmp_path / "patient.json"), "--key", str(key), "--for", "0.01") == 0

    printed = capsys.readouterr().out
    assert "1 resources in its chart" in printed
    assert "/notifications" in printed and "/jwks.json" in printed


def test_what_comes_is_told_without_saying_of_whom(capsys: pytest.CaptureFixture[str]) -> None:
    patient = {"resourceType": "Patient", "id": "ann-lee"}
    args = argparse.Namespace(chart=[], port=0, host="127.0.0.1", key=None, public_url="", verbose=False)
    with fake_ehr.open_ehr(args, "", (patient,)) as ehr:
        for path in ("/Patient/ann-lee", "/Coverage?patient=ann-lee&status=active", "/metadata"):
            requests.get(ehr.url + path, timeout=5)
        requests.post(f"{ehr.url}/Patient/_search", data={"_id": "ann-lee"}, timeout=5)
        requests.post(ehr.endpoint, data=b"{}", timeout=5)
        requests.get(ehr.jwks_url, timeout=5)

    printed = capsys.readouterr().out
    assert "ann-lee" not in printed
    for words in (
        "read one Patient: 200",
        "searched Coverage by patient, status: 200",
        "showed its statement: 200",
        "searched Patient by _id: 200",
        "took a notification (of no kind): 200",
        "showed its public keys: 200",
    ):
        assert words in printed


def test_everything_is_told_when_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    patient = {"resourceType": "Patient", "id": "ann-lee"}
    args = argparse.Namespace(chart=[], port=0, host="127.0.0.1", key=None, public_url="", verbose=True)
    with fake_ehr.open_ehr(args, "secret", (patient,)) as ehr:
        requests.get(f"{ehr.url}/Patient/ann-lee", headers={"Authorization": "Bearer secret"}, timeout=5)

    printed = capsys.readouterr().out
    assert "> GET /fhir/Patient/ann-lee" in printed and '< {"resourceType":"Patient"' in printed
    assert "secret" not in printed

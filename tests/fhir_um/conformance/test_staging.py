"""The stage: what is sent, what is kept, and when a scene breaks off."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from fhir_um.conformance import marks
from fhir_um.conformance.stage import BrokenOff
from fhir_um.conformance.staging import Staging
from fhir_um.conformance.tester import Client, Decisions, FhirAuth, FhirCredentials, Member
from fhir_um.conformance.wire import Got, Sending
from tests.fhir_um.conformance.playing_for import (
    RESPONSE,
    SERVER,
    STORY,
    TESTER,
    Recorder,
    answering,
    got,
    housed,
    staged,
    written_story,
)

LISTENS = """
title: A notification
shows: What is heard.
written_on: 2026-11-02
steps:
  - {name: shaken, who: A clinic, asks: nothing, path: "", hears: handshake, expect: {status: 200}}
  - {name: after, who: A clinic, asks: for something, path: /fhir/Claim/$submit,
     request: 01-ask.request.json, expect: {}}
"""
CANCELS = """
title: A cancellation
shows: What tidies up.
written_on: 2026-11-02
steps:
  - {name: shaken, who: A clinic, asks: nothing, path: "", hears: handshake, expect: {}}
  - {name: asked, who: A clinic, asks: for something, path: /fhir/Claim/$submit, request: 01-ask.request.json,
     expect: {}}
  - {name: tidied, who: A clinic, asks: to cancel, path: /fhir/Claim/$submit, request: 02-cancel.request.json,
     after: true, expect: {}}
"""
DECIDED = """
title: A decision
shows: What a person says.
written_on: 2026-11-02
steps:
  - {name: asked, who: A clinic, asks: for something, path: /fhir/Claim/$submit,
     request: 01-ask.request.json, expect: {}}
  - {name: waiting, who: A reviewer, asks: what waits, method: GET, path: "/um/v1/cases/${asked.case_id}", expect: {}}
  - {name: decided, who: A reviewer, asks: to approve, path: "/um/v1/cases/${asked.case_id}/decisions",
     body: {version: "${waiting.version}"}, expect: {}}
  - {name: found, who: A clinic, asks: what holds, method: GET, path: "/fhir/ClaimResponse/${decided.case_id}",
     expect: {}}
"""
CASE = {"id": "case-1", "version": 3, "status": "pended", "lines": []}


def test_a_request_has_what_every_request_has() -> None:
    server = Recorder(got(RESPONSE, etag="7"))
    with staged(server) as stage:
        said = stage.send("asked", "POST", f"{stage.base}/Claim/$submit", b"{}", marks=("approved",))

    (sent,) = server.asked
    assert sent.headers == {
        "Accept": "application/fhir+json",
        "Content-Type": "application/fhir+json",
        "User-Agent": "fhir-um-conformance",
    }
    assert (said.key, said.status, said.answer, said.headers) == ("scene/asked", 200, RESPONSE, {"etag": "7"})
    assert said.marks == {"submit", "approved"}
    assert not said.came_in


def test_headers_are_put_over_and_left_out() -> None:
    server = Recorder(got({}))
    with staged(server) as stage:
        stage.send("asked", "POST", "/um/v1/x", b"{}", headers={"content-type": "text/plain", "Accept": None})  # type: ignore[dict-item]

    assert server.asked[0].url == f"{SERVER}/um/v1/x"
    assert server.asked[0].headers == {"User-Agent": "fhir-um-conformance", "content-type": "text/plain"}


def test_hook_calls_are_signed_and_the_token_is_not_kept() -> None:
    server = Recorder(got({}))
    with staged(server) as stage:
        said = stage.send("called", "POST", f"{stage.hooks}/order-sign", b'{"hook": "order-sign"}')
        unknown = stage.send("called", "POST", f"{stage.hooks}/order-sign", b"{}", as_client="nobody")

    assert server.asked[0].headers["Authorization"].startswith("Bearer ey")
    assert said.sent_headers["authorization"] == "Bearer (secret 1)"
    assert said.marks == {"hook", "order-sign"}
    assert "Authorization" not in server.asked[1].headers
    assert unknown.key == "scene/called-2"


def test_decisions_are_made_with_the_credentials_of_the_reviewer() -> None:
    server = Recorder(got({}))
    reviewer = Client(FhirCredentials(FhirAuth.BEARER, token_env="T"))
    with housed(server, tester=replace(TESTER, clients={"reviewer": reviewer}), environ={"T": "theirs"}) as house:
        stage = Staging(replace(TESTER, clients={"reviewer": reviewer}), "2.2.1", house)
        stage.decide("7", "decided", {"version": 1})

    assert server.asked[0].url == f"{SERVER}/um/v1/cases/7/decisions"
    assert server.asked[0].headers["Authorization"] == "Bearer theirs"


def test_an_exchange_without_an_answer_is_kept_and_breaks_off() -> None:
    with (
        staged(lambda _sending: Got(0, why="nobody listens there")) as stage,
        pytest.raises(BrokenOff, match=r"POST http://payer.test/fhir/Claim/\$submit: nobody listens there"),
    ):
        stage.send("asked", "POST", f"{stage.base}/Claim/$submit", b"{}")

    (kept,) = stage.exchanges
    assert (kept.status, kept.body, kept.marks) == (0, b"", {"submit"})


# --- stories ----------------------------------------------------------------------------------------------------------


def test_a_story_is_played_and_every_step_kept(tmp_path: Path) -> None:
    server = Recorder(got(RESPONSE))
    with staged(server, written_story(tmp_path)) as stage:
        said = stage.play("one-request", marks=("extra",))

    assert list(said) == ["asked", "found", "tidied"]
    assert [sent.url for sent in server.asked] == [
        f"{SERVER}/fhir/Claim/$submit",
        f"{SERVER}/fhir/ClaimResponse/case-1",
        f"{SERVER}/fhir/Claim/$submit",
    ]
    assert said["asked"].marks == {"submit", "approved", "extra"}
    assert said["tidied"].marks == {"submit", "tidying", "extra"}
    assert [kept.key for kept in stage.exchanges] == ["scene/asked", "scene/found", "scene/tidied"]


def test_a_story_is_played_with_the_testers_members_on_the_base_of_the_version(tmp_path: Path) -> None:
    server = Recorder(got(RESPONSE))
    tester = replace(TESTER, members={"H1": Member("900", "urn:new")}, bases={"pas-2.0.1": "/old/r4"})
    with staged(server, written_story(tmp_path), tester, "2.0.1") as stage:
        stage.play("one-request")

    assert server.asked[0].url == f"{SERVER}/old/r4/Claim/$submit"
    patient = json.loads(server.asked[0].body)["entry"][1]["resource"]
    assert patient["identifier"] == [{"value": "900", "system": "urn:new"}]


def test_every_playing_makes_requests_of_its_own(tmp_path: Path) -> None:
    server = Recorder(got(RESPONSE))
    with staged(server, written_story(tmp_path)) as stage:
        stage.play("one-request")
        stage.play("one-request")

    names = [json.loads(sent.body)["identifier"]["value"] for sent in server.asked if sent.body]
    assert len(set(names)) == 2
    assert [kept.step for kept in stage.exchanges][3:] == ["asked-2", "found-2", "tidied-2"]


def test_a_story_that_cannot_go_on_tidies_up_and_breaks_off(tmp_path: Path) -> None:
    server = Recorder(got({"resourceType": "OperationOutcome", "issue": []}, 500))
    with (
        staged(server, written_story(tmp_path)) as stage,
        pytest.raises(BrokenOff, match="at found: not sent: step asked gave no case"),
    ):
        stage.play("one-request")

    assert [kept.step for kept in stage.exchanges] == ["asked", "tidied"]


def test_stopped_by_the_tester_a_story_still_undoes_what_it_asked_for(tmp_path: Path) -> None:
    answers = iter([got(RESPONSE), KeyboardInterrupt(), got(RESPONSE)])

    def stopping(_sending: Sending) -> Got:
        answer = next(answers)
        if isinstance(answer, KeyboardInterrupt):
            raise answer
        return answer

    with staged(stopping, written_story(tmp_path)) as stage, pytest.raises(KeyboardInterrupt):
        stage.play("one-request")

    assert [kept.step for kept in stage.exchanges] == ["asked", "tidied"]


def test_what_was_never_asked_for_is_not_cancelled(tmp_path: Path) -> None:
    cancels = {"resourceType": "Claim", "related": [{"claim": {"reference": "Claim/1"}}]}
    earlier = {"resourceType": "Claim", "id": "1", "identifier": [{"value": "PE-1"}]}
    stories = written_story(tmp_path, CANCELS)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": cancels}, {"resource": earlier}]}
    (stories / "one-request" / "02-cancel.request.json").write_text(json.dumps(bundle))
    server = Recorder(got(RESPONSE))
    with staged(server, stories, replace(TESTER, patience_seconds=0)) as stage, pytest.raises(BrokenOff):
        stage.play("one-request")

    assert server.asked == []


def test_an_answer_of_another_form_breaks_off_where_it_is_needed(tmp_path: Path) -> None:
    odd = {"resourceType": "ClaimResponse", "id": "1", "item": [{"no": "sequence"}]}
    with (
        staged(answering(odd), written_story(tmp_path)) as stage,
        pytest.raises(BrokenOff, match="at found: not sent: step asked gave no case.* a form that cannot be read here"),
    ):
        stage.play("one-request")


def test_a_story_that_is_not_there_breaks_off(tmp_path: Path) -> None:
    with staged(answering(), tmp_path) as stage, pytest.raises(BrokenOff, match="There is no story missing"):
        stage.play("missing")


def test_a_story_is_read_again_when_it_was_changed(tmp_path: Path) -> None:
    with staged(answering(), written_story(tmp_path)) as stage:
        stage.play("one-request")
        path = tmp_path / "one-request" / "story.yaml"
        path.write_text(STORY.replace("name: tidied", "name: cleared"))
        os.utime(path, ns=(0, 0))

        assert list(stage.play("one-request")) == ["asked", "found", "cleared"]


def test_a_step_can_be_had_without_sending_it(tmp_path: Path) -> None:
    server = Recorder(got({}))
    with staged(server, written_story(tmp_path), replace(TESTER, members={"H1": Member("900")})) as stage:
        body = json.loads(stage.asked("one-request", "asked", {"c1": "c2"}))
        with pytest.raises(BrokenOff, match="no step other"):
            stage.asked("one-request", "other")

    assert server.asked == []
    assert body["entry"][1]["resource"]["identifier"][0]["value"] == "900"


# --- listening --------------------------------------------------------------------------------------------------------


def notification(kind: str) -> dict[str, object]:
    status = {"resourceType": "Parameters", "parameter": [{"name": "type", "valueCode": kind}]}
    return {"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]}


def test_what_is_heard_is_kept_as_coming_in() -> None:
    with staged(answering()) as stage:
        requests.post(
            stage.endpoint, json=notification("handshake"), headers={"Authorization": "Bearer of-ours-alone"}, timeout=5
        )
        said = stage.hear("shaken", "handshake", marks=("first",))
        missing = stage.hear("more", "event-notification", seconds=0)

    assert said is not None
    assert missing is None
    assert (said.came_in, said.status, said.url) == (True, 200, stage.endpoint)
    assert said.marks == {"notification", "handshake", "first"}
    assert said.asked == notification("handshake")
    assert said.sent_headers["authorization"] == "Bearer (secret 1)"


def test_what_nobody_waited_for_is_kept_at_the_end_of_the_scene() -> None:
    with staged(answering()) as stage:
        requests.post(stage.endpoint, json=notification("event-notification"), timeout=5)
        stage.end()
        stage.begin("another")
        stage.end()

    assert [(kept.key, kept.marks) for kept in stage.exchanges] == [("scene/unasked-event", {"notification", "event"})]


def test_each_scene_listens_at_a_place_of_its_own() -> None:
    with staged(answering()) as stage:
        first = stage.endpoint
        stage.begin("another")

        assert stage.endpoint != first


def test_a_notification_that_a_story_waits_for_in_vain_is_kept_as_unheard(tmp_path: Path) -> None:
    with (
        staged(answering(), written_story(tmp_path, LISTENS)) as stage,
        pytest.raises(BrokenOff, match=r"at shaken: no handshake came within 0.2 seconds"),
    ):
        stage.play("one-request")

    (kept,) = stage.exchanges
    assert (kept.key, kept.marks, kept.sent) == ("scene/shaken", {marks.UNHEARD, "handshake"}, b"")


def test_nothing_is_waited_for_when_the_subscription_was_refused(tmp_path: Path) -> None:
    asks = "steps:\n  - {name: asks, who: A clinic, asks: to hear, path: /fhir/Subscription, body: {}, expect: {}}"
    tester = replace(TESTER, patience_seconds=60)
    with (
        staged(answering({}, 404), written_story(tmp_path, LISTENS.replace("steps:", asks)), tester) as stage,
        pytest.raises(BrokenOff, match="at shaken: nothing is waited for: the subscription was not taken"),
    ):
        stage.play("one-request")

    assert [kept.step for kept in stage.exchanges] == ["asks"]


# --- decisions --------------------------------------------------------------------------------------------------------


def test_decisions_of_a_story_go_through_our_own_interface(tmp_path: Path) -> None:
    server = Recorder(got(RESPONSE), got(CASE), got(CASE), got(RESPONSE))
    with staged(server, written_story(tmp_path, DECIDED)) as stage:
        stage.play("one-request")

    assert [sent.url.removeprefix(SERVER) for sent in server.asked[1:]] == [
        "/um/v1/cases/case-1",
        "/um/v1/cases/case-1/decisions",
        "/fhir/ClaimResponse/case-1",
    ]
    assert json.loads(server.asked[2].body) == {"version": 3}


def test_a_server_that_decides_by_itself_is_given_time_and_looked_at(tmp_path: Path) -> None:
    server = Recorder(got(RESPONSE))
    waited: list[float] = []
    with housed(server, written_story(tmp_path, DECIDED)) as house:
        stage = Staging(replace(TESTER, decisions=Decisions.WAIT), "2.2.1", replace(house, pause=waited.append))
        stage.begin("scene")
        said = stage.play("one-request")

    assert waited == [0.2]
    assert [sent.url.removeprefix(f"{SERVER}/fhir") for sent in server.asked] == [
        "/Claim/$submit",
        "/ClaimResponse/case-1",
        "/ClaimResponse/case-1",
    ]
    assert list(said) == ["asked", "decided", "found"]


def test_where_nobody_decides_the_story_breaks_off(tmp_path: Path) -> None:
    tester = replace(TESTER, decisions=Decisions.NONE)
    with (
        staged(answering(), written_story(tmp_path, DECIDED), tester) as stage,
        pytest.raises(BrokenOff, match="the profile says `decisions: none`"),
    ):
        stage.play("one-request")


def test_what_a_server_calls_its_notification_is_no_mark() -> None:
    with staged(answering()) as stage:
        requests.post(stage.endpoint, json=notification("approved" * 500), timeout=5)
        stage.end()

    assert [(kept.key, kept.marks) for kept in stage.exchanges] == [("scene/unasked-post", {"notification", "post"})]


@pytest.mark.parametrize("status", [401, 404])
def test_where_the_payer_decides_elsewhere_the_reason_says_what_to_write(status: int, tmp_path: Path) -> None:
    def answering_fhir(sending: Sending) -> Got:
        return got({}, status) if "/um/v1/" in sending.url else got(RESPONSE)

    with (
        staged(answering_fhir, written_story(tmp_path, DECIDED)) as stage,
        pytest.raises(BrokenOff, match=f"was answered with {status}; .*`decisions: wait` in the profile"),
    ):
        stage.play("one-request")

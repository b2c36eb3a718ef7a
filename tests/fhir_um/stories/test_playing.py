"""Playing a story: what is sent in its name, and how an answer is compared."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fhir_um.stories.playing import Reply, Request, Story, StoryFault, load_story, play, prepare

WRITTEN_ON = date(2026, 11, 2)
LINE = {
    "sequence": 1,
    "state": "nurse-review",
    "decision": {"reason": "needs-medical-review", "text": ""},
    "authorizationNumber": "",
    "administrativeReference": "R1",
}
CASE = {"id": "case-7", "version": 3, "status": "pended", "lines": [LINE]}
BUNDLE = {
    "resourceType": "Bundle",
    "identifier": {"value": "MSG-1"},
    "timestamp": "2026-11-02T00:00:00Z",
    "entry": [
        {
            "fullUrl": "https://ehr.example.test/fhir/Claim/c-2",
            "resource": {
                "resourceType": "Claim",
                "id": "c-2",
                "identifier": [{"value": "PE-1"}],
                "related": [{"claim": {"reference": "Claim/c-1"}}],
                "item": [{"servicedDate": "2026-11-09", "quantity": {"value": 1}, "preAuthRef": ["AUTHNUMBER"]}],
            },
        },
        {
            "fullUrl": "https://ehr.example.test/fhir/Claim/c-1",
            "resource": {"resourceType": "Claim", "id": "c-1", "identifier": [{"value": "PE-1"}]},
        },
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "p", "birthDate": "1961-03-14"}},
    ],
}


class Server:
    """Answers with the replies it was given, and remembers what it was asked."""

    def __init__(self, *replies: object) -> None:
        self.replies = [json.dumps(reply).encode() for reply in replies]
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return Reply(200, self.replies[len(self.asked) - 1], 1.5)


@pytest.fixture
def told(tmp_path: Path) -> Callable[[str], Story]:
    def tell(steps: str) -> Story:
        (tmp_path / "one.request.json").write_text(json.dumps(BUNDLE))
        (tmp_path / "story.yaml").write_text(f"title: T\nshows: S\nwritten_on: {WRITTEN_ON}\nsteps:\n{steps}")
        return load_story(tmp_path)

    return tell


SEND = "  - {name: first, who: W, asks: A, path: /x, request: one.request.json, expect: {status: 200}}\n"
LOOK = "  - {name: look, who: W, asks: A, method: GET, path: '/c/${first.case_id}', expect: {id: '${first.case_id}'}}\n"


def played(story: Story, server: Server, today: date = WRITTEN_ON) -> Any:
    return list(play(story, server, "r1", today))


def test_days_move_with_the_calendar_but_birth_dates_stay(told: Callable[[str], Story]) -> None:
    server = Server(CASE)

    played(told(SEND), server, date(2027, 1, 1))

    sent = json.loads(server.asked[0].body)
    assert sent["timestamp"] == "2027-01-01T00:00:00Z"
    assert sent["entry"][0]["resource"]["item"][0]["servicedDate"] == "2027-01-08"
    assert sent["entry"][2]["resource"]["birthDate"] == "1961-03-14"


def test_the_senders_own_identifiers_carry_the_mark_of_the_run(told: Callable[[str], Story]) -> None:
    server = Server(CASE)

    played(told(SEND), server)

    sent = json.loads(server.asked[0].body)
    claim = sent["entry"][0]["resource"]
    assert sent["identifier"]["value"] == "MSG-1-r1"
    assert sent["entry"][0]["fullUrl"] == "https://ehr.example.test/fhir/Claim/c-2-r1"
    assert (claim["id"], claim["identifier"][0]["value"]) == ("c-2-r1", "PE-1-r1")
    assert claim["related"][0]["claim"]["reference"] == "Claim/c-1-r1"
    assert sent["entry"][2]["fullUrl"] == "urn:uuid:1"


def test_an_address_that_is_a_uuid_becomes_another_uuid(told: Callable[[str], Story], tmp_path: Path) -> None:
    address = "urn:uuid:0b7b1b2c-6f2e-4a53-9a51-000000000001"
    bundle = {
        "resourceType": "Bundle",
        "identifier": {"value": "MSG-9"},
        "entry": [{"fullUrl": address, "resource": {"resourceType": "Claim", "id": "c9"}}],
    }
    story = told(FHIR_STEP)
    (tmp_path / "one.request.json").write_text(json.dumps(bundle))

    sent = [json.loads(prepare(story, story.steps[0], {}, run, WRITTEN_ON).body) for run in ("r1", "r1", "r2")]

    first, again, other = (one["entry"][0]["fullUrl"] for one in sent)
    assert first == again != other != address
    assert all(UUID(one.removeprefix("urn:uuid:")) for one in (first, other))


def test_decimals_are_sent_as_written(told: Callable[[str], Story], tmp_path: Path) -> None:
    story, server = told(SEND), Server(CASE)
    text = json.dumps(BUNDLE).replace('"quantity": {"value": 1}', '"quantity": {"value": 1.00}')
    (tmp_path / "one.request.json").write_text(text)

    played(story, server)

    assert b'"value":1.00' in server.asked[0].body


def test_a_later_step_takes_values_from_an_earlier_answer(told: Callable[[str], Story]) -> None:
    server = Server(CASE, CASE)

    results = played(told(SEND + LOOK), server)

    assert server.asked[1].path == "/c/case-7"
    assert [result.faults for result in results] == [(), ()]


def test_a_number_of_an_earlier_answer_replaces_the_written_one(told: Callable[[str], Story]) -> None:
    line = LINE | {"state": "approved", "authorizationNumber": "N-1"}
    server = Server({**CASE, "lines": [line]}, CASE)
    again = SEND.replace("first", "again").replace("expect:", "replace: {AUTHNUMBER: '${first.number.1}'}, expect:")

    played(told(SEND + again), server)

    assert json.loads(server.asked[1].body)["entry"][0]["resource"]["item"][0]["preAuthRef"] == ["N-1"]


def test_a_body_of_its_own_keeps_the_type_of_a_value(told: Callable[[str], Story]) -> None:
    server = Server(CASE, CASE)
    rule = "  - {name: rule, who: W, asks: A, path: /d, body: {version: '${first.version}', n: [1]}, expect: {}}\n"

    played(told(SEND + rule), server)

    assert json.loads(server.asked[1].body) == {"version": 3, "n": [1]}
    assert server.asked[1].content_type == "application/json"


def test_a_step_without_the_answer_it_needs_is_told_and_not_sent(told: Callable[[str], Story]) -> None:
    server = Server({"resourceType": "OperationOutcome", "issue": []})

    results = played(told(SEND + LOOK), server)

    assert len(server.asked) == 1
    assert results[1].faults == ("not sent: step first gave no case, so ${first.case_id} is not known",)


def test_a_missing_story_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoryFault, match="There is no story nowhere"):
        load_story(tmp_path / "nowhere")


def test_a_story_written_wrongly_says_where(told: Callable[[str], Story]) -> None:
    with pytest.raises(StoryFault, match="missing required field `who`"):
        told("  - {name: first}\n")


CALL = {"hook": "order-sign", "hookInstance": "11111111-1111-4111-8111-111111111111", "context": {"day": "2026-11-02"}}
SAID = {
    "cards": [
        {
            "uuid": "card-1",
            "summary": "Take another",
            "indicator": "info",
            "source": {"label": "Harbor"},
            "suggestions": [{"uuid": "s-1", "label": "l", "actions": [{"type": "update", "resource": {}}]}],
        }
    ]
}
SIGN = "  - {name: first, who: W, asks: A, path: /cds-services/x, hook: call.hook.json, expect: {status: 200}}\n"


def test_a_hook_call_is_of_its_run_and_of_its_day(told: Callable[[str], Story], tmp_path: Path) -> None:
    server = Server(SAID)
    (tmp_path / "call.hook.json").write_text(json.dumps(CALL))

    list(play(told(SIGN), server, "run", date(2026, 11, 5)))

    sent = json.loads(server.asked[0].body)
    assert sent["hookInstance"] != CALL["hookInstance"]
    assert len(sent["hookInstance"]) == 36
    assert sent["context"]["day"] == "2026-11-05"
    assert server.asked[0].content_type == "application/json"


def test_values_of_a_hook_answer_can_be_given_back(told: Callable[[str], Story], tmp_path: Path) -> None:
    server = Server(SAID, {})
    (tmp_path / "call.hook.json").write_text(json.dumps(CALL))
    back = (
        "  - {name: back, who: W, asks: A, path: '/x/${first.instance}', expect: {}, "
        "body: {card: '${first.card.alternate-request}', id: '${first.suggestion.alternate-request}'}}\n"
    )

    played(told(SIGN + back), server)

    assert json.loads(server.asked[1].body) == {"card": "card-1", "id": "s-1"}
    assert server.asked[1].path == f"/x/{json.loads(server.asked[0].body)['hookInstance']}"


def test_a_value_a_hook_answer_lacks_is_told(told: Callable[[str], Story], tmp_path: Path) -> None:
    server = Server(SAID)
    (tmp_path / "call.hook.json").write_text(json.dumps(CALL))
    back = "  - {name: back, who: W, asks: A, path: '/x/${first.assertion.ServiceRequest/1}', expect: {}}\n"

    results = played(told(SIGN + back), server)

    assert results[1].faults == ("not sent: the answer of step first holds no ${first.assertion.ServiceRequest/1}",)


def test_orders_are_compared_whole_and_cards_by_kind(told: Callable[[str], Story], tmp_path: Path) -> None:
    server = Server(SAID)
    (tmp_path / "call.hook.json").write_text(json.dumps(CALL))
    expecting = SIGN.replace(
        "{status: 200}", "{orders: {ServiceRequest/1: {covered: covered}}, cards: {alternate-request: {card: card-1}}}"
    )

    (result,) = played(told(expecting), server)

    assert result.faults == (
        "orders should be of ['ServiceRequest/1'], is of []",
        "orders.ServiceRequest/1.covered should be covered, is absent",
    )


FHIR_STEP = (
    "  - {name: first, who: W, asks: A, path: /fhir/Claim/$submit, request: one.request.json, "
    "expect: {status: 201, cases: 1}, expect_2_0_1: {status: 200}, marks: [approved, submit]}\n"
)


def test_a_story_is_played_on_the_base_of_a_version(told: Callable[[str], Story]) -> None:
    server = Server(CASE, CASE, CASE)
    story = told(FHIR_STEP + LOOK)

    results = list(play(story, server, "r1", WRITTEN_ON, version="2.0.1"))

    assert [request.path for request in server.asked] == ["/2.0.1/fhir/Claim/$submit", "/c/case-7"]
    assert [result.faults for result in results] == [(), ()]
    assert results[0].step.marks == ("approved", "submit")
    assert played(story, Server(CASE, CASE))[0].faults == ("status should be 201, is 200",)


def test_a_path_written_for_the_older_base_stays(told: Callable[[str], Story]) -> None:
    server = Server(CASE)

    list(play(told(FHIR_STEP.replace("/fhir/Claim", "/2.0.1/fhir/Claim")), server, "r1", WRITTEN_ON, version="2.0.1"))

    assert server.asked[0].path == "/2.0.1/fhir/Claim/$submit"


def test_a_version_may_have_a_request_of_its_own(told: Callable[[str], Story], tmp_path: Path) -> None:
    own = json.loads(json.dumps(BUNDLE).replace("MSG-1", "MSG-OLD"))
    (tmp_path / "one.2.0.1.request.json").write_text(json.dumps(own))
    older, newer = Server(CASE), Server(CASE)

    list(play(told(FHIR_STEP), older, "r1", WRITTEN_ON, version="2.0.1"))
    list(play(told(FHIR_STEP), newer, "r1", WRITTEN_ON))

    assert json.loads(older.asked[0].body)["identifier"]["value"] == "MSG-OLD-r1"
    assert json.loads(newer.asked[0].body)["identifier"]["value"] == "MSG-1-r1"


def test_other_people_can_be_put_into_a_request(told: Callable[[str], Story]) -> None:
    server = Server(CASE)

    def adapt(content: Any) -> Any:
        assert content["identifier"]["value"] == "MSG-1-r1"
        return {**content, "entry": content["entry"][:1]}

    list(play(told(FHIR_STEP), server, "r1", WRITTEN_ON, adapt=adapt))

    assert len(json.loads(server.asked[0].body)["entry"]) == 1


def test_what_is_no_json_is_sent_as_it_stands(told: Callable[[str], Story]) -> None:
    server = Server({"resourceType": "OperationOutcome"})
    step = "  - {name: first, who: W, asks: A, path: /fhir/Claim/$submit, text: 'Please.', expect: {status: 200}}\n"

    played(told(step), server)

    assert (server.asked[0].body, server.asked[0].content_type) == (b"Please.", "application/fhir+json")


def test_a_story_of_hooks_is_for_one_guide_unless_it_says_otherwise(told: Callable[[str], Story]) -> None:
    assert told(SEND).versions == ("2.2.1", "2.0.1")
    assert told(SIGN).versions == ("2.2.1",)
    assert told(SIGN + "versions: ['2.0.1', '2.2.1']\n").versions == ("2.0.1", "2.2.1")
    with pytest.raises(StoryFault, match="there is no base of 3.0"):
        told(SEND + "versions: ['3.0']\n")


def test_a_hook_call_that_is_no_json_is_sent_as_it_stands_too(told: Callable[[str], Story]) -> None:
    server = Server({"resourceType": "OperationOutcome"})
    step = (
        "  - {name: first, who: W, asks: A, path: /cds-services/order-sign, text: 'Please.', expect: {status: 200}}\n"
    )

    played(told(step), server)

    assert (server.asked[0].body, server.asked[0].content_type) == (b"Please.", "application/json")


@pytest.mark.parametrize("extension", [{}, {"davinci-crd.configuration": {"cost": False}}])
def test_a_client_of_the_older_guide_cannot_ask_for_a_version(
    told: Callable[[str], Story], tmp_path: Path, extension: dict[str, Any]
) -> None:
    asked = {"davinci-crd.requestedVersion": "2.2"} | extension
    (tmp_path / "call.hook.json").write_text(json.dumps(CALL | {"extension": asked}))
    older, newer = Server(SAID), Server(SAID)

    list(play(told(SIGN), older, "r1", WRITTEN_ON, version="2.0.1"))
    list(play(told(SIGN), newer, "r1", WRITTEN_ON))

    assert json.loads(newer.asked[0].body)["extension"] == asked
    assert json.loads(older.asked[0].body).get("extension", {}) == extension

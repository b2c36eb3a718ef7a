"""Where the runner listens: over real sockets on this machine."""

import requests

from fhir_um.conformance.listening import Came, Ear, Letterbox
from fhir_um.conformance.tester import Listen
from fhir_um.simulators.listening import Asked, Told

KEYS = {"keys": [{"kid": "one"}]}
HANDSHAKE = {
    "resourceType": "Bundle",
    "entry": [{"resource": {"parameter": [{"name": "type", "valueCode": "handshake"}]}}],
}


def test_notifications_come_into_the_box_they_are_addressed_to() -> None:
    with Ear(Listen(), lambda: KEYS) as ear:
        answer = requests.post(ear.endpoint("one"), json=HANDSHAKE, headers={"X-Own": "7"}, timeout=5)
        requests.post(ear.endpoint("two"), json={"no": "notification"}, timeout=5)

        came = ear.letterbox.next("one", "handshake", 1)
        rest = ear.letterbox.rest("two")

    assert answer.status_code == 200
    assert came is not None
    assert (came.kind, came.url, came.headers["x-own"]) == ("handshake", ear.endpoint("one"), "7")
    assert [each.kind for each in rest] == [""]
    assert ear.letterbox.rest("two") == ()


def test_keys_are_published_and_all_else_is_not_there() -> None:
    with Ear(Listen(), lambda: KEYS) as ear:
        assert requests.get(ear.keys_url, timeout=5).json() == KEYS
        assert requests.get(ear.public + "/other", timeout=5).status_code == 404


def test_somebody_else_may_answer_the_rest() -> None:
    def others(asked: Asked) -> Told:
        return Told(200, asked.path.encode())

    with Ear(Listen(), lambda: KEYS, others) as ear:
        assert requests.get(ear.public + "/Patient/1", timeout=5).text == "/Patient/1"


def test_the_server_may_reach_it_under_another_name() -> None:
    with Ear(Listen(public_url="https://runner.test/tunnel/"), lambda: KEYS) as ear:
        assert ear.keys_url == "https://runner.test/tunnel/jwks.json"
        assert ear.endpoint("one") == "https://runner.test/tunnel/notifications/one"


def came(box: str, kind: str) -> Came:
    return Came(box, kind, "", {}, b"", 0)


def test_the_oldest_of_a_kind_comes_first_and_others_stay() -> None:
    letterbox = Letterbox()
    first, other, second = came("a", "event-notification"), came("a", "heartbeat"), came("a", "event-notification")
    for each in (first, other, second):
        letterbox.put(each)

    assert letterbox.next("a", "event-notification", 0) is first
    assert letterbox.next("a", "event-notification", 0) == second
    assert letterbox.next("a", "event-notification", 0) is None
    assert letterbox.rest("a") == (other,)

"""What of a capture is sent: the request itself, and never its credentials unless somebody asks for that."""

import json
from collections.abc import Iterator

import pytest

from fhir_um.replaying import sending
from fhir_um.replaying.capture import Capture, made
from fhir_um.replaying.sending import NotSent, Sender, carries_credentials
from fhir_um.simulators import misbehaving
from fhir_um.simulators.listening import Answer, Asked, Listener, json_told

HEARD: list[Asked] = []
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/fhir+json",
    "Authorization": "Bearer opens",
    "Cookie": "session=opens",
    "Host": "old.example.org",
    "Content-Length": "7",
    "User-Agent": "browser",
    "Prefer": "return=minimal",
}
BODY = json.dumps({"hook": "order-sign", "fhirAuthorization": {"access_token": "opens"}, "n": 1}).encode()


@pytest.fixture
def server() -> Iterator[Listener]:
    HEARD.clear()
    with Listener(lambda asked: HEARD.append(asked) or json_told({})) as running:  # type: ignore[func-returns-value]
        yield running


def capture(path: str = "/r4/Claim?access_token=opens&x=1", body: bytes = BODY) -> Capture:
    return made("x", "POST", f"https://old.example.org{path}", HEADERS, body, 200, b"{}", {})


def sent(server: Listener, one: Capture, **given: object) -> Asked:
    sender = Sender(server.url, given.pop("headers", {}), **given)  # type: ignore[arg-type]  # as a caller gives them
    try:
        assert sender.send(one).status == 200
    finally:
        sender.close()
    return HEARD[-1]


def test_credentials_stay_behind(server: Listener) -> None:
    asked = sent(server, capture())

    assert "opens" not in str(asked)
    assert asked.target == "/r4/Claim?x=1"
    assert asked.content == {"hook": "order-sign", "n": 1}
    assert asked.headers["prefer"] == "return=minimal"
    assert asked.headers["user-agent"] != "browser"
    assert asked.headers["host"] == server.url.removeprefix("http://")


def test_credentials_go_along_when_asked_for(server: Listener) -> None:
    asked = sent(server, capture(), with_credentials=True)

    assert (asked.headers["authorization"], asked.headers["cookie"]) == ("Bearer opens", "session=opens")
    assert (asked.body, asked.target) == (BODY, "/r4/Claim?access_token=opens&x=1")


def test_headers_given_for_this_run_go_before_captured_ones(server: Listener) -> None:
    asked = sent(server, capture(), headers={"Accept": "x/y", "Authorization": "Bearer own"}, with_credentials=True)

    assert (asked.headers["accept"], asked.headers["authorization"]) == ("x/y", "Bearer own")


def test_another_base_takes_the_place_of_the_captured_one(server: Listener) -> None:
    sender = Sender(f"{server.url}/fhir/", {}, base="https://old.example.org/r4/")
    sender.send(capture("/r4/Claim/$submit"))
    sender.close()

    assert HEARD[-1].path == "/fhir/Claim/$submit"


def test_a_body_without_secrets_goes_byte_for_byte(server: Listener) -> None:
    assert sent(server, capture(body=b'{ "value": 1.00 }')).body == b'{ "value": 1.00 }'
    assert sent(server, capture(body=b"no json")).body == b"no json"


def test_a_request_for_a_token_is_known_as_one() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    asks = made("x", "POST", "/oauth/token", form, b"grant_type=x&client_assertion=opens", 200, b"", {})
    searches = made("x", "POST", "/fhir/Claim/_search", form, b"identifier=1", 200, b"", {})

    assert (carries_credentials(asks), carries_credentials(searches), carries_credentials(capture())) == (
        True,
        False,
        False,
    )


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(NotSent, match="Nobody answers at http://127.0.0.1:1"):
        Sender("http://127.0.0.1:1", {}).send(capture())


@pytest.mark.parametrize("path", ["@elsewhere.test/x", ".elsewhere.test/x", ":99/x", "//elsewhere.test/x"])
@pytest.mark.parametrize("base", ["", "https://old.example.org/r4"])
def test_nothing_in_a_capture_leads_to_another_server(server: Listener, path: str, base: str) -> None:
    one = made("x", "GET", path if not base else f"{base}{path}", {}, b"", 200, b"{}", {})

    sent(server, one, base=base)

    assert HEARD[-1].headers["host"] == server.url.removeprefix("http://")


def test_what_cannot_be_sent_is_told(server: Listener) -> None:
    sender = Sender(server.url, {"X-A": "\u20ac"})

    with pytest.raises(NotSent, match="cannot be sent"):
        sender.send(capture())


@pytest.mark.parametrize("answer", [misbehaving.floods, misbehaving.drips_body, misbehaving.breaks_off])
def test_an_answer_without_end_is_not_waited_for(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_SECONDS", 0.2)
    with Listener(answer) as listener, pytest.raises(NotSent, match="its answer not be read"):
        Sender(listener.url, {}).send(capture())

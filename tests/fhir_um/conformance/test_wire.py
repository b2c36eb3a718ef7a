"""The wire: what goes out and what comes back, and how it is told when nothing does."""

import gzip
from pathlib import Path

import pytest
import requests
import responses

from fhir_um.conformance import wire
from fhir_um.conformance.wire import Sending, Wire
from fhir_um.simulators import misbehaving
from fhir_um.simulators.listening import Answer, Asked, Listener, Told

URL = "http://payer.test/fhir/Claim"


@responses.activate
def test_an_answer_comes_back_with_its_headers_in_lower_case() -> None:
    responses.post(URL, status=422, body=b"{}", headers={"X-Request-Id": "7"})

    got = Wire()(Sending("POST", URL, {"Accept": "application/json"}, b"[]"))

    assert (got.status, got.body, got.headers["x-request-id"]) == (422, b"{}", "7")
    assert got.milliseconds > 0
    asked = responses.calls[0].request
    assert (asked.body, asked.headers["Accept"]) == (b"[]", "application/json")


@responses.activate
def test_nothing_is_sent_that_was_not_asked_for() -> None:
    responses.get(URL)

    Wire()(Sending("GET", URL, {}))

    assert set(responses.calls[0].request.headers) == set()


@responses.activate
def test_redirects_are_not_followed() -> None:
    responses.get(URL, status=307, headers={"Location": "http://elsewhere.test/"})

    assert Wire()(Sending("GET", URL, {})).status == 307
    assert len(responses.calls) == 1


@responses.activate
def test_a_compressed_answer_is_unpacked() -> None:
    responses.get(URL, body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})

    assert Wire()(Sending("GET", URL, {})).body == b"{}"


@responses.activate
def test_an_answer_that_is_too_large_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_BYTES", 10)
    responses.get(URL, body=b"x" * 11)

    got = Wire()(Sending("GET", URL, {}))

    assert (got.status, got.why) == (0, "the answer is larger than 10 bytes")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (requests.exceptions.ConnectionError(), "nobody listens there, the connection broke, or what came is no HTTP"),
        (requests.exceptions.ReadTimeout(), "no answer came within 3 seconds"),
        (requests.exceptions.ConnectTimeout(), "nobody answers there within 3 seconds"),
        (requests.exceptions.SSLError(), "its certificate is not accepted; `ca_file` in the profile names another"),
        (requests.exceptions.TooManyRedirects(), "TooManyRedirects"),
    ],
)
@responses.activate
def test_it_is_told_why_nothing_came(fault: requests.RequestException, words: str) -> None:
    responses.get(URL, body=fault)

    got = Wire(timeout_seconds=3)(Sending("GET", URL, {}))

    assert got.status == 0
    assert words in got.why


def test_what_is_no_address_is_told() -> None:
    assert "that is no address" in Wire()(Sending("GET", "payer.test", {})).why


def test_nobody_listening_is_told() -> None:
    assert "nobody listens" in Wire()(Sending("GET", "http://127.0.0.1:1/", {})).why


def test_another_authority_may_vouch_for_the_server(tmp_path: Path) -> None:
    made = Wire(ca_file=tmp_path / "ca.pem")

    assert made._session.verify == str(tmp_path / "ca.pem")
    assert Wire()._session.verify is True
    made.close()


def test_the_way_may_lead_over_a_proxy_and_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://environment.test")

    assert (
        Wire(proxy="http://127.0.0.1:1")(Sending("GET", URL, {})).why == "the proxy in between does not let it through"
    )
    assert not Wire()._session.trust_env


@pytest.mark.parametrize(
    "answer",
    [
        misbehaving.never_answers,
        misbehaving.drips_headers,
        misbehaving.drips_body,
        misbehaving.says_wait_forever,
    ],
)
def test_a_server_without_end_keeps_nobody_waiting(answer: Answer) -> None:
    """Which of the two limits is met first is the machine's to say."""
    with Listener(answer) as listener:
        got = Wire(timeout_seconds=0.1)(Sending("GET", listener.url, {}))

    assert got.status == 0
    assert got.why.startswith(("no answer came within", "the answer did not come to its end within"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (misbehaving.floods, "the answer is larger than"),
        (misbehaving.breaks_off, "the answer broke off"),
        (misbehaving.no_http, "what came is no HTTP"),
        (misbehaving.one_huge_header, "what came is no HTTP"),
        (misbehaving.redirects("http://[no-address"), "its answer not be read (ValueError)"),
    ],
)
def test_a_server_without_manners_is_told_from_others(answer: Answer, words: str) -> None:
    with Listener(answer) as listener:
        got = Wire(timeout_seconds=10)(Sending("GET", listener.url, {}))

    assert got.status == 0
    assert words in got.why


def test_an_answer_that_inflates_is_not_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_BYTES", 1_000_000)
    with Listener(misbehaving.is_a_bomb) as listener:
        got = Wire()(Sending("GET", listener.url, {}))

    assert got.why == "the answer is larger than 1000000 bytes"


def test_cookies_are_not_kept() -> None:
    heard: list[str] = []

    def answer(asked: Asked) -> Told:
        heard.append(asked.headers.get("cookie", ""))
        return Told(headers={"Set-Cookie": "sid=1"})

    with Listener(answer) as listener:
        asks = Wire()
        asks(Sending("GET", listener.url, {}))
        asks(Sending("GET", listener.url, {}))

    assert heard == ["", ""]


def test_what_no_header_can_hold_is_told() -> None:
    assert "cannot be sent" in Wire()(Sending("GET", "http://127.0.0.1:1/", {"X-A": "\u20ac"})).why
    assert "a header" in Wire()(Sending("GET", "http://127.0.0.1:1/", {"X-A": "a\r\nX-B: c"})).why

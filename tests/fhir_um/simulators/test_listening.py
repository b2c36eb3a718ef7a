"""Listening on loopback: what comes is handed on whole, what is answered goes out as told, and closing never waits."""

import socket
import time
from collections.abc import Iterator

import pytest
import requests

from fhir_um.simulators.listening import LARGEST_BYTES, Asked, Listener, Told, json_told
from fhir_um.simulators.misbehaving import SLOW, breaks_off, floods_headers, is_late, no_http, redirects, sends

HEARD: list[Asked] = []


def echoes(asked: Asked) -> Told:
    HEARD.append(asked)
    return json_told({"steps": asked.steps, "parameters": asked.parameters})


@pytest.fixture
def listener() -> Iterator[Listener]:
    HEARD.clear()
    with Listener(echoes) as running:
        yield running


def test_a_request_is_taken_apart(listener: Listener) -> None:
    got = requests.post(
        f"{listener.url}/a/%24b?x=1&x=2", data={"y": "3"}, headers={"Authorization": "Bearer secret"}, timeout=5
    )

    assert got.json() == {"steps": ["a", "$b"], "parameters": [["x", "1"], ["x", "2"], ["y", "3"]]}
    assert HEARD[0].target == "/a/%24b?x=1&x=2"
    assert HEARD[0].headers["authorization"] == "Bearer secret"
    assert "secret" not in str(HEARD[0].without_secrets())
    assert HEARD[0].content is None


def test_a_body_may_come_in_chunks(listener: Listener) -> None:
    for _ in range(2):
        assert requests.post(listener.url, data=iter((b'{"a":', b" 1}")), timeout=5).ok

    assert [asked.content for asked in HEARD] == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize("size", [b"x", b"-1", b"fffffffff"])
def test_chunks_that_cannot_be_counted_are_refused(size: bytes, listener: Listener) -> None:
    host, port = listener.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")

    assert HEARD == []


def test_what_is_too_much_is_not_read(listener: Listener) -> None:
    host, port = listener.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BYTES + 1}\r\n\r\n".encode())
        answer = line.recv(100)

    assert answer.startswith(b"HTTP/1.1 413")
    assert HEARD == []


@pytest.mark.parametrize("answer", SLOW)
def test_closing_does_not_wait_for_what_is_slow(answer: object) -> None:
    with Listener(answer) as running:  # type: ignore[arg-type]  # an answer
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            start = time.monotonic()
            running.__exit__()
            assert time.monotonic() - start < 3


@pytest.mark.parametrize("answer", [breaks_off, no_http, floods_headers])
def test_what_is_no_answer_is_none(answer: object) -> None:
    with Listener(answer) as running, pytest.raises(requests.RequestException):  # type: ignore[arg-type]  # an answer
        requests.get(running.url, timeout=2)


def test_answers_are_as_told() -> None:
    with Listener(is_late(redirects("http://127.0.0.1/elsewhere"), 0.02)) as running:
        got = requests.get(running.url, timeout=5, allow_redirects=False)
    with Listener(sends(b"<html/>", 503, Content_Type="text/html")) as running:
        page = requests.get(running.url, timeout=5)

    assert (got.status_code, got.headers["Location"]) == (302, "http://127.0.0.1/elsewhere")
    assert (page.status_code, page.headers["Content-Type"], page.text) == (503, "text/html", "<html/>")


@pytest.mark.parametrize("length", [b"\xb2", b"-1", b"9" * 5_000, b"x"])
def test_a_length_that_is_none_is_refused(length: bytes, listener: Listener) -> None:
    host, _, port = listener.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n")

        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")

"""One notification over real connections: what is sent, where it may go, and what hostile endpoints come to."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from fhir_um.notify.send import Sender, seconds_for
from fhir_um.subscribers.endpoints import Endpoints
from fhir_um.subscribers.model import Channel, Content, Met, Sent
from tests.conftest import NOW, now
from tests.fhir_um.notify import receiver as receivers
from tests.fhir_um.notify.receiver import Answer, Receiver, receiving, says

HERE = Endpoints(frozenset(), is_sandbox=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def sender() -> Iterator[Sender]:
    made = Sender(HERE, now, time.monotonic)
    yield made
    made.close()


def channel(url: str, *headers: str, **changes: object) -> Channel:
    given = Channel(url, "application/fhir+json", Content.FULL_RESOURCE, headers)
    return replace(given, **changes)  # type: ignore[arg-type]  # test data by field name


def test_the_body_and_the_headers_go_out_as_they_are(receiver: Receiver, sender: Sender) -> None:
    told = channel(f"{receiver.url}/told?a=b%20c", "Authorization: Bearer a b==", "X-Twice: 1", "X-Twice:2")

    assert sender(told, b'{"a": 1}') == Sent(200)

    (came,) = receiver.came
    assert (came.path, came.body) == ("/told?a=b%20c", b'{"a": 1}')
    assert came.header("Content-Type") == "application/fhir+json"
    assert came.header("Authorization") == "Bearer a b=="
    assert [value for name, value in came.headers if name == "X-Twice"] == ["1", "2"]


def test_a_header_cannot_change_where_the_body_ends(receiver: Receiver, sender: Sender) -> None:
    told = channel(receiver.url, "Content-Length: 3", "Transfer-Encoding: chunked", "Host: evil.example.test", "A: 1")

    assert sender(told, b"12345").is_delivered

    (came,) = receiver.came
    assert came.body == b"12345"
    assert "evil" not in came.header("Host")


@pytest.mark.parametrize("line", ["A: 1\r\nB: 2", "A\r\nB: 2", "no colon", ": nothing"])
def test_a_header_that_is_none_is_not_sent(receiver: Receiver, sender: Sender, line: str) -> None:
    assert not sender(channel(receiver.url, line), b"{}").is_delivered
    assert receiver.came == []


def test_the_connection_is_kept(receiver: Receiver, sender: Sender) -> None:
    receiver.answers.extend([says(200, b"thank you"), says(500, b"{}"), says(202)])

    assert [sender(channel(receiver.url), b"{}").status for _ in range(3)] == [200, 500, 202]

    assert len({came.peer for came in receiver.came}) == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again(receiver: Receiver, sender: Sender) -> None:
    receiver.answers.extend([says(200), receivers.hangs_up])

    assert sender(channel(receiver.url), b"1").is_delivered
    assert sender(channel(receiver.url), b"2").is_delivered

    assert [came.body for came in receiver.came] == [b"1", b"2", b"2"]


def test_an_old_connection_is_not_used_again(receiver: Receiver) -> None:
    clock = [0.0]
    sender = Sender(HERE, now, lambda: clock[0])
    sender(channel(receiver.url), b"1")
    clock[0] = 31.0
    sender(channel(receiver.url), b"2")

    assert len({came.peer for came in receiver.came}) == 2
    sender.close()


def test_a_redirect_is_not_followed(receiver: Receiver, sender: Sender) -> None:
    receiver.answers.append(says(307, Location=f"{receiver.url}/elsewhere"))

    assert sender(channel(receiver.url), b"{}") == Sent(307)
    assert len(receiver.came) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999_999_999),
        ("Mon, 99 Mar 2026 15:00:00 GMT", None),
        ("Mon, 09 Mar 2026 15:00:00 +" + "9" * 30, None),
    ],
)
def test_retry_after_is_read(receiver: Receiver, sender: Sender, value: str, seconds: int | None) -> None:
    receiver.answers.append(says(429, Retry_After=value))

    assert sender(channel(receiver.url), b"{}") == Sent(429, retry_after_seconds=seconds)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (receivers.hangs, Sent(met=Met.LATE)),
        (receivers.hangs_up, Sent(met=Met.UNREACHABLE)),
        (receivers.speaks_no_http, Sent(met=Met.GARBAGE)),
        (receivers.breaks_off_in_the_head, Sent(met=Met.GARBAGE)),
        (receivers.breaks_off_after_the_head, Sent(200)),
        (receivers.never_ends, Sent(200)),
        (receivers.promises_much, Sent(200)),
        (says(200, b"x" * 1_000_000), Sent(200)),
    ],
)
def test_hostile_endpoints_have_their_names(receiver: Receiver, sender: Sender, answer: Answer, expected: Sent) -> None:
    receiver.answers.append(answer)
    began = time.monotonic()

    assert sender(channel(receiver.url, timeout_seconds=1), b"{}") == expected

    assert time.monotonic() - began < 5
    assert sender(channel(receiver.url), b"{}") == Sent(200)


def test_nobody_listening_is_unreachable(sender: Sender) -> None:
    with receiving() as gone:
        url = gone.url

    assert sender(channel(url), b"{}") == Sent(met=Met.UNREACHABLE)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "https://metadata.example.test@127.0.0.1/",
        "https://another.example.test/",
        "http://ehr.example.test/",
        "ftp://127.0.0.1/",
        "nonsense",
    ],
)
def test_what_may_not_be_told_is_not_told(url: str) -> None:
    sender = Sender(Endpoints(frozenset({"ehr.example.test"})), now, time.monotonic)

    assert sender(channel(url), b"{}") == Sent(met=Met.NOT_ALLOWED)


@pytest.mark.parametrize("url", ["https://localhost:9/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/"])
def test_outside_the_sandbox_private_addresses_are_refused_whatever_the_list_says(url: str) -> None:
    sender = Sender(Endpoints(frozenset({"*"})), now, time.monotonic)

    assert sender(channel(url), b"{}") == Sent(met=Met.NOT_ALLOWED)


def test_a_subscriber_may_ask_for_other_patience_within_limits() -> None:
    assert [seconds_for(channel("", timeout_seconds=seconds)) for seconds in (0, 5, 60)] == [10, 5, 15]

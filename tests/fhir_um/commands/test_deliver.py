"""`fhir-um deliver`, by itself and beside the server: real processes, started, killed and stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fhir_um.__main__ import main
from fhir_um.clock import now
from fhir_um.subscribers.model import Standing, Subscription
from tests.fhir_um.commands.test_serve import free_port
from tests.fhir_um.notify.receiver import Receiver, receiving
from tests.fhir_um.store.subscribed import announced, found, open_store, owed, subscription

COMMAND = [sys.executable, "-m", "fhir_um"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def environ() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_WORKERS": "1",
        "FHIR_UM_PORT": str(free_port()),
    }


def subscribed(url: str, receiver: Receiver) -> None:
    """Somebody who wants ids only: nothing of the case is needed for it."""
    store, at = open_store(url), now()
    wanted = subscription(created_at=at, changed_at=at)
    with store.open_work() as work:
        work.subscribers.add(told_at(wanted, receiver), at)
    store.close()


def told_at(wanted: Subscription, receiver: Receiver) -> Subscription:
    return replace(wanted, channel=replace(wanted.channel, endpoint=receiver.url, content="id-only"))


def decided(url: str) -> None:
    store = open_store(url)
    announced(store, at=now())
    store.close()


@contextmanager
def started(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone after the block, however the block ends."""
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.kill()


def comes(receiver: Receiver, count: int) -> None:
    """Wait until so many notifications have come."""
    while len(receiver.came) < count:
        assert receiver.arrived.wait(30)
        receiver.arrived.clear()


def test_once_sends_what_is_due_and_ends(
    database_url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subscribed(database_url, receiver)
    decided(database_url)
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", database_url)

    assert main(["deliver", "--once", "--public-url", "https://payer.example.test"]) == 0

    assert receiver.numbers == [0, 1]
    assert b"https://payer.example.test/fhir/ClaimResponse/case-1" in receiver.came[1].body
    assert "Nothing more is due. Subscriptions served: 2." in capsys.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_outside_the_sandbox_it_needs_the_key(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    monkeypatch.delenv("FHIR_UM_MODE", raising=False)

    assert main(["deliver", "--once"]) == 2
    assert "FHIR_UM_SECRET_KEYS" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_runs_until_it_is_told_to_stop(
    database_url: str, environ: dict[str, str], receiver: Receiver, workers: str
) -> None:
    environ["FHIR_UM_DATABASE_URL"] = database_url
    subscribed(database_url, receiver)
    with started([*COMMAND, "deliver", "--workers", workers], environ) as running:
        comes(receiver, 1)
        decided(database_url)
        comes(receiver, 2)
        running.terminate()
        assert running.wait(30) == 0

    assert receiver.numbers == [0, 1]
    store = open_store(database_url)
    assert [each.outcome for each in owed(store)] == ["200"]
    store.close()


def test_the_server_runs_one_beside_itself_and_starts_it_again(
    sqlite_url: str, environ: dict[str, str], receiver: Receiver
) -> None:
    environ["FHIR_UM_DATABASE_URL"] = sqlite_url
    subscribed(sqlite_url, receiver)
    with started([*COMMAND, "serve"], environ) as server:
        comes(receiver, 1)
        recorded(sqlite_url)
        (deliverer,) = deliverers(server.pid)
        os.kill(deliverer, signal.SIGKILL)
        decided(sqlite_url)
        comes(receiver, 2)
        (next_one,) = deliverers(server.pid)
        server.terminate()
        assert server.wait(60) == 0

    assert next_one != deliverer
    assert receiver.numbers == [0, 1]
    assert not Path(f"/proc/{next_one}").exists()


def test_it_ends_when_the_one_it_belongs_to_is_gone(sqlite_url: str, environ: dict[str, str]) -> None:
    environ["FHIR_UM_DATABASE_URL"] = sqlite_url
    words = [*COMMAND, "deliver", "--beside", "1"]

    assert subprocess.run(words, env=environ, check=False, timeout=60, capture_output=True).returncode == 0


def recorded(url: str) -> None:
    """Wait until the handshake is not only sent but also recorded."""
    store = open_store(url)
    while found(store).standing is not Standing.ACTIVE:
        pass
    store.close()


def deliverers(parent: int) -> list[int]:
    """The delivering processes a server has started."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"deliver" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]

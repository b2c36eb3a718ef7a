"""`fhir-um serve`: what it says at start, and that a real server answers, reads on the socket, and stops."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fhir_um.__main__ import main
from fhir_um.commands.serve import welcome
from fhir_um.settings import Mode, Settings

HEAD = b"POST /fhir/Claim/$submit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def port(sqlite_url: str, tmp_path: Path) -> Iterator[int]:
    """The port of a real server with one worker, a small body limit and little patience."""
    chosen = free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_DATABASE_URL": sqlite_url,
        "FHIR_UM_PORT": str(chosen),
        "FHIR_UM_WORKERS": "1",
        "FHIR_UM_MAX_BODY_BYTES": "100000",
        "FHIR_UM_BODY_TIMEOUT_SECONDS": "1",
        "FHIR_UM_LONGEST_WAIT_MS": "0",
    }
    command = [sys.executable, "-m", "fhir_um"]
    subprocess.run([*command, "seed"], env=environ, check=True, capture_output=True)
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([*command, "serve"], env=environ, stdout=subprocess.PIPE, stderr=log, text=True)
    assert server.stdout is not None
    with server, server.stdout:
        while server.stdout.readline().strip() != "Stop with Ctrl-C.":
            assert server.poll() is None, (tmp_path / "log").read_text()
        yield chosen
        server.terminate()
        assert server.wait(20) == 0


def say(port: int, message: bytes, stop_sending: bool = False) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(message)
        if stop_sending:
            line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


def test_welcome_tells_where_and_what_next() -> None:
    text = welcome(Settings(mode=Mode.SANDBOX, port=9000))

    assert text.startswith("SANDBOX")
    assert "http://127.0.0.1:9000/fhir" in text
    assert "fhir-um demo --server http://127.0.0.1:9000" in text


def test_welcome_outside_the_sandbox_tells_who_may_call() -> None:
    text = welcome(Settings(public_url="https://um.example.org"))

    assert "fhir-um client" in text
    assert "demo" not in text


def test_real_server_answers_and_refuses_half_and_huge_bodies(port: int) -> None:
    assert "200 OK" in say(port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    half = HEAD + b'Content-Length: 500\r\n\r\n{"a":'
    huge = HEAD + b"Content-Length: 180000\r\n\r\n" + b" " * 180_000
    chunked = HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'

    answers = [say(port, half, stop_sending=True), say(port, half), say(port, chunked, stop_sending=True)]

    assert [re.findall(r"^HTTP/1.1 (\d+)", answer)[0] for answer in answers] == ["400", "400", "400"]
    assert all("OperationOutcome" in answer for answer in answers)
    assert "413" in say(port, huge).splitlines()[0]
    assert "403" in say(port, b"GET /healthz HTTP/1.1\r\nHost: rebound.example.org\r\n\r\n").splitlines()[0]


def test_a_port_in_use_is_told_at_once(sqlite_url: str, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        code = main(["serve", "--port", str(port)])

    assert code == 2
    assert f"port {port}: another program uses it" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--workers", "0"], ["--port", "70000"], ["--port", "http"]])
def test_a_number_that_cannot_be_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["serve", *wrong])

    assert stopped.value.code == 2

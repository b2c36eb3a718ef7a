"""What the worker process of the web server knows of a connection before it reads anything."""

import select
import socket
import sys

import pytest

from fhir_um.commands.server_worker import path_of, waited


@pytest.mark.skipif(sys.platform != "linux", reason="only this kernel tells")
def test_how_long_a_request_waited_is_counted_from_its_last_byte() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(b"GET / HTTP/1.1\r\n")
        select.select([], [], [], 0.3)
        with listener.accept()[0] as taken:
            early = waited(taken)
            line.sendall(b"\r\n")
            while len(taken.recv(100, socket.MSG_PEEK)) < 18:
                select.select([taken], [], [], 1)

            assert early >= 250
            assert waited(taken) < early


@pytest.mark.parametrize(
    ("head", "path"),
    [
        (b"GET /healthz HTTP/1.1\r\n", "/healthz"),
        (b"GET /healthz?x=/readyz HTTP/1.1\r\n", "/healthz"),
        (b"GET /\xff HTTP/1.1\r\n", "/\xff"),
        (b"GET", ""),
        (b"", ""),
        (b"  ", ""),
        (b"\0" * 9_000, ""),
    ],
)
def test_path_of_a_request_line(head: bytes, path: str) -> None:
    assert path_of(head) == path

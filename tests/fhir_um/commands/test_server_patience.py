"""Connections that are read until a moment and no longer."""

import socket
from collections.abc import Iterator

import pytest

from fhir_um.commands.server_patience import PatientSocket, TooSlow


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def patient(near: socket.socket, seconds: float, gone: list[socket.socket] | None = None) -> PatientSocket:
    return PatientSocket(near, seconds, (gone if gone is not None else []).append)


def test_what_comes_in_time_is_read(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"abc")

    assert patient(near, 5).recv(10) == b"abc"


def test_nothing_is_read_after_the_moment_even_if_it_is_there(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"abc")

    with pytest.raises(TooSlow):
        patient(near, 0).recv(10)


def test_a_pause_until_the_moment_is_too_slow(ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TooSlow):
        patient(ends[0], 0.01).recv(10)


def test_a_longer_pause_than_allowed_is_a_timeout(ends: tuple[socket.socket, socket.socket]) -> None:
    line = patient(ends[0], 60)
    line.settimeout(0.01)

    with pytest.raises(TimeoutError):
        line.recv(10)


def test_who_is_to_hurry_has_less_time_and_never_more(ends: tuple[socket.socket, socket.socket]) -> None:
    line = patient(ends[0], 60)
    line.hurry(0.01)
    line.hurry(60)

    with pytest.raises(TooSlow):
        line.recv(10)


def test_after_the_answer_nobody_waits_for_the_other_end(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    gone: list[socket.socket] = []
    line = patient(near, 0, gone)
    far.sendall(b"late")

    line.shutdown(socket.SHUT_WR)
    assert (line.recv(10), gone) == (b"late", [])
    assert (line.recv(10), line.recv(10), gone) == (b"", b"", [near])
    line.close()
    assert near.fileno() >= 0, "whoever sees it off closes it"


def test_a_connection_that_the_other_end_closed_is_closed(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    gone: list[socket.socket] = []
    line = patient(near, 5, gone)
    far.close()

    line.shutdown(socket.SHUT_WR)
    assert (line.recv(10), gone) == (b"", [])
    line.close()
    assert near.fileno() == -1


def test_the_rest_is_the_connection_itself(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends

    patient(near, 5).sendall(b"xyz")

    assert far.recv(10) == b"xyz"

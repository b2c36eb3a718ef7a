"""Connections that are read until a moment and no longer."""

import socket
from collections.abc import Iterator

import pytest

from fhir_um.commands.server_worker import PatientSocket, TooSlow


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_what_comes_in_time_is_read(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"abc")

    assert PatientSocket(near, 5).recv(10) == b"abc"


def test_nothing_is_read_after_the_moment_even_if_it_is_there(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"abc")

    with pytest.raises(TooSlow):
        PatientSocket(near, 0).recv(10)


def test_a_pause_until_the_moment_is_too_slow(ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TooSlow):
        PatientSocket(ends[0], 0.01).recv(10)


def test_a_longer_pause_than_allowed_is_a_timeout(ends: tuple[socket.socket, socket.socket]) -> None:
    patient = PatientSocket(ends[0], 60)
    patient.settimeout(0.01)

    with pytest.raises(TimeoutError):
        patient.recv(10)


def test_after_the_answer_nothing_is_too_slow(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    patient = PatientSocket(near, 0)
    patient.shutdown(socket.SHUT_WR)
    patient.settimeout(0.01)

    with pytest.raises(TimeoutError):
        patient.recv(10)
    far.sendall(b"late")
    assert patient.recv(10) == b"late"


def test_the_rest_is_the_connection_itself(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends

    PatientSocket(near, 5).sendall(b"xyz")

    assert far.recv(10) == b"xyz"

"""The hall before the counter: who may come to it, who has to wait, and who is shown out."""

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fhir_um.commands.server_hall import MOST_HEAD_BYTES, Hall, has_head, head_of, is_endless

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
PATIENCE_SECONDS = 20.0


class House:
    """A hall, its clock, and real connections to it."""

    def __init__(self, things: ExitStack) -> None:
        self._things = things
        self._listener = things.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.at = 1_000.0
        self.hall = Hall(PATIENCE_SECONDS, lambda: self.at)

    def connected(self) -> tuple[socket.socket, socket.socket]:
        """Our end and theirs."""
        theirs = self._things.enter_context(socket.create_connection(self._listener.getsockname()))
        theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ours = self._things.enter_context(self._listener.accept()[0])
        return ours, theirs

    def inside(self) -> tuple[socket.socket, socket.socket]:
        """Both ends of a connection that waits in the hall."""
        ours, theirs = self.connected()
        self.hall.bring_in(ours, None)
        return ours, theirs

    def asking(self) -> list[socket.socket]:
        """Who has come to ask, once something happened."""
        self.hall.wait((), 0.2)
        return [guest.client for guest in self.hall.asking()]

    def late(self) -> list[socket.socket]:
        return [guest.client for guest in self.hall.late()]


@pytest.fixture
def house() -> Iterator[House]:
    with ExitStack() as things:
        yield House(things)


def arrived(ours: socket.socket, count: int) -> None:
    """Waits until so many bytes are there."""
    while len(ours.recv(count, socket.MSG_PEEK)) < count:
        select.select([ours], [], [], 1)


def test_a_whole_head_is_seen_and_stays_to_be_read(house: House) -> None:
    ours, theirs = house.connected()
    theirs.sendall(HEAD + b"body")
    arrived(ours, len(HEAD) + 4)

    assert has_head(ours)
    assert head_of(ours) == HEAD + b"body"
    assert ours.recv(1_000) == HEAD + b"body"


@pytest.mark.parametrize("part", [b"", b"G", HEAD[:-1], HEAD.replace(b"\r\n", b"\n")])
def test_half_a_head_is_none(house: House, part: bytes) -> None:
    ours, theirs = house.connected()
    theirs.sendall(part)

    assert not has_head(ours)


@pytest.mark.parametrize(("count", "is_too_long"), [(MOST_HEAD_BYTES - 1, False), (MOST_HEAD_BYTES, True)])
def test_a_head_without_end_is_not_waited_for(house: House, count: int, is_too_long: bool) -> None:
    ours, theirs = house.connected()
    theirs.sendall(b"x" * count)
    arrived(ours, count)

    assert has_head(ours) is is_too_long
    assert is_endless(head_of(ours)) is is_too_long


def test_a_long_head_that_ends_is_whole(house: House) -> None:
    ours, theirs = house.connected()
    theirs.sendall(b"x" * 20_000 + HEAD)
    arrived(ours, 20_000 + len(HEAD))

    assert has_head(ours)
    assert not is_endless(head_of(ours))


def test_who_spells_out_a_head_may_ask_when_it_is_whole(house: House) -> None:
    ours, theirs = house.inside()
    for at in range(len(HEAD) - 1):
        theirs.sendall(HEAD[at : at + 1])
        assert house.asking() == []
    theirs.sendall(HEAD[-1:])

    assert house.asking() == [ours]
    assert house.asking() == []
    assert ours.recv(1_000) == HEAD
    theirs.sendall(b"x")
    ours.settimeout(5)
    assert ours.recv(1_000) == b"x", "one byte is enough again to be told of"


def test_half_a_head_does_not_keep_the_process_awake(house: House) -> None:
    """What has been seen is not told of again."""
    ours, theirs = house.inside()
    theirs.sendall(HEAD[:10])
    arrived(ours, 10)
    assert house.asking() == []

    assert house.hall.wait((), 0.01) == set()


def test_who_hangs_up_half_way_is_handed_over(house: House) -> None:
    ours, theirs = house.inside()
    theirs.sendall(HEAD[:10])
    arrived(ours, 10)
    assert house.asking() == []
    theirs.shutdown(socket.SHUT_WR)

    assert house.asking() == [ours]


def test_who_hangs_up_at_once_is_handed_over(house: House) -> None:
    ours, theirs = house.inside()
    theirs.close()

    assert house.asking() == [ours]


def test_silence_ends_after_the_patience_however_steadily_letters_drip(house: House) -> None:
    ours, theirs = house.inside()
    for letter in (b"G", b"E", b"T"):
        theirs.sendall(letter)
        house.at += PATIENCE_SECONDS / 3.1
        assert (house.asking(), house.late()) == ([], [])
    house.at += PATIENCE_SECONDS

    assert house.late() == [ours]
    assert house.late() == []


def test_the_wait_ends_when_somebody_is_late_or_another_file_calls(house: House) -> None:
    house.inside()
    other, caller = socket.socketpair()
    with other, caller:
        house.at += PATIENCE_SECONDS
        assert house.hall.wait((other.fileno(),), 60) == set()
        house.at -= PATIENCE_SECONDS
        caller.sendall(b"!")
        assert house.hall.wait((other.fileno(),), 60) == {other.fileno()}


def test_when_too_many_wait_the_one_that_waited_longest_goes(house: House) -> None:
    waiting = [house.inside() for _ in range(257)]

    assert waiting[0][0].fileno() == -1
    assert all(ours.fileno() >= 0 for ours, _ in waiting[1:])
    waiting[-1][1].sendall(HEAD)
    assert house.asking() == [waiting[-1][0]]


def test_who_was_answered_is_closed_when_they_hang_up(house: House) -> None:
    ours, theirs = house.connected()
    house.hall.see_off(ours)
    assert house.asking() == []
    assert ours.fileno() >= 0
    theirs.sendall(b"one more thing")
    assert house.asking() == []
    theirs.close()

    house.asking()
    assert ours.fileno() == -1


def test_who_was_answered_and_stays_is_closed_after_a_moment(house: House) -> None:
    ours, _theirs = house.connected()
    house.hall.see_off(ours)
    house.at += 3

    assert house.late() == []
    assert ours.fileno() == -1


def test_who_was_answered_and_talks_on_is_closed(house: House) -> None:
    ours, theirs = house.connected()
    house.hall.see_off(ours)
    theirs.sendall(b"x" * 70_000)

    assert any(house.asking() or ours.fileno() == -1 for _ in range(20))

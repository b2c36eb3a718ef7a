"""What has been used up of a pace, by whom, in memory that processes share. Must not know who they are.

Made before the processes are: they inherit the memory and the file whose bytes they lock. The kernel gives a lock back
when its holder dies, so that a crash in the middle holds up nobody; what it leaves is one count that is wrong by one.
"""

import fcntl
import mmap
import os
import struct
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from fhir_um.auth.pace import Pace

ROWS = 4_096
_PLACES = 8
"""One row holds so many; who is counted has one row. Whoever is at rest gives their place away and loses nothing."""

_PLACE = struct.Struct("<QQ")
_ROW_BYTES = _PLACES * _PLACE.size


class Tally:
    """Counts each name by the same pace, across all processes forked after it was made.

    `key` is chance of this start: nobody can choose a name that shares a row with another. When a row is full of names
    that are all under way, the one that used up least is forgotten.
    """

    def __init__(self, pace: Pace, now_ns: Callable[[], int], key: bytes, rows: int = ROWS) -> None:
        self._pace = pace
        self._now_ns = now_ns
        self._key = key
        self._rows = rows
        self._memory = mmap.mmap(-1, rows * _ROW_BYTES)
        self._file = _nameless_file()
        weakref.finalize(self, os.close, self._file)
        self._threads = Lock()

    def spend(self, name: str) -> int:
        """Counts one; 0 when it may happen, else in how many nanoseconds one more may, and it was not counted."""
        return self._step(name, is_spent=True)

    def wait(self, name: str) -> int:
        """What `spend` would say, without counting."""
        return self._step(name, is_spent=False)

    def _step(self, name: str, is_spent: bool) -> int:
        digest = blake2b(name.encode(), digest_size=16, key=self._key).digest()
        row, mark = int.from_bytes(digest[:8], "little") % self._rows, int.from_bytes(digest[8:], "little")
        with self._alone_with(row):
            place, due = self._found(row * _ROW_BYTES, mark)
            due, wait = self._pace.step(due, self._now_ns())
            if is_spent and not wait:
                _PLACE.pack_into(self._memory, place, mark, due)
        return wait

    def _found(self, start: int, mark: int) -> tuple[int, int]:
        """Where that mark is counted, and when its next one is due; else the place of the one who used up least."""
        least_place, least_due = start, 1 << 64
        for place in range(start, start + _ROW_BYTES, _PLACE.size):
            found, due = _PLACE.unpack_from(self._memory, place)
            if found == mark:
                return place, due
            if due < least_due:
                least_place, least_due = place, due
        return least_place, 0

    @contextmanager
    def _alone_with(self, row: int) -> Iterator[None]:
        """Locks of a file are between processes; the other one is between threads of this one."""
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, row)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, row)


def _nameless_file() -> int:
    """Open for as long as somebody has it, and not to be found by anybody else."""
    number, name = tempfile.mkstemp()
    Path(name).unlink()
    return number

"""The payer's reference data, remembered for a short time. Must not know what it is used for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from fhir_um.coverage.model import Directory
from fhir_um.store.coverage import load_directory

_GOOD_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Remembered:
    at: datetime
    directory: Directory


class DirectoryMemory:
    """What this process last read, until it is 30 seconds old or this process changed it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._remembered: _Remembered | None = None

    def read(self, connection: Connection) -> Directory:
        """The directory, from memory when fresh."""
        now = self._clock()
        remembered = self._remembered
        if remembered is None or now - remembered.at >= _GOOD_FOR:
            remembered = self._remembered = _Remembered(now, load_directory(connection))
        return remembered.directory

    def forget(self) -> None:
        """Read it anew next time."""
        self._remembered = None


class DirectoryCache:
    """The memory as one transaction sees it: its own changes at once, others' as remembered."""

    def __init__(self, memory: DirectoryMemory) -> None:
        self._memory = memory
        self.is_changed = False

    def read(self, connection: Connection) -> Directory:
        """The directory; straight from the tables when this transaction changed it."""
        return load_directory(connection) if self.is_changed else self._memory.read(connection)

    def changed(self) -> None:
        """This transaction changed it."""
        self.is_changed = True

    def committed(self) -> None:
        """The changes, if any, are for everybody now."""
        if self.is_changed:
            self._memory.forget()

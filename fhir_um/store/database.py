"""The store: one database, opened for one transaction at a time. Must not know what the transaction does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from fhir_um.cases.auditing import Anchor
from fhir_um.errors import Issue, Kind, NotMigrated, Refusal
from fhir_um.store.audit_faults import ChainChecked, Told, unheard
from fhir_um.store.directory import DirectoryCache, DirectoryMemory
from fhir_um.store.engine import FileWatch, is_busy, make_engine, reading, writing_late
from fhir_um.store.migrating import check_migrated, migrate
from fhir_um.store.verify import Checked, verify, verify_audit
from fhir_um.store.work import Reading, Work
from fhir_um.store.work_filling import fill_missing
from fhir_um.vault import Vault

_BUSY = Issue("transient", "The store is busy or out of reach; send the same request again.")
_GONE = Issue("transient", "The database file was moved or deleted while in use; put it back or restart the server.")


class Store:
    """One SQLite file or PostgreSQL database. Cheap to make; connects on first use, and anew in a forked child.

    Without a `vault` it cannot keep or show secrets of subscribers, or documents.
    """

    def __init__(
        self, url: str, clock: Callable[[], datetime], synchronous: str = "FULL", vault: Vault | None = None
    ) -> None:
        self._vault = vault
        self.engine: Engine = make_engine(url, synchronous)
        self._reader = reading(self.engine)
        self._late = writing_late(self.engine)
        self._memory = DirectoryMemory(clock)
        self._is_migrated = False
        self._file = FileWatch(self.engine)

    @contextmanager
    def open_work(self, alone: bool = False) -> Iterator[Work]:
        """One transaction that may write: kept when the block ends well, undone when it raises.

        It takes its turn among the writers at its first change, or at once when it is to be `alone`.
        Raises: NotMigrated; Refusal BUSY when another writer holds the store too long or it cannot be reached;
        Overtaken, unless alone, when what it looked at had changed when its turn came.
        """
        directory = DirectoryCache(self._memory)
        engine = self.engine if alone else self._late
        with _told_when_busy(), self._ready(engine).begin() as connection:
            yield Work(connection, directory, self._vault, alone)
        directory.committed()

    @contextmanager
    def open_reading(self) -> Iterator[Reading]:
        """One transaction that only reads; on SQLite it never waits for a writer. Raises: as `open_work`."""
        with _told_when_busy(), self._ready(self._reader).begin() as connection:
            yield Reading(connection, DirectoryCache(self._memory), self._vault)

    def migrate(self) -> None:
        """Bring the database to the schema of this program; safe when several processes do so at once."""
        migrate(self.engine)
        with self.engine.begin() as connection:
            fill_missing(connection)

    def verify(self) -> Checked:
        """What was looked at, and every fault found in it; sealed documents are left alone without a key."""
        with self._ready(self._reader).begin() as connection:
            return verify(connection, self._vault)

    def verify_audit(self, anchor: Anchor | None = None, told: Told = unheard) -> ChainChecked:
        """How far the chain of the audit log holds; with an `anchor`, also whether the row it names is still there."""
        with self._ready(self._reader).begin() as connection:
            return verify_audit(connection, anchor, told)

    def ping(self) -> None:
        """Reach the database and find its schema as needed.

        Raises: as `open_reading`; Refusal BROKEN when what is there is no database that can be used.
        """
        try:
            with _told_when_busy(), self._ready(self._reader).begin() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            what = f"The database cannot be used: {type(error.orig).__name__}."
            raise Refusal(Kind.BROKEN, (Issue("exception", what),)) from error

    def fault(self) -> str:
        """What keeps the store from being used, for the operator; empty when nothing does."""
        try:
            self.ping()
        except NotMigrated as fault:
            return str(fault)
        except Refusal as refusal:
            return " ".join(issue.text for issue in refusal.issues)
        return ""

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    def _ready(self, engine: Engine) -> Engine:
        if self._file.is_gone():
            raise Refusal(Kind.BUSY, (_GONE,))
        if not self._is_migrated:
            with self._reader.begin() as connection:
                check_migrated(connection)
            self._is_migrated = True
        return engine


@contextmanager
def _told_when_busy() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if is_busy(error):
            raise Refusal(Kind.BUSY, (_BUSY,)) from error
        raise

"""SQLite past SQLAlchemy: for what every request does, where SQLAlchemy takes longer than SQLite itself.

Must not know tables.
"""

import sqlite3
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_SHORTEST_PAUSE = 0.0002
_LONGEST_PAUSE = 0.01
_PAUSES_GROW_BY = 1.3


def run(connection: Connection, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
    """Raises: DBAPIError of the kind SQLAlchemy would raise, without the values: they are about patients."""
    try:
        return _driver(connection).execute(sql, values)
    except sqlite3.Error as error:
        raise _known(sql, error) from error


def run_for_each(connection: Connection, sql: str, several: Iterable[tuple[Any, ...]]) -> sqlite3.Cursor:
    """A change with each of these values; the cursor tells how many rows all of them touched. Raises: as `run`."""
    try:
        return _driver(connection).executemany(sql, several)
    except sqlite3.Error as error:
        raise _known(sql, error) from error


def begin_writing(connection: Connection) -> None:
    """Begin a transaction that has the file to itself, as soon as the writer before it is done.

    SQLite would look again after 1, 2, 5, 10 ... ms, where a turn mostly lasts less than one. Raises: DBAPIError when
    the other one takes longer than the connection's `busy_timeout`.
    """
    driver = _driver(connection)
    (patience_ms,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        _take_turn(driver, time.monotonic() + patience_ms / 1000)
    except sqlite3.Error as error:
        raise _known("BEGIN IMMEDIATE", error) from error
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience_ms}")


def _take_turn(driver: sqlite3.Connection, end: float) -> None:
    pause = _SHORTEST_PAUSE
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > end:
                raise
        time.sleep(pause)
        pause = min(pause * _PAUSES_GROW_BY, _LONGEST_PAUSE)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("not a connection to a SQLite file")
    return driver


def _known(sql: str, error: sqlite3.Error) -> BaseException:
    return DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True)

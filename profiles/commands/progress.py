"""A bar on the terminal while many messages are checked. Knows nothing of them but how many there are."""

import time
from typing import TextIO

_WIDTH = 30
_SECONDS_BETWEEN = 0.05
_CLEAR = "\r\x1b[K"


class Progress:
    """How far the work is. Silent unless there is much to do and somebody looks at it."""

    def __init__(self, terminal: TextIO, total: int, is_shown: bool) -> None:
        self._terminal = terminal
        self._total = total
        self._is_shown = is_shown
        self._done = 0
        self._drawn_at = -_SECONDS_BETWEEN

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.perf_counter()
        if self._is_shown and now - self._drawn_at >= _SECONDS_BETWEEN:
            self._drawn_at = now
            self._terminal.write(_CLEAR + bar(self._done, self._total))
            self._terminal.flush()

    def clear(self) -> None:
        """Makes room for other lines on the same terminal."""
        if self._is_shown:
            self._terminal.write(_CLEAR)
            self._terminal.flush()
            self._drawn_at = -_SECONDS_BETWEEN


def bar(done: int, total: int) -> str:
    """The bar as text.

    >>> bar(1, 2)
    '[###############...............] 1 of 2'
    """
    filled = _WIDTH * done // total
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {done:,} of {total:,}"

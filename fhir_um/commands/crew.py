"""Keeps processes running beside another one: started, started again when they crash, ended. Must not know their work.

Each process is told whose it is, and ends by itself when that one is gone.
"""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_SOUND_SECONDS = 60.0
"""One that ran for so long starts again at once."""


@dataclass(slots=True)
class _Post:
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    again_at: float = 0.0
    pause_seconds: float = 0.0


class Crew:
    """So many processes of one command. `monotonic` is a clock that never goes back, in seconds."""

    def __init__(self, count: int, command: Sequence[str], monotonic: Callable[[], float]) -> None:
        self._command = tuple(command)
        self._monotonic = monotonic
        self._posts = [_Post() for _ in range(count)]

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of those that run."""
        return tuple(post.process.pid for post in self._posts if post.process and post.process.poll() is None)

    def look_after(self) -> None:
        """Start those that do not run, each after its pause: longer and longer when it ends soon again and again."""
        now = self._monotonic()
        for post in self._posts:
            if post.process is not None and post.process.poll() is not None:
                self._ended(post, now)
            if post.process is None and post.again_at <= now:
                post.process = subprocess.Popen(self._command)  # noqa: S603  # our own program
                post.started_at = now

    def dismiss(self) -> None:
        """Ask all of them to end."""
        for post in self._posts:
            if post.process is not None and post.process.poll() is None:
                post.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait so long for those that were asked to end, then end them."""
        until = self._monotonic() + seconds
        for post in self._posts:
            if post.process is None:
                continue
            try:
                post.process.wait(max(0.0, until - self._monotonic()))
            except subprocess.TimeoutExpired:
                post.process.kill()
                post.process.wait()
            post.process = None

    @staticmethod
    def _ended(post: _Post, now: float) -> None:
        post.process = None
        if now - post.started_at >= _SOUND_SECONDS:
            post.pause_seconds, post.again_at = 0.0, now
            return
        post.pause_seconds = min(max(2 * post.pause_seconds, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        post.again_at = now + post.pause_seconds

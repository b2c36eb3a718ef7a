"""Several things one after the other, each done whatever became of those before. Must not know what they do.

What could not be done is not hidden: the last fault is raised when all of them had their turn.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack


def run_each(steps: Sequence[Callable[[], int]]) -> int:
    """How much they did together.

    >>> run_each([lambda: 2, lambda: 3])
    5
    """
    done: list[int] = []
    with ExitStack() as stack:
        for step in reversed(steps):
            stack.callback(_do, step, done)
    return sum(done)


def _do(step: Callable[[], int], done: list[int]) -> None:
    done.append(step())

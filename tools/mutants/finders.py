"""What a kind of fault is to the tool: a way to find, in one object of a message, the faults of that kind."""

from collections.abc import Callable, Iterator

from tools.mutants.changes import Change
from tools.mutants.walking import Thing

Finder = Callable[[Thing], Iterator[Change]]

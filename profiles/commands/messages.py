"""The messages a person names on the command line: files, folders, standard input. Knows no FHIR."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Message:
    """Something to check: what it is called, and where it is (none: standard input)."""

    name: str
    path: Path | None

    def read(self) -> bytes:
        """All of it.

        Raises: OSError.
        """
        return self.path.read_bytes() if self.path else sys.stdin.buffer.read()


def messages_in(names: Iterable[str]) -> list[Message]:
    """Everything named, each once and in the order named; of a folder every `*.json` in it at any depth, by name."""
    return list(dict.fromkeys(message for name in names for message in _named(name)))


def _named(name: str) -> Iterator[Message]:
    if name == STANDARD_INPUT:
        yield Message("standard input", None)
        return
    path = Path(name)
    if not path.is_dir():
        yield Message(name, path)
        return
    for file in sorted(path.rglob("*.json")):
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield Message(str(file), file)

"""A letter as plain values, before it becomes a page or a PDF. Must not know cases or templates."""

from dataclasses import dataclass

import msgspec


class CannotPrint(Exception):
    """A letter that fits on no page; the text is for whoever looks after letters."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was asked and decided, line by line; every row has a cell for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part with its heading: paragraphs, then a list or a table. `marked` sets it apart as a note."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    table: Table | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a reader sees, in its order.

    `facts` are the lines under the letterhead, name and value. `template` names the text and its version. `grade` and
    `flags` are for whoever sends it, and stand nowhere in it.
    """

    sender: str
    contact: str
    recipient: str
    dated: str
    title: str
    reference: str
    facts: tuple[tuple[str, str], ...]
    greeting: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    template: str
    template_version: str
    grade: float = 0.0
    flags: tuple[str, ...] = ()
    language: str = "en-US"


def written(letter: Letter) -> bytes:
    """Everything the letter says, to be kept: page and PDF can be made of it at any time."""
    return msgspec.json.encode(letter)


def read_letter(kept: bytes) -> Letter:
    """The letter that was kept."""
    return msgspec.json.decode(kept, type=Letter)

"""What a site adds from its own folders to the definitions and code tables that come along. Knows no guide.

Everything is read once and looked at as a whole, so that a bad file is told at the start and not at some message.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from profiles.library import FactsFault, Library, shipped_library, shipped_texts
from profiles.terminology import CodeTableFault, read_table

Tables = Mapping[str, frozenset[str]]
"""Codes by code system or value set URL."""


class SiteFault(Exception):
    """A folder or file of the site that cannot be used; the message names it and says what to do."""


@cache
def library_with(folder: Path | None) -> Library:
    """The definitions that come along and those in a folder of compiled packages (`*.facts`); read once.

    Raises: SiteFault.
    """
    if folder is None:
        return shipped_library()
    own = [_checked_facts(file) for file in _files(folder, "facts")]
    return Library([*shipped_texts(), *own])


@cache
def tables_of(folder: Path | None) -> Tables:
    """The code tables (`*.csv`) of a folder, in the form of those in `profiles/codes`; read once.

    Raises: SiteFault.
    """
    tables: dict[str, frozenset[str]] = {}
    for file in _files(folder, "csv") if folder else ():
        try:
            url, codes = read_table(str(file), _text(file))
        except CodeTableFault as fault:
            raise SiteFault(f"{fault} See the tables in profiles/codes for the form.") from fault
        if url in tables:
            raise SiteFault(f"{file}: {url} has a table already; put all of its codes into one file.")
        tables[url] = codes
    return tables


def _files(folder: Path, ending: str) -> list[Path]:
    if not folder.is_dir():
        raise SiteFault(f"{folder} is not a folder that can be read.")
    found = sorted(folder.glob(f"*.{ending}"))
    if not found:
        raise SiteFault(f"{folder} holds no file that ends in .{ending}.")
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise SiteFault(f"{file} cannot be read: {fault}.") from fault


def _checked_facts(file: Path) -> str:
    text = _text(file)
    try:
        library = Library([text])
        for canonical in library.canonicals():
            library.structure(canonical)
        for canonical in library.canonicals("codes"):
            library.value_set(canonical)
    except (FactsFault, msgspec.MsgspecError, LookupError, ValueError) as fault:
        raise SiteFault(f"{file} is not what `python -m profiles compile` writes: {fault}") from fault
    return text

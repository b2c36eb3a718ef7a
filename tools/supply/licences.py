"""The licence of each package, from its own metadata, held against the list of those that may be used."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path

_LIST = Path(__file__).with_name("licences.csv")
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST_NAME = 60
_SPDX = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "BSD license": "BSD License",
    "Python Software Foundation License": "PSF-2.0",
}
"""How old metadata writes what has a name of its own since."""


@dataclass(frozen=True, slots=True)
class Licensed:
    """A package and its licence, empty when it declares none; whether that may be used, and why."""

    name: str
    version: str
    licence: str
    is_allowed: bool
    reason: str


def licensed(names: Iterable[str]) -> Iterator[Licensed]:
    """Each installed package with its licence."""
    allowed = dict(allowed_licences())
    for name in names:
        licence = licence_of(name)
        version = metadata(name)["Version"]
        yield Licensed(name, version, licence, licence in allowed, allowed.get(licence, ""))


def licence_of(name: str) -> str:
    """As its metadata says: the SPDX expression, else its short licence field, else its classifier."""
    said = metadata(name)
    field = str(said.get("License") or "").strip()
    classifiers = [each.removeprefix(_CLASSIFIER) for each in said.get_all("Classifier") or () if _CLASSIFIER in each]
    short = field if field and "\n" not in field and len(field) <= _LONGEST_NAME else ""
    found = said.get("License-Expression") or short or " OR ".join(classifiers)
    return _SPDX.get(str(found), str(found))


def allowed_licences() -> Iterator[tuple[str, str]]:
    """Every licence that may be used, with the reason where one is needed."""
    lines = (line for line in _LIST.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    yield from ((row["licence"], row["reason"]) for row in csv.DictReader(lines))


def table(rows: Iterable[Licensed]) -> Iterator[str]:
    """The packages in lines for people."""
    for row in rows:
        said = row.reason if row.is_allowed else "NOT ON THE LIST (tools/supply/licences.csv)"
        yield f"{row.name:26} {row.version:14} {row.licence or 'none declared':28} {said}".rstrip()

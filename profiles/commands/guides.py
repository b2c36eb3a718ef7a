"""`python -m profiles guides`: which guides are at hand, and the short names they go by. Knows no message."""

import argparse
import difflib
import re
import sys
from collections import Counter
from pathlib import Path

from profiles.library import Library
from profiles.site import SiteFault, library_with

NEWEST_PAS = "pas"
"""The guide whose newest version is meant when nothing is said."""

_ABROAD = re.compile(r"hl7\.fhir\.(?:us\.davinci-|uv\.)?")
_NUMBERS = re.compile(r"\d+")


class UnknownGuide(Exception):
    """A guide that is not at hand; the message says what is."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `guides`."""
    parser = commands.add_parser("guides", help="list the guides at hand", description="Lists the guides at hand.")
    add_definitions(parser)
    parser.set_defaults(run=run)


def add_definitions(parser: "argparse._ActionsContainer") -> None:
    """Adds `--definitions`, for guides of one's own."""
    about = "guides of your own, as `python -m profiles compile` wrote them"
    parser.add_argument("--definitions", type=Path, metavar="FOLDER", help=about)


def run(options: argparse.Namespace) -> int:
    """0, or 2 when the definitions cannot be read."""
    try:
        library = library_with(options.definitions)
    except SiteFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    profiles = _profiles(library)
    rows = [("guide", "package", "profiles"), *((short_name(p), p, str(profiles[p])) for p in _sorted(library))]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, package, count in rows:
        sys.stdout.write(f"{name:<{widths[0]}}  {package:<{widths[1]}}  {count:>8}\n")
    return 0


def package_of(library: Library, name: str) -> str:
    """The package a person means: its key, its short name, or its short name without version for the newest.

    >>> package_of(library_with(None), "pas")
    'hl7.fhir.us.davinci-pas#2.2.1'

    Raises: UnknownGuide.
    """
    packages = _sorted(library)
    for package in reversed(packages):
        if name in (package, *_names(package)):
            return package
    known = [name for package in packages for name in _names(package)]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UnknownGuide(f"The guide {name!r} is not at hand. {hint}`python -m profiles guides` lists those that are.")


def short_name(package: str) -> str:
    """How people call a package.

    >>> short_name("hl7.fhir.us.davinci-pas#2.2.1"), short_name("hl7.fhir.us.core#7.0.0")
    ('pas-2.2.1', 'us-core-7.0.0')
    """
    name, _, version = package.partition("#")
    return f"{_ABROAD.sub('', name, count=1).replace('.', '-')}-{version}"


def _names(package: str) -> tuple[str, str]:
    name = short_name(package)
    return name, name.rpartition("-")[0]


def _sorted(library: Library) -> list[str]:
    """By name, and older versions first."""

    def key(package: str) -> tuple[str, list[int]]:
        name, _, version = package.partition("#")
        return name, [int(number) for number in _NUMBERS.findall(version)]

    return sorted(library.packages(), key=key)


def _profiles(library: Library) -> Counter[str]:
    found = (library.structure(canonical) for canonical in library.canonicals())
    return Counter(definition.package for definition in found if definition and definition.is_profile)

"""Which slice of a definition a value belongs to, asked about one value that stands alone.

Must not know what becomes of the answer. A discriminator that leads to another resource finds none here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from profiles.library import Definition, Element, Library
from profiles.suppressions import KNOWN_DEFECTS
from profiles.validating.coding import Codes, codings_of
from profiles.validating.compiler import Compiler
from profiles.validating.run import Run, environment_for
from profiles.validating.slicing import Slicing, url_of

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_X12_SETS, _X12_SYSTEMS = "https://valueset.x12.org/", "https://codesystem.x12.org/"


class Belonging:
    """The slices of one definition."""

    def __init__(self, library: Library, definition: Definition) -> None:
        guide = definition.package
        self._library = library
        self._compiler = Compiler(library, guide, Codes(library, guide, {}), KNOWN_DEFECTS)
        self._run = Run(environment_for(_EPOCH), KNOWN_DEFECTS)
        self._slicings: dict[Element, Slicing] = {}
        self._urls: dict[Element, str | None] = {}

    def is_of(self, value: Any, whole: Element, piece: Element) -> bool:
        """True when an item of the list `whole` belongs to its slice `piece`.

        Which codes X12 lists is not published; a code is taken to be of a list when it has that list's system.
        """
        if self._is_secret(piece):
            return any(_is_x12(system, piece.facts["required"]) for system, _ in codings_of(value, _kind_of(value)))
        if whole not in self._slicings:
            self._slicings[whole] = Slicing(self._compiler, whole, self._type_of(whole))
        return any(found is piece for found in self._slicings[whole].pieces_of(value, self._run))

    def url_of(self, piece: Element) -> str | None:
        """The URL that makes an extension belong to a slice."""
        if piece not in self._urls:
            self._urls[piece] = url_of(self._compiler, piece)
        return self._urls[piece]

    def _is_secret(self, piece: Element) -> bool:
        wanted = piece.facts.get("required", "")
        return wanted.startswith(_X12_SETS) and not self._compiler.codes.value_set(wanted).is_known

    def _type_of(self, whole: Element) -> str:
        above, _, name = whole.path.rpartition(".")
        member = self._library.member(above, name)
        if member is None or len(member.types) != 1:
            return ""
        return "BackboneElement" if "." in member.types[0] else member.types[0]


def _kind_of(value: Any) -> str:
    return "CodeableConcept" if isinstance(value, Mapping) and "coding" in value else "Coding"


def _is_x12(system: str | None, value_set: str) -> bool:
    """The last part of an X12 value set's URL is the data element, as it is of the code system's.

    >>> _is_x12("https://codesystem.x12.org/005010/1069", "https://valueset.x12.org/x217/005010/request/1/1069")
    True
    """
    element = value_set.partition("|")[0].rpartition("/")[2]
    return system is not None and system.startswith(_X12_SYSTEMS) and system.rpartition("/")[2] == element

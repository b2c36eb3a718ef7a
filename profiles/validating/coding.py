"""Whether codes belong to value sets: yes, no, or that nobody here can say. Knows no place in a message.

Source: FHIR R4 4.0.1 Terminologies, binding strengths.
"""

import re
from collections.abc import Mapping
from typing import Any

from profiles.library import Library, ValueSet

_GRAMMARS = {
    "urn:ietf:bcp:13": re.compile(r"[A-Za-z0-9][\w!#$&^.+-]{0,126}/[A-Za-z0-9*][\w!#$&^.+-]{0,126}(?:\s*;.{0,200})?"),
    "urn:ietf:bcp:47": re.compile(r"(?:[A-Za-z]{2,3}|[A-Za-z]{4,8})(?:-[A-Za-z0-9]{1,8}){0,8}"),
    "urn:iso:std:iso:4217": re.compile(r"[A-Z]{3}"),
}
"""Systems without a list of codes but with a form: media types, languages, currencies."""

_LONGEST_CODE = 1024


class Codes:
    """Membership in the value sets of one guide, with the code tables a site has mounted."""

    def __init__(self, library: Library, guide: str, tables: Mapping[str, frozenset[str]]) -> None:
        """`tables`: codes by code system or by value set URL; a table closes what the packages leave open."""
        self._library = library
        self._guide = guide
        self._tables = tables

    def value_set(self, canonical: str) -> ValueSet:
        """The value set a canonical means to this guide; a mounted table of that URL is the whole of it."""
        table = self._tables.get(canonical.partition("|")[0])
        if table is not None:
            return ValueSet(canonical, {"": table}, frozenset(), True)
        return self._library.value_set(canonical, self._guide)

    def has(self, value_set: ValueSet, system: str | None, code: str) -> bool | None:
        """True or False when it is certain that the code is, or is not, in the set; else None.

        Without a system (a `code` element has none) any system of the set will do.
        """
        if not value_set.is_known:
            return None
        if system is None:
            return self._has_bare(value_set, code)
        listed = value_set.codes.get(system) or value_set.codes.get("")
        if listed is not None and code in listed:
            return True
        return self._open(system, code) if system in value_set.open_systems else False

    def _has_bare(self, value_set: ValueSet, code: str) -> bool | None:
        if any(code in listed for listed in value_set.codes.values()):
            return True
        answers = {self._open(system, code) for system in value_set.open_systems}
        return True if True in answers else None if None in answers else False

    def _open(self, system: str, code: str) -> bool | None:
        """What can be said of a code whose system is not listed: its form, or that a mounted table lacks it."""
        grammar = _GRAMMARS.get(system)
        if grammar is not None:
            return len(code) <= _LONGEST_CODE and grammar.fullmatch(code) is not None
        table = self._tables.get(system)
        return False if table is not None and code not in table else None


def codings_of(value: Any, type_name: str) -> list[tuple[str | None, str]]:
    """The codes of a coded value as (system, code); a system of None belongs to a type that has none.

    >>> codings_of({"coding": [{"system": "urn:x", "code": "a"}], "text": "A"}, "CodeableConcept")
    [('urn:x', 'a')]
    """
    if type(value) is str:
        return [(None, value)]
    if type(value) is not dict:
        return []
    rows = value.get("coding") if type_name == "CodeableConcept" else [value]
    found: list[tuple[str | None, str]] = []
    for row in rows if type(rows) is list else ():
        if type(row) is dict and type(row.get("code")) is str:
            system = row.get("system")
            found.append((system if type(system) is str else "", row["code"]))
    return found


def is_readable(value: Any, type_name: str) -> bool:
    """True when a coded value has the form of one; a value that has not is told by the walk, and has no codes to check.

    >>> is_readable({"coding": []}, "CodeableConcept"), is_readable({"text": "A"}, "CodeableConcept")
    (False, True)
    """
    if type_name != "CodeableConcept":
        return type(value) is str or _is_readable_coding(value)
    if type(value) is not dict or "coding" not in value:
        return type(value) is dict and bool(value)
    rows = value["coding"]
    return type(rows) is list and bool(rows) and all(map(_is_readable_coding, rows))


def _is_readable_coding(value: Any) -> bool:
    return type(value) is dict and bool(value) and all(type(value.get(key, "")) is str for key in ("system", "code"))

"""The text form of facts: one package, its structures and its code lists, written and read back.

Knows no official package and no FHIR resource; what the keys of an element mean is the business of `elements`.

    package NAME#VERSION<TAB>{"sha256":..,"canonical":..,"depends":[..]}
    structure URL|VERSION<TAB>{"type":..,"kind":..,"derivation":..,"base":..}
     PATH<TAB>{facts}
    codes URL|VERSION<TAB>{"codes":{"SYSTEM":["a","b"]},"open":["SYSTEM"],"unknown":true}
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from profiles.distil.difference import Rows
from profiles.distil.membership import Members

_ROOT = "."
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

Head = dict[str, Any]


class FactsFault(Exception):
    """A line of facts that cannot be read; the message names the line."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A type, profile or extension: what it is, and what each element adds to the type it stands on."""

    canonical: str
    head: Head
    rows: Rows


@dataclass(slots=True)
class Sheet:
    """What one file of facts says of one package."""

    package: str
    head: Head
    structures: list[Structure] = field(default_factory=list)
    codes: dict[str, Members] = field(default_factory=dict)


def written(sheet: Sheet) -> str:
    """The sheet as text: structures by canonical, elements as they stand in the snapshot, codes in order."""
    return "".join(f"{line}\n" for line in _lines(sheet))


def _lines(sheet: Sheet) -> Iterator[str]:
    yield _line("package ", sheet.package, sheet.head)
    for structure in sorted(sheet.structures, key=lambda one: one.canonical):
        yield _line("structure ", structure.canonical, structure.head)
        for path, facts in structure.rows.items():
            yield _line(" ", path or _ROOT, facts)
    for canonical, members in sorted(sheet.codes.items()):
        yield _line("codes ", canonical, _members_out(members))


def _line(kind: str, name: str, value: Any) -> str:
    return f"{kind}{name}\t{_ENCODER.encode(value).decode()}"


def _members_out(members: Members) -> Head:
    out: Head = {}
    if members.certain:
        out["codes"] = {system: sorted(codes) for system, codes in sorted(members.certain.items())}
    if members.open:
        out["open"] = sorted(members.open)
    if members.unknown:
        out["unknown"] = True
    return out


def read(lines: Iterable[str]) -> Sheet:
    """A sheet from its text; empty lines and lines that begin with `#` are for people.

    Raises: FactsFault when a line is not of this form.
    """
    sheet: Sheet | None = None
    rows: Rows | None = None
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\n")
        if not text or text.startswith("#"):
            continue
        name, value = _parted(text, number)
        kind, _, canonical = name.partition(" ")
        if kind == "package":
            sheet = Sheet(canonical, value)
        elif sheet is None:
            raise FactsFault(f"line {number}: the first line has to name the package")
        elif kind == "structure":
            rows = {}
            sheet.structures.append(Structure(canonical, value, rows))
        elif kind == "codes":
            sheet.codes[canonical] = _members_in(value)
        elif kind == "" and rows is not None:
            rows["" if canonical == _ROOT else canonical] = value
        else:
            raise FactsFault(f"line {number}: {kind or 'an element'!r} does not belong here")
    if sheet is None:
        raise FactsFault("nothing in it")
    return sheet


def _parted(text: str, number: int) -> tuple[str, Any]:
    name, tab, value = text.partition("\t")
    try:
        if tab:
            return name, _DECODER.decode(value)
    except msgspec.DecodeError as fault:
        raise FactsFault(f"line {number}: {fault}") from fault
    raise FactsFault(f"line {number}: a tab has to part the name from the facts")


def _members_in(value: Head) -> Members:
    certain = {system: frozenset(codes) for system, codes in value.get("codes", {}).items()}
    return Members(certain, frozenset(value.get("open", ())), value.get("unknown", False))

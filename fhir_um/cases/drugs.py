"""Whether a code is a drug: one table, no exceptions elsewhere. Must not know what follows from it.

Public measures of prior authorization leave drugs out. Source: the head of `drug_codes.csv`.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from fhir_um.words import Code
from profiles.canonicals import HCPCS, NDC, RXNORM

_SYSTEMS = {"rxnorm": RXNORM, "ndc": NDC, "hcpcs": HCPCS}
_EVERY = "*"
_COLUMNS = ["system", "first", "last", "note"]


@dataclass(frozen=True, slots=True)
class DrugCodes:
    """The table: systems whose every code is a drug, and ranges of codes of others."""

    whole: frozenset[str]
    ranges: tuple[tuple[str, str, str], ...]

    def is_drug(self, codes: Iterable[Code]) -> bool:
        """True when one of the codes is in the table; a service with a drug's code beside it is that drug."""
        return any(code.system in self.whole or self._in_range(code) for code in codes)

    def _in_range(self, code: Code) -> bool:
        text = code.code.upper()
        return any(code.system == system and first <= text <= last for system, first, last in self.ranges)


def read_drug_codes(text: str) -> DrugCodes:
    """The table of a CSV text; lines that begin with # are its head.

    Raises: ValueError for another head, a system that is not known, or a range that ends before it begins.
    """
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    if rows.fieldnames != _COLUMNS:
        raise ValueError(f"drug codes: the columns must be {', '.join(_COLUMNS)}")
    whole: set[str] = set()
    ranges: list[tuple[str, str, str]] = []
    for row in rows:
        system, first, last = row["system"], row["first"], row["last"]
        if system not in _SYSTEMS or first > last or (first == _EVERY) != (last == _EVERY):
            raise ValueError(f"drug codes: the row {system},{first},{last} is no range of a known system")
        if first == _EVERY:
            whole.add(_SYSTEMS[system])
        else:
            ranges.append((_SYSTEMS[system], first, last))
    return DrugCodes(frozenset(whole), tuple(ranges))

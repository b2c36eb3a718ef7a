"""Of what sensitive kinds a request is, by its codes: one table, no exceptions elsewhere. Must not know who asks.

What is not in the table is not sensitive: texts are not read, since nobody could say what a guess rests on. A person's
age is no kind either; the rules for minors differ by state and by who consented, which no request says.
Source: PAS 2.2.1 spec-49; 42 CFR part 2; docs/adr/0015-sensitive-care.md.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from fhir_um.cases.asked import ClaimRequest, LineRequest
from fhir_um.cases.model import Case
from fhir_um.words import Code, Concept, plain_icd
from profiles.canonicals import HCPCS, ICD10_CM, LOINC, RXNORM


class Category(StrEnum):
    """A kind of care that is told to others only when they ask for it by number."""

    ABUSE = "abuse"
    BEHAVIORAL_HEALTH = "behavioral-health"
    GENETIC = "genetic"
    HIV = "hiv"
    REPRODUCTIVE = "reproductive"
    SUBSTANCE_USE = "substance-use"


_SYSTEMS = {"icd10cm": ICD10_CM, "hcpcs": HCPCS, "rxnorm": RXNORM, "loinc": LOINC}
_WHOLE = frozenset({RXNORM, LOINC})
"""Systems whose numbers say nothing by how they begin: a row holds one code."""

_COLUMNS = ["category", "system", "first", "last", "note"]


class SensitiveCodesFault(Exception):
    """A table of sensitive codes that cannot be used; says which row and why."""


@dataclass(frozen=True, slots=True)
class _Range:
    category: Category
    first: str
    last: str

    def holds(self, code: str) -> bool:
        return self.first <= code and code[: len(self.last)] <= self.last


@dataclass(frozen=True, slots=True)
class SensitiveCodes:
    """The table, by code system and first character of the code."""

    ranges: Mapping[tuple[str, str], tuple[_Range, ...]]

    def of_request(self, request: ClaimRequest, lines: Iterable[LineRequest]) -> tuple[str, ...]:
        """The kinds a request with those lines is of, in order; none for an ordinary one."""
        return tuple(sorted({each.value for code in _codes(request, lines) for each in self._categories(code)}))

    def of_case(self, case: Case) -> tuple[str, ...]:
        """The kinds a case is of: as it was found when it came, else as its codes say now."""
        if case.sensitivity is not None:
            return case.sensitivity
        return self.of_request(case.request, (line.request for line in case.lines))

    def after(self, case: Case, request: ClaimRequest) -> tuple[str, ...]:
        """The kinds a case is of once that request amends it; what it was about before stays told in its lines."""
        return tuple(sorted({*self.of_case(case), *self.of_request(request, request.lines)}))

    def _categories(self, code: Code) -> Iterator[Category]:
        text = plain_icd(code.code) if code.system == ICD10_CM else code.code.upper()
        if code.system in _WHOLE:
            rows = (row for row in self.ranges.get((code.system, text[:1]), ()) if row.first == text)
        else:
            rows = (row for row in self.ranges.get((code.system, text[:1]), ()) if row.holds(text))
        return (row.category for row in rows)


def _codes(request: ClaimRequest, lines: Iterable[LineRequest]) -> Iterator[Code]:
    concepts: list[Concept | None] = [diagnosis.concept for diagnosis in request.diagnoses]
    for line in lines:
        concepts += (line.service, line.service_end, line.category)
    return (code for concept in concepts if concept for code in concept.codes)


def read_sensitive_codes(written: str) -> SensitiveCodes:
    """The table from CSV text: a head of `#` lines, a header row, then one row per range.

    Raises: SensitiveCodesFault for an unknown category or system, or a range that is none.
    """
    rows = csv.reader(line for line in written.splitlines() if line and not line.startswith("#"))
    if next(rows, None) != _COLUMNS:
        raise SensitiveCodesFault(f"the columns must be {', '.join(_COLUMNS)}")
    found: defaultdict[tuple[str, str], list[_Range]] = defaultdict(list)
    for row in rows:
        system, read = _range(row)
        found[system, read.first[:1]].append(read)
    return SensitiveCodes(MappingProxyType({key: tuple(ranges) for key, ranges in found.items()}))


def _range(row: list[str]) -> tuple[str, _Range]:
    try:
        category, system, first, last, _ = row
        read = _Range(Category(category), first, last)
        url = _SYSTEMS[system]
    except (KeyError, ValueError) as fault:
        raise SensitiveCodesFault(f"row {row!r} needs a category, a system, a first and a last code, a note") from fault
    if not first or first[0] != last[:1] or len(first) != len(last) or first > last:
        raise SensitiveCodesFault(f"row {row!r}: {first} to {last} is not a range of one series")
    if url in _WHOLE and first != last:
        raise SensitiveCodesFault(f"row {row!r}: codes of {system} come one by one")
    return url, read

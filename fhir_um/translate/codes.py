"""House words to X12 codes: one row per meaning, checked whole before the first is used.

Must not know resources. Descriptions of X12 codes belong to X12 and are not here.
"""

import csv
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TypeVar

from fhir_um.cases.model import LineState
from fhir_um.cases.reasons import Reason
from profiles.canonicals import X12_REVIEW_ACTION
from profiles.terminology import code_tables

_REASON_CODE = re.compile(r"[0-9A-Z]{2}|")

Word = TypeVar("Word", bound=StrEnum)


class CrosswalkFault(Exception):
    """A crosswalk that does not cover every word exactly once, or holds a code outside its list."""


def load_crosswalks() -> None:
    """Load and check both crosswalks; called at start, so that a wrong one stops it there.

    Raises: CrosswalkFault naming file and rows; CodeTableFault when a code list is wrong.
    """
    review_actions()
    decision_reasons()


@cache
def review_actions() -> Mapping[LineState, str]:
    """The X12 306 code of every state of a line.

    Source: PAS 2.2.1 section on review action codes, spec-36.
    """
    legal = code_tables()[X12_REVIEW_ACTION].__contains__
    return read_crosswalk("review_actions.csv", _packaged("review_actions.csv"), LineState, legal)


@cache
def decision_reasons() -> Mapping[Reason, str]:
    """The X12 886 code of every reason; empty where that list has no equivalent."""

    def known(code: str) -> bool:
        return _REASON_CODE.fullmatch(code) is not None

    return read_crosswalk("reasons.csv", _packaged("reasons.csv"), Reason, known)


def read_crosswalk(name: str, written: str, words: type[Word], legal: Callable[[str], bool]) -> Mapping[Word, str]:
    """A crosswalk from CSV text: a head of `#` lines, a header row, then word and code.

    Raises: CrosswalkFault when a word is missing, unknown or repeated, or a code is not legal.
    """
    lines = [line for line in written.splitlines() if line and not line.startswith("#")]
    rows = [tuple(row) for row in csv.reader(lines[1:])]
    faults = [f"row {row!r} needs a word and a legal code" for row in rows if len(row) != 2 or not legal(row[1])]
    named = [row[0] for row in rows]
    faults += [f"{word} is unknown" for word in sorted(set(named) - set(words))]
    faults += [f"{word} is missing" for word in words if word not in named]
    faults += [f"{word} is repeated" for word in sorted({w for w in named if named.count(w) > 1})]
    if faults:
        raise CrosswalkFault(f"{name}: {'; '.join(faults)}")
    return MappingProxyType({words(word): code for word, code in rows})


def _packaged(name: str) -> str:
    return (resources.files("fhir_um.translate") / "crosswalks" / name).read_text(encoding="utf-8")

"""The guides and their numbered requirements, as we list them in `docs/requirements-*.csv`. Must not know any test."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

NOT_OURS = "not ours"
ORGANIZATION = "a duty of the organization"
NOT_YET = "not yet"
IN_PART = "in part"
STANDINGS = (NOT_OURS, ORGANIZATION, NOT_YET, IN_PART)
"""What may stand before the colon of a standing. `in part` goes with tests, the others go without."""

STRENGTHS = ("SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT")


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: how its ids begin in the marks of tests, its name, and the actors whose duties a payer has."""

    prefix: str
    title: str
    actors: frozenset[str]
    published: str

    @property
    def file(self) -> Path:
        """Our list of its requirements."""
        return DOCS / f"requirements-{self.prefix}.csv"


GUIDES = (
    Guide("pas", "PAS 2.2.1", frozenset({"payer"}), "pas.json"),
    Guide("crd", "CRD 2.2.1", frozenset({"crd-server", "crd-server-org"}), "crd.json"),
    Guide("dtr", "DTR 2.2.0", frozenset({"dtr-server"}), "dtr.json"),
    Guide(
        "hrex",
        "HRex 1.2.0",
        frozenset({"source", "consumer", "disc-server", "mmserver", "implementer", "subscribe-imp"}),
        "ehrx.json",
    ),
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One numbered sentence of a guide in our own words.

    `actor` as the guide tags it; `standing` is empty when tests show the whole of it.
    """

    id: str
    strength: str
    actor: str
    words: str
    standing: str

    @property
    def kind(self) -> str:
        """The standing without its reason: one of `STANDINGS`, or nothing."""
        return self.standing.partition(":")[0]

    @property
    def reason(self) -> str:
        """The standing without its kind."""
        return self.standing.partition(":")[2].strip()


@dataclass(frozen=True, slots=True)
class Other:
    """A numbered sentence that is no payer's SHALL or SHOULD, and has a test all the same."""

    id: str
    strength: str
    actor: str
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Where we read what a guide published otherwise than it is tagged. `what`: actor, strength or words."""

    ids: tuple[str, ...]
    what: str
    reason: str


@cache
def requirements(guide: Guide) -> tuple[Requirement, ...]:
    """The payer-side SHALLs and SHOULDs of a guide, in the guide's order."""
    with guide.file.open(encoding="utf-8", newline="") as file:
        return tuple(Requirement(**row) for row in csv.DictReader(file))


@cache
def others() -> tuple[Other, ...]:
    """Everything else that a test may name, with the guide before the id."""
    with (DOCS / "requirements-others.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Other(**row) for row in csv.DictReader(file))


@cache
def readings() -> tuple[Reading, ...]:
    """Our readings, with the guide before each id."""
    with (DOCS / "requirements-readings.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Reading(tuple(row["ids"].split()), row["what"], row["reason"]) for row in csv.DictReader(file))


def read_otherwise(what: str) -> frozenset[str]:
    """The ids, with their guide, that we read otherwise than they are tagged in that."""
    return frozenset(each for reading in readings() if reading.what == what for each in reading.ids)


def by_number(requirement: str) -> tuple[str, int]:
    """Sorts `spec-9` before `spec-11`."""
    kind, _, number = requirement.rpartition("-")
    return kind, int(number) if number.isdigit() else 0

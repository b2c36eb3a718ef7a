"""Who acted on a case. Must not know what they may do."""

from dataclasses import dataclass

from fhir_um.words import Code


@dataclass(frozen=True, slots=True)
class Decider:
    """Who acted: `id` of the person or engine, the role they acted in, and for a clinician NPI and specialty."""

    id: str
    role: str
    human: bool
    npi: str = ""
    specialty: Code | None = None


def is_same_person(one: Decider, other: Decider) -> bool:
    """True for one person under two spellings of an id, or under two ids with one NPI."""
    return _folded(one.id) == _folded(other.id) or bool(one.npi) and one.npi == other.npi


def _folded(id: str) -> str:
    return " ".join(id.casefold().split())

"""What a policy said about a line, criterion by criterion. Must not know policies or lines."""

from dataclasses import dataclass
from enum import StrEnum


class Truth(StrEnum):
    """Kleene's three values: unknown is not unmet."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion of a policy: its id and label, its truth, and the evidence it rests on."""

    id: str
    label: str
    truth: Truth
    evidence: tuple[str, ...] = ()
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a policy said about a line: which policy, which version and bytes, which criteria, which evidence."""

    policy_id: str
    policy_version: str
    policy_hash: str
    title: str
    truth: Truth
    criteria: tuple[CriterionResult, ...]
    missing: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        """Addresses of all evidence used, each once, in order."""
        return tuple(dict.fromkeys(ref for c in self.criteria for ref in c.evidence))

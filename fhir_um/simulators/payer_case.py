"""What the fake payer remembers of a request: plain values, and how they change. Must not know FHIR answers or HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from fhir_um.simulators.payer_asked import AskedClaim, AskedLine
from fhir_um.simulators.payer_rules import LineRule

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Standing(StrEnum):
    """Where a line stands."""

    APPROVED = "approve"
    DENIED = "deny"
    MODIFIED = "modify"
    PENDED = "pend"
    IN_ERROR = "error"
    CANCELLED = "cancel"


GRANTED = frozenset({Standing.APPROVED, Standing.MODIFIED})
OPEN = frozenset({Standing.PENDED, Standing.IN_ERROR})
BY_A_PERSON = frozenset({Standing.DENIED, Standing.MODIFIED})
"""What is told as reviewed by a person: no software may deny or cut by itself."""


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One line: what was asked, the rule that fits, and where it stands."""

    asked: AskedLine
    rule: LineRule
    standing: Standing
    number: str
    reference: str


@dataclass(frozen=True, slots=True)
class HeldCase:
    """One request; `guide` is the version of PAS it came in, `error` the rule that finds fault with all of it."""

    id: str
    version: int
    guide: str
    asked: AskedClaim
    lines: tuple[HeldLine, ...]
    received_at: datetime
    changed_at: datetime

    @property
    def error(self) -> LineRule | None:
        """The fault of content, if there is one."""
        return next((line.rule for line in self.lines if line.standing is Standing.IN_ERROR), None)

    @property
    def names(self) -> frozenset[str]:
        """Everything it may be asked for by: its id, what its sender calls it, its numbers."""
        given = {line.number for line in self.lines} | {line.reference for line in self.lines}
        return self.asked.names | given | {self.id}

    @property
    def decides_after(self) -> float | None:
        """In how many seconds a pended line is decided; None when none ever is."""
        waits = [line.rule.after for line in self.lines if line.standing is Standing.PENDED and line.rule.then]
        return min(waits) if waits else None

    def decided(self, at: datetime) -> "HeldCase":
        """The same case with every pended line as its rule says in the end."""
        lines = tuple(
            replace(line, standing=Standing(line.rule.then))
            if line.standing is Standing.PENDED and line.rule.then
            else line
            for line in self.lines
        )
        return replace(self, lines=lines, version=self.version + 1, changed_at=at)


class Names:
    """New ids and numbers: made by chance, or with a seed always the same in the same order."""

    def __init__(self, seed: str, new_id: Callable[[], str]) -> None:
        self._seed = seed
        self._new_id = new_id
        self._count = 0

    def id(self) -> str:
        """A UUID."""
        if not self._seed:
            return self._new_id()
        self._count += 1
        return str(UUID(bytes=sha256(f"{self._seed}/{self._count}".encode()).digest()[:16], version=4))

    def number(self, letter: str) -> str:
        """A number that is read over the telephone: that letter and nine characters."""
        digest = sha256(self.id().encode()).digest()
        return letter + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:9])

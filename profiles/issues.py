"""The words for what can be wrong with a message: `Kind`, `Issue`, `Refusal`. Never an HTTP number.

Raise `Refusal` with every issue found; `profiles.outcome` alone knows what becomes of it on the wire.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a refusal means to the sender. The table in `profiles.outcome` gives status and issue code."""

    UNREADABLE = "unreadable"
    UNKNOWN_CALLER = "unknown-caller"
    NOT_ALLOWED = "not-allowed"
    NOT_FOUND = "not-found"
    NOT_OFFERED = "not-offered"
    NOT_ACCEPTABLE = "not-acceptable"
    CONFLICT = "conflict"
    OUTDATED = "outdated"
    MISSING_PREFETCH = "missing-prefetch"
    TOO_BIG = "too-big"
    WRONG_TYPE = "wrong-type"
    INVALID = "invalid"
    TOO_MANY = "too-many"
    BUSY = "busy"
    LATE = "late"
    BROKEN = "broken"


UNKNOWN_ELEMENT = "unknown-element"
"""The rule behind an issue about an element that is in no definition."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: a FHIR issue-type code, words that say what to do, and the FHIRPath of the place (may be empty).

    `severity` is `error`, `warning` or `information`; `code` is from http://hl7.org/fhir/issue-type. `rule` and
    `profile` (`url|version`) say who asks for it; `line` and `column`, from 1, where it stands in the text received.
    """

    code: str
    text: str
    path: str = ""
    severity: str = "error"
    rule: str = ""
    profile: str = ""
    line: int = 0
    column: int = 0


class Refusal(Exception):
    """A request that is refused as a whole, with every issue found."""

    def __init__(self, kind: Kind, issues: tuple[Issue, ...]) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.issues = issues

    @classmethod
    def of(cls, kind: Kind, code: str, text: str, path: str = "") -> "Refusal":
        """A refusal with a single issue."""
        return cls(kind, (Issue(code, text, path),))


class TooMany(Refusal):
    """One request more than its caller may send; after so many seconds one would be taken."""

    def __init__(self, seconds: int) -> None:
        text = f"Too many requests came from this caller. Send the next one in {seconds} s."
        super().__init__(Kind.TOO_MANY, (Issue("throttled", text),))
        self.seconds = seconds

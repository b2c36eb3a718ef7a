"""Refusals of the house that are not about a message's form. Never an HTTP number.

The words `Kind`, `Issue` and `Refusal` are those of the profiles floor; use cases import them from here.
"""

from profiles.issues import Issue, Kind, Refusal


class VersionConflict(Refusal):
    """Somebody else changed the case first; read it again and decide on what it says now."""

    def __init__(self, expected: int, found: int) -> None:
        text = (
            f"The case is at version {found}, and this was meant for version {expected}. "
            "Read the case again and say it for its current version."
        )
        super().__init__(Kind.CONFLICT, (Issue("conflict", text),))


class IllegalMove(Refusal):
    """A move that the lifecycle table does not allow, with the reason a person understands."""

    def __init__(self, text: str, path: str = "") -> None:
        super().__init__(Kind.INVALID, (Issue("business-rule", text, path),))


class RoleNotAllowed(Refusal):
    """A role that may not make this move."""

    def __init__(self, text: str) -> None:
        super().__init__(Kind.NOT_ALLOWED, (Issue("forbidden", text),))


class NotMigrated(Exception):
    """The database does not have the schema this program needs; the text tells the operator what to do."""


class DuplicateSubmission(Exception):
    """This sender sent exactly these bytes before; the answer is the one of then."""


class Overtaken(Exception):
    """Another transaction changed what this one relied on; nothing was written. Do it again, `alone`."""


__all__ = [
    "DuplicateSubmission",
    "IllegalMove",
    "Issue",
    "Kind",
    "NotMigrated",
    "Overtaken",
    "Refusal",
    "RoleNotAllowed",
    "VersionConflict",
]

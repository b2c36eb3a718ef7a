"""What a fault is: the places changed, and what a checker must say about them. Knows no definition."""

import copy
from dataclasses import dataclass, field
from typing import Any

Steps = tuple[str | int, ...]
"""The way to a value in JSON: property names and indexes."""


class Gone:
    """In place of a value: the property or item is taken out."""


GONE = Gone()

Edit = tuple[Steps, Any]
"""Where, and what stands there afterwards; the index after the last of a list appends."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a checker may say: the path as FHIRPath; code and rule where only one will do (else empty)."""

    path: str
    code: str = ""
    rule: str = ""

    def covers(self, path: str, code: str, rule: str) -> bool:
        """True when something said is this."""
        return path == self.path and self.code in ("", code) and self.rule in ("", rule)


@dataclass(frozen=True, slots=True)
class Change:
    """One fault. One of `expected` must be told; `companions` are what follows from it and may be told too.

    `element` names the element of the definition, so that faults can be chosen from many different ones.
    """

    edits: tuple[Edit, ...]
    expected: tuple[Told, ...]
    companions: tuple[Told, ...] = ()
    element: str = ""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A message with one fault in it."""

    id: str
    kind: str
    origin: str
    source: str
    guide: str
    change: Change
    intact: dict[str, Any] = field(repr=False)

    def resource(self) -> dict[str, Any]:
        """The message with the fault; the intact one stays as it is."""
        changed = self.intact
        for steps, value in self.change.edits:
            changed = _with(changed, steps, value)
        return changed


def path_of(root: str, steps: Steps) -> str:
    """Steps as FHIRPath.

    >>> path_of("Bundle", ("entry", 0, "fullUrl"))
    'Bundle.entry[0].fullUrl'
    """
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _with(here: Any, steps: Steps, value: Any) -> Any:
    """A copy with the value in its place; what is not on the way to it is shared."""
    changed, step = copy.copy(here), steps[0]
    if len(steps) > 1:
        changed[step] = _with(here[step], steps[1:], value)
    elif isinstance(value, Gone):
        del changed[step]
    elif isinstance(changed, list) and step == len(changed):
        changed.append(copy.deepcopy(value))
    else:
        changed[step] = copy.deepcopy(value)
    return changed

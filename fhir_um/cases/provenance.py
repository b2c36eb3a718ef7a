"""Who decided what on whose grounds, one entry for each version of a case that decided something. Pure.

Source: um-domain SEC12.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fhir_um.cases.model import Event, EventKind, Line, LineState

_DECIDED = frozenset(
    {
        LineState.APPROVED,
        LineState.MODIFIED,
        LineState.DENIED_CLINICAL,
        LineState.DENIED_ADMINISTRATIVE,
        LineState.NO_ACTION,
        LineState.DISMISSED,
    }
)
_DECIDING = frozenset({EventKind.LINE_REQUESTED, EventKind.LINE_CHANGED, EventKind.LINE_MOVED})


@dataclass(frozen=True, slots=True)
class Determined:
    """What one version of a case decided: the lines as they stood then, at one moment."""

    version: int
    at: datetime
    lines: tuple[Line, ...]


def determined(events: Iterable[Event]) -> tuple[Determined, ...]:
    """The determinations in the history of a case, oldest first."""
    found: dict[int, list[tuple[datetime, Line]]] = {}
    for event in events:
        if event.kind in _DECIDING and event.line is not None and event.line.state in _DECIDED:
            found.setdefault(event.version, []).append((event.at, event.line))
    return tuple(
        Determined(version, rows[0][0], tuple({line.sequence: line for _, line in rows}.values()))
        for version, rows in found.items()
    )

"""More time to decide: proposed by a clinician, granted by somebody else, once, and only where the clock's rule allows.

Must not know rules or how clocks are kept: `Room` says what a rule leaves. Besides a stretch that does not count, this
is the only way by which a line comes to be due later. Source: um-domain 2.3 T28, 2.8, I7; 42 CFR 422.568(b)(1)(i),
422.572(b), 438.210(d)(1)(ii); 29 CFR 2560.503-1(f)(2)(iii).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.deadlines import documents_due
from fhir_um.cases.deciders import Decider, is_same_person
from fhir_um.cases.model import PENDED, Case, Line, LineState
from fhir_um.cases.review import Extension, ExtensionGround, ExtensionState
from fhir_um.cases.roles import CLINICIANS, PHYSICIANS, Role
from fhir_um.cases.steps import SHORTEST_REASON_CHARACTERS, Step, demand, is_reason, legal_step

THING = "an extension of time"
EXTENSION_PATH = ("T28",)

_PROPOSED = frozenset({ExtensionState.PROPOSED})
_GRANTERS = PHYSICIANS | {Role.OPERATIONS_MANAGER}
_POSSIBLE = frozenset({"allowed", "ground", "days", "later", "in time"})

STEPS: tuple[Step[ExtensionState], ...] = (
    Step("propose", frozenset(), ExtensionState.PROPOSED, CLINICIANS, _POSSIBLE | {"lines", "once", "free", "text"}),
    Step("grant", _PROPOSED, ExtensionState.GRANTED, _GRANTERS, _POSSIBLE | {"another", "once", "still"}),
    Step("refuse", _PROPOSED, ExtensionState.REFUSED, _GRANTERS, frozenset({"note"})),
)

_TOLD = {
    "lines": ("lines", "Name the lines it is about, each once; they are those of this case that wait for a decision."),
    "still": ("lines", "One of the lines does not wait any more; refuse this, and propose it for the others."),
    "free": ("lines", "An extension for one of the lines is proposed already."),
    "once": ("lines", "One of the lines was given more time already; that is done once."),
    "allowed": ("lines", "A rule by which the lines are due allows no extension: {rules}."),
    "ground": ("ground", "A rule by which the lines are due does not know this ground: {rules}."),
    "days": ("days", "Ask for at least one day, and for no more than each line's rule allows: {rules}."),
    "later": ("lines", "A rule that allows no extension has a line due at the same time as {rules}."),
    "text": ("text", f"Say why it is needed, in at least {SHORTEST_REASON_CHARACTERS} characters of plain words."),
    "in time": ("", "An extension is taken before the time to decide is over."),
    "another": ("reviewer", "Somebody other than the one who proposed it grants it."),
    "note": ("note", f"Say why not, in at least {SHORTEST_REASON_CHARACTERS} characters."),
}


@dataclass(frozen=True, slots=True)
class Room:
    """What the rule of a line's running clock leaves: so many days at the most, on those grounds (empty: none).

    `later` is when it would be due then. It is no later where another rule that allows nothing sets the same day.
    """

    due_at: datetime
    most_days: int
    grounds: frozenset[str]
    later: datetime
    rule_id: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionSaid:
    """What somebody said with a step."""

    lines: tuple[int, ...] = ()
    ground: ExtensionGround | None = None
    days: int = 0
    text: str = ""
    note: str = ""


def next_extension(
    case: Case,
    extension: Extension | None,
    name: str,
    said: ExtensionSaid,
    by: Decider,
    at: datetime,
    new_id: str,
    rooms: Mapping[int, Room],
) -> Extension:
    """The extension after a step; `new_id` is its name when the step begins it, `rooms` are by line.

    Raises: IllegalMove, RoleNotAllowed.
    """
    step = legal_step(STEPS, name, extension.state if extension else None, by.role, THING)
    demand(step, _given(case, extension, said, by, at, rooms), _told(extension or said, rooms))
    if extension is None:
        if said.ground is None:
            raise ValueError("an extension without a ground")
        return Extension(new_id, said.lines, step.to, said.ground, said.text.strip(), said.days, by, at)
    changed = replace(extension, state=step.to, decided_by=by, decided_at=at)
    if step.to is ExtensionState.REFUSED:
        return replace(changed, note=said.note.strip())
    return replace(changed, due_before=tuple((n, rooms[n].due_at) for n in extension.sequences))


def _told(asked: Extension | ExtensionSaid, rooms: Mapping[int, Room]) -> dict[str, tuple[str, str]]:
    """What is lacking in words; whoever is refused looks up in `GET /um/v1/rules` what the rules say."""
    sequences = asked.sequences if isinstance(asked, Extension) else asked.lines
    named = ", ".join(f"line {n} by {rooms[n].rule_id}" for n in sequences if n in rooms)
    return {need: (place, text.format(rules=named or "no clock runs")) for need, (place, text) in _TOLD.items()}


def _given(
    case: Case,
    extension: Extension | None,
    said: ExtensionSaid,
    by: Decider,
    at: datetime,
    rooms: Mapping[int, Room],
) -> dict[str, bool]:
    asked = extension or said
    sequences = extension.sequences if extension else said.lines
    waiting = [n for n in sequences if (line := case.line(n)) and line.state in PENDED and line.due_at]
    found = [rooms[n] for n in waiting if n in rooms]
    others = [one for one in case.review.extensions if set(one.sequences) & set(sequences)]
    return {
        "lines": len(waiting) == len(sequences) == len(set(sequences)) > 0,
        "still": len(waiting) == len(sequences),
        "free": all(one.state is not ExtensionState.PROPOSED for one in others),
        "once": all(one.state is not ExtensionState.GRANTED for one in others),
        "allowed": len(found) == len(waiting) and all(room.most_days > 0 for room in found),
        "ground": asked.ground is not None and all(asked.ground in room.grounds for room in found if room.most_days),
        "days": asked.days > 0 and all(asked.days <= room.most_days for room in found if room.most_days),
        "later": all(room.later > room.due_at for room in found if room.most_days),
        "in time": all(at < room.due_at for room in found),
        "text": is_reason(said.text),
        "another": extension is not None and not is_same_person(extension.proposed_by, by),
        "note": is_reason(said.note),
    }


def extended_line(line: Line, due_at: datetime, at: datetime) -> Line:
    """The line due at the later time; what it waits for may come later, too, and never has to come sooner."""
    until = line.documents_due_at
    if line.state is LineState.PENDED_INFO and until is not None:
        until = max(until, documents_due(at, due_at))
    return replace(line, due_at=due_at, documents_due_at=until)

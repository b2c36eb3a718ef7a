"""What the table of moves says of a line: which row fits, or why none does, so that a person understands it.

Asked by what software does, by the rulings of people, and by the small machines beside them. Must not know policies.
"""

from collections.abc import Iterable

from fhir_um.cases.model import OVER, PENDED, LineState
from fhir_um.cases.move_shapes import Means, Move, Need, Place, RulingAction, Stage
from fhir_um.cases.move_table import TABLE
from fhir_um.cases.roles import Role
from fhir_um.errors import IllegalMove, RoleNotAllowed

__all__ = [
    "TABLE",
    "Means",
    "Move",
    "Need",
    "Place",
    "RulingAction",
    "Stage",
    "choose",
    "demand_move",
    "places_after",
    "rows_named",
    "rows_of",
]


def rows_named(name: str) -> tuple[Move, ...]:
    """The rows of that name, as they stand in the table."""
    return tuple(row for row in TABLE if row.name == name)


def rows_of(action: RulingAction) -> tuple[Move, ...]:
    """The rows that ruling takes, as they stand in the table."""
    return tuple(row for row in TABLE if row.action is action)


def demand_move(name: str, sequence: int, state: LineState, role: str, path: str = "") -> Move:
    """The row of that name for people by which a line in that state moves, made by somebody in that role.

    Raises: IllegalMove when there is none from that state; RoleNotAllowed when there is, for other roles.
    """
    rows = tuple(row for row in rows_named(name) if row.roles != {Role.ENGINE})
    return choose(rows, rows[0].title.lower() if rows else name, sequence, state, role, path)


def choose(rows: tuple[Move, ...], what: str, sequence: int, state: LineState, role: str, path: str) -> Move:
    """The row among these by which a line in that state moves; `what` says in words what somebody wants to do.

    Raises: IllegalMove when there is none from that state; RoleNotAllowed when there is, for other roles.
    """
    waiting = next((row.waits_for for row in rows if row.waits_for), "")
    if waiting:
        raise IllegalMove(f"{what} is not possible here yet: it comes with {waiting}.", path)
    fitting = [row for row in rows if state in row.origin]
    if not fitting:
        raise IllegalMove(_not_from(rows, what, sequence, state), path)
    allowed = [row for row in fitting if role in row.roles]
    if not allowed:
        roles = ", ".join(sorted({each for row in fitting for each in row.roles}))
        raise RoleNotAllowed(
            f"The role {role} may not {what} line {sequence} while it is in {state}; it takes one of: {roles}."
        )
    return allowed[0]


def _not_from(rows: tuple[Move, ...], what: str, sequence: int, state: LineState) -> str:
    froms = {place for row in rows for place in row.origin}
    if state in OVER:
        return f"Line {sequence} is {state}, and that is the end of it; what is still wanted takes a new request."
    if state not in PENDED and froms <= PENDED:
        return (
            f"Line {sequence} is {state} and no longer pended; a decided line is changed by a new request, "
            "an update by its sender, or a reopening."
        )
    return f"Line {sequence} is in {state}; {what} is possible from: {', '.join(sorted(froms))}."


def places_after(path: Iterable[str], before: LineState | None, roles: frozenset[Role]) -> frozenset[Place]:
    """Where those moves, one after the other, can lead from there when they are made in those roles; none: nowhere."""
    places: frozenset[Place] = frozenset({before or Stage.NOTHING})
    for name in path:
        rows = [row for row in rows_named(name) if row.roles & roles]
        steps = [(row, place) for row in rows for place in row.origin & places]
        places = frozenset(after for row, place in steps for after in (row.to or {place}))
    return places

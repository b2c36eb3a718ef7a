"""One row of a small machine's table: which step leads from where to where, who may take it, what must come along.

Must not know any single machine. Every machine of a review (`fhir_um.cases.review`) has one table of such rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from fhir_um.cases.roles import Role
from fhir_um.errors import IllegalMove, Issue, Kind, Refusal, RoleNotAllowed

S = TypeVar("S", bound=StrEnum)

SHORTEST_REASON_CHARACTERS = 20
"""Of a reason somebody else has to understand."""

_BEGINNING = "not begun"


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One row. Without `sources` it begins something; `needs` names what must be given."""

    name: str
    sources: frozenset[S]
    to: S
    roles: frozenset[Role]
    needs: frozenset[str] = frozenset()


class Lacking(IllegalMove):
    """A step that lacks something: everything it lacks, at once."""

    def __init__(self, faults: tuple[Issue, ...]) -> None:
        Refusal.__init__(self, Kind.INVALID, faults)


def legal_step(table: tuple[Step[S], ...], name: str, state: S | None, role: str, thing: str) -> Step[S]:
    """The row behind a step from that state (None: nothing was begun) by that role; `thing` is what it is taken with.

    Raises: IllegalMove when no row leads from there; RoleNotAllowed when the role may not. Both say what is possible.
    """
    rows = [row for row in table if row.name == name]
    if not rows:
        raise IllegalMove(f"There is no such step of {thing}; use one of: {', '.join(steps_of(table))}.", "step")
    fitting = [row for row in rows if (state in row.sources if state is not None else not row.sources)]
    if not fitting:
        froms = ", ".join(sorted({source for row in rows for source in row.sources})) or _BEGINNING
        raise IllegalMove(f"{thing.capitalize()} is {state or _BEGINNING}; {name} is possible from: {froms}.", "step")
    allowed = next((row for row in fitting if role in row.roles), None)
    if allowed is None:
        roles = ", ".join(sorted({each for row in fitting for each in row.roles}))
        raise RoleNotAllowed(f"The role {role} may not {name} {thing}; it takes one of: {roles}.")
    return allowed


def demand(step: Step[S], given: Mapping[str, bool], told: Mapping[str, tuple[str, str]]) -> None:
    """Passes when everything the row needs is given; `told` has the place and the words of what is not.

    Raises: Lacking with every fault, in the order of `told`.
    """
    faults = [
        Issue("business-rule", text, place)
        for need, (place, text) in told.items()
        if need in step.needs and not given[need]
    ]
    if faults:
        raise Lacking(tuple(faults))


def steps_of(table: tuple[Step[S], ...]) -> tuple[str, ...]:
    """The names of its steps, each once, in the order of the table."""
    return tuple(dict.fromkeys(row.name for row in table))


def is_reason(text: str) -> bool:
    """True for a text long enough to be one."""
    return len(text.strip()) >= SHORTEST_REASON_CHARACTERS

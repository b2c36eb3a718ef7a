"""Random steps by random people on any of the small machines: only what its table says may come about."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from fhir_um.cases.deciders import Decider
from fhir_um.cases.roles import Role
from fhir_um.cases.steps import Step, steps_of
from fhir_um.errors import IllegalMove, RoleNotAllowed
from fhir_um.words import Code

Take = Callable[[Any, str, Decider, Any], Any]
"""An entry or None, the name of a step, who takes it and what they say: the entry after it, or a refusal."""

ACTS = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from(sorted(Role)), st.sampled_from(["a", "b", "c"]), st.booleans(), st.booleans()
    ),
    min_size=1,
    max_size=12,
)


def somebody(role: str = Role.PHYSICIAN, id: str = "p-1", npi: str | None = None, specialty: str = "") -> Decider:
    """Each with an NPI of their own, or none when nothing says which."""
    whose = f"19{sum(id.encode()):08}" if npi is None else npi
    return Decider(id, role, human=True, npi=whose, specialty=Code("s", specialty) if specialty else None)


def walk(table: tuple[Step[Any], ...], acts: list[Any], take: Take, said: Callable[[bool], Any]) -> list[StrEnum]:
    """The states one entry goes through; every step that is taken stands in the table, every refusal is a refusal."""
    names = steps_of(table)
    entry: Any = None
    states: list[StrEnum] = []
    for number, (which, role, id, has_npi, is_full) in enumerate(acts):
        name, by = names[which % len(names)], somebody(role, id, None if has_npi else "", "cardiology")
        before = entry.state if entry else None
        rows = [
            row
            for row in table
            if row.name == name and role in row.roles and (before in row.sources if before else not row.sources)
        ]
        try:
            entry = take(entry, name, by, said(is_full))
        except (IllegalMove, RoleNotAllowed) as refusal:
            assert refusal.issues
            assert all(issue.text for issue in refusal.issues)
            continue
        assert entry.state in {row.to for row in rows}, (number, name, role, before)
        states.append(entry.state)
    return states

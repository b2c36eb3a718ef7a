"""One row of a small machine: which step is legal, by whom, and everything it lacks at once."""

from enum import StrEnum
from typing import Any

import pytest

from fhir_um.cases import extensions, information_drafts, opinions, peer_to_peers, priorities, voidings
from fhir_um.cases.moves import rows_named
from fhir_um.cases.roles import Role
from fhir_um.cases.steps import Lacking, Step, demand, is_reason, legal_step, steps_of
from fhir_um.errors import IllegalMove, Kind, RoleNotAllowed


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"


TABLE = (
    Step("hang", frozenset(), Lamp.OFF, frozenset({Role.INTAKE})),
    Step("light", frozenset({Lamp.OFF}), Lamp.ON, frozenset({Role.NURSE}), frozenset({"oil", "match"})),
)


def test_a_step_begins_or_follows_what_is_there() -> None:
    assert legal_step(TABLE, "hang", None, "intake", "a lamp").to is Lamp.OFF
    assert legal_step(TABLE, "light", Lamp.OFF, "nurse", "a lamp").to is Lamp.ON
    assert steps_of(TABLE) == ("hang", "light")


@pytest.mark.parametrize(
    ("name", "state", "told"),
    [
        ("dust", Lamp.ON, "hang, light"),
        ("light", Lamp.ON, "possible from: off"),
        ("light", None, "not begun"),
        ("hang", Lamp.OFF, "not begun"),
    ],
)
def test_another_step_is_refused_with_what_is_possible(name: str, state: Lamp | None, told: str) -> None:
    with pytest.raises(IllegalMove) as refused:
        legal_step(TABLE, name, state, "nurse", "a lamp")

    assert told in refused.value.issues[0].text


def test_another_role_is_refused_with_who_may() -> None:
    with pytest.raises(RoleNotAllowed) as refused:
        legal_step(TABLE, "light", Lamp.OFF, "intake", "a lamp")

    assert "nurse" in refused.value.issues[0].text


def test_everything_that_lacks_is_told_at_once() -> None:
    told = {"oil": ("oil", "Give oil."), "match": ("match", "Give a match."), "ladder": ("ladder", "Give a ladder.")}

    with pytest.raises(Lacking) as refused:
        demand(TABLE[1], {"oil": False, "match": False, "ladder": False}, told)

    assert [issue.path for issue in refused.value.issues] == ["oil", "match"]
    assert refused.value.kind is Kind.INVALID
    demand(TABLE[1], {"oil": True, "match": True, "ladder": False}, told)


def test_a_reason_has_words() -> None:
    assert is_reason("The chart lacks the last visit.")
    assert not is_reason("   too short          ")


@pytest.mark.parametrize(
    ("move", "table"),
    [
        ("T9", tuple(row for row in information_drafts.STEPS if row.name == "release")),
        ("T13", opinions.STEPS),
        ("T14", tuple(row for row in peer_to_peers.STEPS if row.name != "expire")),
        ("T26", voidings.STEPS),
        ("T28", extensions.STEPS),
        ("T31", priorities.STEPS),
    ],
)
def test_no_machine_lets_anybody_do_what_the_table_of_moves_does_not(move: str, table: tuple[Step[Any], ...]) -> None:
    may = frozenset[Role]().union(*(row.roles for row in rows_named(move)))

    assert {role for row in table for role in row.roles} <= may

"""Sets of codes that are known in part: what is certain stays true whatever the unknown parts turn out to be."""

from hypothesis import given
from hypothesis import strategies as st

from profiles.distil.membership import NOTHING, UNKNOWN, Members, both, either, without

SYSTEMS = ("a", "b")
CODES = ("1", "2", "3")
Concrete = frozenset[tuple[str, str]]

ALL = frozenset((system, code) for system in SYSTEMS for code in CODES)
concretes = st.frozensets(st.sampled_from(sorted(ALL)))


@st.composite
def seen(draw: st.DrawFn) -> tuple[Concrete, Members]:
    """A set of codes and something true that is known of it."""
    codes = draw(concretes)
    open_ = draw(st.frozensets(st.sampled_from(SYSTEMS)))
    unknown = draw(st.booleans())
    shown = (
        codes
        if not (open_ or unknown)
        else frozenset(pair for pair in codes if (pair[0] not in open_ and not unknown) or draw(st.booleans()))
    )
    certain = {system: frozenset(code for other, code in shown if other == system) for system in SYSTEMS}
    return codes, Members({system: found for system, found in certain.items() if found}, open_, unknown)


def holds(codes: Concrete, members: Members) -> bool:
    """Whether what is known is true of the set: certain ones are in, and others only where more may be."""
    certain = {(system, code) for system in members.certain for code in members.of(system)}
    return certain <= codes and all(members.may_have_more(system) for system, _ in codes - certain)


@given(seen(), seen())
def test_what_is_known_of_two_sets_gives_what_is_known_of_their_union(
    one: tuple[Concrete, Members], other: tuple[Concrete, Members]
) -> None:
    assert holds(one[0] | other[0], either(one[1], other[1]))


@given(seen(), seen())
def test_what_is_known_of_two_sets_gives_what_is_known_of_their_intersection(
    one: tuple[Concrete, Members], other: tuple[Concrete, Members]
) -> None:
    assert holds(one[0] & other[0], both(one[1], other[1]))


@given(seen(), seen())
def test_what_is_known_of_two_sets_gives_what_is_known_of_their_difference(
    one: tuple[Concrete, Members], other: tuple[Concrete, Members]
) -> None:
    assert holds(one[0] - other[0], without(one[1], other[1]))


def test_sets_known_completely_stay_known_completely() -> None:
    one, other = Members({"a": frozenset("12")}), Members({"a": frozenset("23")})
    assert either(one, other) == Members({"a": frozenset("123")})
    assert both(one, other) == Members({"a": frozenset("2")})
    assert without(one, other) == Members({"a": frozenset("1")})


def test_excluding_what_nobody_knows_makes_every_system_uncertain() -> None:
    assert without(Members({"a": frozenset("1")}), UNKNOWN) == Members({}, frozenset("a"))


def test_nothing_and_everything_unknown() -> None:
    assert both(UNKNOWN, UNKNOWN) == UNKNOWN
    assert both(NOTHING, UNKNOWN) == NOTHING
    assert both(Members({"a": frozenset("1")}), UNKNOWN) == Members({}, frozenset("a"))

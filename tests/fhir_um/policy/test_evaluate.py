"""Kleene's laws, and the frontier of what is still worth asking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.cases.findings import Truth
from fhir_um.policy.evaluate import at_least, combine, negation, possible, truth_of, unresolved
from fhir_um.policy.model import Fact, FactType, Group, Leaf, Node

TRUTHS = st.sampled_from(Truth)
LEAVES = 5


def leaf(position: int) -> Leaf:
    fact = Fact(f"f{position}", "", FactType.BOOLEAN, lambda _: None, (), True, False, False, False)
    return Leaf(f"c{position}", "", fact, "exists", None, position, lambda *_: True)


def groups(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    lists = st.lists(children, min_size=1, max_size=3).map(tuple)
    plain = st.builds(Group, st.sampled_from(("all", "any", "none")), lists)
    counted = lists.flatmap(lambda c: st.builds(Group, st.just("at_least"), st.just(c), st.integers(0, len(c))))
    return plain | counted


TREES = st.recursive(st.integers(0, LEAVES - 1).map(leaf), groups, max_leaves=8)
ASSIGNMENTS = st.lists(TRUTHS, min_size=LEAVES, max_size=LEAVES)


@given(st.lists(TRUTHS, min_size=1))
def test_none_is_the_negation_of_any(truths: list[Truth]) -> None:
    assert combine(Group("none", ()), truths) is negation(combine(Group("any", ()), truths))


@given(st.lists(TRUTHS, min_size=1))
def test_de_morgan_holds(truths: list[Truth]) -> None:
    negated = [negation(t) for t in truths]

    assert negation(combine(Group("all", ()), truths)) is combine(Group("any", ()), negated)


@given(st.lists(TRUTHS, min_size=1), st.data())
def test_at_least_does_not_depend_on_order(truths: list[Truth], data: st.DataObject) -> None:
    needed = data.draw(st.integers(0, len(truths)))

    assert at_least(needed, truths) is at_least(needed, data.draw(st.permutations(truths)))


@given(TREES, ASSIGNMENTS, st.sets(st.integers(0, LEAVES - 1)))
def test_forgetting_facts_never_turns_unknown_into_decided_nor_flips_a_decision(
    tree: Node, truths: list[Truth], forgotten: set[int]
) -> None:
    with_less = [Truth.UNKNOWN if i in forgotten else t for i, t in enumerate(truths)]

    assert truth_of(tree, with_less) in (Truth.UNKNOWN, truth_of(tree, truths))


@given(TREES, ASSIGNMENTS)
def test_something_is_unresolved_exactly_when_the_tree_is_unknown(tree: Node, truths: list[Truth]) -> None:
    assert bool(unresolved(tree, truths)) is (truth_of(tree, truths) is Truth.UNKNOWN)


@given(TREES, ASSIGNMENTS)
def test_possible_holds_every_truth_a_tree_takes(tree: Node, truths: list[Truth]) -> None:
    assert truth_of(tree, truths) in possible(tree)


def test_unresolved_leaves_out_what_a_decided_branch_no_longer_needs() -> None:
    tree = Group("all", (Group("any", (leaf(0), leaf(1))), leaf(2)))

    assert unresolved(tree, [Truth.MET, Truth.UNKNOWN, Truth.UNKNOWN]) == ("f2",)


@pytest.mark.parametrize("kind", ["all", "any", "none"])
def test_all_unknown_is_unknown(kind: str) -> None:
    assert truth_of(Group(kind, (leaf(0), leaf(1))), [Truth.UNKNOWN] * 2) is Truth.UNKNOWN  # type: ignore[arg-type]

"""Kleene's three-valued logic over a criteria tree. Must not know where facts come from or what follows from them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from itertools import product

from fhir_um.cases.findings import Truth
from fhir_um.policy.model import Criteria, Found, Group, Leaf, Node

_MET, _UNMET, _UNKNOWN = Truth.MET, Truth.UNMET, Truth.UNKNOWN


def negation(truth: Truth) -> Truth:
    """Not: unknown stays unknown.

    >>> negation(Truth.UNKNOWN).value
    'unknown'
    """
    if truth is _UNKNOWN:
        return _UNKNOWN
    return _UNMET if truth is _MET else _MET


def at_least(needed: int, truths: Sequence[Truth]) -> Truth:
    """Met when enough are met, unmet when enough can no longer be met, otherwise unknown.

    >>> at_least(1, [Truth.UNMET, Truth.UNKNOWN]).value
    'unknown'
    """
    met = sum(t is _MET for t in truths)
    if met >= needed:
        return _MET
    return _UNKNOWN if met + sum(t is _UNKNOWN for t in truths) >= needed else _UNMET


def combine(group: Group, truths: Sequence[Truth]) -> Truth:
    """The truth of a group from the truths of its children."""
    if group.kind == "all":
        return _first_of(truths, _UNMET, _MET)
    if group.kind == "any":
        return _first_of(truths, _MET, _UNMET)
    if group.kind == "none":
        return negation(_first_of(truths, _MET, _UNMET))
    return at_least(group.needed, truths)


def _first_of(truths: Sequence[Truth], decisive: Truth, otherwise: Truth) -> Truth:
    """`decisive` when one child is, else unknown when one is, else `otherwise`."""
    return decisive if decisive in truths else _UNKNOWN if _UNKNOWN in truths else otherwise


def truth_of(node: Node, truths: Sequence[Truth]) -> Truth:
    """The truth of a node; `truths` holds each leaf's by its position."""
    if isinstance(node, Leaf):
        return truths[node.position]
    return combine(node, [truth_of(child, truths) for child in node.children])


def unresolved(node: Node, truths: Sequence[Truth]) -> tuple[str, ...]:
    """Facts still worth knowing: unknown leaves below undecided nodes only, each once, in the order written."""
    return tuple(dict.fromkeys(_frontier(node, truths)))


def _frontier(node: Node, truths: Sequence[Truth]) -> Iterable[str]:
    if truth_of(node, truths) is not _UNKNOWN:
        return
    if isinstance(node, Leaf):
        yield node.fact.id
        return
    for child in node.children:
        yield from _frontier(child, truths)


def not_shown(node: Node, truths: Sequence[Truth], *, wanted: Truth = _MET) -> frozenset[str]:
    """Facts that stand in the way: those of criteria not met (below `none`: not unmet), wherever it matters."""
    if truth_of(node, truths) is wanted:
        return frozenset()
    if isinstance(node, Leaf):
        return frozenset({node.fact.id})
    below = negation(wanted) if node.kind == "none" else wanted
    return frozenset().union(*(not_shown(child, truths, wanted=below) for child in node.children))


def truth_of_leaf(leaf: Leaf, found: Found | None, day: date) -> Truth:
    """Unknown without a value; a fact of which more may exist is never unmet."""
    if found is None:
        return _UNKNOWN
    if leaf.passes(found.value, day):
        return _MET
    return _UNKNOWN if found.at_least else _UNMET


def possible(node: Node) -> frozenset[Truth]:
    """Every truth value the node can take, from what each fact can show. A policy needs an example of each."""
    if isinstance(node, Leaf):
        return _possible_of_leaf(node)
    ranges = [possible(child) for child in node.children]
    if node.kind == "at_least":
        return frozenset(combine(node, truths) for truths in product(*ranges))
    pair = Group("all" if node.kind == "all" else "any", ())
    joined = reduce(lambda a, b: frozenset(combine(pair, two) for two in product(a, b)), ranges)
    return frozenset(map(negation, joined)) if node.kind == "none" else joined


def _possible_of_leaf(leaf: Leaf) -> frozenset[Truth]:
    known = {_MET} if leaf.fact.only_shown else {_MET, _UNMET}
    return frozenset(known if leaf.fact.always_known else known | {_UNKNOWN})


def leaf_truths(criteria: Criteria, found: Mapping[str, Found | None], day: date) -> list[Truth]:
    """The truth of every leaf, by position."""
    return [truth_of_leaf(leaf, found[leaf.fact.id], day) for leaf in criteria.leaves]

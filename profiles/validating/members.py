"""What several definitions together say about one element: the base type first, then every profile in force.

Knows no JSON. Source: FHIR R4 4.0.1 ElementDefinition; profiles only ever narrow.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from profiles.library import Definition, Element, Ways
from profiles.validating.run import Source

Nodes = tuple[Element, ...]

ANY_RESOURCE = frozenset({"Resource", "DomainResource"})
"""Types that say of a place only that a resource stands there; which one may, the check of resources tells."""

_UNBOUNDED = "*"


@dataclass(frozen=True, slots=True)
class Bound:
    """A number of repetitions and who asks for it; a maximum of None is unbounded."""

    number: int | None
    source: Source


_NO_LEAST = Bound(0, Source("min", None))
_NO_MOST = Bound(None, Source("max", None))
_NOTHING_FORBIDDEN: dict[str, Source] = {}


@dataclass(slots=True)
class Merged:
    """One element as all definitions see it. `ways` are those of the base; `forbidden` types a profile takes away."""

    name: str
    nodes: Nodes
    ways: Ways
    forbidden: dict[str, Source]
    many: bool
    least: Bound
    most: Bound

    @property
    def is_choice(self) -> bool:
        """True for `value[x]`."""
        return self.name.endswith("[x]")

    @property
    def stem(self) -> str:
        """The name without `[x]`."""
        return self.name.removesuffix("[x]")


def children_of(nodes: Nodes) -> dict[str, Nodes]:
    """The elements below several elements, by name."""
    found: dict[str, list[Element]] = {}
    for node in nodes:
        for name, child in node.children.items():
            found.setdefault(name, []).append(child)
    return {name: tuple(children) for name, children in found.items()}


def merge(name: str, nodes: Nodes) -> Merged | None:
    """What these elements say together; None when no base type has such an element."""
    base = next((node for node in nodes if not node.definition.is_profile and "max" in node.facts), None)
    if base is None:
        return None
    return Merged(
        name,
        nodes,
        base.ways,
        _forbidden(base.ways, nodes),
        base.facts["max"] not in ("0", "1"),
        least_of(nodes),
        most_of(nodes),
    )


def least_of(nodes: Iterable[Element]) -> Bound:
    """The largest of the minima."""
    bound = _NO_LEAST
    for node in nodes:
        if node.facts.get("min", 0) > (bound.number or 0):
            bound = Bound(node.facts["min"], Source("min", node.definition))
    return bound


def most_of(nodes: Iterable[Element]) -> Bound:
    """The smallest of the maxima."""
    bound = _NO_MOST
    for node in nodes:
        text = node.facts.get("max", _UNBOUNDED)
        if text != _UNBOUNDED and (bound.number is None or int(text) < bound.number):
            bound = Bound(int(text), Source("max", node.definition))
    return bound


def element_at(definition: Definition, path: str) -> Element | None:
    """The element of a base type at a path such as `Claim.item`."""
    here: Element | None = definition.root
    for step in path.split(".")[1:]:
        here = here.children.get(step) if here else None
    return here


def _forbidden(ways: Ways, nodes: Nodes) -> dict[str, Source]:
    """The types a profile in force does not allow, and which profile."""
    forbidden: dict[str, Source] = {}
    for node in nodes:
        mine = node.facts.get("types")
        if mine is not None and node.definition.is_profile:
            for name in ways.types.values():
                if name not in mine and name not in ANY_RESOURCE:
                    forbidden.setdefault(name, Source("types", node.definition))
    return forbidden or _NOTHING_FORBIDDEN

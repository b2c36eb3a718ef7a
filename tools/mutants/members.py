"""What several definitions together say about one element, as plainly as it can be said. Knows no message.

Source: FHIR R4 4.0.1 ElementDefinition.
"""

from collections.abc import Iterator
from typing import NamedTuple

from profiles.library import Element

Elements = tuple[Element, ...]


class Member(NamedTuple):
    """An element an object may have, as one of its JSON properties; `elements`: the base's, then the profiles'."""

    key: str
    name: str
    type_name: str
    elements: Elements

    @property
    def stem(self) -> str:
        """The name in paths: without `[x]`."""
        return self.name.removesuffix("[x]")

    @property
    def is_choice(self) -> bool:
        """One of several types was chosen."""
        return self.name.endswith("[x]")

    @property
    def many(self) -> bool:
        """A list in JSON; the base type says so."""
        return self.elements[0].facts.get("max") not in ("0", "1")

    @property
    def least(self) -> int:
        """The largest minimum."""
        return max(int(element.facts.get("min", 0)) for element in self.elements)

    @property
    def most(self) -> int | None:
        """The smallest maximum; None is unbounded."""
        numbers = [int(element.facts["max"]) for element in self.elements if element.facts.get("max", "*") != "*"]
        return min(numbers, default=None)

    def is_allowed(self) -> bool:
        """True when no profile takes this type of a choice away."""
        return all(self.type_name in element.facts.get("types", (self.type_name,)) for element in self.elements)

    @property
    def slices(self) -> Elements:
        """The slices of it, in all definitions."""
        return tuple(piece for element in self.elements for piece in element.slices.values())

    @property
    def path(self) -> str:
        """The element's path in the nearest profile that speaks of it, for variety."""
        last = self.elements[-1]
        return f"{last.definition.url}:{last.path}"


def members_of(elements: Elements) -> Iterator[Member]:
    """Everything an object with these elements in force may have."""
    below: dict[str, list[Element]] = {}
    for element in elements:
        for name, child in element.children.items():
            below.setdefault(name, []).append(child)
    for name, children in below.items():
        base = next((child for child in children if not child.definition.is_profile and "max" in child.facts), None)
        if base is None:
            continue
        ordered = (base, *(child for child in children if child is not base))
        if "same" in base.facts:
            yield Member(name, name, "BackboneElement", ordered)
        for type_name in base.facts.get("types", ()):
            key = name.removesuffix("[x]") + type_name[0].upper() + type_name[1:] if name.endswith("[x]") else name
            yield Member(key, name, type_name, ordered)

"""What can be known of a set of codes: certain members, and systems of which there may be more. Knows no resources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Members:
    """A set of codes, as far as it is known.

    `certain`: system -> codes that are surely in. `open`: systems that may have more members than the certain ones.
    `unknown`: nothing is known, any system may have members. A system that is named nowhere has none.
    """

    certain: Mapping[str, frozenset[str]] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    unknown: bool = False

    def of(self, system: str) -> frozenset[str]:
        """The certain members of that system."""
        return self.certain.get(system, frozenset())

    def may_have_more(self, system: str) -> bool:
        """Whether codes of that system besides the certain ones may be in."""
        return self.unknown or system in self.open

    def systems(self) -> Iterator[str]:
        """Every system that is named, in order."""
        yield from sorted({*self.certain, *self.open})


NOTHING = Members()
UNKNOWN = Members(unknown=True)


def either(one: Members, other: Members) -> Members:
    """The members of one or the other."""
    certain = {system: one.of(system) | other.of(system) for system in {*one.certain, *other.certain}}
    return Members(certain, one.open | other.open, one.unknown or other.unknown)


def both(one: Members, other: Members) -> Members:
    """The members of one that are members of the other as well."""
    if one.unknown and other.unknown:
        return UNKNOWN
    certain = {system: one.of(system) & other.of(system) for system in {*one.certain, *other.certain}}
    open_ = {system for system in {*one.systems(), *other.systems()} if _may_share_more(one, other, system)}
    return Members(_without_empty(certain), frozenset(open_))


def without(one: Members, other: Members) -> Members:
    """The members of one that are not members of the other: what may be excluded is certain no more."""
    certain = {}
    open_ = set(one.open)
    for system in one.systems():
        left = one.of(system) - other.of(system)
        if left and other.may_have_more(system):
            open_.add(system)
        elif left:
            certain[system] = left
    return Members(certain, frozenset(open_), one.unknown)


def _may_share_more(one: Members, other: Members, system: str) -> bool:
    """Whether a code may be in both that is not certain in both."""
    more_of_one, more_of_other = one.may_have_more(system), other.may_have_more(system)
    if more_of_one and more_of_other:
        return True
    if more_of_one:
        return bool(other.of(system) - one.of(system))
    return more_of_other and bool(one.of(system) - other.of(system))


def _without_empty(certain: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {system: codes for system, codes in certain.items() if codes}

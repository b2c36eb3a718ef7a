"""Makes rows of the check tables. Must not judge."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from fhir_um.conformance.crd.reading import Placed, is_answered
from fhir_um.conformance.marks import HOOK
from fhir_um.conformance.model import INSISTED, Check, Each, Exchange, Fault, Session, Strength, Whole

EachFault = Callable[[Exchange], Iterable[Fault]]
Ids = tuple[str, ...]


def answer_check(
    id: str,
    title: str,
    faults: EachFault,
    strength: Strength = Strength.SHALL,
    requirements: Ids = (),
    public: Ids = (),
    rests_on: Ids = (),
    of: Callable[[Exchange], bool] = is_answered,
    marks: Ids = (HOOK,),
) -> Check:
    """A check of each answer to a hook call, as far as it could be read."""
    return Check(id, title, strength, Each(marks, faults, of), requirements, public, rests_on)


def whole_check(
    id: str,
    title: str,
    faults: Callable[[Session], Iterable[Fault] | None],
    strength: Strength = Strength.SHALL,
    requirements: Ids = (),
    public: Ids = (),
    rests_on: Ids = (),
    marks: Ids = (HOOK,),
) -> Check:
    """A check of several exchanges together."""
    return Check(id, title, strength, Whole(marks, faults), requirements, public, rests_on)


def together(faults: EachFault, marks: Ids, of: Callable[[Exchange], bool] = lambda _: True) -> Whole:
    """Judges exchanges one by one, and tells them together: so that others may rest on there being nothing wrong."""

    def all_faults(session: Session) -> Iterable[Fault] | None:
        concerned = [exchange for exchange in session.marked(*marks) if of(exchange)]
        if not concerned:
            return None
        return [Fault(f"{each.key}: {one.text}", one.path) for each in concerned for one in faults(each)]

    return Whole(marks, all_faults)


def for_each(find: Callable[[Exchange], Iterable[Placed]], faults: Callable[[str, Any], Iterable[Fault]]) -> EachFault:
    """What is wrong with each of the things that are found in an answer."""

    def all_faults(exchange: Exchange) -> Iterator[Fault]:
        for path, item in find(exchange):
            yield from faults(path, item)

    return all_faults


def ids(checks: Iterable[Check]) -> Ids:
    """The ids of checks, for another to rest on: of those that are insisted on, so that no advice hides a duty."""
    return tuple(check.id for check in checks if check.strength in INSISTED)


def standing(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks, each resting only on those that stand before it: a version has not all of them."""
    kept: dict[str, Check] = {}
    for check in checks:
        kept[check.id] = replace(check, rests_on=tuple(base for base in check.rests_on if base in kept))
    return tuple(kept.values())

"""Payers, plans, members, providers and used services, read from a folder of YAML files and checked as a whole.

Must not know FHIR, SQL or which people there are. A file that is wrong is refused with every fault found, each with
its file and row; nothing is loaded by half.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from fhir_um.coverage.model import GoldCard, Member, Payer, Plan, Provider, Reviewer, UsedService

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Usage:
    """A service that a member has used, as the payer's paid claims know it."""

    payer_id: str
    member_id: str
    service: UsedService


@dataclass(frozen=True, slots=True)
class People:
    """Everything a folder of people holds, in the order of its files."""

    payers: tuple[Payer, ...]
    plans: tuple[Plan, ...]
    members: tuple[Member, ...]
    providers: tuple[Provider, ...]
    gold_cards: tuple[GoldCard, ...]
    history: tuple[Usage, ...]
    reviewers: tuple[Reviewer, ...]


class PeopleFault(Exception):
    """The folder cannot be loaded; `faults` says why, one line each: file, row, what to do."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load_people(directory: Path) -> People:
    """Read and check the seven files of a folder.

    Raises: PeopleFault with every fault of form, or (when the form is right) every fault of content.
    """
    faults: list[str] = []
    people = People(
        payers=_read(directory / "payers.yaml", Payer, faults),
        plans=_read(directory / "plans.yaml", Plan, faults),
        members=_read(directory / "members.yaml", Member, faults),
        providers=_read(directory / "providers.yaml", Provider, faults),
        gold_cards=_read(directory / "gold-cards.yaml", GoldCard, faults),
        history=_read(directory / "history.yaml", Usage, faults),
        reviewers=_read(directory / "reviewers.yaml", Reviewer, faults),
    )
    faults = faults or [fault for check in _CHECKS for fault in check(people)]
    if faults:
        raise PeopleFault(tuple(faults))
    return people


def load_reviewers(file: Path) -> tuple[Reviewer, ...]:
    """Read one file of the payer's clinicians.

    Raises: PeopleFault with every fault of form, and for somebody who is in it twice.
    """
    faults: list[str] = []
    found = _read(file, Reviewer, faults)
    faults = faults or list(_repeated(file.name, "payer and NPI", (f"{r.payer_id} {r.npi}" for r in found)))
    if faults:
        raise PeopleFault(tuple(faults))
    return found


# --- form -----------------------------------------------------------------------------------------------------------


def _read(path: Path, shape: type[T], faults: list[str]) -> tuple[T, ...]:
    try:
        content = _parse(path, faults)
    except FileNotFoundError:
        faults.append(f"{path.name}: the file is missing in {path.parent}; an empty list, `[]`, says there are none")
        return ()
    except yaml.YAMLError as fault:
        faults.append(f"{path.name}: not YAML: {' '.join(str(fault).split())}")
        return ()
    if not isinstance(content, list):
        faults.append(f"{path.name}: write a list, one row per {shape.__name__}")
        return ()
    return tuple(_rows(path.name, content, shape, faults))


def _parse(path: Path, faults: list[str]) -> Any:
    """What the file holds; a key written twice, of which YAML would silently take the last, is a fault."""
    loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        faults.extend(
            f"{path.name}, line {line}: `{key}` is written twice; keep one" for line, key in _written_twice(node, set())
        )
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _written_twice(node: yaml.Node, seen: set[int]) -> Iterator[tuple[int, str]]:
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _written_twice(each, seen)
        return
    keys: set[str] = set()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in keys:
                yield key.start_mark.line + 1, key.value
            keys.add(key.value)
        yield from _written_twice(value, seen)


def _rows(file: str, content: list[Any], shape: type[T], faults: list[str]) -> Iterator[T]:
    for number, row in enumerate(content, start=1):
        try:
            value = msgspec.convert(row, type=shape)
        except msgspec.ValidationError as fault:
            faults.append(f"{file}, row {number}: {_advice(str(fault))}")
            continue
        known = msgspec.to_builtins(value)
        faults.extend(
            f"{file}, row {number}: remove or correct `{key}`, not a known name" for key in _extra(row, known)
        )
        yield value


def _advice(fault: str) -> str:
    hint = "; put it in quotes" if fault.startswith("Expected `str`, got `int`") else ""
    return f"{fault}{hint}"


def _extra(given: Any, known: Any, path: str = "") -> Iterator[str]:
    """Keys that were given and that no shape knows.

    >>> list(_extra({"a": 1, "b": [{"c": 2}]}, {"a": 1, "b": [{"d": 2}]}))
    ['b.c']
    """
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            name = f"{path}.{key}" if path else str(key)
            if key in known:
                yield from _extra(value, known[key], name)
            else:
                yield name
    elif isinstance(given, list) and isinstance(known, list):
        for one, other in zip(given, known, strict=True):
            yield from _extra(one, other, path)


# --- content --------------------------------------------------------------------------------------------------------


def _each_once(people: People) -> Iterator[str]:
    yield from _repeated("payers.yaml", "id", (p.id for p in people.payers))
    yield from _repeated("plans.yaml", "id", (p.id for p in people.plans))
    yield from _repeated("members.yaml", "id", (m.id for m in people.members))
    yield from _repeated("providers.yaml", "payer and NPI", (f"{p.payer_id} {p.npi}" for p in people.providers))
    yield from _repeated("gold-cards.yaml", "id", (g.id for g in people.gold_cards))
    yield from _repeated("reviewers.yaml", "payer and NPI", (f"{r.payer_id} {r.npi}" for r in people.reviewers))
    numbers = (f"{m.payer_id} {i.system}|{i.value}" for m in people.members for i in m.identifiers)
    yield from _repeated("members.yaml", "payer and identifier", numbers)


def _repeated(file: str, what: str, values: Iterable[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{file}: {what} `{value}` is used {count} times; give each row its own"


def _payers_known(people: People) -> Iterator[str]:
    known = {p.id for p in people.payers}
    tables: tuple[tuple[str, Iterable[str]], ...] = (
        ("plans.yaml", (p.payer_id for p in people.plans)),
        ("members.yaml", (m.payer_id for m in people.members)),
        ("providers.yaml", (p.payer_id for p in people.providers)),
        ("gold-cards.yaml", (g.payer_id for g in people.gold_cards)),
        ("history.yaml", (u.payer_id for u in people.history)),
        ("reviewers.yaml", (r.payer_id for r in people.reviewers)),
    )
    for file, payer_ids in tables:
        for number, payer_id in enumerate(payer_ids, start=1):
            if payer_id not in known:
                yield f"{file}, row {number}: payer `{payer_id}` is not in payers.yaml"


def _time_zones_known(people: People) -> Iterator[str]:
    for number, payer in enumerate(people.payers, start=1):
        try:
            ZoneInfo(payer.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            yield f"payers.yaml, row {number}: `{payer.time_zone}` is not an IANA time zone such as America/New_York"


def _plans_known(people: People) -> Iterator[str]:
    known = {(p.payer_id, p.id) for p in people.plans}
    for number, member in enumerate(people.members, start=1):
        for enrollment in member.enrollments:
            if (member.payer_id, enrollment.plan_id) not in known:
                yield f"members.yaml, row {number}: plan `{enrollment.plan_id}` is not a plan of {member.payer_id}"
    for number, provider in enumerate(people.providers, start=1):
        for plan_id in provider.networks:
            if (provider.payer_id, plan_id) not in known:
                yield f"providers.yaml, row {number}: plan `{plan_id}` is not a plan of {provider.payer_id}"


def _one_plan_at_a_time(people: People) -> Iterator[str]:
    for number, member in enumerate(people.members, start=1):
        if any(a.period.overlaps(b.period) for a, b in combinations(member.enrollments, 2)):
            yield f"members.yaml, row {number}: two enrollments overlap; end the first the day before the second starts"


def _npis_are_digits(people: People) -> Iterator[str]:
    for number, provider in enumerate(people.providers, start=1):
        if not (provider.npi.isascii() and provider.npi.isdigit()):
            yield f"providers.yaml, row {number}: `{provider.npi}` is not an NPI; write its digits only"


def _gold_cards_held(people: People) -> Iterator[str]:
    known = {(p.payer_id, p.npi) for p in people.providers}
    for number, card in enumerate(people.gold_cards, start=1):
        if (card.payer_id, card.npi) not in known:
            yield f"gold-cards.yaml, row {number}: `{card.npi}` is not a provider of {card.payer_id}"


def _history_of_members(people: People) -> Iterator[str]:
    known = {(m.payer_id, m.id) for m in people.members}
    for number, usage in enumerate(people.history, start=1):
        if (usage.payer_id, usage.member_id) not in known:
            yield f"history.yaml, row {number}: `{usage.member_id}` is not a member of {usage.payer_id}"


_CHECKS: tuple[Callable[[People], Iterator[str]], ...] = (
    _each_once,
    _payers_known,
    _time_zones_known,
    _plans_known,
    _one_plan_at_a_time,
    _npis_are_digits,
    _gold_cards_held,
    _history_of_members,
)

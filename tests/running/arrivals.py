"""What subscribers heard, held against what became of the cases: all of it, in order, nothing else, always the same."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass

import requests

from fhir_um.cases.model import NOTES
from fhir_um.subscribers.model import Delivery
from tests.running.moody import Heard
from tests.serving import actions_of


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscriber should hear: each version of a case after its first, with the action it tells."""

    actions: dict[tuple[str, int], str]

    @classmethod
    def of(cls, url: str, cases: list[str]) -> "Told":
        actions: dict[tuple[str, int], str] = {}
        for id in cases:
            for event in requests.get(f"{url}/um/v1/cases/{id}/events", timeout=20).json()["events"]:
                if event["version"] > 1 and event["kind"] not in NOTES:
                    actions[id, event["version"]] = "A1" if event["to"] == "approved" else "A4"
        return cls(actions)


def check_order(heard: list[Heard]) -> None:
    """Numbers from 1 without gaps, each first heard after the one before was accepted, and always as the same bytes."""
    bodies_of: defaultdict[int, set[bytes]] = defaultdict(set)
    accepted: set[int] = set()
    first: list[int] = []
    for one in heard:
        assert one.number == 0 or one.number - 1 in accepted, f"{one.number} came before {one.number - 1} was accepted"
        if one.number not in bodies_of:
            first.append(one.number)
        bodies_of[one.number].add(one.body)
        if one.accepted:
            accepted.add(one.number)
    assert first == list(range(len(first))), f"first heard in the order {first}"
    changed = {number for number, several in bodies_of.items() if len(several) != 1}
    assert not changed, f"not always the same bytes: {changed}"
    assert accepted == set(first), f"never accepted: {set(first) - accepted}"


def check_whole(heard: list[Heard], told: Told) -> None:
    """Full content: every version of every case once by number, none else, versions of a case in order."""
    by_number = {one.number: one for one in heard if one.number}
    versions: dict[tuple[str, int], str] = {}
    for _, one in sorted(by_number.items()):
        case, _, version = one.event["focus"].rpartition("/")[2].rpartition("-")
        entry = json.loads(one.body)["entry"][1]
        assert entry["fullUrl"] == one.event["focus"], one.event
        key = case, int(version)
        assert not any(known == case and later >= key[1] for known, later in versions), f"{key} came after {versions}"
        versions[key] = actions_of(entry["resource"])[1]
    assert versions == told.actions, f"not as it happened: {sorted(versions.items() ^ told.actions.items())}"


def check_named(heard: list[Heard], told: Told) -> None:
    """Ids only: as many events of each case as it has versions after its first."""
    by_number = {one.number: one.event["focus"].rpartition("/")[2] for one in heard if one.number}
    named, happened = Counter(by_number.values()), Counter(case for case, _ in told.actions)
    assert named == happened, f"lost {happened - named}, invented {named - happened}"


def check_none_taken_for_delivered(delivered: tuple[Delivery, ...], heard: list[Heard]) -> None:
    accepted = {one.number for one in heard if one.accepted}
    wrong = {delivery.event_number for delivery in delivered} - accepted
    assert not wrong, f"taken for delivered: {wrong}"

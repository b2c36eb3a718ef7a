"""One fault, one failing check: good sessions are spoiled in one way, and the check meant for it alone finds it."""

import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import Exchange, Session
from tests.fhir_um.conformance.pas.planted import NEWER, OLDER
from tests.fhir_um.conformance.pas.played import FEW, SUITES, failed, played
from tests.fhir_um.conformance.pas.spoiling import Spoil


@pytest.fixture(scope="module")
def sessions(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Session]:
    """One good session of each version."""

    def url(version: str) -> str:
        return f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp(version) / 'fhir-um.db')}"

    scenes = (*FEW, "must-support", "must-support-nameless", "denied-by-physician", "pended-and-cancelled")
    return {version: played(version, url(version), scenes).session for version in SUITES}


@pytest.mark.parametrize("version", sorted(SUITES))
def test_a_good_session_is_green(version: str, sessions: dict[str, Session]) -> None:
    assert failed(SUITES[version].checks, sessions[version]) == []
    assert sessions[version].broken_off == {}


FAULTS = [
    pytest.param(version, check, spoil, id=f"{version}-{check}-{what}".replace(" ", "-"))
    for version, rows in (("2.2.1", NEWER), ("2.0.1", OLDER))
    for check, what, spoil in rows
]


SAYING_ALL = {"must-support", "must-support-nameless", "pended-and-cancelled"}
"""Scenes in which everything is said that must be said somewhere."""


def spoiled_scenes(good: Session, spoiled: Session) -> Session:
    """The scenes the fault is in, beside those that say everything: what is as good as before was green before."""
    before, after = _by_scene(good), _by_scene(spoiled)
    kept = SAYING_ALL | {scene for scene in {*before, *after} if before.get(scene) != after.get(scene)}
    return replace(spoiled, exchanges=tuple(each for each in spoiled.exchanges if each.scene in kept))


def _by_scene(session: Session) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    for each in session.exchanges:
        found.setdefault(each.scene, []).append(each)
    return found


@pytest.mark.parametrize(("version", "check", "spoil"), FAULTS)
def test_a_fault_fails_the_check_meant_for_it_and_no_other(
    version: str, check: str, spoil: Spoil, sessions: dict[str, Session]
) -> None:
    good = sessions[version]

    assert failed(SUITES[version].checks, spoiled_scenes(good, spoil(good))) == [check]


JUNK: tuple[Any, ...] = (None, 5, "x", [], {}, [1], [None], {"a": 1}, True, [[]], {"resourceType": 5})


def junk(node: Any, chance: random.Random) -> Any:
    """The same with a few things in it that are of another kind."""
    if chance.random() < 0.02:
        return chance.choice(JUNK)
    if isinstance(node, dict):
        return {key: junk(one, chance) for key, one in node.items()}
    return [junk(one, chance) for one in node] if isinstance(node, list) else node


def test_no_check_stumbles_over_what_a_server_says(sessions: dict[str, Session]) -> None:
    """Without the profile checker, which has tests of its own, and each check alone, so that all look at all."""
    session, chance = sessions["2.2.1"], random.Random(7)
    exchanges = []
    for one in session.exchanges:
        if not isinstance(one.asked if one.came_in else one.answer, dict):
            continue
        body = msgspec.json.encode(junk(one.asked if one.came_in else one.answer, chance))
        exchanges.append(replace(one, sent=body) if one.came_in else replace(one, body=body))
    narrow = [one for one in SUITES["2.2.1"].checks if ".valid" not in one.id and "must-support" not in one.id]

    outcomes = judge([replace(one, rests_on=()) for one in narrow], replace(session, exchanges=tuple(exchanges)))

    assert len(exchanges) > 50
    assert sum(bool(one.found) for one in outcomes) > 30

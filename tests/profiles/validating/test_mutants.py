"""Messages with one fault each: every fault is told, at its place, and nothing that does not follow from it.

Source: `tools/mutants` makes them from the official examples and our own fixtures.
"""

import os
from functools import cache
from pathlib import Path

import pytest

from profiles.issues import Issue
from profiles.library import shipped_library
from profiles.reading import write_json
from profiles.validating.validator import Validator
from tests.packages import examples
from tools.mutants.changes import Mutant
from tools.mutants.judging import complaints
from tools.mutants.making import KINDS, mutants
from tools.mutants.sources import GUIDES, PACKAGES

LEAST_MUTANTS = 2000
MOST_ORIGINS = len(GUIDES) + 1


@cache
def made() -> dict[str, list[Mutant]]:
    """The mutants by kind; skips the test without packages."""
    examples("davinci_pas_2.2.1")
    found: dict[str, list[Mutant]] = {kind: [] for kind in KINDS}
    for mutant in mutants(Path(os.environ.get("FHIR_UM_IG_PACKAGES", PACKAGES))):
        found[mutant.kind].append(mutant)
    return found


@cache
def checker(guide: str) -> Validator:
    return Validator(shipped_library(), guide)


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_of_a_kind_is_told_and_nothing_else(kind: str) -> None:
    assert made()[kind]
    for mutant in made()[kind]:
        found = complaints(mutant, checker(mutant.guide).check(mutant.resource()))
        assert not found, f"{mutant.id} in {mutant.source} of {mutant.origin}: {found}"


def test_nothing_is_wrong_with_any_message_before_the_fault() -> None:
    intact = {id(mutant.intact): mutant for rows in made().values() for mutant in rows}
    for mutant in intact.values():
        errors = [issue for issue in checker(mutant.guide).check(mutant.intact) if issue.severity == "error"]
        assert not errors, f"{mutant.source} of {mutant.origin}: {errors}"


def test_there_are_many_from_everywhere_each_with_its_own_name() -> None:
    rows = [mutant for mine in made().values() for mutant in mine]
    assert len(rows) >= LEAST_MUTANTS
    assert len({mutant.origin for mutant in rows}) == MOST_ORIGINS
    assert len({mutant.id for mutant in rows}) == len(rows)


def test_a_fault_not_told_is_noticed_and_so_is_one_too_many() -> None:
    mutant = made()["rule-per-1"][0]
    told, other = mutant.change.expected[0], Issue("value", "Not so.", "Bundle.entry[99]")

    assert complaints(mutant, ()) == [f"missed: {told}"]
    assert complaints(mutant, [Issue(told.code, "", told.path, "warning", told.rule)]) == [f"missed: {told}"]
    noisy = complaints(mutant, [Issue(told.code, "", told.path, rule=told.rule), other])
    assert len(noisy) == 1 and noisy[0].startswith("noise: Bundle.entry[99]")


def test_a_mutant_is_not_the_message_it_was_made_from() -> None:
    for rows in made().values():
        assert all(write_json(mutant.resource()) != write_json(mutant.intact) for mutant in rows[:1])

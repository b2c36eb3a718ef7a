"""What one check remembers: faults and their limit, what could not be checked, and how places are told."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from profiles.suppressions import KnownDefects, Suppression
from profiles.validating.run import (
    MOST_FINDINGS,
    OURS,
    THE_REST,
    Place,
    Run,
    Source,
    TooManyFindings,
    environment_for,
    names_of,
    path_of,
)
from tests.profiles.definitions import URL, library, profile

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HERE: Place = ((None, "Bundle", -1), "entry", 2)


def run(*suppressions: Suppression) -> Run:
    return Run(environment_for(NOW), KnownDefects(suppressions, []))


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ((None, "Bundle", -1), "Bundle"),
        (HERE, "Bundle.entry[2]"),
        ((HERE, "resource", -1), "Bundle.entry[2].resource"),
        ((HERE, "_id", -1), "Bundle.entry[2]._id"),
        ((HERE, "a b", -1), "Bundle.entry[2].`a b`"),
        ((HERE, "", 0), "Bundle.entry[2].``[0]"),
        ((HERE, "x" * 64, -1), "Bundle.entry[2]." + "x" * 64),
        ((HERE, "x" * 65, -1), "Bundle.entry[2].`" + "x" * 64 + "`"),
    ],
)
def test_a_place_is_told_as_a_path(place: Place, path: str) -> None:
    assert path_of(place) == path


def test_the_names_of_a_place_begin_in_its_resource() -> None:
    inside: Place = (((HERE, "resource", -1), "item", 1), "quantity", -1)
    assert names_of(inside) == "item.quantity"


def test_the_walk_ends_when_nobody_would_read_more() -> None:
    held = run()
    for _ in range(MOST_FINDINGS):
        held.fault("value", "t", HERE, OURS)
    with pytest.raises(TooManyFindings):
        held.fault("value", "t", HERE, OURS)


def test_no_number_of_warnings_ends_the_walk_or_counts_as_errors() -> None:
    held = run()
    for _ in range(MOST_FINDINGS + 5):
        held.fault("value", "t", HERE, OURS, "warning")
    for _ in range(MOST_FINDINGS):
        held.fault("value", "t", HERE, OURS)
    assert Counter(row.severity for row in held.findings) == {"warning": MOST_FINDINGS, "error": MOST_FINDINGS}
    assert held.unchecked == {THE_REST: (HERE, 1)}
    with pytest.raises(TooManyFindings):
        held.fault("value", "t", HERE, OURS)


def test_a_known_defect_is_no_fault_and_counts_as_none() -> None:
    definition = library(profile("p", "Patient", {})).structure(f"{URL}p")
    source = Source("t-1", definition)
    held = run(
        Suppression("t-1", f"{URL}p|", "A reason.", ("a",)), Suppression("t-2", f"{URL}p|", "A.", left="warning")
    )
    for _ in range(MOST_FINDINGS + 5):
        held.fault("value", "t", HERE, source, about="a")
    held.fault("value", "t", HERE, source, about="b")
    held.fault("value", "t", HERE, Source("t-2", definition))
    assert [(row.source.rule, row.severity) for row in held.findings] == [("t-1", "error"), ("t-2", "warning")]


def test_what_cannot_be_checked_is_counted_at_its_first_place() -> None:
    held = run()
    for place in (HERE, (HERE, "x", -1), (HERE, "y", -1)):
        held.cannot_check("value set", "urn:x", place)
    assert held.unchecked == {("value set", "urn:x"): (HERE, 3)}


def test_a_trial_tells_its_errors_and_leaves_nothing() -> None:
    held = run()

    def check(value: object, place: Place, inner: Run) -> None:
        assert inner.is_trial
        inner.fault("value", "e", place, OURS)
        inner.fault("value", "w", place, OURS, "warning")
        inner.cannot_check("value set", "urn:x", place)

    held.fault("value", "before", HERE, OURS)
    assert [row.text for row in held.trial(check, None, HERE)] == ["e"]
    assert [row.text for row in held.findings] == ["before"] and not held.unchecked and not held.is_trial


def test_a_trial_of_something_wrong_throughout_ends_too() -> None:
    def check(value: object, place: Place, inner: Run) -> None:
        while True:
            inner.fault("value", "e", place, OURS)

    held = run()
    assert len(held.trial(check, None, HERE)) == MOST_FINDINGS + 1
    assert held.findings == [] and not held.is_trial

"""The thirty scenarios of utilization management: each is shown, or says what it waits for."""

import csv
from pathlib import Path

import pytest

from tests.houses import FIXTURES

ROOT = FIXTURES.parent
_TEXT = (FIXTURES / "golden-scenarios.csv").read_text("utf-8")
ROWS = list(csv.DictReader(line for line in _TEXT.splitlines() if not line.startswith("#")))


def test_there_are_thirty() -> None:
    assert [int(row["number"]) for row in ROWS] == list(range(1, 31))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["number"])
def test_a_scenario_is_shown_or_says_what_it_waits_for(row: dict[str, str]) -> None:
    shown = row["shown_by"].split()

    assert shown or row["waits_for"]
    for where in shown:
        kind, _, name = where.partition("/")
        path = FIXTURES / "stories" / name / "story.yaml" if kind == "stories" else ROOT / where
        assert path.is_file(), where
        assert kind == "stories" or "def test_" in Path(path).read_text("utf-8")

"""The table of stories: made from what the stories and the people say."""

import json
from pathlib import Path

import pytest

from tools.story_table import insured_by, lines_of_business, story_table, with_table


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the table of stories"):
        with_table("# Stories\n")


def test_a_row_tells_bases_people_and_examples() -> None:
    rows = {row.split("|")[1].strip(): row for row in story_table().splitlines()}

    assert rows["`denied-benefit`"] == (
        "| `denied-benefit` | 2.2.1, 2.0.1 | COMM | denied | A service the plan does not cover |"
    )
    assert "| 2.0.1 | COMM | approved, pended," in rows["`prior-authorization-2.0.1`"]


def test_people_count_by_the_plan_they_have_or_had_last(tmp_path: Path) -> None:
    changed_plans, child, nobody = "H1031-8009", "H1032-1606", "H9999-7001"
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"entry": [{"value": child}, {"value": [changed_plans, nobody]}]}))

    assert lines_of_business([file], insured_by()) == ("MCO", "COMM")

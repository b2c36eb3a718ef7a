"""One fault per file: each is refused, as what, and where; and the index tells them all."""

import re
from pathlib import Path

import pytest

from profiles.checking import check_request
from profiles.issues import Refusal
from profiles.reading import Limits, read_bundle
from profiles.strictness import Strictness
from tests.validators import validator_for

FOLDER = Path(__file__).parents[2] / "fixtures/broken"
LIMITS = Limits(max_bytes=30_000, max_depth=64, max_entries=100)
ROW = re.compile(r"\| (?P<file>\S+\.json) \| (?P<kind>[A-Z_]+) \| (?:`(?P<path>[^`]+)`|-) \| .+ \|")
ROWS = [row for line in (FOLDER / "README.md").read_text().splitlines() if (row := ROW.fullmatch(line))]


@pytest.mark.spec("pas:spec-12", "pas:spec-13", "pas:spec-14", "pas:spec-16", "pas:spec-22", "pas:spec-23")
@pytest.mark.spec("pas:spec-35")
@pytest.mark.parametrize("strictness", list(Strictness))
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"].removesuffix(".request.json"))
def test_each_broken_file_is_refused_as_the_index_says(row: re.Match[str], strictness: Strictness) -> None:
    body = (FOLDER / row["file"]).read_bytes()

    with pytest.raises(Refusal) as refused:
        check_request(
            read_bundle(body, LIMITS),
            "2.2.1",
            inquiry=row["file"].startswith("inquiry-"),
            validator=validator_for("2.2.1"),
            strictness=strictness,
        )

    assert refused.value.kind.name == row["kind"]
    errors = [issue for issue in refused.value.issues if issue.severity == "error"]
    assert (row["path"] or "") in {issue.path for issue in errors}
    assert all(issue.text and issue.code for issue in errors)


def test_index_lists_every_file_once() -> None:
    listed = [row["file"] for row in ROWS]
    present = {file.name for file in FOLDER.glob("*.json")} - {"good.request.json"}

    assert sorted(listed) == sorted(present)


@pytest.mark.parametrize("version", ["2.2.1", "2.0.1"])
@pytest.mark.parametrize("inquiry", [False, True])
def test_good_request_is_in_order(version: str, inquiry: bool) -> None:
    bundle = read_bundle((FOLDER / "good.request.json").read_bytes(), LIMITS)

    issues = check_request(bundle, version, inquiry, validator=validator_for(version))

    assert {issue.severity for issue in issues} <= {"information"}

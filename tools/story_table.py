"""Writes the index of stories into `fixtures/README.md`: `python -m tools.story_table`. Must not know any story."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from fhir_um.conformance import marks
from fhir_um.coverage.load import load_people
from fhir_um.coverage.model import Member
from fhir_um.stories.playing import Story, load_stories

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
_TABLE = re.compile(r"(<!-- stories: [^\n]*-->\n)(.*?)(<!-- end of stories -->)", re.DOTALL)
_HEAD = "| Story | Played on | Insured by | Example of | Title |\n|---|---|---|---|---|\n"
_SAYS_NOTHING = frozenset({marks.REVIEW, marks.TIDYING})
LINES_OF_BUSINESS = ("MA", "MCO", "QHP", "COMM", "ERISA")


def with_table(page: str) -> str:
    """The page with the stories there are now.

    Raises: ValueError when the page has no place for them.
    """
    if not _TABLE.search(page):
        raise ValueError("the page has no place for the table of stories")
    return _TABLE.sub(lambda found: f"{found[1]}{story_table()}{found[3]}", page)


def story_table() -> str:
    """A row for each story: its bases, the lines of business of its people, what its steps are examples of."""
    insured = insured_by()
    return _HEAD + "".join(_row(story, insured) for story in load_stories(FIXTURES / "stories"))


def insured_by() -> dict[str, str]:
    """Member number -> the line of business of the plan the member has, or had last."""
    people = load_people(FIXTURES / "people")
    business = {plan.id: plan.line_of_business for plan in people.plans}
    return {
        identifier.value: business[_plan_of(member)] for member in people.members for identifier in member.identifiers
    }


def _plan_of(member: Member) -> str:
    return max(member.enrollments, key=lambda one: one.period.start.isoformat() if one.period.start else "").plan_id


def lines_of_business(files: Iterable[Path], insured: dict[str, str]) -> tuple[str, ...]:
    """Of all people whose numbers stand in those files, in one order."""
    texts = [text for file in files for text in _texts(json.loads(file.read_text("utf-8")))]
    found = {insured[text] for text in texts if text in insured}
    return tuple(name for name in LINES_OF_BUSINESS if name in found)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)


def _row(story: Story, insured: dict[str, str]) -> str:
    files = {file for step in story.steps for version in story.versions if (file := story.file_of(step, version))}
    shown = dict.fromkeys(mark for step in story.steps for mark in step.marks if mark not in _SAYS_NOTHING)
    cells = (
        f"`{story.name}`",
        ", ".join(story.versions),
        ", ".join(lines_of_business(files, insured)),
        ", ".join(shown),
        story.title,
    )
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Rewrites the page."""
    page = FIXTURES / "README.md"
    page.write_text(with_table(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

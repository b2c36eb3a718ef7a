"""Writes `docs/conformance-crd.md` from the spec marks of the tests: `python -m tools.conformance_crd`.

Must not judge: a line of the checklist has the tests that carry its number, or says why it has none.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from tools.traceability.guides import ROOT
from tools.traceability.markdown import links, table
from tools.traceability.proofs import proofs

CHECKLIST = ROOT / "docs" / "checklist-crd.csv"
PAGE = ROOT / "docs" / "conformance-crd.md"
CHECK = "crd-check:"

_HEAD = """# Conformance to CRD and CDS Hooks

Made by `make docs` from the marks `@pytest.mark.spec("crd-check:N")` in the tests; do not edit by hand. What a hook
service must do under CRD 2.2 and 2.0.1, CDS Hooks, and by what clients in use need, as 126 lines in our own short words
(the guides' text decides), with the guide's requirement ids where it has any, and the tests that carry each line's
number. A test proves what it says; it need not prove the whole line.
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One line: its number, the requirements it comes from, what must hold, and why it is not tested here, if so."""

    number: int
    requirements: tuple[str, ...]
    words: str
    standing: str


def checklist(path: Path = CHECKLIST) -> tuple[Check, ...]:
    """Every line, in order."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Check(int(row["id"].removeprefix(CHECK)), tuple(row["requirements"].split()), row["words"], row["standing"])
            for row in csv.DictReader(file)
        )


def page() -> str:
    """The whole document as it should be now."""
    lines, by_number = checklist(), proofs(CHECK)
    proven = sum(str(line.number) in by_number for line in lines)
    apart = [line for line in lines if line.standing]
    rows = (
        (str(line.number), line.words, " ".join(line.requirements), links(by_number.get(str(line.number), [])))
        for line in lines
    )
    parts = [
        _HEAD,
        f"{len(lines)} lines: {proven} with tests, {len(apart)} with a part that is not tested here.\n",
        table(("Line", "In short", "Requirements", "Tests"), rows),
        "## What is not tested here, and why\n",
        table(("Line", "In short", "Why"), ((str(line.number), line.words, line.standing) for line in apart)),
    ]
    return "\n".join(parts)


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()

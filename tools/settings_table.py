"""Writes the settings table into `docs/running.md`: `python -m tools.settings_table`. Must not know any setting."""

import re
from pathlib import Path

from fhir_um.settings import settings_table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "running.md"
_TABLE = re.compile(r"(<!-- settings: [^\n]*-->\n)(.*?)(<!-- end of settings -->)", re.DOTALL)


def with_table(page: str) -> str:
    """The page with its table as the program has it now.

    Raises: ValueError when the page has no place for one.
    """
    if not _TABLE.search(page):
        raise ValueError("the page has no place for the settings table")
    return _TABLE.sub(lambda found: f"{found[1]}{settings_table()}{found[3]}", page)


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

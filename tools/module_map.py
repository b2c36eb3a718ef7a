"""Writes the list of modules into `docs/house.md`: `python -m tools.module_map`. Must not know any module."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "house.md"
PACKAGES = ("fhir_um", "cds_hooks", "profiles", "bench", "tools")
_LIST = re.compile(r"(<!-- modules: [^\n]*-->\n)(.*?)(<!-- end of modules -->)", re.DOTALL)
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+(?=[A-Z`])|\n\n")


def with_map(page: str) -> str:
    """The page with its list as the tree is now.

    Raises: ValueError when the page has no place for one.
    """
    if not _LIST.search(page):
        raise ValueError("the page has no place for the list of modules")
    return _LIST.sub(lambda found: f"{found[1]}{module_map()}{found[3]}", page)


def module_map() -> str:
    """One table per room: every module and the first sentence of its docstring."""
    rooms: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name != "__init__.py" and "migrations" not in path.parts:
                room = path.parent.relative_to(ROOT).as_posix()
                rooms.setdefault(room, []).append(f"| `{path.stem}` | {_first_sentence(path)} |")
    return "".join(
        f"\n`{room}`\n\n| Module | What it is |\n|---|---|\n" + "\n".join(rows) + "\n" for room, rows in rooms.items()
    )


def _first_sentence(path: Path) -> str:
    told = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(_SENTENCE_ENDS.split(told)[0].split()).replace("|", "\\|")


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(with_map(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()

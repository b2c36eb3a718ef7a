"""Writes `docs/conformance.md` from the spec marks of the tests: `python -m tools.conformance`.

Must not judge: a requirement has the tests that carry its id, or none.
"""

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "docs" / "requirements-pas.csv"
PAGE = ROOT / "docs" / "conformance.md"
_GUIDE = "pas:"

_HEAD = """# Conformance to PAS

Made by `make docs` from the marks `@pytest.mark.spec("pas:ID")` in the tests; do not edit by hand. Every SHALL of PAS
2.2.1 that concerns a payer's system, by its number in the guide, in our own short words (the guide's text decides),
with the tests that carry its number. A test proves what it says; it need not prove the whole sentence.
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One numbered sentence of the guide; `standing` says why it is not ours, or not yet."""

    id: str
    strength: str
    words: str
    standing: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One test and the file it stands in, relative to the root."""

    file: str
    test: str


def requirements() -> tuple[Requirement, ...]:
    """The payer-side SHALLs, in the order of the file."""
    with REQUIREMENTS.open(encoding="utf-8", newline="") as file:
        return tuple(Requirement(**row) for row in csv.DictReader(file))


def proofs(guide: str = _GUIDE) -> dict[str, list[Proof]]:
    """Requirement id of that guide (`pas:`), without the guide -> the tests that carry it."""
    found: dict[str, list[Proof]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test, requirement in _marked(ast.parse(path.read_text("utf-8")), guide):
            found.setdefault(requirement, []).append(Proof(path.relative_to(ROOT).as_posix(), test))
    return found


def page() -> str:
    """The whole document as it should be now."""
    known, by_id = requirements(), proofs()
    proven = [r for r in known if r.id in by_id]
    open_ones = [r for r in known if r.id not in by_id and not r.standing]
    apart = [r for r in known if r.id not in by_id and r.standing]
    others = sorted(set(by_id) - {r.id for r in known}, key=_by_number)
    count = (
        f"{len(known)} requirements: {len(proven)} with tests, {len(open_ones)} without, "
        f"{len(apart)} not ours or not yet."
    )
    parts = [
        _HEAD,
        count + "\n",
        "## With tests\n",
        table(("Requirement", "In short", "Tests"), ((_name(r), r.words, links(by_id[r.id])) for r in proven)),
        "## Without a test\n",
        table(("Requirement", "In short"), ((_name(r), r.words) for r in open_ones)),
        "## Not ours, or not yet\n",
        table(("Requirement", "In short", "Why"), ((_name(r), r.words, r.standing) for r in apart)),
        "## Other requirements with tests\n\nSHOULD and MAY, and duties of the sender that we check.\n",
        table(("Requirement", "Tests"), ((id_, links(by_id[id_])) for id_ in others)),
    ]
    return "\n".join(parts)


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(page(), "utf-8")


def _marked(module: ast.Module, guide: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield from ((node.name, requirement) for mark in node.decorator_list for requirement in _ids(mark, guide))


def _ids(mark: ast.expr, guide: str) -> Iterator[str]:
    """The guide's ids in a decorator `pytest.mark.spec("pas:...")`; any other decorator has none."""
    if not (isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "spec"):
        return
    for argument in mark.args:
        if isinstance(argument, ast.Constant) and str(argument.value).startswith(guide):
            yield str(argument.value).removeprefix(guide)


def _by_number(requirement: str) -> tuple[str, int]:
    kind, _, number = requirement.rpartition("-")
    return kind, int(number) if number.isdigit() else 0


def _name(requirement: Requirement) -> str:
    return f"{requirement.id} ({requirement.strength})"


def links(tests: list[Proof]) -> str:
    """The tests as links of one table cell."""
    return "<br>".join(f"[{proof.test.removeprefix('test_').replace('_', ' ')}](../{proof.file})" for proof in tests)


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()

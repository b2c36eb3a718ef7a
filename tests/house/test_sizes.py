"""Sizes stay where a reader can hold them: files under 400 lines, functions under 50."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def sources() -> list[Path]:
    found = [p for part in ("fhir_um", "profiles", "cds_hooks", "tools", "bench") for p in (ROOT / part).rglob("*.py")]
    return [p for p in found if "versions" not in p.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_are_short_enough() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in sources()}

    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short_enough() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in sources()
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]

    assert long == []


@pytest.mark.parametrize("path", sorted((ROOT / "fhir_um/api").glob("*.py")), ids=lambda p: p.name)
def test_handlers_are_thin(path: Path) -> None:
    """Read, one use case, write: at most 15 lines of code, the docstring apart."""
    handlers = [f for f in functions(path) if f.args.args and f.args.args[0].arg.lstrip("_") == "asked"]
    fat = [f.name for f in handlers if (f.end_lineno or 0) - f.body[1 if ast.get_docstring(f) else 0].lineno >= 15]

    assert fat == []

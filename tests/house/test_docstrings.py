"""Every module says what it is, every public function and class what its name cannot; `__init__` files hold no code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    p
    for part in ("fhir_um", "profiles", "cds_hooks", "tools", "bench")
    for p in (ROOT / part).rglob("*.py")
    if "migrations" not in p.parts
)
INITS = [p for p in SOURCES if p.name == "__init__.py"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_module_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_public_names_have_docstrings(path: Path) -> None:
    bare = [
        node.name
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert bare == []


@pytest.mark.parametrize("path", INITS, ids=name)
def test_init_holds_a_docstring_and_nothing_else(path: Path) -> None:
    module = ast.parse(path.read_text("utf-8"))

    assert len(module.body) == 1
    assert ast.get_docstring(module)


def test_no_init_under_tests() -> None:
    """They would shadow the packages of the same name (pytest importlib mode)."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []

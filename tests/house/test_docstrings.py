"""Every module says what it is, every public function and class what its name cannot; `__init__` files hold no code."""

import ast
from pathlib import Path

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


def module(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_every_module_has_a_docstring() -> None:
    assert [name(path) for path in SOURCES if not ast.get_docstring(module(path))] == []


def test_public_names_have_docstrings() -> None:
    bare = [
        f"{name(path)}: {node.name}"
        for path in SOURCES
        for node in module(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert bare == []


def test_init_files_hold_a_docstring_and_nothing_else() -> None:
    more = [name(path) for path in INITS if len(module(path).body) != 1 or not ast.get_docstring(module(path))]

    assert more == []


def test_no_init_under_tests() -> None:
    """They would shadow the packages of the same name (pytest importlib mode)."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []

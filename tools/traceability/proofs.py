"""Which tests carry which ids in their marks `@pytest.mark.spec("pas:spec-33")`. Must not judge what a test proves."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tools.traceability.guides import ROOT


@dataclass(frozen=True, slots=True)
class Proof:
    """One test and the file it stands in, relative to the root."""

    file: str
    test: str


@cache
def marked() -> dict[str, list[Proof]]:
    """Every id with its prefix (`pas:spec-33`) -> the tests that carry it."""
    found: dict[str, list[Proof]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "mark.spec" in text:
            for test, requirement in marks_of(ast.parse(text)):
                found.setdefault(requirement, []).append(Proof(path.relative_to(ROOT).as_posix(), test))
    return found


def proofs(prefix: str) -> dict[str, list[Proof]]:
    """Requirement id of that prefix (`pas:`), without it -> the tests that carry it."""
    return {name.removeprefix(prefix): tests for name, tests in marked().items() if name.startswith(prefix)}


def marks_of(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Each test of a module with each id it carries, by itself or by its module."""
    everywhere = list(_of_module(module))
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [*node.decorator_list, *everywhere]
            yield from ((node.name, requirement) for mark in marks for requirement in _ids(mark))


def _of_module(module: ast.Module) -> Iterator[ast.expr]:
    """What `pytestmark` says of every test of a module."""
    for node in module.body:
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == ["pytestmark"]:
            yield from node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else (node.value,)


def _ids(mark: ast.expr) -> Iterator[str]:
    """The ids in a decorator `pytest.mark.spec("pas:...")`; any other decorator has none."""
    if not (isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "spec"):
        return
    for argument in mark.args:
        if isinstance(argument, ast.Constant):
            yield str(argument.value)

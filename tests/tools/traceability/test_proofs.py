"""Marks are read from the text of tests, wherever pytest takes them from."""

import ast

from tools.traceability.markdown import SHOWN_AT_MOST, few_links, table
from tools.traceability.proofs import Proof, marks_of

MODULE = """
pytestmark = [pytest.mark.spec("pas:all"), pytest.mark.slow]


@pytest.mark.spec("pas:one", "crd:two")
@pytest.mark.parametrize("x", [1])
@pytest.mark.spec("pas:three")
def test_marked(x): ...


class TestInside:
    @pytest.mark.spec("hrex:four")
    def test_inside(self): ...


@pytest.mark.spec("pas:five")
def no_test(): ...
"""


def test_marks_of_functions_methods_and_modules_are_found() -> None:
    assert set(marks_of(ast.parse(MODULE))) == {
        ("test_marked", "pas:one"),
        ("test_marked", "crd:two"),
        ("test_marked", "pas:three"),
        ("test_marked", "pas:all"),
        ("test_inside", "hrex:four"),
        ("test_inside", "pas:all"),
    }


def test_a_module_may_have_one_mark() -> None:
    module = ast.parse('pytestmark = pytest.mark.spec("pas:all")\ndef test_it(): ...')

    assert list(marks_of(module)) == [("test_it", "pas:all")]


def test_of_many_tests_some_of_every_file_are_linked() -> None:
    many = [Proof("tests/a.py", f"test_a_{n}") for n in range(SHOWN_AT_MOST)] + [Proof("tests/b.py", "test_b")]

    told = few_links(many)

    assert told.startswith("[a 0](../tests/a.py)<br>[b](../tests/b.py)<br>[a 1]")
    assert told.endswith("<br>and 1 more")


def test_a_table_has_a_head_and_rows() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"

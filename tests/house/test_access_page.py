"""The page of who may do what is what the program makes of it now."""

from tools.access_matrix import PAGE, written


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == written(), "run: python -m tools.access_matrix"

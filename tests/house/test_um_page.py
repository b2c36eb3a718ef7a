"""The page about the UM core has its tables as the program has them, and names only what is there."""

import re

from fhir_um.__main__ import VERBS
from fhir_um.api.routes import ROUTES
from tools.um_page import PAGE, with_tables

TEXT = PAGE.read_text("utf-8")


def test_its_tables_are_current() -> None:
    assert with_tables(TEXT) == TEXT, "run: python -m tools.um_page"


def test_the_commands_it_names_are_there() -> None:
    assert set(re.findall(r"`fhir-um ([a-z-]+)", TEXT)) <= set(VERBS)


def test_what_can_be_begun_and_taken_further_is_told() -> None:
    begun = {found[1] for route in ROUTES if (found := re.fullmatch(r".*<case_id>/([a-z-]+)/<\w+>/steps", route.path))}

    assert {name for name in begun if f"`{name}`" not in TEXT} == set()

"""The invented people of the fixtures, read once in a test process: reading them takes longer than keeping them."""

from functools import cache

from fhir_um.commands.seed import PEOPLE
from fhir_um.coverage.load import People, load_people


@cache
def people() -> People:
    """Everybody in `fixtures/people`."""
    return load_people(PEOPLE)

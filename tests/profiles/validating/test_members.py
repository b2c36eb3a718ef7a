"""What several definitions say together about one element."""

from profiles.library import Definition, Element
from profiles.validating.members import children_of, element_at, least_of, merge, most_of
from tests.profiles.definitions import GUIDE, URL, Facts, library, profile


def definitions(**rows: Facts) -> list[Definition]:
    """Observation itself, and a profile for each row about its `value[x]`."""
    held = library(*(profile(name, "Observation", {"value[x]": facts}) for name, facts in rows.items()))
    found = [held.type("Observation"), *(held.structure(f"{URL}{name}", GUIDE) for name in rows)]
    return [row for row in found if row is not None]


def values(**rows: Facts) -> tuple[Element, ...]:
    return children_of(tuple(row.root for row in definitions(**rows)))["value[x]"]


def test_the_base_says_how_it_is_written_and_profiles_what_is_left_of_it() -> None:
    merged = merge(
        "value[x]", values(p={"min": 1, "types": {"Quantity": {}, "string": {}}}, q={"types": {"string": {}}})
    )
    assert merged is not None and merged.is_choice and not merged.many and merged.stem == "value"
    assert merged.ways.types["valueString"] == "string"
    assert "string" not in merged.forbidden
    source = merged.forbidden["Quantity"].definition
    assert source is not None and source.url == f"{URL}q"
    assert len(merged.forbidden) == len(merged.ways.types) - 1


def test_what_no_type_has_is_no_element() -> None:
    held = library(profile("p", "Observation", {"stranger": {"min": 1}}))
    found = held.structure(f"{URL}p")
    assert found is not None and merge("stranger", children_of((found.root,))["stranger"]) is None


def test_the_narrowest_bounds_win_and_say_whose_they_are() -> None:
    nodes = values(p={"min": 1, "max": "5"}, q={"min": 2}, r={"max": "3"}, s={"min": 0, "max": "*"})
    least, most = least_of(nodes), most_of(nodes[1:])
    assert (least.number, most.number) == (2, 3)
    assert least.source.definition is not None and least.source.definition.url == f"{URL}q"
    assert most.source.definition is not None and most.source.definition.url == f"{URL}r"
    assert (least_of(()).number, most_of(()).number) == (0, None)


def test_an_element_is_found_by_its_path() -> None:
    (observation,) = definitions()
    found = element_at(observation, "Observation.component.code")
    assert found is not None and found.path == "Observation.component.code"
    assert element_at(observation, "Observation") is observation.root
    assert element_at(observation, "Observation.nothing.code") is None

"""Evidence joined, taken away and told from where it stands."""

from fhir_um.cases.evidence import Answer, Condition, Evidence

ONE = Evidence(answers=(Answer("a", "", "1", True, None), Answer("a#2", "", "2", "x", None)))
OTHER = Evidence(answers=(Answer("b", "", "1", False, None),), conditions=(Condition("c", (), "active", None),))


def test_beside_keeps_the_order() -> None:
    both = ONE.beside(OTHER)

    assert [row.ref for row in both.answers] == ["a", "a#2", "b"]
    assert both.conditions == OTHER.conditions
    assert ONE.beside(Evidence()) == ONE == Evidence().beside(ONE)


def test_without_an_address_everything_of_it_is_gone() -> None:
    assert ONE.beside(OTHER).without(frozenset({"a"})) == OTHER
    assert ONE.without(frozenset()) is ONE


def test_at_another_address_places_inside_stay() -> None:
    assert [row.ref for row in ONE.at("attachment:1").answers] == ["attachment:1", "attachment:1#2"]

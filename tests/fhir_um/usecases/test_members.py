"""Who the patient is: identifiers propose, name and birth date must agree, and of several nobody is guessed."""

from dataclasses import replace
from datetime import date

import pytest

from fhir_um.cases.inquiry import Inquiry
from fhir_um.coverage.model import Enrollment, Member
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Identifier, Period
from tests.fhir_um.usecases.asking import CLINIC, a_caller, ask, found_by, insurer, member_with, sent

CARD = Identifier("https://harbor.example.test/member-number", "FAMILY-1", "MB")


def _person(member_id: str, given: str, born: date, *identifiers: Identifier) -> Member:
    enrolled = (Enrollment("harbor-comm", Period(date(2020, 1, 1))),)
    return Member(member_id, "harbor", "Ortega-Núñez", given, born, "female", identifiers or (CARD,), enrolled)


@pytest.fixture
def family(lite):
    """A mother, her twins and an older child, all on one card."""
    people = (
        _person("mother", "Lucía", date(1985, 2, 3)),
        _person("twin-a", "Ana", date(2015, 6, 1)),
        _person("twin-b", "Berta", date(2015, 6, 1)),
        _person("child", "Carla", date(2012, 1, 9)),
    )
    with lite.open_work() as work:
        work.save_members(people)
    return lite


def _claimed(given: str, born: date | None, family: str = "ORTEGA NUNEZ"):
    return replace(ask().member, identifiers=(CARD,), family=family, given=given, birth_date=born)


@pytest.mark.parametrize(
    ("given", "born", "who"),
    [
        ("LUCIA", date(1985, 2, 3), "mother"),
        ("", date(2012, 1, 9), "child"),
        ("ana", date(2015, 6, 1), "twin-a"),
        ("Berta", date(2015, 6, 1), "twin-b"),
    ],
)
def test_people_on_one_card_are_told_apart(family, given, born, who) -> None:
    case = submit_claim(family, a_caller(), sent(ask(member=_claimed(given, born), coverage=None)))

    assert case.member_id == who
    assert case.errors == ()


@pytest.mark.parametrize(
    ("given", "born", "code"),
    [
        ("", date(2015, 6, 1), "68"),
        ("Dora", date(2015, 6, 1), "68"),
        ("Ana", date(1999, 1, 1), "71"),
        ("Ana", None, ""),
    ],
)
def test_nobody_is_guessed(family, given, born, code) -> None:
    case = submit_claim(family, a_caller(), sent(ask(member=_claimed(given, born), coverage=None)))

    assert [error.code for error in case.errors] == [code] * bool(code)
    assert bool(case.member_id) is not bool(code)


def test_a_dependent_is_not_taken_for_the_subscriber(lite) -> None:
    dependent = replace(ask().member, identifiers=(), family="Whitfield", given="Tim", birth_date=date(2014, 1, 1))
    relying = replace(ask().coverage, subscriber_id="H1001-6103")

    case = submit_claim(lite, a_caller(), sent(ask(member=dependent, coverage=relying)))

    assert [error.code for error in case.errors] == ["77"]
    assert case.member_id == ""


def test_a_dependent_with_a_number_of_their_own_is_found_beside_the_subscriber(lite) -> None:
    with lite.open_work() as work:
        work.save_members((_person("child", "Carla", date(2012, 1, 9)),))
    relying = replace(ask().coverage, identifiers=(Identifier(CARD.system, "H1001-6103"),), subscriber_id="H1001-6103")

    case = submit_claim(lite, a_caller(), sent(ask(member=_claimed("Carla", date(2012, 1, 9)), coverage=relying)))

    assert (case.member_id, case.errors) == ("child", ())


def test_the_subscriber_is_found_by_the_number_on_the_coverage(lite) -> None:
    nameless = replace(ask().member, identifiers=())
    relying = replace(ask().coverage, subscriber_id="H1001-6103")

    case = submit_claim(lite, a_caller(), sent(ask(member=nameless, coverage=relying)))

    assert (case.member_id, case.errors) == ("harbor-1001", ())


@pytest.mark.parametrize("family_name", ["WHITFIELD", "Whitfield Jr.", "Whít-field"])
def test_a_spelling_is_not_another_person(lite, family_name) -> None:
    claimed = member_with("H1001-6103", family_name)

    assert submit_claim(lite, a_caller(), sent(ask(member=claimed))).errors == ()


def test_an_inquiry_finds_the_same_person(family) -> None:
    opened = submit_claim(family, a_caller(), sent(ask(member=_claimed("Ana", date(2015, 6, 1)), coverage=None)))
    payer = insurer("1234567893")

    def found(given: str) -> list[str]:
        asked = Inquiry(payer, CLINIC, (CLINIC,), frozenset(), _claimed(given, date(2015, 6, 1)), None)
        return [case.id for case, _ in found_by(family, a_caller(), asked)]

    assert found("Ana") == [opened.id]
    assert found("Berta") == found("") == []

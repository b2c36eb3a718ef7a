"""Who may rule that day: licences by state and day, attestations, and what may be put on file."""

from dataclasses import replace
from datetime import date

import pytest

from fhir_um.cases.credentials import Credential, LicenceHeld, attests_too_long, faults_in
from fhir_um.cases.model import PayerId
from fhir_um.words import Period

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
MARYLAND = LicenceHeld("MD", "D1", YEAR)
DELAWARE = LicenceHeld("DE", "C1", Period(date(2020, 1, 1), date(2026, 6, 30)))
FALK = Credential(PayerId("harbor"), "1910200405", "Irene Falk", "MD", ("imaging",), (DELAWARE, MARYLAND), YEAR)


@pytest.mark.parametrize(
    ("day", "state", "found"),
    [
        (date(2026, 3, 2), "MD", MARYLAND),
        (date(2026, 3, 2), "DE", DELAWARE),
        (date(2026, 3, 2), "TX", DELAWARE),
        (date(2026, 3, 2), "", DELAWARE),
        (date(2026, 6, 30), "DE", DELAWARE),
        (date(2026, 7, 1), "DE", MARYLAND),
        (date(2026, 12, 31), "", MARYLAND),
        (date(2027, 1, 1), "MD", None),
        (date(2019, 12, 31), "DE", None),
    ],
)
def test_the_licence_of_that_state_else_any_that_is_valid_that_day(day: date, state: str, found: object) -> None:
    assert FALK.valid_licence(day, state) == found


@pytest.mark.parametrize(
    ("attested", "holds"),
    [
        (YEAR, True),
        (Period(date(2026, 3, 2), date(2026, 3, 2)), True),
        (Period(date(2026, 3, 3), date(2026, 12, 31)), False),
        (Period(date(2025, 1, 1), date(2026, 3, 1)), False),
        (Period(), False),
        (Period(start=date(2026, 1, 1)), False),
        (Period(end=date(2026, 12, 31)), False),
    ],
)
def test_an_attestation_counts_from_its_first_to_its_last_day(attested: Period, holds: bool) -> None:
    assert replace(FALK, attested=attested).attested_on(date(2026, 3, 2)) is holds


def test_a_pharmacist_is_no_physician() -> None:
    assert FALK.is_physician
    assert not replace(FALK, kind="PharmD").is_physician


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"npi": "191014014"}, "ten digits"),
        ({"npi": "１９１０１４０１４８"}, "ten digits"),
        ({"name": " "}, "name them"),
        ({"kind": ""}, "what they are"),
        ({"licences": ()}, "at least one licence"),
        ({"licences": (replace(MARYLAND, state="Maryland"),)}, "licence 1: the state"),
        ({"licences": (MARYLAND, replace(MARYLAND, number=""))}, "licence 2: give its number"),
        ({"licences": (replace(MARYLAND, period=Period(date(2026, 1, 1))),)}, "licence 1: give the first and the last"),
        ({"attested": Period(date(2026, 2, 1), date(2026, 1, 1))}, "first and a last day"),
        ({"attested": Period(start=date(2026, 1, 1))}, "first and a last day"),
    ],
)
def test_what_may_not_be_put_on_file_is_told(changes: dict[str, object], told: str) -> None:
    (fault,) = faults_in(replace(FALK, **changes))

    assert told in fault


def test_every_fault_is_told_at_once() -> None:
    wrong = replace(FALK, npi="1", name="", licences=(LicenceHeld("x", "", Period()),))

    assert len(faults_in(wrong)) == 5
    assert faults_in(FALK) == ()


def test_one_attests_for_a_year_and_no_longer() -> None:
    assert not attests_too_long(Period(date(2028, 1, 1), date(2028, 12, 31)))
    assert attests_too_long(Period(date(2026, 1, 1), date(2027, 1, 2)))
    assert not attests_too_long(Period())

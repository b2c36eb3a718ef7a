"""Which authorization a claim line may be paid under, and every way in which none may."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.auth_matching import SENTENCES, Billed, Hindrance, match
from fhir_um.cases.ledger import Authorization, Use
from fhir_um.cases.model import CaseId, LineState, PayerId
from fhir_um.words import Code, Concept, Period, Quantity
from tests.builders import AT, HCPCS

CODE = Code(HCPCS, "97110")
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
CLINIC, STRANGER = "1999999992", "1910030034"
VISITS = Authorization(
    payer_id=PayerId("harbor"),
    case_id=CaseId("case-1"),
    sequence=1,
    version=1,
    member_id="harbor-1001",
    number="A1",
    state=LineState.APPROVED,
    service=Concept((CODE,)),
    modifiers=(Concept((Code("urn:m", "GP"),)),),
    period=MARCH,
    opening=Quantity(Decimal(4), "visits"),
    npis=frozenset({CLINIC}),
    settings=(Code("urn:place", "11"),),
)
DAY = date(2026, 3, 10)
BILLED = Billed(CODE, Period(DAY, DAY), Decimal(1), CLINIC, ("GP", "59"), "11")


def used(units: int) -> Authorization:
    return replace(VISITS, uses=(Use("c", "A1", DAY, Decimal(units), CLINIC, AT, "claims"),))


def on(*days: date) -> Period:
    return Period(days[0], days[-1])


@pytest.mark.parametrize(
    ("authorization", "billed", "hindrance"),
    [
        (VISITS, replace(BILLED, code=Code(HCPCS, "97112")), "other-code"),
        (replace(VISITS, state=LineState.VOIDED), BILLED, "voided"),
        (replace(VISITS, state=LineState.CANCELLED), BILLED, "cancelled"),
        (replace(VISITS, state=LineState.WITHDRAWN), BILLED, "cancelled"),
        (replace(VISITS, state=LineState.DENIED_CLINICAL), BILLED, "denied"),
        (replace(VISITS, state=LineState.DENIED_ADMINISTRATIVE), BILLED, "denied"),
        (replace(VISITS, state=LineState.DISMISSED), BILLED, "denied"),
        (replace(VISITS, state=LineState.NO_ACTION), BILLED, "not-needed"),
        (replace(VISITS, state=LineState.NURSE_REVIEW, number=""), BILLED, "pending"),
        (replace(VISITS, state=LineState.PENDED_INFO), BILLED, "pending"),
        (VISITS, replace(BILLED, period=on(date(2026, 4, 1))), "expired"),
        (VISITS, replace(BILLED, period=on(DAY, date(2026, 4, 1))), "expired"),
        (VISITS, replace(BILLED, period=on(date(2026, 2, 28))), "not-yet"),
        (used(4), BILLED, "exhausted"),
        (used(3), replace(BILLED, units=Decimal(2)), "not-enough-units"),
        (VISITS, replace(BILLED, npi=STRANGER), "other-provider"),
        (VISITS, replace(BILLED, modifiers=("59",)), "other-modifier"),
        (VISITS, replace(BILLED, setting="22"), "other-setting"),
    ],
)
def test_one_thing_in_the_way_is_told_by_its_word(authorization: Authorization, billed: Billed, hindrance: str) -> None:
    found = match(billed, (authorization,))

    assert found.fitting == ()
    assert [one.hindrances for one in found.near] == [(hindrance,)]
    assert hindrance in found.hindrances


@pytest.mark.parametrize(
    "billed",
    [
        BILLED,
        replace(BILLED, units=Decimal(4)),
        replace(BILLED, npi="", modifiers=(), setting=""),
        replace(BILLED, code=Code("", "97110")),
        replace(BILLED, period=MARCH),
    ],
)
def test_what_is_not_said_is_not_held_against_it(billed: Billed) -> None:
    found = match(billed, (VISITS,))

    assert [one.authorization for one in found.fitting] == [VISITS]
    assert found.hindrances == ()


def test_an_authorization_that_says_nothing_of_it_is_for_any_provider_and_place() -> None:
    wide = replace(VISITS, npis=frozenset(), settings=(), modifiers=(), period=Period())

    assert match(replace(BILLED, npi=STRANGER, setting="22"), (wide,)).fitting


def test_several_that_fit_are_told_with_the_one_to_use_first() -> None:
    april = replace(VISITS, number="A2", sequence=2, period=Period(date(2026, 3, 1), date(2026, 4, 30)))
    anybodys = replace(VISITS, number="A3", sequence=3, npis=frozenset(), period=Period(DAY, DAY))
    started = replace(used(3), number="A0", sequence=4)

    found = match(BILLED, (april, anybodys, VISITS, started))

    assert [one.authorization.number for one in found.fitting] == ["A0", "A1", "A2", "A3"]
    assert found.hindrances == (Hindrance.OVERLAPPING,)


def test_what_comes_nearest_is_told_first() -> None:
    far = replace(
        VISITS, number="A2", sequence=2, period=Period(date(2025, 1, 1), date(2025, 1, 2)), npis=frozenset({"0"})
    )

    found = match(replace(BILLED, units=Decimal(9)), (far, VISITS))

    assert [one.authorization.number for one in found.near] == ["A1", "A2"]
    assert found.hindrances == (Hindrance.NOT_ENOUGH_UNITS,)


def test_nothing_at_all_is_told_as_such() -> None:
    assert match(BILLED, ()).hindrances == (Hindrance.NONE_FOUND,)


def test_every_word_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Hindrance)


_some = st.builds(
    replace,
    st.just(VISITS),
    sequence=st.integers(1, 3),
    state=st.sampled_from(LineState),
    opening=st.integers(1, 4).map(lambda units: Quantity(Decimal(units))),
    npis=st.sampled_from([frozenset(), frozenset({CLINIC}), frozenset({STRANGER})]),
    period=st.sampled_from([Period(), MARCH, Period(date(2026, 3, 11))]),
    service=st.sampled_from([Concept((CODE,)), Concept((Code(HCPCS, "97112"),))]),
)


@given(st.lists(_some, max_size=5), st.integers(1, 4))
@settings(max_examples=60)
def test_what_fits_is_authorized_for_that_day_with_units_left(several: list[Authorization], units: int) -> None:
    billed = replace(BILLED, units=Decimal(units))

    found = match(billed, several)

    for one in (each.authorization for each in found.fitting):
        assert one.is_authorized
        assert one.remaining >= units
        assert one.period.covers(DAY)
        assert one.allows(CODE)
    assert found.fitting or found.hindrances

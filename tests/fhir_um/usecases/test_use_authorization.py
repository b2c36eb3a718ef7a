"""Counting use: once per id, never more than there is, on days it is for; taken back as a row of its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from fhir_um.cases.model import LineState
from fhir_um.cases.standing import Standing
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.usecases.use_authorization import Claimed, read_authorization, record_use, reverse_use
from fhir_um.words import Quantity
from tests.builders import line_request
from tests.fhir_um.deciding import approval, decided
from tests.fhir_um.usecases.asking import a_caller, ask, sent

CALLER, STRANGER = a_caller(), a_caller("claims", "prairie")
DAY = date(2026, 3, 12)
ONE = Claimed("claim-1.1", DAY, Decimal(1), "1910010010")
LINE = line_request(1, "A6550", quantity=Quantity(Decimal(3), "each"))


@pytest.fixture
def number(deps) -> str:
    return approved(deps)


@pytest.fixture
def lite_number(lite) -> str:
    return approved(lite)


def approved(deps) -> str:
    case = submit_claim(deps, CALLER, sent(ask(LINE)))
    return decided(deps, CALLER, case.id, approval()).lines[0].authorization_number


def refused(deps, number: str, claimed: Claimed) -> Refusal:
    with pytest.raises(Refusal) as caught:
        record_use(deps, CALLER, number, claimed)
    return caught.value


def test_a_use_counts_once_however_often_it_is_told(deps, number: str) -> None:
    first, is_new = record_use(deps, CALLER, number, ONE)
    again, is_new_again = record_use(deps, CALLER, number, ONE)

    assert (is_new, is_new_again) == (True, False)
    assert first.remaining == again.remaining == 2
    found, standing = read_authorization(deps, CALLER, number)
    assert found == again
    assert standing is not Standing.EXHAUSTED
    assert [(use.use_id, use.recorded_by) for use in found.uses] == [("claim-1.1", "ehr-1")]


def test_a_use_taken_back_may_be_used_again_under_another_id(deps, number: str) -> None:
    record_use(deps, CALLER, number, replace(ONE, units=Decimal(3)))
    assert read_authorization(deps, CALLER, number)[1] is Standing.EXHAUSTED

    back, is_new = reverse_use(deps, CALLER, number, ONE.use_id)
    again, is_new_again = reverse_use(deps, CALLER, number, ONE.use_id)

    assert (is_new, is_new_again) == (True, False)
    assert back.remaining == again.remaining == 3
    assert again.uses[0].reversed_by == "ehr-1"
    assert refused(deps, number, replace(ONE, units=Decimal(3))).kind is Kind.CONFLICT
    assert record_use(deps, CALLER, number, replace(ONE, use_id="claim-2.1"))[0].remaining == 2
    with pytest.raises(Refusal) as caught:
        reverse_use(deps, CALLER, number, "claim-9")
    assert caught.value.kind is Kind.NOT_FOUND


def test_two_claims_at_once_never_use_more_than_there_is(deps, number: str) -> None:
    def claim(place: int) -> bool:
        try:
            record_use(deps, CALLER, number, replace(ONE, use_id=f"claim-{place}", units=Decimal(2)))
        except Refusal as refusal:
            assert refusal.kind is Kind.CONFLICT
            return False
        return True

    with ThreadPoolExecutor(4) as several:
        done = list(several.map(claim, range(4)))

    found, _ = read_authorization(deps, CALLER, number)
    assert (sum(done), found.used, found.remaining) == (1, 2, 1)


def test_more_than_remains_is_refused_and_nothing_is_counted(lite, lite_number: str) -> None:
    refusal = refused(lite, lite_number, replace(ONE, units=Decimal("3.5")))

    assert refusal.kind is Kind.CONFLICT
    assert refusal.issues[0].text == "3 of 3 units remain; nothing was recorded."
    assert read_authorization(lite, CALLER, lite_number)[0].uses == ()


@pytest.mark.parametrize("change", [{"units": Decimal(2)}, {"npi": "1910030034"}, {"served_on": date(2026, 3, 13)}])
def test_another_use_under_a_known_id_is_refused(lite, lite_number: str, change: dict[str, object]) -> None:
    record_use(lite, CALLER, lite_number, ONE)

    assert refused(lite, lite_number, replace(ONE, **change)).kind is Kind.CONFLICT


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2026, 6, 11)])
def test_a_day_it_is_not_for_is_refused(lite, lite_number: str, day: date) -> None:
    refusal = refused(lite, lite_number, replace(ONE, served_on=day))

    assert refusal.kind is Kind.INVALID
    assert refusal.issues[0].text == "The authorization is for 2026-03-10 to 2026-06-10."


def test_nothing_is_used_of_what_was_cancelled(lite, lite_number: str) -> None:
    with lite.open_work() as work:
        place = work.ledger.place_of(CALLER.payer_ids, lite_number)
        case = work.load_case_for_change(place[0], place[1])
        line = replace(case.lines[0], state=LineState.CANCELLED)
        work.save_case(replace(case, lines=(line,), version=case.version + 1), case.version, (), (), ())

    refusal = refused(lite, lite_number, replace(ONE, served_on=date(2020, 1, 1)))

    assert (refusal.kind, len(refusal.issues)) == (Kind.INVALID, 2)
    assert read_authorization(lite, CALLER, lite_number)[1] is Standing.OVER


def test_another_payers_authorization_is_not_there(lite, lite_number: str) -> None:
    for attempt in (
        lambda: read_authorization(lite, STRANGER, lite_number),
        lambda: record_use(lite, STRANGER, lite_number, ONE),
        lambda: reverse_use(lite, STRANGER, lite_number, ONE.use_id),
        lambda: read_authorization(lite, CALLER, "A0"),
    ):
        with pytest.raises(Refusal) as caught:
            attempt()
        assert caught.value.kind is Kind.NOT_FOUND


def test_a_number_that_authorizes_nothing_is_none_of_them(lite) -> None:
    case = submit_claim(lite, CALLER, sent(ask(LINE)))

    with pytest.raises(Refusal) as caught:
        read_authorization(lite, CALLER, case.lines[0].administrative_reference)
    assert caught.value.kind is Kind.NOT_FOUND

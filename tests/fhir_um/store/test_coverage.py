from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from fhir_um.cases.model import Course, MemberId, PayerId
from fhir_um.coverage.model import Directory, GoldCard, LineOfBusiness, Plan, Provider, UsedService
from fhir_um.store.database import Store
from fhir_um.words import Code, Identifier, Period
from tests.conftest import NOW
from tests.fhir_um.store.stored import PAYER, member, opened, payer, put

PLAN = Plan("plan-1", PAYER, "Gold", LineOfBusiness.COMMERCIAL, "OH", True, 365, excluded=(Code("s", "x"),))
CARD = GoldCard("card-1", PAYER, "1999999992", "imaging", Period(date(2026, 1, 1)))
PAID = UsedService("service", (Code("s", "97110"),), Period(date(2026, 1, 5), date(2026, 1, 5)), Decimal("1.0"))


def test_directory_holds_payers_plans_and_gold_cards(store: Store) -> None:
    with store.open_work() as work:
        work.save_payers((payer(),))
        work.save_plans((PLAN,))
        work.save_gold_cards((CARD,))

        assert work.directory() == Directory((payer(),), (PLAN,), (CARD,))


def test_directory_shows_own_changes_at_once_and_never_undone_ones(store: Store) -> None:
    with store.open_work() as work:
        work.save_payers((payer(),))
    with store.open_reading() as reading:
        assert reading.directory().payers == (payer(),)

    with pytest.raises(RuntimeError), store.open_work() as work:
        work.save_payers((payer(name="Renamed"),))
        assert work.directory().payers == (payer(name="Renamed"),)
        raise RuntimeError

    with store.open_reading() as reading:
        assert reading.directory().payers == (payer(),)


def test_directory_changed_elsewhere_is_seen_after_30_seconds(database_url: str) -> None:
    at = [NOW]

    def moving() -> datetime:
        return at[0]

    here, elsewhere = Store(database_url, moving), Store(database_url, moving)
    with here.open_reading() as reading:
        assert reading.directory() == Directory()
    with elsewhere.open_work() as work:
        work.save_payers((payer(),))

    at[0] += timedelta(seconds=29)
    with here.open_reading() as reading:
        assert reading.directory() == Directory()
    at[0] += timedelta(seconds=1)
    with here.open_reading() as reading:
        assert reading.directory().payers == (payer(),)
    here.close()
    elsewhere.close()


@pytest.mark.parametrize(
    ("kept", "asked", "found"),
    [
        (Identifier("a", "1"), Identifier("a", "1"), True),
        (Identifier("a", "1"), Identifier("b", "1"), False),
        (Identifier("a", "1"), Identifier("a", "2"), False),
        (Identifier("", "1"), Identifier("b", "1"), True),
        (Identifier("a", "1"), Identifier("", "1"), True),
        (Identifier("a", "1", "MB"), Identifier("a", "1"), True),
        (Identifier("a", "1" * 9000), Identifier("a", "1" * 9000), True),
        (Identifier("a", "1"), Identifier("a", "\0"), False),
        (Identifier("a", ""), Identifier("a", ""), False),
    ],
)
def test_member_is_found_by_value_and_system(store: Store, kept: Identifier, asked: Identifier, found: bool) -> None:
    with store.open_work() as work:
        work.save_members((member("member-1", kept),))

        assert work.find_members(PAYER, (asked,)) == ((member("member-1", kept),) if found else ())


def test_members_are_found_once_each_and_inside_the_payer_only(store: Store) -> None:
    both = (Identifier("a", "1"), Identifier("b", "2"))
    first, second = member("member-1", *both), member("member-2", Identifier("c", "3"))
    with store.open_work() as work:
        work.save_members((first, second, member("member-1", *both, payer_id="payer-2")))

        assert work.find_members(PAYER, (*both, Identifier("c", "3"))) == (first, second)
        assert work.find_members(PAYER, ()) == ()


def test_member_saved_again_is_no_longer_found_by_the_old_identifier(store: Store) -> None:
    with store.open_work() as work:
        work.save_members((member("member-1", Identifier("a", "1")),))
        work.save_members((member("member-1", Identifier("a", "2")),))

        assert work.find_members(PAYER, (Identifier("a", "1"),)) == ()
        assert work.find_members(PAYER, (Identifier("a", "2"),)) == (member("member-1", Identifier("a", "2")),)
        assert work.find_members(PayerId("payer-2"), (Identifier("a", "2"),)) == ()


def test_providers_are_found_by_npi(store: Store) -> None:
    kept = Provider("1999999992", PAYER, "Clinic", "organization", "", ("plan-1",), Period())
    with store.open_work() as work:
        work.save_providers((kept,))

        assert work.find_providers(PAYER, frozenset({"1999999992", "0"})) == (kept,)
        assert work.find_providers(PayerId("payer-2"), frozenset({"1999999992"})) == ()
        assert work.find_providers(PAYER, frozenset()) == ()


def test_history_holds_paid_claims_and_what_the_members_cases_use(store: Store) -> None:
    case = put(store, opened("case-1", Course.APPROVE, Course.PEND_REVIEW, Course.DENY_BENEFIT))
    put(store, opened("case-2", Course.APPROVE, member_id="member-2"))
    put(store, opened("case-3", Course.APPROVE, member_id=""))
    with store.open_work() as work:
        work.save_history(PAYER, MemberId("member-1"), (PAID,))
        work.save_history(PAYER, MemberId("member-1"), (PAID,))
        history = work.member_history(PAYER, MemberId("member-1"))

        assert work.member_history(PayerId("payer-2"), MemberId("member-1")) == ()
    assert [(used.kind, used.units) for used in history] == [
        ("service", Decimal("1.0")),
        ("approved", Decimal(1)),
        ("pended", Decimal(1)),
    ]
    approved = history[1]
    assert approved.number == case.lines[0].authorization_number
    assert approved.codes == case.lines[0].request.service.codes
    assert (approved.case_id, approved.provider_npis) == ("case-1", ("1999999992",))

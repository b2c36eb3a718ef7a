"""What an authorization allows, what was used, what remains: the opening is always what the line is authorized for."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.ledger import Authorization, Use, authorization_of, overlapping
from fhir_um.cases.model import Authorized, Case, Course, LineState
from fhir_um.store.usage import used_by
from fhir_um.words import Code, Concept, Period, Quantity
from tests.builders import AT, HCPCS, case_of, claim_request, line_request, party

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def use(use_id: str = "c-1", units: str = "1", **changes: object) -> Use:
    return replace(Use(use_id, "A1", date(2026, 3, 10), Decimal(units), "1999999992", AT, "claims"), **changes)


def authorized(**changes: object) -> Case:
    """A case with one approved line of twelve visits."""
    asked = line_request(1, "97110", quantity=Quantity(Decimal(12), "visits"), serviced=MARCH)
    case = case_of(Course.APPROVE, request=claim_request(asked))
    (line,) = case.lines
    decision = replace(line.decision, authorized=Authorized(**changes) if changes else None)
    return replace(case, lines=(replace(line, decision=decision),))


def found(case: Case, *uses: Use) -> Authorization:
    return authorization_of(case, case.lines[0], uses)


def test_an_approval_opens_with_what_was_asked() -> None:
    one = found(authorized())

    assert (one.opening.value, one.remaining, one.used, one.is_exhausted) == (12, 12, 0, False)
    assert one.period == MARCH
    assert one.npis == {"1999999992"}


def test_what_was_granted_instead_is_the_opening() -> None:
    granted = {
        "service": Concept((Code(HCPCS, "97112"),)),
        "quantity": Quantity(Decimal(5), "visits"),
        "period": Period(date(2026, 3, 5), date(2026, 3, 20)),
        "provider": party("1910030034"),
    }

    one = found(authorized(**granted))

    assert (one.opening.value, one.npis, one.period.start) == (5, {"1910030034"}, date(2026, 3, 5))
    assert one.allows(Code(HCPCS, "97112"))
    assert one.allows(Code("", "97112"))
    assert not one.allows(Code(HCPCS, "97110"))
    assert not one.allows(Code("urn:other", "97112"))


def test_a_line_without_a_quantity_allows_the_service_once() -> None:
    case = case_of(Course.APPROVE)

    assert found(case).opening.value == 1


@pytest.mark.parametrize("state", [LineState.NURSE_REVIEW, LineState.VOIDED, LineState.DENIED_CLINICAL])
def test_nothing_remains_of_what_is_not_authorized(state: LineState) -> None:
    case = authorized()
    case = replace(case, lines=(replace(case.lines[0], state=state),))

    assert (found(case).remaining, found(case).is_exhausted) == (0, False)


@given(
    st.lists(
        st.tuples(st.decimals(Decimal("0.25"), 6, places=2), st.booleans()),
        max_size=6,
    )
)
@settings(max_examples=50)
def test_used_and_remaining_make_the_opening_unless_more_was_used(rows: list[tuple[Decimal, bool]]) -> None:
    uses = [use(f"c-{n}", str(u), reversed_at=AT if back else None) for n, (u, back) in enumerate(rows)]
    one = found(authorized(), *uses)

    assert one.used == sum((units for units, back in rows if not back), Decimal(0))
    assert one.remaining == max(one.opening.value - one.used, 0)
    assert one.is_exhausted is (one.used >= 12)


@given(st.decimals(Decimal("0.5"), 100, places=1) | st.none(), st.booleans())
@settings(max_examples=30)
def test_the_opening_is_what_the_line_takes_from_the_benefits(units: Decimal | None, is_granted: bool) -> None:
    """I9: the ledger and the counting of benefits never tell different numbers."""
    amount = None if units is None else Quantity(units, "visits")
    case = authorized(quantity=amount) if is_granted else authorized()

    used = used_by(case, case.lines[0])

    assert used is not None
    assert found(case).opening.value == used.units
    assert found(case).period == used.period


def test_authorizations_overlap_for_one_member_one_code_and_a_shared_day() -> None:
    one = found(authorized())
    later = replace(one, sequence=2, period=Period(date(2026, 3, 31), date(2026, 4, 30)))
    april = replace(one, sequence=3, period=Period(date(2026, 4, 1), date(2026, 4, 30)))

    assert overlapping((one, later)) == ((one, later),)
    assert overlapping((one, april)) == ()
    assert overlapping((one, replace(later, member_id="another"))) == ()
    assert overlapping((one, replace(later, service=Concept((Code(HCPCS, "97112"),))))) == ()
    assert overlapping((one, replace(later, state=LineState.CANCELLED))) == ()

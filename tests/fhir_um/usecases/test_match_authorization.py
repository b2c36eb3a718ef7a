"""Claims find the authorization of their member, by our id or by a number of theirs, at the caller's payers alone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from fhir_um.cases.auth_matching import Billed, Hindrance
from fhir_um.cases.model import PayerId
from fhir_um.usecases.match_authorization import Insured, match_authorization
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.usecases.use_authorization import Claimed, record_use
from fhir_um.words import Code, Concept, Identifier, Period, Quantity
from profiles.canonicals import CPT
from tests.builders import HCPCS, line_request
from tests.fhir_um.deciding import approval, decided
from tests.fhir_um.usecases.asking import NORA, a_caller, ask, sent

CALLER = a_caller()
DAY = date(2026, 3, 12)
BILLED = Billed(Code(HCPCS, "A6550"), Period(DAY, DAY), Decimal(2), "1910010010")
BY_CARD = Insured(identifiers=(NORA,))


@pytest.fixture
def case(deps):
    line = line_request(1, "A6550", quantity=Quantity(Decimal(3), "each"))
    return submit_claim(deps, CALLER, sent(ask(line)))


def test_what_waits_what_fits_and_what_was_used_is_told(deps, case) -> None:
    assert match_authorization(deps, CALLER, BY_CARD, BILLED).hindrances == (Hindrance.PENDING,)

    number = decided(deps, CALLER, case.id, approval()).lines[0].authorization_number
    for insured in (BY_CARD, Insured(member_id=case.member_id), Insured(case.member_id, payer_id=PayerId("harbor"))):
        (one,) = match_authorization(deps, CALLER, insured, BILLED).fitting
        assert (one.authorization.number, one.authorization.remaining) == (number, 3)

    record_use(deps, CALLER, number, Claimed("c-1", DAY, Decimal(2), "1910010010"))
    assert match_authorization(deps, CALLER, BY_CARD, BILLED).hindrances == (Hindrance.NOT_ENOUGH_UNITS,)
    for stranger, insured in (
        (a_caller("claims", "prairie"), BY_CARD),
        (CALLER, Insured(member_id="harbor-none")),
        (CALLER, Insured(identifiers=(Identifier("", "nothing"),))),
        (CALLER, Insured(case.member_id, payer_id=PayerId("prairie"))),
    ):
        assert match_authorization(deps, stranger, insured, BILLED).hindrances == (Hindrance.NONE_FOUND,)


@pytest.mark.parametrize(
    ("system", "code", "fits"),
    [(CPT, "97112", True), (HCPCS, "97112", True), ("", "97112", True), (CPT, "97116", True), (CPT, "97117", False)],
)
def test_a_range_is_every_code_in_it_and_cpt_is_cpt_under_either_address(
    lite, system: str, code: str, fits: bool
) -> None:
    ends = {"service": Concept((Code(HCPCS, "97110"),)), "service_end": Concept((Code(CPT, "97116"),))}
    request = line_request(1, quantity=Quantity(Decimal(3), "each"), **ends)
    case = submit_claim(lite, CALLER, sent(ask(request)))

    found = match_authorization(lite, CALLER, Insured(case.member_id), replace(BILLED, code=Code(system, code)))

    assert (Hindrance.NONE_FOUND in found.hindrances) is not fits

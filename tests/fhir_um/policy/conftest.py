"""An invented member, plan and claim, to be varied by each test."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fhir_um.cases.asked import ClaimedDiagnosis, ClaimedMember, ClaimRequest, LineRequest, Party
from fhir_um.cases.evidence import Evidence
from fhir_um.coverage.model import LineOfBusiness, Member, Plan
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.load import shipped_policies
from fhir_um.policy.model import LineContext
from fhir_um.words import Code, Concept, Identifier, Quantity
from profiles import canonicals
from profiles.canonicals import HCPCS, ICD10_CM

TODAY = date(2026, 3, 1)
NPI = "1999999984"
CLAIM = "urn:uuid:claim"

PLAN = Plan("plan-comm", "payer-1", "Invented Plan", LineOfBusiness.COMMERCIAL, "TX", False, None)
MEMBER = Member("m-1", "payer-1", "Ravenna", "Odo", date(1960, 5, 20), "male", (), ())
REQUESTER = Party("urn:uuid:org", (Identifier(canonicals.NPI, NPI),), "Invented Clinic")


def line_of(code: str, system: str = HCPCS, quantity: str | None = "1", **parts: Any) -> LineRequest:
    amount = Quantity(Decimal(quantity)) if quantity is not None else None
    path = "Bundle.entry[0].resource.item[0]"
    return replace(LineRequest(1, path, Concept((Code(system, code),)), quantity=amount), **parts)


def request_of(line: LineRequest, *icd: str) -> ClaimRequest:
    diagnoses = tuple(ClaimedDiagnosis(i, Concept((Code(ICD10_CM, c),)), None, None) for i, c in enumerate(icd, 1))
    return ClaimRequest(
        bundle_identifier=None,
        claim_url=CLAIM,
        claim_identifiers=(),
        claim_type=Concept(),
        created="2026-03-01",
        prior=None,
        cancel_all=False,
        expedited=False,
        level_of_service=None,
        payer=Party(),
        requester=REQUESTER,
        requester_parties=(REQUESTER,),
        member=ClaimedMember("", (), "", "", None, ""),
        coverage=None,
        care_team=(),
        diagnoses=diagnoses,
        supporting_info=(),
        transmission=None,
        lines=(line,),
    )


@pytest.fixture
def book() -> PolicyBook:
    return shipped_policies()


def context_of(
    code: str, system: str = HCPCS, *, quantity: str | None = "1", icd: tuple[str, ...] = (), **parts: Any
) -> LineContext:
    on_line = ("serviced", "modifiers", "location", "service", "service_end")
    line = line_of(code, system, quantity, **{k: parts.pop(k) for k in on_line if k in parts})
    whole = LineContext(line, request_of(line, *icd), MEMBER, PLAN, TODAY, TODAY, Evidence(), (), (), ())
    return replace(whole, **parts)


@pytest.fixture
def ask() -> Callable[..., LineContext]:
    """ask("E1390", icd=("J44.9",), evidence=Evidence(...), ...) makes the context of one line."""
    return context_of


@pytest.fixture(scope="module")
def ask_by_code() -> Callable[..., LineContext]:
    """The same for generated examples, which share one fixture."""
    return context_of

"""What an EHR asks about while somebody orders: each order as a request of one line, and what is in the chart.

Must not know FHIR, hooks' wire format or what is answered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from fhir_um.cases.asked import ClaimRequest, LineRequest
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.model import Case, ClientId
from fhir_um.cases.submission import Submission

ORDER_IDENTIFIER = "urn:fhir-um:hook-order"
"""The system of the claim identifier of a request that came of an order."""


def is_of_an_order(case: Case) -> bool:
    """True for a case that an order opened and nobody has changed since."""
    names = case.request.claim_identifiers
    return case.version == 1 and len(case.lines) == 1 and any(each.system == ORDER_IDENTIFIER for each in names)


@dataclass(frozen=True, slots=True)
class OrderAsked:
    """One order. `request` has exactly one line, whose sequence no other order of the call has.

    `carried` are the coverage assertions for this coverage that the order brings along. `has_quantity` False: the order
    is silent, and its line asks for one. `as_submission` makes the submission that asks for exactly this order, with
    the evidence at those addresses.
    """

    ref: str
    request: ClaimRequest
    has_quantity: bool
    carried: tuple[str, ...]
    as_submission: Callable[[tuple[str, ...]], Submission]

    @property
    def line(self) -> LineRequest:
        """What the order asks for."""
        return self.request.lines[0]


@dataclass(frozen=True, slots=True)
class Insured:
    """What the payer's own records say of a member's insurance today; `ends` is its last day, if one is known."""

    plan_id: str
    plan_name: str
    ends: date | None


@dataclass(frozen=True, slots=True)
class CoverageAsked:
    """One hook call. `missing` names what could not be had of the chart, and why.

    With `early` an order is only being chosen: nothing is asked for and nothing is granted yet. Without `determine` it
    is a what-if: no new authorization may come of it.
    """

    hook: str
    instance: str
    client: ClientId
    coverage_ref: str
    orders: tuple[OrderAsked, ...]
    evidence: Evidence
    received_at: datetime
    missing: Mapping[str, str]
    early: bool = False
    determine: bool = True

"""Submissions in house words for the demo's people."""

import hashlib
from dataclasses import replace
from datetime import date
from itertools import count

from fhir_um.cases.asked import ClaimRequest, LineRequest, Party
from fhir_um.cases.caller import Caller
from fhir_um.cases.inquiry import Inquiry
from fhir_um.cases.model import Case, ClientId, PayerId
from fhir_um.cases.roles import REVIEWERS
from fhir_um.cases.submission import Submission
from fhir_um.deps import Deps
from fhir_um.usecases.inquire import inquire
from fhir_um.words import Identifier
from tests.builders import AT, claim_request, line_request, party, submission

CLINIC = party("1910010010")
NORA = Identifier("https://harbor.example.test/member-number", "H1001-6103", "MB")
_bodies = count(1)


def a_caller(client: str = "ehr-1", *payers: str) -> Caller:
    ids = tuple(PayerId(p) for p in payers or ("harbor",))
    return Caller(ClientId(client), client, ids, frozenset(), frozenset(REVIEWERS))


def ask(*lines: LineRequest, **changes) -> ClaimRequest:
    """A request of Lakeside Lung Clinic for Nora Whitfield."""
    bare = claim_request(*(lines or (line_request(code="K0823"),)))
    member = replace(bare.member, identifiers=(NORA,), family="Whitfield", given="Nora", birth_date=date(1961, 3, 14))
    asked = replace(bare, member=member, requester=CLINIC, requester_parties=(CLINIC,))
    return replace(asked, **changes)


def member_with(number: str, family: str, birth: date | None = None):
    """The same request's member, another person."""
    return replace(ask().member, identifiers=(replace(NORA, value=number),), family=family, birth_date=birth)


def sent(request: ClaimRequest, at=AT, **changes) -> Submission:
    """That request as a submission with bytes of its own."""
    body = b"submission %d" % next(_bodies)
    return submission(request, body, content_hash=hashlib.sha256(body).hexdigest(), received_at=at, **changes)


def insurer(npi: str, name: str = "Another insurer") -> Party:
    return replace(party(npi), name=name)


def found_by(deps: Deps, caller: Caller, inquiry: Inquiry) -> tuple[tuple[Case, bytes], ...]:
    """What an inquiry finds, without what is said beside it."""
    return inquire(deps, caller, inquiry).found

"""Find the authorization a claim line may be paid under, for the systems that pay claims. Changes nothing.

Codes are compared as policies compare them: CPT is level I of HCPCS, under whichever address it comes. A range that was
authorized stands for every code in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fhir_um.cases.auth_matching import Billed, Matched, match
from fhir_um.cases.caller import Caller
from fhir_um.cases.ledger import Authorization, authorization_of
from fhir_um.cases.model import Line, MemberId, PayerId
from fhir_um.deps import Deps, Reading
from fhir_um.policy.systems import codes_between, same_code
from fhir_um.words import Code, Identifier

_MOST_CASES = 1_000
"""Of one member, latest first: more than anybody has, so that no claim reads without bound."""


@dataclass(frozen=True, slots=True)
class Insured:
    """Whose claim it is: our id of the member, or any of their identifiers; at one payer or at all of the caller's."""

    member_id: str = ""
    identifiers: tuple[Identifier, ...] = ()
    payer_id: PayerId | None = None


def match_authorization(deps: Deps, caller: Caller, insured: Insured, billed: Billed) -> Matched:
    """What the member has, held against one line of a claim."""
    payers = [payer for payer in caller.payer_ids if insured.payer_id in (None, payer)]
    with deps.open_reading() as reading:
        members = {(payer, member) for payer in payers for member in _members(reading, payer, insured)}
        found = [one for payer, member in sorted(members) for one in _authorizations(reading, payer, member)]
    return match(replace(billed, code=same_code(billed.code)), found)


def _members(reading: Reading, payer_id: PayerId, insured: Insured) -> Iterable[MemberId]:
    if insured.member_id:
        return (MemberId(insured.member_id),)
    return (MemberId(member.id) for member in reading.find_members(payer_id, insured.identifiers))


def _authorizations(reading: Reading, payer_id: PayerId, member_id: MemberId) -> list[Authorization]:
    cases = reading.find_for_inquiry(payer_id, member_id, frozenset(), _MOST_CASES)
    uses = reading.ledger.uses_by_line(payer_id, (case.id for case in cases))
    return [
        _filed(authorization_of(case, line, uses.get((case.id, line.sequence), ())), line)
        for case in cases
        for line in case.lines
        if not line.taken_over_by
    ]


def _filed(found: Authorization, line: Line) -> Authorization:
    """The authorization with every code it is for, under the system policies file it under."""
    codes = dict.fromkeys(map(same_code, found.service.codes))
    if line.request.service_end is not None and found.service == line.request.service:
        ends = map(same_code, line.request.service_end.codes)
        codes |= dict.fromkeys(code for end in ends for start in tuple(codes) for code in _between(start, end))
    return replace(found, service=replace(found.service, codes=tuple(codes)))


def _between(start: Code, end: Code) -> tuple[Code, ...]:
    if start.system != end.system:
        return ()
    try:
        return tuple(Code(start.system, code) for code in codes_between(start.code, end.code))
    except ValueError:
        return ()

"""Who is insured here, under which plan, and what is wrong with what the sender claims about it.

Shared by submit and amend; must not change anything. A fault is a value (`BusinessError`), never a refusal: PAS
answers it with 200 and ClaimResponse.error. Source: PAS 2.2.1 section on X12 AAA errors (lists 901 and 889).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from fhir_um.cases.asked import ClaimRequest, LineRequest, Party
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import CORRECT, DO_NOT_RESUBMIT, BusinessError, PayerId
from fhir_um.cases.zones import zone_of
from fhir_um.coverage.model import Directory, Member, Payer, Plan, Provider
from fhir_um.deps import Reading
from fhir_um.usecases.members import find_member

NOT_ELIGIBLE = "95"
"""No coverage in force by the payer's own records; never given for what only the sender says."""
_FURTHEST_AHEAD_DAYS = 730
"""A service planned further ahead than this is taken for a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the payer's own records say about a request. `errors` concern the whole request or single lines.

    `plan` is the plan of the request as a whole; `plans` those of lines whose day of service falls under another one.
    `continued` holds, by line, the member's earlier authorization that the line extends, renews or revises.
    """

    payer: Payer
    member: Member | None
    plan: Plan | None
    plans: dict[int, Plan]
    continued: dict[int, str]
    providers: tuple[Provider, ...]
    errors: tuple[BusinessError, ...]
    received_on: date

    @property
    def request_errors(self) -> tuple[BusinessError, ...]:
        """Faults of the whole request."""
        return tuple(e for e in self.errors if e.sequence is None)

    def line_errors(self, sequence: int) -> tuple[BusinessError, ...]:
        """Faults of one line."""
        return tuple(e for e in self.errors if e.sequence == sequence)

    def plan_of(self, sequence: int) -> Plan | None:
        """The plan in force on the line's day of service."""
        return self.plans.get(sequence, self.plan)


def choose_payer(directory: Directory, request_payer: Party, caller: Caller) -> tuple[Payer, bool]:
    """The payer a request is for, and whether the request named one we know; else the caller's home payer.

    Raises: LookupError when the caller's home payer is not on file (an operator's mistake).
    """
    named = {(i.system, i.value) for i in request_payer.identifiers}
    for payer in directory.payers:
        if payer.id in caller.payer_ids and any((i.system, i.value) in named for i in payer.identifiers):
            return payer, True
    home = directory.payer(caller.home_payer)
    if home is None:
        raise LookupError(f"payer {caller.home_payer} of client {caller.client_id} is not on file; run fhir-um seed")
    return home, False


def establish(
    work: Reading, directory: Directory, payer: Payer, payer_named: bool, request: ClaimRequest, at: datetime
) -> Standing:
    """Looks everything up and lists every fault. Lines that arrive cancelled are not looked at."""
    received_on = at.astimezone(zone_of(payer.time_zone)).date()
    errors: list[BusinessError] = []
    if not payer_named:
        errors.append(_error("T4", request.payer.path, "The insurer is not a payer of this endpoint.", "2010A-NM109"))
    found = find_member(work, PayerId(payer.id), request.member, request.coverage)
    member = found if isinstance(found, Member) else None
    if isinstance(found, BusinessError):
        errors.append(found)
    providers = work.find_providers(PayerId(payer.id), request.provider_npis)
    errors.extend(_requester_errors(request, providers, received_on))
    plan, plans, continued = None, dict[int, Plan](), dict[int, str]()
    if member is not None:
        plan = _plan_of(directory, member, request, received_on)
        plans = _plans_of_lines(directory, member, request)
        continued = _continued(work, payer, member, request)
        errors.extend(_coverage_errors(payer, member, request, received_on))
    standing = Standing(payer, member, plan, plans, continued, providers, tuple(errors), received_on)
    live = (line for line in request.lines if not line.withdrawn)
    faults = tuple(fault for line in live for fault in _line_errors(standing, request, line))
    return replace(standing, errors=standing.errors + faults) if faults else standing


def _error(code: str, path: str, text: str, element: str = "", followup: str = CORRECT) -> BusinessError:
    return BusinessError(code=code, followup=followup, path=path, text=text, element=element)


def _requester_errors(request: ClaimRequest, providers: tuple[Provider, ...], on: date) -> Iterator[BusinessError]:
    npis = {p.npi for p in request.requester_parties if p.npi}
    path = f"{request.requester.path}.identifier"
    known = [provider for provider in providers if provider.npi in npis]
    if not npis:
        yield _error("43", path, "The requesting provider has no NPI.", "2010B-NM109")
    elif not known:
        yield _error("51", path, "The requesting provider is not on file with this payer.", "2010B-NM109")
    elif not any(provider.enrolled.covers(on) for provider in known):
        yield _error("52", path, "The requesting provider is not enrolled at this time.", "2010B-NM109")


# --- coverage -------------------------------------------------------------------------------------------------------


def _plan_of(directory: Directory, member: Member, request: ClaimRequest, on: date) -> Plan | None:
    """The plan in force on the first day of service that has one, else the plan the member had last."""
    in_force = next((plan_id for line in request.lines if (plan_id := member.plan_on(_first_day(line, on)))), "")
    return directory.plan(in_force) or _last_plan(directory, member)


def _plans_of_lines(directory: Directory, member: Member, request: ClaimRequest) -> dict[int, Plan]:
    """Needed only by members who changed plans; the others have one plan for every line."""
    if len(member.enrollments) < 2:
        return {}
    given = ((line.sequence, line.serviced.start or line.serviced.end) for line in request.lines)
    named = ((sequence, directory.plan(member.plan_on(day))) for sequence, day in given if day)
    return {sequence: plan for sequence, plan in named if plan}


def _last_plan(directory: Directory, member: Member) -> Plan | None:
    ended = sorted(member.enrollments, key=lambda e: e.period.end or date.max)
    return directory.plan(ended[-1].plan_id) if ended else None


def _coverage_errors(payer: Payer, member: Member, request: ClaimRequest, on: date) -> Iterator[BusinessError]:
    coverage = request.coverage
    path = coverage.path if coverage else request.member.path
    if coverage and coverage.payor.identifiers and not _same_payer(coverage.payor, payer, request.payer):
        yield _error("T4", f"{path}.payor", "The coverage is with another payer than this request.", "2010A-NM109")
    if not _ever_in_force(member, request, on):
        text = "The member has no coverage in force on the day of service."
        yield _error(NOT_ELIGIBLE, path, text, "2010C-NM109", DO_NOT_RESUBMIT)
    elif coverage and coverage.status not in {"", "active"}:
        text = f"The coverage is {coverage.status} as sent, and in force by the payer's records."
        yield _error("33", f"{path}.status", text, "2010C-NM109")


def _ever_in_force(member: Member, request: ClaimRequest, on: date) -> bool:
    days = [_first_day(line, on) for line in request.lines if not line.withdrawn] or [on]
    return any(member.plan_on(day) for day in days)


def _same_payer(payor: Party, payer: Payer, insurer: Party) -> bool:
    ours = {(i.system, i.value) for i in (*payer.identifiers, *insurer.identifiers)}
    return any((i.system, i.value) in ours for i in payor.identifiers)


# --- lines ----------------------------------------------------------------------------------------------------------


def _first_day(line: LineRequest, on: date) -> date:
    return line.serviced.start or line.serviced.end or on


def _continued(work: Reading, payer: Payer, member: Member, request: ClaimRequest) -> dict[int, str]:
    """The authorization each continuing line names, when it is one of this member; nobody else's is ever confirmed."""
    named = {line.sequence: number for line in request.lines if (number := _number_named(request, line))}
    ours = {
        number
        for number in set(named.values())
        if work.find_for_inquiry(PayerId(payer.id), member.id, frozenset({number}), limit=1)
    }
    return {sequence: number for sequence, number in named.items() if number in ours}


def _number_named(request: ClaimRequest, line: LineRequest) -> str:
    return (line.authorization_number or request.authorization_number) if line.continues else ""


def _line_errors(standing: Standing, request: ClaimRequest, line: LineRequest) -> Iterator[BusinessError]:
    member, on = standing.member, standing.received_on
    faults = list(_date_faults(line, standing.plan_of(line.sequence), on))
    if member is not None:
        faults += _life_faults(line, member)
        if not any(error.code == NOT_ELIGIBLE for error in standing.errors):
            faults += _coverage_faults(line, member, on)
    for code, text in faults:
        yield BusinessError(code, CORRECT, f"{line.path}.serviced", text, "2000F-DTP03", line.sequence)
    if line.quantity is not None and line.quantity.value <= 0:
        text = "The quantity must be more than nothing."
        yield BusinessError("33", CORRECT, f"{line.path}.quantity", text, "2000F-HSD02", line.sequence)
    if member is not None and _number_named(request, line) and line.sequence not in standing.continued:
        text = "The authorization this line continues is not known for this member."
        yield BusinessError("T5", CORRECT, f"{line.path}.extension", text, "2000F-REF02", line.sequence)


def _coverage_faults(line: LineRequest, member: Member, on: date) -> Iterator[tuple[str, str]]:
    first = _first_day(line, on)
    if not member.plan_on(first):
        yield NOT_ELIGIBLE, "The member has no coverage in force on the day of service."
    elif not member.plan_on(line.serviced.end or first):
        yield "57", "The member's coverage ends before the last day of service."


def _life_faults(line: LineRequest, member: Member) -> Iterator[tuple[str, str]]:
    first, last = line.serviced.start, line.serviced.end or line.serviced.start
    if last and last < member.birth_date:
        yield "60", "The service date is before the member's birth."
    if first and member.death_date and first > member.death_date:
        yield "61", "The service date is after the member's death."


def _date_faults(line: LineRequest, plan: Plan | None, on: date) -> Iterator[tuple[str, str]]:
    first, last = line.serviced.start, line.serviced.end or line.serviced.start
    if plan and plan.timely_days is not None and last and last < on - timedelta(days=plan.timely_days):
        yield "57", f"The service was more than {plan.timely_days} days ago; the request is untimely."
    if first and first > on + timedelta(days=_FURTHEST_AHEAD_DAYS):
        yield "57", f"The service date is more than {_FURTHEST_AHEAD_DAYS} days ahead."

"""Who is insured here, under which plan, and what is wrong with what the sender claims about it.

Shared by submit and amend; must not change anything. A fault is a value (`BusinessError`), never a refusal: PAS
answers it with 200 and ClaimResponse.error. Source: PAS 2.2.1 section on X12 AAA errors (lists 901 and 889).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fhir_um.cases.asked import ClaimRequest, LineRequest, Party
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import (
    BusinessError,
    PayerId,
)
from fhir_um.coverage.model import Directory, Member, Payer, Plan, Provider
from fhir_um.deps import Reading

_CORRECT = "C"
_DO_NOT_RESUBMIT = "N"
NOT_ELIGIBLE = "95"
_FURTHEST_AHEAD_DAYS = 730
"""A service planned further ahead than this is taken for a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the payer's own records say about a request. `errors` concern the whole request or single lines."""

    payer: Payer
    member: Member | None
    plan: Plan | None
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
    """Looks everything up and lists every fault."""
    received_on = at.astimezone(ZoneInfo(payer.time_zone)).date()
    errors: list[BusinessError] = []
    if not payer_named:
        errors.append(_error("T4", request.payer.path, "The insurer is not a payer of this endpoint.", "2010A-NM109"))
    member = _find_member(work, payer, request, errors)
    providers = work.find_providers(PayerId(payer.id), request.provider_npis)
    _check_requester(request, providers, received_on, errors)
    plan = _plan_of(directory, payer, member, request, received_on, errors)
    ended = any(error.code == NOT_ELIGIBLE for error in errors)
    for line in request.lines:
        errors.extend(_line_errors(line, None if ended else member, plan, received_on))
    return Standing(payer, member, plan, providers, tuple(errors), received_on)


def _error(code: str, path: str, text: str, element: str = "", followup: str = _CORRECT) -> BusinessError:
    return BusinessError(code=code, followup=followup, path=path, text=text, element=element)


def _find_member(work: Reading, payer: Payer, request: ClaimRequest, errors: list[BusinessError]) -> Member | None:
    claimed = request.member
    identifiers = claimed.identifiers + (request.coverage.identifiers if request.coverage else ())
    found = work.find_members(PayerId(payer.id), identifiers)
    if not found:
        errors.append(
            _error("67", f"{claimed.path}.identifier", "No member with this identifier was found.", "2010C-NM109")
        )
        return None
    if len(found) > 1:
        text = "The identifiers belong to more than one member; send the member id of the card alone."
        errors.append(_error("68", f"{claimed.path}.identifier", text, "2010C-NM109"))
        return None
    member = found[0]
    if claimed.family and claimed.family.casefold() != member.family.casefold():
        text = "The family name does not match the member with this identifier."
        errors.append(_error("65", f"{claimed.path}.name", text, "2010C-NM103"))
        return None
    if claimed.birth_date and claimed.birth_date != member.birth_date:
        text = "The birth date does not match the member with this identifier."
        errors.append(_error("71", f"{claimed.path}.birthDate", text, "2010C-DMG02"))
        return None
    return member


def _check_requester(
    request: ClaimRequest, providers: tuple[Provider, ...], on: date, errors: list[BusinessError]
) -> None:
    npis = {p.npi for p in request.requester_parties if p.npi}
    path = f"{request.requester.path}.identifier"
    if not npis:
        errors.append(_error("43", path, "The requesting provider has no NPI.", "2010B-NM109"))
        return
    known = [provider for provider in providers if provider.npi in npis]
    if not known:
        errors.append(_error("51", path, "The requesting provider is not on file with this payer.", "2010B-NM109"))
    elif not any(provider.enrolled.covers(on) for provider in known):
        errors.append(_error("52", path, "The requesting provider is not enrolled at this time.", "2010B-NM109"))


def _plan_of(
    directory: Directory,
    payer: Payer,
    member: Member | None,
    request: ClaimRequest,
    on: date,
    errors: list[BusinessError],
) -> Plan | None:
    if member is None:
        return None
    coverage = request.coverage
    path = coverage.path if coverage else request.member.path
    if coverage and coverage.payor.identifiers and not _same_payer(coverage.payor, payer, request.payer):
        text = "The coverage is with another payer than this request."
        errors.append(_error("T4", f"{path}.payor", text, "2010A-NM109"))
    days = [line.serviced.start or on for line in request.lines] or [on]
    plan = directory.plan(next((found for day in days if (found := member.plan_on(day))), ""))
    inactive = coverage is not None and coverage.status not in {"", "active"}
    if plan is None or inactive:
        text = "The member has no coverage in force on the day of service."
        errors.append(
            _error(NOT_ELIGIBLE, f"{path}.status" if inactive else path, text, "2010C-NM109", _DO_NOT_RESUBMIT)
        )
    return plan or _last_plan(directory, member)


def _same_payer(payor: Party, payer: Payer, insurer: Party) -> bool:
    ours = {(i.system, i.value) for i in (*payer.identifiers, *insurer.identifiers)}
    return any((i.system, i.value) in ours for i in payor.identifiers)


def _last_plan(directory: Directory, member: Member) -> Plan | None:
    ended = sorted(member.enrollments, key=lambda e: e.period.end or date.max)
    return directory.plan(ended[-1].plan_id) if ended else None


def _line_errors(line: LineRequest, member: Member | None, plan: Plan | None, on: date) -> list[BusinessError]:
    first = line.serviced.start
    last = line.serviced.end or first
    if first is None or last is None:
        return []
    faults: list[tuple[str, str]] = []
    if member and not member.plan_on(first):
        faults.append((NOT_ELIGIBLE, "The member has no coverage in force on the day of service."))
    if member and last < member.birth_date:
        faults.append(("60", "The service date is before the member's birth."))
    if member and member.death_date and first > member.death_date:
        faults.append(("61", "The service date is after the member's death."))
    if plan and plan.timely_days is not None and last < on - timedelta(days=plan.timely_days):
        faults.append(("57", f"The service was more than {plan.timely_days} days ago; the request is untimely."))
    if first > on + timedelta(days=_FURTHEST_AHEAD_DAYS):
        faults.append(("57", f"The service date is more than {_FURTHEST_AHEAD_DAYS} days ahead."))
    path = f"{line.path}.serviced"
    return [BusinessError(code, _CORRECT, path, text, "2000F-DTP03", line.sequence) for code, text in faults]

"""How values of a case are written in a letter: days, amounts, services, people. Must not know templates."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fhir_um.cases.credentials import Credential
from fhir_um.cases.model import Case, Decision, Line, LineState
from fhir_um.cases.roles import Role
from fhir_um.coverage.model import Member, Provider
from fhir_um.words import Concept, Period, Quantity

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DECIDED = {
    LineState.APPROVED: "Approved",
    LineState.MODIFIED: "Approved in part",
    LineState.DENIED_CLINICAL: "Not approved",
    LineState.DENIED_ADMINISTRATIVE: "Not covered",
    LineState.NO_ACTION: "No approval needed",
    LineState.DISMISSED: "Closed",
    LineState.CANCELLED: "Taken back",
    LineState.WITHDRAWN: "Taken back",
    LineState.VOIDED: "Taken off our records",
}
_WAITING = "Not decided yet"
_COUNTED = frozenset({"units", "visits", "days", "hours", "sessions", "months", "weeks"})
NOTHING = "–"
"""In place of what is approved."""

_ROLES = {
    Role.NURSE: "A nurse",
    Role.THERAPIST: "A therapist",
    Role.PHARMACIST: "A pharmacist",
    Role.BEHAVIORAL_HEALTH: "A behavioral health clinician",
    Role.PHYSICIAN: "A physician",
    Role.PEER: "A physician",
}


def day(on: date) -> str:
    """The day in words.

    >>> day(date(2026, 3, 9))
    'March 9, 2026'
    """
    return f"{_MONTHS[on.month - 1]} {on.day}, {on.year}"


def day_at(at: datetime, zone: str) -> date:
    """The day of an instant at the payer."""
    return at.astimezone(ZoneInfo(zone)).date()


def counted(on: date, days: int, months: int) -> date:
    """The day so many months and days later; in a shorter month its last day.

    >>> counted(date(2026, 10, 31), 0, 4)
    datetime.date(2027, 2, 28)
    """
    month = on.month - 1 + months
    first = date(on.year + month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(on.day, last.day)) + timedelta(days=days)


def period(days: Period | None) -> str:
    """From when to when, empty when nobody said."""
    if days is None or (days.start is None and days.end is None):
        return ""
    if days.start and days.end:
        return day(days.start) if days.start == days.end else f"{day(days.start)} to {day(days.end)}"
    return f"from {day(days.start)}" if days.start else f"until {day(days.end)}" if days.end else ""


def amount(quantity: Quantity | None) -> str:
    """How many of what, empty when nobody said.

    >>> from decimal import Decimal
    >>> amount(Quantity(Decimal(1), "visits")), amount(Quantity(Decimal(20), "visits"))
    ('1 visit', '20 visits')
    """
    if quantity is None:
        return ""
    unit = quantity.unit or quantity.code
    counted = unit[:-1] if quantity.value == 1 and unit in _COUNTED else unit
    return f"{quantity.value.normalize():f} {counted}".strip()


def service(concept: Concept, line: Line) -> str:
    """What it is called, in the sender's words, else by the policy about it, with its code."""
    code = concept.codes[0].code if concept.codes else ""
    words = concept.text or (line.findings[-1].title if line.findings else "")
    return f"{words} ({code})" if words and code else words or f"Service code {code}"


def decided(line: Line) -> str:
    """What was decided about a line, in two or three words."""
    return _DECIDED.get(line.state, _WAITING)


def asked(line: Line) -> str:
    """The amount and the days that were asked for."""
    return _several(amount(line.request.quantity), period(line.request.serviced)) or "As your doctor ordered it"


def granted(line: Line) -> str:
    """What is authorized: amount, days, provider and number; a dash when nothing is."""
    if not line.authorization_number or line.state not in {LineState.APPROVED, LineState.MODIFIED}:
        return NOTHING
    given = line.decision.authorized
    other = given.service if given else None
    who = given.provider if given else None
    return _several(
        service(other, line) if other else "",
        amount((given.quantity if given else None) or line.request.quantity),
        period(line.period),
        f"by {who.name or who.npi}" if who and (who.name or who.npi) else "",
        f"number {line.authorization_number}",
    )


def reference(case: Case, lines: Iterable[Line]) -> str:
    """The numbers the lines are known by, else the case's own."""
    numbers = (line.authorization_number or line.administrative_reference for line in lines)
    return ", ".join(dict.fromkeys(filter(None, numbers))) or case.id


def member_name(case: Case, member: Member | None) -> str:
    """The name on file, else the one the request gave."""
    said = case.request.member
    given, family = (member.given, member.family) if member else (said.given, said.family)
    return f"{given} {family}".strip() or "the member"


def provider_name(case: Case, provider: Provider | None) -> str:
    """The name the request gave, else the one on file, else the number."""
    asked_by = case.request.requester
    return asked_by.name or (provider.name if provider else "") or f"Provider {asked_by.npi}".strip()


def decider(decision: Decision, credential: Credential | None) -> str:
    """Who decided, with what entitles them; a role where no more is known."""
    basis, who = decision.basis, decision.decider
    kind = (basis.credential if basis else "") or (credential.kind if credential else "")
    known = (basis.name if basis else "") or (credential.name if credential else "")
    name = known or _ROLES.get(Role(who.role), "A trained reviewer") + " of the plan"
    licence = f"licensed in {basis.licence.state} (number {basis.licence.number})" if basis and basis.licence else ""
    specialty = next((one for one in credential.specialties if " " in one or one.islower()), "") if credential else ""
    full = name if not kind or kind in name.replace(",", " ").split() else f"{name}, {kind}"
    return ", ".join(filter(None, (full, specialty, licence)))


def _several(*parts: str) -> str:
    return "\n".join(filter(None, parts))

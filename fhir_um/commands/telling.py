"""A case of the store in lines a reviewer reads at the command line. Must not know rules or where it came from."""

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

from fhir_um.cases.findings import Finding
from fhir_um.cases.model import AUTHORIZED, PENDED, Authorized, Case, Line
from fhir_um.commands.wording import STATES
from fhir_um.words import Quantity

WIDTH = 100


def instant(at: datetime) -> str:
    """To the minute, in UTC.

    >>> instant(datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC))
    '2026-03-01 12:00 UTC'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def wrapped(text: str, indent: int) -> list[str]:
    """A text in lines of at most `WIDTH` characters, all indented."""
    return wrapped_under(text, indent, indent)


def wrapped_under(text: str, indent: int, further: int) -> list[str]:
    """The same with another indent from the second line on; codes and addresses are never broken."""
    wrapper = textwrap.TextWrapper(
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * further,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return wrapper.wrap(text)


def tell_case(case: Case) -> Iterator[str]:
    """The case, then each line: state, service, deadline, why, and what the policies found."""
    yield f"Case {case.id}, version {case.version}: {'open' if is_open(case) else 'decided'}"
    member = f"member {case.member_id}" if case.member_id else "member not known"
    yield f"  payer {case.payer_id} · {member} · {case.priority} · received {instant(case.received_at)}"
    for error in case.errors:
        yield from wrapped(f"error {error.code} at {error.path}: {error.text}", 2)
    for line in case.lines:
        yield from _line(line)


def is_open(case: Case) -> bool:
    """True while a line waits for somebody."""
    return any(line.state in PENDED for line in case.lines)


def open_line(case: Case) -> str:
    """One row of a work list: id, version, when it is due, and what waits for whom."""
    waiting = [line for line in case.lines if line.state in PENDED]
    lines = ", ".join(f"line {line.sequence} {STATES[line.state]}" for line in waiting)
    due = f"due {instant(case.due_at)}" if case.due_at else "no deadline"
    return f"{case.id}  version {case.version}  {due}  {lines}"


def _line(line: Line) -> Iterator[str]:
    codes = "/".join(code.code for code in line.request.service.codes) or "service without a code"
    quantity = _quantity(line.request.quantity)
    number = f"number {line.authorization_number}" if line.authorization_number else ""
    due = f"due {instant(line.due_at)}" if line.due_at and line.state in PENDED else ""
    period = f"from {line.period.start} to {line.period.end}" if line.period else ""
    parts = (f"{line.state} ({STATES[line.state]})", codes, quantity, number, period, due)
    yield f"  line {line.sequence}: " + " · ".join(part for part in parts if part)
    yield from wrapped(": ".join(filter(None, (line.decision.reason, line.decision.text))), 4)
    authorized = _authorized(line.decision.authorized) if line.state in AUTHORIZED else ""
    if authorized:
        yield from wrapped(f"authorized: {authorized}", 4)
    for finding in line.findings:
        yield from _finding(finding)
    for document in line.documents:
        yield f"    asked for: {document.label} (LOINC {document.loinc})"


def _authorized(given: Authorized | None) -> str:
    """What was authorized where the decision says so; the days of a line are told with its number."""
    if given is None:
        return ""
    service = "/".join(code.code for code in given.service.codes) if given.service else ""
    provider = f"by {given.provider.name or given.provider.npi}" if given.provider else ""
    modifiers = "/".join(code.code for modifier in given.modifiers or () for code in modifier.codes)
    parts = (service, f"modifiers {modifiers}" if modifiers else "", _quantity(given.quantity), provider)
    return " · ".join(part for part in parts if part)


def _quantity(quantity: Quantity | None) -> str:
    if quantity is None:
        return ""
    return f"quantity {quantity.value:f} {quantity.unit or quantity.code}".rstrip()


def _finding(finding: Finding) -> Iterator[str]:
    yield f"    policy {finding.policy_id} {finding.policy_version}: {finding.truth}"
    for criterion in finding.criteria:
        yield f"      {criterion.truth:8}{criterion.label}"
        yield from (f"              <- {ref}" for ref in criterion.evidence)

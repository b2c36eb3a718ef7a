"""The audit log for people at a terminal: one line for each thing. Must not know how it is kept."""

from datetime import UTC, datetime

from fhir_um.cases.audit_alerts import Alert
from fhir_um.cases.auditing import AuditRow
from fhir_um.usecases.search_audit import Disclosed


def tell_row(row: AuditRow) -> str:
    """One row: place, time, who, what, how it ended, about whom."""
    entry = row.entry
    who = "/".join(word for word in (entry.on_behalf_of, entry.client_id, entry.person) if word) or entry.remote
    ended = " ".join(word for word in (entry.outcome, entry.detail, str(entry.status or "")) if word)
    about = " ".join(dict.fromkeys(f"{one.member_id or '?'}:{one.case_id or '-'}" for one in entry.subjects))
    return "  ".join(word for word in (f"{row.sequence:>8}", _at(entry.at), who, entry.action, ended, about) if word)


def tell_alert(alert: Alert) -> str:
    """One alert: the rule, who, from when to when, how much, and which rows."""
    rows = f"rows {alert.first_row} to {alert.last_row}"
    when = f"{_at(alert.began_at)} to {_at(alert.ended_at)}"
    return f"{alert.rule.name}  {alert.who}  {when}  {alert.count}  {rows}\n  {alert.rule.sentence}"


def tell_disclosure(told: Disclosed) -> str:
    """One disclosure: when, to whom, what, why."""
    entry = told.row.entry
    cases = ", ".join(f"case {one.case_id} version {one.version}" for one in entry.subjects if one.case_id)
    outside = "outside" if told.is_outside else "inside"
    words = (_at(entry.at), outside, told.recipient, entry.action, cases, entry.purpose, f"row {told.row.sequence}")
    return "  ".join(word for word in words if word)


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"

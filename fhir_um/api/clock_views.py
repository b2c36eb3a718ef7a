"""How clocks, rules of time and the forecast look in our own API. Must not know how any of it is worked out."""

from datetime import datetime
from typing import Any

from fhir_um.cases.clock_rules import ClockRule
from fhir_um.cases.clock_telling import reckoned, state_of, why
from fhir_um.cases.clocks import Clock, Considered
from fhir_um.cases.forecast import DeskForecast, Expected
from fhir_um.usecases.forecast_late import PayerForecast


def clock_view(clock: Clock) -> dict[str, Any]:
    """One clock of a line: its date, why it is that one, and every rule that was considered."""
    deadline, won = clock.deadline, clock.deadline.winner
    return {
        "line": clock.sequence,
        "kind": clock.kind,
        "ruleId": deadline.rule_id,
        "source": deadline.source,
        "why": why(clock),
        "basis": clock.basis,
        "startAt": _at(deadline.start_at),
        "dueAt": _at(deadline.due_at),
        "timeZone": clock.zone,
        "dayMethod": clock.day_method,
        "extensionDays": clock.extension_days,
        "tolls": [{"since": _at(t.since), "until": _at(t.until), "why": t.why} for t in clock.tolls],
        "toBeTold": list(clock.notice),
        "told": list(clock.told),
        "stoppedAt": _at(clock.stopped_at),
        "outcome": clock.outcome,
        "alarm": clock.alarm,
        "nextAlarmAt": _at(clock.alarm_at),
        "lateEffect": deadline.late_effect,
        "considered": [_considered(rule, rule is won) for rule in deadline.considered],
    }


def _considered(rule: Considered, won: bool) -> dict[str, Any]:
    return {
        "ruleId": rule.rule_id,
        "source": rule.source,
        "authority": rule.authority,
        "sets": won,
        "state": rule.state,
        "why": f"{reckoned(rule)}; {state_of(rule)}" if rule.limit else state_of(rule),
        "basis": rule.basis,
        "startAt": _at(rule.start_at),
        "dueAt": _at(rule.due_at),
        "limit": rule.limit,
        "unit": rule.unit,
        "dayMethod": rule.day_method,
        "calendar": rule.calendar,
        "extensionDays": rule.extension_days,
        "extensionGrounds": list(rule.extension_grounds),
        "extendedDays": rule.extended_days,
        "tolling": rule.tolling,
    }


def rule_view(rule: ClockRule) -> dict[str, Any]:
    """One row of the rule table."""
    return {
        "id": rule.id,
        "kind": rule.kind,
        "authority": rule.authority,
        "linesOfBusiness": sorted(rule.lines_of_business),
        "states": sorted(rule.states),
        "reviewTypes": sorted(rule.review_types),
        "priorities": sorted(rule.priorities),
        "subjects": sorted(rule.subjects),
        "start": rule.start,
        "limit": rule.limit,
        "unit": rule.unit,
        "dayMethod": rule.day_method,
        "extensionDays": rule.extension_days,
        "extensionTimes": rule.extension_times,
        "extensionGrounds": list(rule.extension_grounds),
        "tolling": rule.tolling,
        "notice": list(rule.notice),
        "lateEffect": rule.late_effect,
        "source": rule.source,
        "confidence": rule.confidence,
        "effectiveFrom": rule.in_force.start.isoformat() if rule.in_force.start else None,
        "effectiveTo": rule.in_force.end.isoformat() if rule.in_force.end else None,
        "enabled": rule.enabled,
    }


def payer_forecast_view(payer: PayerForecast) -> dict[str, Any]:
    """What will be late at one payer."""
    return {"payerId": payer.payer_id, "timeZone": payer.zone, "desks": [_desk(desk) for desk in payer.desks]}


def _desk(desk: DeskForecast) -> dict[str, Any]:
    return {
        "desk": desk.desk,
        "open": desk.open_count,
        "openByState": dict(desk.by_state),
        "overdue": desk.overdue_count,
        "decided": desk.decided_count,
        "decidedPerWorkingHour": desk.per_hour,
        "willBeLate": desk.late_count,
        "clearedAt": _at(desk.cleared_at),
        "late": [_expected(line) for line in desk.late],
    }


def _expected(line: Expected) -> dict[str, Any]:
    waiting = line.waiting
    return {
        "caseId": waiting.case_id,
        "line": waiting.sequence,
        "state": waiting.state,
        "dueAt": _at(waiting.due_at),
        "expectedAt": _at(line.decided_at),
    }


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None

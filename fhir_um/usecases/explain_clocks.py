"""Why every date of a case is what it is: all clocks, with every rule that was considered. Changes nothing."""

from datetime import date

from fhir_um.cases.alarms import STEPS
from fhir_um.cases.caller import Caller
from fhir_um.cases.clock_rules import ClockRule
from fhir_um.cases.clocks import Clock
from fhir_um.cases.model import Case, CaseId, PayerId
from fhir_um.deps import Deps
from fhir_um.usecases.read_case import case_of_payers

_MOST_TOLD = 200


def explain_clocks(deps: Deps, caller: Caller, case_id: CaseId) -> tuple[Case, tuple[Clock, ...]]:
    """A case of one of the caller's payers and its clocks, those that stopped too. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as reading:
        case = case_of_payers(reading, caller, case_id)
        return case, reading.clocks_of(case.payer_id, case.id)


def clock_rules(
    deps: Deps, line_of_business: str = "", state: str = "", on: date | None = None
) -> tuple[ClockRule, ...]:
    """The rows of the rule table, those that are not in force too, unless a day is given.

    With a state, those of that state and of none.
    """
    return tuple(
        rule
        for rule in deps.clock_rules.rows
        if (not line_of_business or line_of_business in rule.lines_of_business)
        and (not state or not rule.states or state in rule.states)
        and (on is None or (rule.enabled and rule.in_force.covers(on)))
    )


def told_of(deps: Deps, caller: Caller, percent: int = STEPS[0]) -> tuple[tuple[PayerId, Clock], ...]:
    """Running clocks that were told about at that share of their time or a later one, first due first, at most 200."""
    with deps.open_reading() as reading:
        return reading.clocks.told_of(caller.payer_ids, percent, _MOST_TOLD)

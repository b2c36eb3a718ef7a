"""Why a case is due when it is, the rules of time, and what will be late. Must not know how a date is reckoned."""

from datetime import date

from fhir_um.api.clock_views import clock_view, payer_forecast_view, rule_view
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.query import demand_known, is_whole
from fhir_um.cases.auditing import Subject, subject_of
from fhir_um.cases.clock_rules import LINES_OF_BUSINESS
from fhir_um.cases.forecast import ASSUMPTIONS
from fhir_um.cases.model import CaseId, MemberId
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.explain_clocks import clock_rules, explain_clocks
from fhir_um.usecases.forecast_late import DAYS, MOST_DAYS, forecast_late

RULE_PARAMETERS = ("lineOfBusiness", "state", "on")
_LETTERS_OF_STATE = 2


def show(asked: Asked, case_id: str) -> Answer:
    """Every clock of a case, those that stopped too: each rule considered, which one sets the date, and why."""
    demand_known(asked.http.args, ())
    case, clocks = explain_clocks(asked.deps, asked.caller, CaseId(case_id))
    view = {"caseId": case.id, "version": case.version, "clocks": [clock_view(clock) for clock in clocks]}
    return plain(view, about=(subject_of(case),))


def rules(asked: Asked) -> Answer:
    """The table of clock rules; `lineOfBusiness`, `state` and `on`, a day, narrow it to what binds there and then."""
    demand_known(asked.http.args, RULE_PARAMETERS)
    given = asked.http.args
    business, state = given.get("lineOfBusiness", ""), given.get("state", "")
    if business and business not in LINES_OF_BUSINESS:
        raise _unusable("lineOfBusiness", f"must be one of {', '.join(sorted(LINES_OF_BUSINESS))}")
    if state and not (len(state) == _LETTERS_OF_STATE and state.isascii() and state.isupper()):
        raise _unusable("state", "must be two capital letters")
    found = clock_rules(asked.deps, business, state, _day(given.get("on")))
    return plain({"rules": [rule_view(rule) for rule in found]})


def forecast(asked: Asked) -> Answer:
    """What will be late at the pace of the last days (`days`, 14), by who decides it, and what that assumes."""
    demand_known(asked.http.args, ("days",))
    text = asked.http.args.get("days", str(DAYS))
    if not is_whole(text) or not 1 <= int(text) <= MOST_DAYS:
        raise _unusable("days", f"must be a whole number from 1 to {MOST_DAYS}")
    at, payers = forecast_late(asked.deps, asked.caller, int(text))
    view = {
        "at": at.isoformat(),
        "days": int(text),
        "assumptions": list(ASSUMPTIONS),
        "payers": [payer_forecast_view(payer) for payer in payers],
    }
    told = [(payer, line.waiting.case_id) for payer in payers for desk in payer.desks for line in desk.late]
    return plain(view, about=(Subject(payer.payer_id, MemberId(""), case_id) for payer, case_id in told))


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise _unusable("on", "must be a day such as 2026-07-01") from fault


def _unusable(name: str, why: str) -> Refusal:
    return Refusal.of(Kind.INVALID, "value", f"{name} {why}.", name)

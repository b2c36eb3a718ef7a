"""Our own API under `/um/v1`: the public list, cases, their history, and decisions. Must not know any legal move."""

from datetime import datetime

from fhir_um.api.content import read_body
from fhir_um.api.exchange import CSV, HTML, JSON, Answer, Asked, plain, version_headers
from fhir_um.api.negotiation import choose_page, has_current
from fhir_um.api.pages import pa_list_csv, pa_list_page, rows_with
from fhir_um.api.query import demand_known, is_whole
from fhir_um.api.rulings import read_decision
from fhir_um.api.trail import current_trail
from fhir_um.api.views import case_row, case_view, event_view, pa_list_row
from fhir_um.cases.auditing import subject_of
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.model import PENDED, Case, CaseId, LineState
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.read_case import clocks_of, list_work, read_case, read_events
from fhir_um.usecases.see_directory import public_list

_MOST_CASES = 200
_PUBLIC = {"Cache-Control": "public, max-age=300"}


def pa_list(asked: Asked) -> Answer:
    """The codes that need authorization, as JSON, CSV or a page; `plan`, and `search` (a code or words), narrow it."""
    media = choose_page(asked.http)
    listed = public_list(asked.deps, asked.http.args.get("plan", ""))
    rows = rows_with(listed, asked.http.args.get("search", ""))
    if media == HTML:
        return pa_list_page(asked, rows, len(listed))
    if media == CSV:
        return Answer(pa_list_csv(rows), CSV, headers=_PUBLIC)
    return plain({"services": [pa_list_row(row) for row in rows]}, headers=_PUBLIC)


def list_cases(asked: Asked) -> Answer:
    """Cases with a line in one of the given states (every pended one when none is given), most urgent first."""
    demand_known(asked.http.args, ("state", "limit"), often=("state",))
    cases = list_work(asked.deps, asked.caller, _states(asked), _limit(asked))
    return plain({"cases": [case_row(case) for case in cases]}, about=map(subject_of, cases))


def show_case(asked: Asked, case_id: str) -> Answer:
    """One case, now, as it stood at an instant (`at`) or at a version of its own (`version`)."""
    demand_known(asked.http.args, ("at", "version"))
    at, version = _instant(asked), _version(asked)
    if at and version:
        raise _unusable("version", "and at exclude each other; give one")
    case = read_case(asked.deps, asked.caller, CaseId(case_id), at, version)
    if has_current(asked.http, case.version, case.changed_at):
        return Answer(b"", JSON, 304, version_headers(case), case)
    return _told(asked, case)


def show_events(asked: Asked, case_id: str) -> Answer:
    """The history of a case, oldest first."""
    events = read_events(asked.deps, asked.caller, CaseId(case_id))
    about = (subject_of(event.case) for event in events if event.case is not None)
    return plain({"events": [event_view(event) for event in events]}, about=about)


def decide(asked: Asked, case_id: str) -> Answer:
    """A person's decision on one or more lines of a case, made on a version they name."""
    body = read_body(asked.http, asked.house.settings)
    current_trail().bytes_in = len(body)
    version, decider, rulings = read_decision(body, signed_in(asked.caller))
    current_trail().role = decider.role
    case = decide_case(asked.deps, asked.caller, CaseId(case_id), version, decider, rulings)
    return _told(asked, case)


def _told(asked: Asked, case: Case) -> Answer:
    return plain(case_view(case, clocks_of(asked.deps, case)), headers=version_headers(case), case=case)


def _states(asked: Asked) -> frozenset[LineState]:
    given = [word for text in asked.http.args.getlist("state") for word in text.split(",")]
    known = {state.value for state in LineState}
    unknown = sorted(set(given) - known)
    if unknown:
        raise _unusable("state", f"must be among {', '.join(sorted(known))}")
    return frozenset(LineState(word) for word in given) or PENDED


def _limit(asked: Asked) -> int:
    text = asked.http.args.get("limit", "50")
    if not is_whole(text) or not 1 <= int(text) <= _MOST_CASES:
        raise _unusable("limit", f"must be a whole number from 1 to {_MOST_CASES}")
    return int(text)


def _version(asked: Asked) -> int | None:
    text = asked.http.args.get("version")
    if text is not None and (not is_whole(text) or int(text) < 1):
        raise _unusable("version", "must be a whole number from 1")
    return int(text) if text else None


def _instant(asked: Asked) -> datetime | None:
    text = asked.http.args.get("at")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as fault:
        raise _unusable("at", "must be an instant such as 2026-03-01T12:00:00Z") from fault
    if at.tzinfo is None:
        raise _unusable("at", "needs a time zone, for example Z")
    return at


def _unusable(name: str, why: str) -> Refusal:
    return Refusal.of(Kind.INVALID, "value", f"{name} {why}.", name)

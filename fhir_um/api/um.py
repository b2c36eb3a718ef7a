"""Our own API under `/um/v1`: the public list, cases, their history, and decisions. Must not know any legal move."""

from datetime import datetime
from typing import Any, NamedTuple

from fhir_um.api.content import read_body
from fhir_um.api.exchange import CSV, HTML, Answer, Asked, plain
from fhir_um.api.negotiation import choose_page
from fhir_um.api.openings import chart
from fhir_um.api.pages import pa_list_csv, pa_list_page, rows_with
from fhir_um.api.paging import PAGE, cursor_of, paged, read_page
from fhir_um.api.plain_words import hard_to_read
from fhir_um.api.query import demand_known, is_whole
from fhir_um.api.rulings import read_decision
from fhir_um.api.trail import current_trail
from fhir_um.api.views import case_row, case_view, event_view, pa_list_row
from fhir_um.cases.auditing import subject_of
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.model import PENDED, Case, CaseId, LineState
from fhir_um.cases.submission import NEVER
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.read_case import clocks_of, list_work, read_case, read_events, used_of
from fhir_um.usecases.see_directory import public_list

_LIST = "cases"
_PUBLIC = {"Cache-Control": "public, max-age=300"}


class _Place(NamedTuple):
    """The last case of a page: when it is due, and its id."""

    due_at: datetime
    id: str


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
    demand_known(asked.http.args, ("state", *PAGE), often=("state",))
    page = read_page(asked.http.args, _LIST, _Place)
    after = (page.after.due_at, CaseId(page.after.id)) if page.after else None
    found = list_work(asked.deps, asked.caller, _states(asked), page.limit + 1, after)
    cases = found[: page.limit]
    following = cursor_of(_LIST, _Place(cases[-1].due_at or NEVER, cases[-1].id)) if len(found) > page.limit else None
    return plain(paged("cases", map(case_row, cases), following), about=map(subject_of, cases))


def show_case(asked: Asked, case_id: str) -> Answer:
    """One case, now, as it stood at an instant (`at`) or at a version of its own (`version`)."""
    demand_known(asked.http.args, ("at", "version"))
    at, version = _instant(asked), _version(asked)
    if at and version:
        raise _unusable("version", "and at exclude each other; give one")
    case = read_case(asked.deps, asked.caller, CaseId(case_id), at, version)
    return plain(_view(asked, case), case=case)


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
    case = decide_case(asked.deps, asked.caller, CaseId(case_id), version, decider, rulings, chart)
    return plain(_view(asked, case) | {"warnings": hard_to_read(rulings)}, case=case)


def _view(asked: Asked, case: Case) -> dict[str, Any]:
    """The case with what stands beside it in the store."""
    deps = asked.deps
    return case_view(case, clocks_of(deps, case), deps.clock().date(), used_of(deps, case))


def _states(asked: Asked) -> frozenset[LineState]:
    given = [word for text in asked.http.args.getlist("state") for word in text.split(",")]
    known = {state.value for state in LineState}
    unknown = sorted(set(given) - known)
    if unknown:
        raise _unusable("state", f"must be among {', '.join(sorted(known))}")
    return frozenset(LineState(word) for word in given) or PENDED


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

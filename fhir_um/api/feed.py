"""`/um/v1/events`: what happens to cases, in order, for systems that follow along. Must not know how it is stored."""

from typing import Any

from werkzeug.datastructures import MultiDict

from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.feed_view import feed_event
from fhir_um.api.paging import PAGE, cursor_of, read_page
from fhir_um.api.query import demand_known
from fhir_um.api.trail import current_trail
from fhir_um.cases.auditing import Subject
from fhir_um.cases.model import CaseId, EventKind
from fhir_um.deps import FeedPage
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.follow_events import follow_events

_FEED = "events"


def follow(asked: Asked) -> Answer:
    """The next steps after a cursor, oldest first; `next` is always given: the same again when nothing is new."""
    given = asked.http.args
    demand_known(given, (*PAGE, "kind", "caseId"), often=("kind",))
    cursor, limit = read_place(given)
    case_id = CaseId(given["caseId"]) if given.get("caseId") else None
    found = follow_events(asked.deps, asked.caller, cursor, limit, _kinds(given.getlist("kind")), case_id)
    if found.rows:
        current_trail().detail = f"events {found.rows[0].cursor} to {found.rows[-1].cursor}"
    about = (Subject(row.payer_id, row.member_id, row.case_id, row.event.version) for row in found.rows)
    return plain(feed_page(found), about=about)


def read_place(given: MultiDict[str, str]) -> tuple[str, int]:
    """Where in the feed to go on, and how far. Raises: Refusal INVALID for a cursor of something else."""
    page = read_page(given, _FEED, tuple[str], usual=100)
    return (page.after[0] if page.after else "", page.limit)


def feed_page(found: FeedPage) -> dict[str, Any]:
    """Steps as they are told, each with the cursor after it, and the cursor after all that was looked at."""
    events = [feed_event(row, cursor_of(_FEED, (row.cursor,))) for row in found.rows]
    return {"events": events, "next": cursor_of(_FEED, (found.cursor,))}


def _kinds(given: list[str]) -> frozenset[EventKind]:
    words = {word for text in given for word in text.split(",")}
    known = {kind.value for kind in EventKind}
    if words - known:
        raise Refusal.of(Kind.INVALID, "value", f"kind must be among {', '.join(sorted(known))}.", "kind")
    return frozenset(map(EventKind, words))

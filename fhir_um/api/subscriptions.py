"""`Subscription`: create, read, update, delete, search, `$status` and `$events`, and the topic. One use case each.

Must not know when or how notifications are sent. Versions count what the sender changed: status and error are the
server's and change without a new version, so a read is answered in full whatever the reader has.

Source: PAS 2.2.1 spec-54 to spec-62; Subscriptions R5 Backport 1.1.0; FHIR R4 3.1.0.
"""

from email.utils import format_datetime

from fhir_um.api.content import read_message
from fhir_um.api.exchange import Answer, Asked, etag_of, fhir
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.operation_parameters import given_to, values_of
from fhir_um.api.query import is_whole
from fhir_um.api.searching import search_given, self_link
from fhir_um.api.subscription_body import read_asked
from fhir_um.cases.auditing import Subject, subject_of
from fhir_um.cases.model import MemberId
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.subscribers.asked import SubscriptionSearch
from fhir_um.subscribers.model import Content, Standing, Subscription
from fhir_um.translate.notification_out import query_events
from fhir_um.translate.subscription_out import subscription_resource
from fhir_um.translate.subscription_status_out import statuses
from fhir_um.translate.topic_out import TOPIC_ID, topic
from fhir_um.usecases.change_subscription import change_subscription
from fhir_um.usecases.end_subscription import end_subscription
from fhir_um.usecases.own_subscription import Versions
from fhir_um.usecases.see_subscriptions import read_subscription, search_subscriptions
from fhir_um.usecases.subscribe import subscribe
from fhir_um.usecases.subscription_events import subscription_events
from profiles.reading import FHIR_JSON, write_json

_LISTED = ("_id", "status", "url")
_NUMBERS = ("eventsSinceNumber", "eventsUntilNumber")
_LAST_NUMBER = 999_999_999


def create(asked: Asked) -> Answer:
    """`POST Subscription`: 201 with what was sent, its id and the status `requested`."""
    body = read_message(asked.http, asked.house.settings)
    made = subscribe(asked.deps, asked.caller, read_asked(asked, body))
    return _shown(asked, made, 201, {"Location": f"{asked.base_url}/Subscription/{made.id}"})


def read(asked: Asked, subscription_id: str) -> Answer:
    """`GET Subscription/[id]`."""
    demand_fhir_json(asked.http)
    return _shown(asked, read_subscription(asked.deps, asked.caller, asked.guide, subscription_id))


def update(asked: Asked, subscription_id: str) -> Answer:
    """`PUT Subscription/[id]`: replaced; `requested` asks for a new handshake, `off` for silence."""
    body = read_message(asked.http, asked.house.settings)
    wanted = read_asked(asked, body, subscription_id)
    changed = change_subscription(asked.deps, asked.caller, subscription_id, wanted, _versions(asked))
    return _shown(asked, changed)


def delete(asked: Asked, subscription_id: str) -> Answer:
    """`DELETE Subscription/[id]`: 204, and nothing more is sent."""
    end_subscription(asked.deps, asked.caller, asked.guide, subscription_id, _versions(asked))
    return Answer(b"", FHIR_JSON, 204)


def search(asked: Asked) -> Answer:
    """`GET Subscription`, `POST Subscription/_search`: all of the sender's, or of some ids, statuses or endpoints."""
    given = values_of(search_given(asked), _LISTED, often=_LISTED)
    wanted = SubscriptionSearch(
        frozenset(given.get("_id", ())), _standings(given.get("status", ())), frozenset(given.get("url", ()))
    )
    found = search_subscriptions(asked.deps, asked.caller, asked.guide, wanted)
    base = f"{asked.base_url}/Subscription"
    rows = [_row(f"{base}/{one.id}", one) for one in found]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(rows), "link": [self_link(asked, base)]}
    return fhir(write_json(bundle | ({"entry": rows} if rows else {})))


def status_of_one(asked: Asked, subscription_id: str) -> Answer:
    """`Subscription/[id]/$status`. The parameters of the operation have no meaning here (Backport 1.1.0)."""
    given_to(asked, ("id", "status"), often=("id", "status"))
    found = read_subscription(asked.deps, asked.caller, asked.guide, subscription_id)
    return fhir(statuses((found,), asked.base_url))


def status_of_many(asked: Asked) -> Answer:
    """`Subscription/$status`: those of some ids or statuses, or all of the sender's."""
    given = given_to(asked, ("id", "status"), often=("id", "status"))
    wanted = SubscriptionSearch(frozenset(given.get("id", ())), _standings(given.get("status", ())))
    return fhir(statuses(search_subscriptions(asked.deps, asked.caller, asked.guide, wanted), asked.base_url))


def events(asked: Asked, subscription_id: str) -> Answer:
    """`Subscription/[id]/$events`: what was or will be notified, once more."""
    given = given_to(asked, (*_NUMBERS, "content"))
    first, last = _number(given, _NUMBERS[0], 1), _number(given, _NUMBERS[1], _LAST_NUMBER)
    content = _content(given.get("content", (Content.FULL_RESOURCE,))[0])
    found, told = subscription_events(
        asked.deps, asked.caller, asked.guide, subscription_id, max(first, 1), last, content
    )
    about = (
        subject_of(event.case) if event.case is not None else Subject(found.payer_id, MemberId(""), event.case_id)
        for event in told
    )
    return fhir(query_events(found, told, content, asked.deps.clock(), asked.base_url), about=about)


def read_topic(asked: Asked, topic_id: str) -> Answer:
    """`GET Basic/[id]`: the one topic there is, for everybody."""
    demand_fhir_json(asked.http)
    if topic_id != TOPIC_ID:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", f"The only Basic here is {TOPIC_ID}.")
    return fhir(write_json(topic(asked.guide)), headers={"Cache-Control": "no-cache"})


def _shown(asked: Asked, one: Subscription, status: int = 200, more: dict[str, str] | None = None) -> Answer:
    headers = {"ETag": etag_of(one.version), "Last-Modified": format_datetime(one.changed_at, usegmt=True)}
    return Answer(write_json(subscription_resource(one)), FHIR_JSON, status, headers | (more or {}))


def _row(url: str, one: Subscription) -> dict[str, object]:
    return {"fullUrl": url, "resource": subscription_resource(one), "search": {"mode": "match"}}


def _versions(asked: Asked) -> Versions:
    """Source: FHIR R4 3.1.0.5 (If-Match with the weak tag of the version); `*` is any."""
    if "If-Match" not in asked.http.headers or asked.http.if_match.star_tag:
        return None
    return frozenset(asked.http.if_match.as_set(include_weak=True))


def _standings(given: tuple[str, ...]) -> frozenset[Standing]:
    known = {standing.value for standing in Standing}
    if not known.issuperset(given):
        raise Refusal.of(Kind.INVALID, "value", f"status must be among {', '.join(sorted(known))}.", "status")
    return frozenset(map(Standing, given))


def _number(given: dict[str, tuple[str, ...]], name: str, otherwise: int) -> int:
    text = given[name][0] if name in given else str(otherwise)
    if not is_whole(text):
        raise Refusal(Kind.INVALID, (Issue("value", f"{name} must be a whole number.", name),))
    return int(text)


def _content(text: str) -> Content:
    if text not in tuple(Content):
        raise Refusal.of(Kind.INVALID, "value", f"content must be among {', '.join(Content)}.", "content")
    return Content(text)

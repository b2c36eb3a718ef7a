"""What handlers read and answer with beyond their row of the route table: one row per handler that has more to tell.

Must not know how it is written down. A handler without a row is told by its route alone: path, scope, ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_um.api import (
    attachments,
    audit,
    claims,
    emergency,
    oauth,
    pages,
    questionnaires,
    reads,
    searching,
    sign_in,
    smart,
    subscriptions,
    udap,
    um,
    validate,
)
from fhir_um.api.attachment_views import MatchingIn
from fhir_um.api.decision_in import DecisionIn
from fhir_um.api.exchange import CSV, HTML, JSON, Handler
from fhir_um.api.forms import FORM
from fhir_um.api.people_views import ROLES_TO_CHOOSE, PleaIn, ReviewIn
from fhir_um.cases.model import LineState
from fhir_um.subscribers.model import Content, Standing
from profiles.canonicals import (
    OPERATION_SUBMIT_ATTACHMENT,
    OPERATION_SUBSCRIPTION_EVENTS,
    OPERATION_SUBSCRIPTION_STATUS,
    OPERATION_VALIDATE,
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_INQUIRY_REQUEST_BUNDLE,
    PROFILE_REQUEST_BUNDLE,
)
from profiles.reading import FHIR_JSON

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query, or one header; `schema` is that of one value, and `often` says there may be several."""

    name: str
    meaning: str
    schema: Schema
    often: bool = False
    required: bool = False
    place: str = "query"


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent: one of our own shapes, or a schema, in any of those media types.

    `or_query`: a GET of the same handler has it in its query.
    """

    shape: type | Schema
    media: tuple[str, ...] = (FHIR_JSON, JSON)
    or_query: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """What one handler reads, the media types of each good answer, and refusals only it gives.

    `answers` empty stands for the success of its route, in what its guide speaks.
    """

    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()


def resource(*types: str, profile: str = "") -> Schema:
    """A FHIR resource as a body: its type, and where its profile or operation is written down."""
    kind: Schema = {"enum": list(types)} if types else {"type": "string"}
    schema: Schema = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": kind}}
    return schema | ({"externalDocs": {"url": profile}} if profile else {})


def _form(*required: str) -> Body:
    """A form with those fields."""
    fields = {name: {"type": "string"} for name in required}
    return Body({"type": "object", "required": list(required), "properties": fields}, (FORM,))


def _text(most: int | None = None) -> Schema:
    return {"type": "string"} | ({"maxLength": most} if most else {})


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


_FORMAT = Parameter("_format", "The answer's format, for callers who cannot set Accept.", {"enum": ["json", FHIR_JSON]})
_PRETTY = Parameter("_pretty", "Taken and of no effect.", _text())
_SAYS = (_FORMAT, _PRETTY)
_TAG = Parameter("If-None-Match", "The version the caller has.", _text(), place="header")
_SINCE = Parameter("If-Modified-Since", "When the caller got what it has.", _text(), place="header")
_MATCH = Parameter("If-Match", "The version that is to be changed.", _text(), place="header")
_PLAN = Parameter("plan", "What one plan asks for.", _text())
_SEARCH = Parameter("search", "A code, or words of its name.", _text())
_TABLE = Parameter("format", "The format, for callers who cannot set Accept.", {"enum": ["json", "csv", "html"]})
_STATE = Parameter("state", "Cases with a line in that state.", {"enum": sorted(LineState)}, often=True)
_LIMIT = Parameter("limit", "At most so many.", _whole(1, 200))
_AT = Parameter("at", "As it stood at an instant.", {"type": "string", "format": "date-time"})
_VERSION = Parameter("version", "As it stood at a version of its own.", _whole(1, 999_999_999))
_UNMATCHED = Parameter("unmatched", "There is no other list.", {"enum": ["true"]}, required=True)
_STATUS = Parameter("status", "Subscriptions of that status.", {"enum": sorted(Standing)}, often=True)
_PROFILE = Parameter("profile", "A profile to be met beside the resource's own.", _text(), often=True)
_MODE = Parameter("mode", "What the resource is checked for.", {"enum": ["create"]})

_CASE_SEARCH = (
    Parameter("identifier", "Business identifier: system|value, or value.", _text()),
    Parameter("patient", "Reference to the patient.", _text()),
    Parameter("_count", f"Results on a page, {searching.MOST_RESULTS} at most.", _whole(1, 999_999_999)),
    Parameter("_offset", "Results before the page.", _whole(0, searching.MOST_SKIPPED)),
    *_SAYS,
)
_FORM_SEARCH = (
    Parameter("url", "Canonical of a form.", _text()),
    Parameter("version", "Version of a form.", _text()),
    *_SAYS,
)
_SUBSCRIPTION_SEARCH = (
    Parameter("_id", "Subscriptions of that id.", _text(), often=True),
    _STATUS,
    Parameter("url", "Subscriptions that notify that address.", _text(), often=True),
    *_SAYS,
)
_STATUS_OF = (Parameter("id", "Subscriptions of that id.", _text(), often=True), _STATUS, *_SAYS)
_EVENTS_OF = (
    Parameter("eventsSinceNumber", "The first event.", _whole(0, 999_999_999)),
    Parameter("eventsUntilNumber", "The last event.", _whole(0, 999_999_999)),
    Parameter("content", "How much of each event.", {"enum": sorted(Content)}),
    *_SAYS,
)
_COMMUNITY = Parameter("community", "URI of the trust community that the caller is a member of.", _text())
_STATEMENT: Schema = {
    "type": "object",
    "required": ["udap", "software_statement"],
    "properties": {"udap": {"const": "1"}, "software_statement": _text()},
}
_BUNDLE = Body(resource("Bundle", profile=PROFILE_REQUEST_BUNDLE))
_INQUIRY = Body(resource("Bundle", profile=PROFILE_INQUIRY_REQUEST_BUNDLE))
_SUBSCRIPTION = Body(resource("Subscription", profile=PROFILE_BACKPORT_SUBSCRIPTION))
_DOCUMENTS = Body(resource("Parameters", profile=OPERATION_SUBMIT_ATTACHMENT))
_READ = Described((_FORMAT, _TAG, _SINCE), answers={200: (FHIR_JSON,), 304: ()})


def _asked_of(operation: str) -> Body:
    """An operation asked by POST; by GET the same stands in the query."""
    return Body(resource("Parameters", profile=operation), or_query=True)


def _form_of(*parameters: Parameter, or_query: bool = False) -> Body:
    """A form with those parameters."""
    rows = {p.name: {"type": "array", "items": p.schema} if p.often else p.schema for p in parameters}
    required = {"required": [p.name for p in parameters if p.required]} if any(p.required for p in parameters) else {}
    return Body({"type": "object", "properties": rows} | required, (FORM,), or_query)


_PROOF = ("client_assertion_type", "client_assertion")
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_FROM = Parameter("since", "What happened from then on.", _INSTANT)
_AUDIT_SEARCH = (
    *(Parameter(name, f"Rows about that {name}.", _text()) for name in ("client", "person", "case")),
    *(Parameter(name, f"Rows of that {name}.", _text()) for name in ("action", "outcome", "request")),
    _FROM,
    Parameter("until", "What happened until then.", _INSTANT),
    Parameter("before", "Rows before that one.", _whole(1, 999_999_999)),
    Parameter("limit", "At most so many.", _whole(1, 999_999_999)),
    Parameter("format", "Rows, or AuditEvents.", {"enum": ["json", "fhir"]}),
)
_OF_MEMBER = Parameter("member", "Rows about that member, by our id.", _text())
_DISCLOSURES = (
    Parameter("member", "Our id of the member.", _text(), required=True),
    Parameter("payer", "Whose member it is.", _text()),
    _FROM,
    Parameter("format", "The format.", {"enum": ["json", "csv"]}),
)
_FROM_PROVIDER = tuple(Parameter(name, "From the OpenID provider.", _text()) for name in ("code", "state", "iss"))
_NOT_SIGNED_IN: dict[int, tuple[str, ...]] = {403: (FHIR_JSON, HTML), 503: (JSON, HTML)}
_FIELDS = ("name", *(f"role.{role}" for role in ROLES_TO_CHOOSE))
_CHOSEN = Body({"type": "object", "required": ["name"], "properties": {name: _text() for name in _FIELDS}}, (FORM,))

BY_HANDLER: Mapping[Handler, Described] = {
    claims.submit: Described((_FORMAT,), _BUNDLE, refusals=(409,)),
    claims.inquire: Described((_FORMAT,), _INQUIRY),
    reads.read_claim: _READ,
    reads.read_claim_response: _READ,
    reads.search_claims: Described(_CASE_SEARCH, _form_of(*_CASE_SEARCH, or_query=True)),
    reads.search_claim_responses: Described(_CASE_SEARCH, _form_of(*_CASE_SEARCH, or_query=True)),
    questionnaires.read_questionnaire: Described((_FORMAT,)),
    questionnaires.search_questionnaires: Described(_FORM_SEARCH),
    subscriptions.create: Described((_FORMAT,), _SUBSCRIPTION, refusals=(409,)),
    subscriptions.read: Described((_FORMAT,)),
    subscriptions.update: Described((_FORMAT, _MATCH), _SUBSCRIPTION, refusals=(409, 412)),
    subscriptions.delete: Described((_MATCH,), refusals=(409, 412)),
    subscriptions.search: Described(_SUBSCRIPTION_SEARCH, _form_of(*_SUBSCRIPTION_SEARCH, or_query=True)),
    subscriptions.status_of_many: Described(_STATUS_OF, _asked_of(OPERATION_SUBSCRIPTION_STATUS)),
    subscriptions.status_of_one: Described(_STATUS_OF, _asked_of(OPERATION_SUBSCRIPTION_STATUS)),
    subscriptions.events: Described(_EVENTS_OF, _asked_of(OPERATION_SUBSCRIPTION_EVENTS)),
    attachments.submit: Described((_FORMAT,), _DOCUMENTS),
    validate.validate: Described((_PROFILE, _MODE, *_SAYS), Body(resource(profile=OPERATION_VALIDATE))),
    um.pa_list: Described((_PLAN, _SEARCH, _TABLE), answers={200: (JSON, CSV, HTML)}, refusals=(404, 406)),
    um.list_cases: Described((_STATE, _LIMIT)),
    um.show_case: Described((_AT, _VERSION, _TAG, _SINCE), answers={200: (JSON,), 304: ()}),
    um.decide: Described(body=Body(DecisionIn), refusals=(409,)),
    attachments.list_held: Described((_UNMATCHED, _LIMIT)),
    attachments.show: Described(answers={200: ("*/*",)}),
    attachments.match: Described(body=Body(MatchingIn), refusals=(409,)),
    oauth.token: Described(body=_form("grant_type", "scope", *_PROOF)),
    oauth.introspect: Described(body=_form("token")),
    oauth.revoke: Described(body=_form("token", *_PROOF)),
    udap.metadata: Described((_COMMUNITY,), answers={200: (JSON,), 204: ()}, refusals=(404,)),
    udap.register: Described(body=Body(_STATEMENT, (JSON,)), answers={200: (JSON,), 201: (JSON,)}, refusals=(404,)),
    audit.search: Described(_AUDIT_SEARCH, answers={200: (JSON, FHIR_JSON)}, refusals=(406,)),
    audit.search_by_form: Described(
        body=_form_of(_OF_MEMBER, *_AUDIT_SEARCH), answers={200: (JSON, FHIR_JSON)}, refusals=(406,)
    ),
    audit.alerts: Described((_FROM,)),
    audit.disclosures: Described(body=_form_of(*_DISCLOSURES), answers={200: (JSON, CSV)}, refusals=(406,)),
    smart.show: Described(answers={200: (JSON,)}),
    sign_in.begin: Described(answers={200: (HTML,), 303: (), **_NOT_SIGNED_IN}, refusals=(404,)),
    sign_in.callback: Described(_FROM_PROVIDER, answers={303: (), **_NOT_SIGNED_IN}, refusals=(404,)),
    sign_in.local: Described(body=_CHOSEN, answers={303: (), **_NOT_SIGNED_IN}, refusals=(404,)),
    sign_in.sign_out: Described(answers={200: (HTML,)}),
    sign_in.show_session: Described(answers={200: (JSON, HTML)}),
    emergency.ask: Described(body=Body(PleaIn)),
    emergency.review: Described(body=Body(ReviewIn), refusals=(409,)),
    pages.front: Described(answers={200: (HTML,)}),
}
"""Read by `openapi`; a test holds it against what the handlers do read."""


def described(handler: Handler) -> Described:
    """The row of a handler, or one with nothing to add."""
    return BY_HANDLER.get(handler, Described())

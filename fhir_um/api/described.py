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
    clocks,
    emergency,
    feed,
    ledger,
    measures,
    notices,
    oauth,
    openings,
    pages,
    policies,
    provenance,
    questionnaires,
    reads,
    reviewers,
    searching,
    sign_in,
    smart,
    subscriptions,
    udap,
    um,
    validate,
    worklists,
)
from fhir_um.api.attachment_views import MatchingIn
from fhir_um.api.decision_in import DecisionIn
from fhir_um.api.exchange import CSV, HTML, JSON, Handler
from fhir_um.api.forms import FORM
from fhir_um.api.ledger_views import MatchIn, UseIn
from fhir_um.api.notice_views import DeliveryIn
from fhir_um.api.paging import LONGEST_CURSOR
from fhir_um.api.people_views import ROLES_TO_CHOOSE, PleaIn, ReviewIn
from fhir_um.api.review_routes import REVIEW_BODIES
from fhir_um.api.reviewer_views import CredentialIn
from fhir_um.api.work_bodies import AssignmentIn, EscalationIn, LockIn, NextIn, ReassignmentIn
from fhir_um.cases.clock_rules import LINES_OF_BUSINESS
from fhir_um.cases.model import PENDED, EventKind, LineState, Priority
from fhir_um.cases.notices import NoticeKind, NoticeStatus
from fhir_um.cases.public_measures import Basis
from fhir_um.cases.routing import Flag
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.subscribers.model import Content, Standing
from fhir_um.usecases.forecast_late import MOST_DAYS
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


_FIRST_AND_LAST = (("from", "The first day."), ("to", "The last day."))
_FORMAT = Parameter("_format", "The answer's format, for callers who cannot set Accept.", {"enum": ["json", FHIR_JSON]})
_PRETTY = Parameter("_pretty", "Taken and of no effect.", _text())
_SAYS = (_FORMAT, _PRETTY)
_TAG = Parameter("If-None-Match", "The version the caller has.", _text(), place="header")
_SINCE = Parameter("If-Modified-Since", "When the caller got what it has.", _text(), place="header")
_MATCH = Parameter("If-Match", "The version that is to be changed.", _text(), place="header")
_PLAN = Parameter("plan", "What one plan asks for.", _text())
_PAYER = Parameter("payer", "Of that payer.", _text())
_BASIS = Parameter("basis", "What puts a request into the year.", {"enum": sorted(Basis)})
_DAYS = tuple(Parameter(name, what, {"type": "string", "format": "date"}) for name, what in _FIRST_AND_LAST)
_BUSINESS = Parameter("lineOfBusiness", "Of that line of business.", {"enum": sorted(LineOfBusiness)})
_AS_OF = Parameter("asOf", "As it stood at an instant.", {"type": "string", "format": "date-time"})
_RULES_OF = (
    Parameter("lineOfBusiness", "Rules that bind it.", {"enum": sorted(LINES_OF_BUSINESS)}),
    Parameter("state", "Rules of that state and of none.", {"type": "string", "pattern": "^[A-Z]{2}$"}),
    Parameter("on", "Rules in force on a day.", {"type": "string", "format": "date"}),
)
_PACE = Parameter("days", "How many days the pace is taken from.", _whole(1, MOST_DAYS))
_SEARCH = Parameter("search", "A code, or words of its name.", _text())
_TABLE = Parameter("format", "The format, for callers who cannot set Accept.", {"enum": ["json", "csv", "html"]})
_STATE = Parameter("state", "Cases with a line in that state.", {"enum": sorted(LineState)}, often=True)
_LIMIT = Parameter("limit", "At most so many.", _whole(1, 200))
_AFTER = Parameter("after", "The `next` of the page before; without it the list begins.", _text(LONGEST_CURSOR))
_KIND = Parameter("kind", "Steps of that kind.", {"enum": sorted(EventKind)}, often=True)
_OF_CASE = Parameter("caseId", "Steps of that case.", _text())
_NOTICE_STATUS = Parameter("status", "Letters that got so far.", {"enum": sorted(NoticeStatus)}, often=True)
_NOTICE_KIND = Parameter("kind", "Letters of that kind.", {"enum": sorted(NoticeKind)}, often=True)
_LETTER = Parameter("format", "The form, for callers who cannot set Accept.", {"enum": ["html", "pdf"]})
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
_PROVENANCE_SEARCH = (
    Parameter("target", "Reference to a ClaimResponse, or to a version of it.", _text(), required=True),
    *_SAYS,
)
_MADE_OR_KNOWN: dict[int, tuple[str, ...]] = {200: (JSON,), 201: (JSON,)}
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
_WORKLIST = (
    Parameter("assignee", "What is theirs: an id, `me`, or `unassigned` for nobody's.", _text()),
    Parameter("lineOfBusiness", "Of that line of business.", _text()),
    Parameter("priority", "Of that priority.", {"enum": sorted(Priority)}),
    Parameter("dueBefore", "Due before an instant.", _INSTANT),
    Parameter("state", "In that state.", {"enum": sorted(PENDED)}),
    Parameter("flag", "With that flag.", {"enum": sorted(Flag)}),
    Parameter("specialty", "Of that specialty.", _text()),
    _AFTER,
    _LIMIT,
)
_WHOSE_LOCK = Parameter("reviewer", "Whose lock it is, when a system asks.", _text())
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
    provenance.read: Described((_FORMAT,)),
    provenance.search: Described(_PROVENANCE_SEARCH, _form_of(*_PROVENANCE_SEARCH, or_query=True)),
    clocks.rules: Described(_RULES_OF),
    clocks.forecast: Described((_PACE,)),
    policies.show: Described((Parameter("version", "A version of it.", _text()),)),
    reviewers.put: Described(body=Body(CredentialIn)),
    ledger.match: Described(body=Body(MatchIn)),
    ledger.record: Described(body=Body(UseIn), answers=_MADE_OR_KNOWN, refusals=(409,)),
    ledger.take_back: Described(answers=_MADE_OR_KNOWN),
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
    feed.follow: Described((_AFTER, _LIMIT, _KIND, _OF_CASE)),
    measures.prior_authorization: Described(
        (_PAYER, _BASIS, _TABLE), answers={200: (JSON, CSV, HTML)}, refusals=(404, 406)
    ),
    measures.operations: Described(
        (*_DAYS, _BUSINESS, _PAYER, _AS_OF, _TABLE), answers={200: (JSON, CSV, HTML)}, refusals=(404, 406)
    ),
    measures.pas: Described((*_DAYS, _AFTER, _LIMIT)),
    measures.crd: Described(_DAYS),
    um.list_cases: Described((_STATE, _AFTER, _LIMIT)),
    um.show_case: Described((_AT, _VERSION)),
    um.decide: Described(body=Body(DecisionIn), refusals=(409,)),
    worklists.show: Described(_WORKLIST),
    worklists.pull_next: Described(body=Body(NextIn)),
    worklists.assign_one: Described(body=Body(AssignmentIn), refusals=(409,)),
    worklists.assign_many: Described(body=Body(ReassignmentIn), refusals=(404,)),
    worklists.lock_one: Described(body=Body(LockIn), refusals=(409,)),
    worklists.unlock_one: Described((_WHOSE_LOCK,), refusals=(409,)),
    worklists.send_to_supervisors: Described(body=Body(EscalationIn)),
    openings.open_case: Described(body=Body(openings.OpeningIn)),
    **{handler: Described(body=Body(shape), refusals=(409,)) for handler, shape in REVIEW_BODIES.items()},
    attachments.list_held: Described((_UNMATCHED, _LIMIT)),
    attachments.show: Described(answers={200: ("*/*",)}),
    attachments.match: Described(body=Body(MatchingIn), refusals=(409,)),
    notices.list_all: Described((_NOTICE_STATUS, _NOTICE_KIND, _AFTER, _LIMIT)),
    notices.document: Described((_LETTER,), answers={200: (notices.PDF, HTML)}, refusals=(406,)),
    notices.deliver: Described(body=Body(DeliveryIn), refusals=(409,)),
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

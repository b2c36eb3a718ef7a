"""The route table: every address, the scope it needs and who answers. Nothing is served that has no row here."""

from fhir_um.api import (
    attachments,
    audit,
    capability,
    claims,
    clocks,
    emergency,
    feed,
    health,
    hooks,
    ledger,
    measures,
    notices,
    oauth,
    openapi,
    openings,
    pages,
    policies,
    provenance,
    questionnaires,
    reads,
    reviewers,
    sign_in,
    smart,
    subscriptions,
    udap,
    um,
    validate,
    worklists,
)
from fhir_um.api.exchange import BASES, EVERY_TYPE, Offer, Route
from fhir_um.api.review_routes import REVIEW_ROUTES
from fhir_um.auth.openid import CALLBACK
from fhir_um.auth.scopes import Scope
from profiles.canonicals import (
    OPERATION_INQUIRE,
    OPERATION_SUBMIT,
    OPERATION_SUBMIT_ATTACHMENT,
    OPERATION_SUBSCRIPTION_EVENTS,
    OPERATION_SUBSCRIPTION_STATUS,
    OPERATION_VALIDATE,
    PAS_TOPIC,
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_SUBSCRIPTION,
)

_SEARCH = (("identifier", "token"), ("patient", "reference"))

_FORM = Offer("Questionnaire", "read")
_FORMS = Offer("Questionnaire", "search-type", parameters=(("url", "uri"), ("version", "token")))


def _fhir_routes(guide: str, base: str) -> tuple[Route, ...]:
    submit = Offer("Claim", operation="submit", definition=OPERATION_SUBMIT)
    inquire = Offer("Claim", operation="inquire", definition=OPERATION_INQUIRE)
    claim, answer = f"{base}/Claim", f"{base}/ClaimResponse"
    return (
        Route("POST", f"{claim}/$submit", Scope.SUBMIT, claims.submit, guide, submit),
        Route("POST", f"{claim}/$inquire", Scope.SEARCH_RESPONSE, claims.inquire, guide, inquire),
        Route("GET", f"{claim}/<case_id>", Scope.READ_CLAIM, reads.read_claim, guide, Offer("Claim", "read")),
        Route("GET", claim, Scope.SEARCH_CLAIM, reads.search_claims, guide, _search("Claim")),
        Route("POST", f"{claim}/_search", Scope.SEARCH_CLAIM, reads.search_claims, guide),
        Route(
            "GET",
            f"{answer}/<case_id>",
            Scope.READ_RESPONSE,
            reads.read_claim_response,
            guide,
            Offer("ClaimResponse", "read"),
        ),
        Route("GET", answer, Scope.SEARCH_RESPONSE, reads.search_claim_responses, guide, _search("ClaimResponse")),
        Route("POST", f"{answer}/_search", Scope.SEARCH_RESPONSE, reads.search_claim_responses, guide),
        *_provenance_routes(guide, f"{base}/Provenance"),
        Route("GET", f"{base}/Questionnaire/<form_id>", Scope.PUBLIC, questionnaires.read_questionnaire, guide, _FORM),
        Route("GET", f"{base}/Questionnaire", Scope.PUBLIC, questionnaires.search_questionnaires, guide, _FORMS),
        *_subscription_routes(guide, base),
        Route("POST", f"{base}/$submit-attachment", Scope.ATTACH, attachments.submit, guide, _ATTACH),
        Route("POST", f"{base}/$validate", Scope.VALIDATE, validate.validate, guide, _check("")),
        Route("POST", f"{base}/<type_name>/$validate", Scope.VALIDATE, validate.validate, guide, _check(EVERY_TYPE)),
        Route("GET", f"{base}/metadata", Scope.PUBLIC, capability.show, guide),
        Route("GET", base + smart.PATH, Scope.PUBLIC, smart.show, guide),
        Route("GET", base + udap.METADATA, Scope.PUBLIC, udap.metadata, guide),
    )


def _provenance_routes(guide: str, base: str) -> tuple[Route, ...]:
    one, many = Offer("Provenance", "read"), Offer("Provenance", "search-type", parameters=(("target", "reference"),))
    return (
        Route("GET", f"{base}/<provenance_id>", Scope.READ_PROVENANCE, provenance.read, guide, one),
        Route("GET", base, Scope.SEARCH_PROVENANCE, provenance.search, guide, many),
        Route("POST", f"{base}/_search", Scope.SEARCH_PROVENANCE, provenance.search, guide),
    )


_TOPIC = Offer("Basic", "read", note="Basic/PASSubscriptionTopic is the topic of every Subscription here.")

_SUBSCRIBE = {
    guide: Offer("Subscription", "create", profiles=profiles, topic=PAS_TOPIC, note=note)
    for guide, profiles, note in (
        (
            "2.2.1",
            (PROFILE_SUBSCRIPTION, PROFILE_BACKPORT_SUBSCRIPTION),
            "To the one topic, by rest-hook, content full-resource, filtered by org-identifier.",
        ),
        (
            "2.0.1",
            (PROFILE_BACKPORT_SUBSCRIPTION,),
            "To the one topic, by rest-hook, content id-only or full-resource, filtered by identifier.",
        ),
    )
}


def _subscription_routes(guide: str, base: str) -> tuple[Route, ...]:
    """An operation that only looks may be asked by GET and by POST. Source: FHIR R4 3.2.0.1."""
    all_of_them, topic = f"{base}/Subscription", f"{base}/Basic/<topic_id>"
    one = f"{all_of_them}/<subscription_id>"
    status = _subscription("status", OPERATION_SUBSCRIPTION_STATUS)
    events = _subscription("events", OPERATION_SUBSCRIPTION_EVENTS)
    search = Offer("Subscription", "search-type", parameters=(("_id", "token"), ("status", "token"), ("url", "uri")))
    seen, found = Scope.READ_SUBSCRIPTION, Scope.SEARCH_SUBSCRIPTION
    return (
        Route("POST", all_of_them, Scope.SUBSCRIBE, subscriptions.create, guide, _SUBSCRIBE[guide], 201),
        Route("GET", one, seen, subscriptions.read, guide, Offer("Subscription", "read")),
        Route("PUT", one, Scope.CHANGE_SUBSCRIPTION, subscriptions.update, guide, Offer("Subscription", "update")),
        Route("DELETE", one, Scope.END_SUBSCRIPTION, subscriptions.delete, guide, Offer("Subscription", "delete"), 204),
        Route("GET", all_of_them, found, subscriptions.search, guide, search),
        Route("POST", f"{all_of_them}/_search", found, subscriptions.search, guide),
        Route("GET", f"{all_of_them}/$status", found, subscriptions.status_of_many, guide, status),
        Route("POST", f"{all_of_them}/$status", found, subscriptions.status_of_many, guide),
        Route("GET", f"{one}/$status", seen, subscriptions.status_of_one, guide),
        Route("POST", f"{one}/$status", seen, subscriptions.status_of_one, guide),
        Route("GET", f"{one}/$events", seen, subscriptions.events, guide, events),
        Route("POST", f"{one}/$events", seen, subscriptions.events, guide),
        Route("GET", topic, Scope.PUBLIC, subscriptions.read_topic, guide, _TOPIC),
    )


def _subscription(operation: str, definition: str) -> Offer:
    return Offer("Subscription", operation=operation, definition=definition)


_ATTACH = Offer(
    "",
    operation="submit-attachment",
    definition=OPERATION_SUBMIT_ATTACHMENT,
    note="For documents of a prior authorization (AttachTo preauthorization). At most {max_body_bytes} bytes in one "
    "request, base64 included; a larger one is answered with 413, so send the documents one by one with Final false "
    "until the last. Send the bytes: nothing is fetched. TrackingId is the identifier of the CommunicationRequest or "
    "of the Task, or the administrative reference number. Taken: DocumentReference or Binary with PDF, images, text, "
    "RTF, XML, C-CDA, Word or Excel inside; QuestionnaireResponse and other clinical resources as they are.",
)


def _check(resource: str) -> Offer:
    return Offer(resource, operation="validate", definition=OPERATION_VALIDATE)


def _search(resource: str) -> Offer:
    return Offer(resource, "search-type", parameters=_SEARCH)


ROUTES: tuple[Route, ...] = (
    *(route for guide, base in BASES.items() for route in _fhir_routes(guide, base)),
    Route("GET", "/um/v1/pa-list", Scope.PUBLIC, um.pa_list),
    Route("GET", "/um/v1/events", Scope.READ_EVENTS, feed.follow),
    Route("GET", "/um/v1/cases", Scope.READ_CASES, um.list_cases),
    Route("GET", "/um/v1/cases/<case_id>", Scope.READ_CASES, um.show_case),
    Route("GET", "/um/v1/cases/<case_id>/events", Scope.READ_CASES, um.show_events),
    Route("POST", "/um/v1/cases/<case_id>/decisions", Scope.DECIDE_CASES, um.decide),
    Route("POST", "/um/v1/cases/<case_id>/openings", Scope.DECIDE_CASES, openings.open_case),
    Route("GET", "/um/v1/worklists", Scope.READ_CASES, worklists.list_queues),
    Route("GET", "/um/v1/worklists/<queue>", Scope.READ_CASES, worklists.show),
    Route("POST", "/um/v1/worklists/<queue>/next", Scope.TAKE_WORK, worklists.pull_next),
    Route("POST", "/um/v1/cases/<case_id>/assignments", Scope.TAKE_WORK, worklists.assign_one),
    Route("POST", "/um/v1/cases/<case_id>/locks", Scope.TAKE_WORK, worklists.lock_one),
    Route("DELETE", "/um/v1/cases/<case_id>/locks/<queue>", Scope.TAKE_WORK, worklists.unlock_one),
    Route("POST", "/um/v1/cases/<case_id>/escalations", Scope.TAKE_WORK, worklists.send_to_supervisors),
    Route("POST", "/um/v1/assignments", Scope.ASSIGN_WORK, worklists.assign_many),
    *REVIEW_ROUTES,
    Route("GET", "/um/v1/cases/<case_id>/worksheet", Scope.READ_CASES, attachments.worksheet),
    Route("GET", "/um/v1/cases/<case_id>/attachments", Scope.READ_CASES, attachments.list_of_case),
    Route("GET", "/um/v1/cases/<case_id>/notices", Scope.READ_CASES, notices.list_of_case),
    Route("GET", "/um/v1/notices", Scope.READ_CASES, notices.list_all),
    Route("GET", "/um/v1/notices/<notice_id>", Scope.READ_CASES, notices.show),
    Route("GET", "/um/v1/notices/<notice_id>/document", Scope.READ_CASES, notices.document),
    Route("POST", "/um/v1/notices/<notice_id>/deliveries", Scope.DECIDE_CASES, notices.deliver),
    Route("GET", "/um/v1/attachments", Scope.READ_CASES, attachments.list_held),
    Route("GET", "/um/v1/attachments/<attachment_id>", Scope.READ_CASES, attachments.show),
    Route("POST", "/um/v1/attachments/<attachment_id>/match", Scope.DECIDE_CASES, attachments.match),
    Route("GET", "/um/v1/cases/<case_id>/clocks", Scope.READ_CASES, clocks.show),
    Route("GET", "/um/v1/rules", Scope.READ_CASES, clocks.rules),
    Route("GET", "/um/v1/forecast", Scope.READ_CASES, clocks.forecast),
    Route("GET", "/um/v1/policies", Scope.READ_CASES, policies.list_all),
    Route("GET", "/um/v1/policies/<policy_id>", Scope.READ_CASES, policies.show),
    Route("GET", "/um/v1/reviewers", Scope.READ_REVIEWERS, reviewers.list_all),
    Route("PUT", "/um/v1/reviewers/<npi>", Scope.KEEP_REVIEWERS, reviewers.put),
    Route("POST", "/um/v1/auth-match", Scope.MATCH_CLAIMS, ledger.match),
    Route("GET", "/um/v1/authorizations/<number>", Scope.MATCH_CLAIMS, ledger.show),
    Route("POST", "/um/v1/authorizations/<number>/uses", Scope.MATCH_CLAIMS, ledger.record, success=201),
    Route("POST", ledger.REVERSAL, Scope.MATCH_CLAIMS, ledger.take_back, success=201),
    Route("GET", "/um/v1/audit", Scope.READ_AUDIT, audit.search),
    Route("POST", "/um/v1/audit/_search", Scope.READ_AUDIT, audit.search_by_form),
    Route("GET", "/um/v1/audit/alerts", Scope.READ_AUDIT, audit.alerts),
    Route("POST", "/um/v1/disclosures", Scope.READ_AUDIT, audit.disclosures),
    Route("GET", "/um/v1/crd/invocations/<name>/explanation", Scope.READ_HOOKS, hooks.explain),
    Route("GET", "/um/v1/measures/prior-authorization/<year>", Scope.PUBLIC, measures.prior_authorization),
    Route("GET", "/um/v1/measures/operations", Scope.READ_MEASURES, measures.operations),
    Route("GET", "/um/v1/measures/pas", Scope.READ_MEASURES, measures.pas),
    Route("GET", "/um/v1/measures/crd", Scope.READ_MEASURES, measures.crd),
    Route("GET", smart.PATH, Scope.PUBLIC, smart.show),
    Route("POST", oauth.TOKEN, Scope.PUBLIC, oauth.token),
    Route("POST", oauth.INTROSPECT, Scope.READ_TOKENS, oauth.introspect),
    Route("POST", oauth.REVOKE, Scope.PUBLIC, oauth.revoke),
    Route("GET", udap.METADATA, Scope.PUBLIC, udap.metadata),
    Route("POST", udap.REGISTER, Scope.PUBLIC, udap.register, success=201),
    Route("GET", "/openapi.json", Scope.PUBLIC, openapi.show),
    Route("GET", "/sign-in", Scope.PUBLIC, sign_in.begin),
    Route("GET", CALLBACK, Scope.PUBLIC, sign_in.callback, success=303),
    Route("POST", "/sign-in/local", Scope.PUBLIC, sign_in.local, success=303),
    Route("POST", "/sign-out", Scope.PUBLIC, sign_in.sign_out),
    Route("GET", "/session", Scope.SESSION, sign_in.show_session),
    Route("POST", "/um/v1/emergency-access", Scope.ASK_EMERGENCY, emergency.ask, success=201),
    Route("GET", "/um/v1/emergency-access", Scope.REVIEW_EMERGENCY, emergency.list_all),
    Route("POST", "/um/v1/emergency-access/<access_id>/review", Scope.REVIEW_EMERGENCY, emergency.review),
    Route("GET", "/healthz", Scope.PUBLIC, health.alive),
    Route("GET", "/readyz", Scope.PUBLIC, health.ready),
    Route("GET", "/", Scope.PUBLIC, pages.front),
)

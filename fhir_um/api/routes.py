"""The route table: every address, the scope it needs and who answers. Nothing is served that has no row here."""

from fhir_um.api import capability, claims, health, hooks, pages, reads, um, validate
from fhir_um.api.exchange import BASES, EVERY_TYPE, Offer, Route
from fhir_um.auth.scopes import Scope
from profiles.canonicals import OPERATION_INQUIRE, OPERATION_SUBMIT, OPERATION_VALIDATE

_SEARCH = (("identifier", "token"), ("patient", "reference"))


def _fhir_routes(guide: str, base: str) -> tuple[Route, ...]:
    submit = Offer("Claim", operation="submit", definition=OPERATION_SUBMIT)
    inquire = Offer("Claim", operation="inquire", definition=OPERATION_INQUIRE)
    claim, answer = f"{base}/Claim", f"{base}/ClaimResponse"
    return (
        Route("POST", f"{claim}/$submit", Scope.SUBMIT, claims.submit, guide, submit),
        Route("POST", f"{claim}/$inquire", Scope.SEARCH_RESPONSE, claims.inquire, guide, inquire),
        Route("GET", f"{claim}/<case_id>", Scope.READ_CLAIM, reads.read_claim, guide, Offer("Claim", "read")),
        Route("GET", claim, Scope.SEARCH_CLAIM, reads.search_claims, guide, _search("Claim")),
        Route(
            "GET",
            f"{answer}/<case_id>",
            Scope.READ_RESPONSE,
            reads.read_claim_response,
            guide,
            Offer("ClaimResponse", "read"),
        ),
        Route("GET", answer, Scope.SEARCH_RESPONSE, reads.search_claim_responses, guide, _search("ClaimResponse")),
        Route("POST", f"{base}/$validate", Scope.VALIDATE, validate.validate, guide, _check("")),
        Route("POST", f"{base}/<type_name>/$validate", Scope.VALIDATE, validate.validate, guide, _check(EVERY_TYPE)),
        Route("GET", f"{base}/metadata", Scope.PUBLIC, capability.show, guide),
    )


def _check(resource: str) -> Offer:
    return Offer(resource, operation="validate", definition=OPERATION_VALIDATE)


def _search(resource: str) -> Offer:
    return Offer(resource, "search-type", parameters=_SEARCH)


ROUTES: tuple[Route, ...] = (
    *(route for guide, base in BASES.items() for route in _fhir_routes(guide, base)),
    Route("GET", "/um/v1/pa-list", Scope.PUBLIC, um.pa_list),
    Route("GET", "/um/v1/cases", Scope.READ_CASES, um.list_cases),
    Route("GET", "/um/v1/cases/<case_id>", Scope.READ_CASES, um.show_case),
    Route("GET", "/um/v1/cases/<case_id>/events", Scope.READ_CASES, um.show_events),
    Route("POST", "/um/v1/cases/<case_id>/decisions", Scope.DECIDE_CASES, um.decide),
    Route("GET", "/um/v1/crd/invocations/<name>/explanation", Scope.READ_HOOKS, hooks.explain),
    Route("GET", "/healthz", Scope.PUBLIC, health.alive),
    Route("GET", "/readyz", Scope.PUBLIC, health.ready),
    Route("GET", "/", Scope.PUBLIC, pages.front),
)

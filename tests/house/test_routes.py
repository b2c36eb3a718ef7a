"""Default deny: every route names a scope, every address is served once, every FHIR route belongs to a guide."""

import pytest

from fhir_um.api.exchange import BASES
from fhir_um.api.routes import ROUTES
from fhir_um.auth.scopes import Scope

WELL_KNOWN = ".well-known/smart-configuration"
UDAP = ".well-known/udap"
OF_EVERY_BASE = ("metadata", "Basic/<topic_id>", "Questionnaire", "Questionnaire/<form_id>", WELL_KNOWN, UDAP)
"""What is published: statements, topics and forms."""

OF_TOKENS = {f"/{WELL_KNOWN}", f"/{UDAP}", "/oauth/token", "/oauth/revoke", "/oauth/register"}
"""A client proves who it is in what it sends there."""

TO_SIGN_IN_AND_OUT = {"/sign-in", "/sign-in/callback", "/sign-in/local", "/sign-out"}

OPEN_TO_ALL = (
    OF_TOKENS
    | TO_SIGN_IN_AND_OUT
    | {"/", "/healthz", "/openapi.json", "/readyz", "/um/v1/measures/prior-authorization/<year>", "/um/v1/pa-list"}
    | {f"{base}/{path}" for base in BASES.values() for path in OF_EVERY_BASE}
)


def test_every_route_names_a_scope() -> None:
    assert [route.path for route in ROUTES if not isinstance(route.scope, Scope)] == []


def test_only_the_listed_routes_are_public() -> None:
    assert {route.path for route in ROUTES if route.scope is Scope.PUBLIC} == OPEN_TO_ALL


def test_every_address_is_served_once() -> None:
    addresses = [(route.method, route.path) for route in ROUTES]

    assert len(set(addresses)) == len(addresses)


def test_both_bases_offer_the_same() -> None:
    offered = {
        guide: {(r.method, r.path.removeprefix(base), r.scope) for r in ROUTES if r.guide == guide}
        for guide, base in BASES.items()
    }

    assert offered["2.2.1"] == offered["2.0.1"]


@pytest.mark.spec("pas:conf-1")
@pytest.mark.spec("pas:conf-3")
@pytest.mark.spec("pas:spec-6")
def test_each_version_has_one_address_for_every_coverage() -> None:
    """No address carries a payer, a plan or a kind of coverage: the Bundle says which."""
    submit = [(route.guide, route.path) for route in ROUTES if route.path.endswith("/Claim/$submit")]

    assert submit == [(guide, f"{base}/Claim/$submit") for guide, base in BASES.items()]


def test_no_route_ends_with_a_slash() -> None:
    """A trailing slash would answer with a redirect, which senders of bundles do not follow."""
    assert [route.path for route in ROUTES if route.path != "/" and route.path.endswith("/")] == []

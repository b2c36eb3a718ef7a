"""`/.well-known/udap` and `/oauth/register`: how a member of the trust community finds us and becomes a client.

Where UDAP is switched off there is nothing at these addresses. Must not know how a certificate is checked.
Source: UDAP Security 2.0.0, 2 and 3; RFC 7591 3.2.
"""

import logging
from collections.abc import Mapping
from typing import Any

from fhir_um.api.content import read_raw
from fhir_um.api.exchange import JSON, Answer, Asked, plain
from fhir_um.api.oauth_errors import NEVER_KEPT, OAuthError, OAuthRefusal
from fhir_um.api.trail import current_trail
from fhir_um.auth.smart_scopes import compact
from fhir_um.auth.udap import Endpoints, Udap
from fhir_um.auth.udap_assertions import B2B, UDAP_VERSION, OnBehalf
from fhir_um.auth.udap_registration import AT_MOST, AUTH_METHOD, GRANT_TYPE, NotRegistered
from fhir_um.auth.udap_tokens import ALGORITHMS, MOST_CHARACTERS
from fhir_um.cases.enrolment import Enrolled, Enrolment
from fhir_um.errors import Kind, Refusal
from fhir_um.logs import say
from fhir_um.usecases.enrol_client import enrol_client
from profiles.reading import Limits, read_json

METADATA = "/.well-known/udap"
REGISTER = "/oauth/register"

_LIMITS = Limits(max_bytes=4 * MOST_CHARACTERS, max_depth=4, max_entries=0)
"""The statement, and as much again for each of three certifications, which are read over."""

_NO_CONTENT = 204


def metadata(asked: Asked) -> Answer:
    """What is supported and where, part of it signed under the name that this base has in our certificate."""
    udap = _udap(asked)
    signed = udap.signer.signed(asked.base_url)
    if signed is None:
        raise _nothing_here()
    community, ours = asked.http.args.get("community"), asked.house.settings.udap_community
    if community and ours and community != ours:
        return Answer(b"", JSON, _NO_CONTENT)
    return plain(configuration(udap.endpoints) | {"signed_metadata": signed})


def configuration(endpoints: Endpoints) -> dict[str, Any]:
    """The metadata of a server with those endpoints, without what is signed of it."""
    return {
        "udap_versions_supported": [UDAP_VERSION],
        "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_authz"],
        "udap_authorization_extensions_supported": [B2B],
        "udap_authorization_extensions_required": [B2B],
        "udap_certifications_supported": [],
        "udap_certifications_required": [],
        "grant_types_supported": [GRANT_TYPE],
        "scopes_supported": compact(AT_MOST).split(),
        "token_endpoint": endpoints.token,
        "token_endpoint_auth_methods_supported": [AUTH_METHOD],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "registration_endpoint": endpoints.registration,
        "registration_endpoint_jwt_signing_alg_values_supported": list(ALGORITHMS),
    }


def register(asked: Asked) -> Answer:
    """A member as a client: new, changed, or one no more."""
    udap = _udap(asked)
    statement = _statement(asked)
    wish = _wish(udap, statement)
    trail = current_trail()
    trail.client_id, trail.detail, trail.is_noted = wish.client_id, wish.uri, True
    enrolled = enrol_client(asked.deps, wish)
    if enrolled is None:
        raise OAuthRefusal(OAuthError.UNAPPROVED_SOFTWARE_STATEMENT, "This client is not registered here.")
    return plain(_told(enrolled, wish, statement), 201 if enrolled.is_new else 200, dict(NEVER_KEPT))


def note_on_behalf(asked: OnBehalf) -> None:
    """Has the audit log say for whom and for what a token was asked; whom first, for a long word is cut."""
    current_trail().detail = f"for {asked.organization_id}: {' '.join(asked.purposes)}"


def _udap(asked: Asked) -> Udap:
    if asked.house.udap is None:
        raise _nothing_here()
    return asked.house.udap


def _nothing_here() -> Refusal:
    return Refusal.of(Kind.NOT_FOUND, "not-found", "There is nothing at this address; see /fhir/metadata.")


def _statement(asked: Asked) -> str:
    """Certifications that come along are not supported, and so passed over. Source: UDAP Security 2.0.0, 3.3."""
    if asked.http.mimetype != JSON or asked.http.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal.of(Kind.WRONG_TYPE, "not-supported", f"Send {JSON}, without Content-Encoding.")
    body = read_json(read_raw(asked.http, asked.house.settings, _LIMITS.max_bytes), _LIMITS)
    if not isinstance(body, dict) or body.get("udap") != UDAP_VERSION:
        raise OAuthRefusal(OAuthError.INVALID_CLIENT_METADATA, f'Send a JSON object with udap "{UDAP_VERSION}".')
    statement = body.get("software_statement")
    if not isinstance(statement, str):
        raise OAuthRefusal(OAuthError.INVALID_SOFTWARE_STATEMENT, "The software_statement is missing.")
    return statement


def _wish(udap: Udap, statement: str) -> Enrolment:
    """What the statement asks for. Our log hears why one is refused."""
    try:
        return udap.registrar.read(statement)
    except NotRegistered as refused:
        reason = refused.fault.value if refused.fault else refused.error.value
        say(logging.INFO, "client-refused", request_id=current_trail().request_id, reason=reason)
        raise OAuthRefusal(OAuthError(refused.error.value), refused.text) from refused


def _told(enrolled: Enrolled, wish: Enrolment, statement: str) -> Mapping[str, Any]:
    client = enrolled.client
    return {
        "client_id": client.id,
        "software_statement": statement,
        "client_name": client.name,
        "contacts": list(client.contacts),
        "grant_types": [GRANT_TYPE] if client.is_active else [],
        "token_endpoint_auth_method": AUTH_METHOD,
        "scope": wish.wording or " ".join(client.scopes),
    }

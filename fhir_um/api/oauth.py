"""`/oauth/token`, `/oauth/introspect` and `/oauth/revoke`. Must not know how a signature is checked.

Source: SMART App Launch 2.2, backend services; RFC 6749 4.4, RFC 7009, RFC 7662, RFC 8705 3.
"""

import logging
from collections.abc import Mapping

from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.forms import read_form
from fhir_um.api.oauth_errors import NEVER_KEPT, OAuthError, OAuthRefusal
from fhir_um.api.trail import current_trail
from fhir_um.auth.guard import unknown_caller
from fhir_um.auth.signed_tokens import Unproven
from fhir_um.auth.smart_scopes import compact, granted
from fhir_um.auth.udap_assertions import UDAP_VERSION
from fhir_um.cases.client import Client, Grant
from fhir_um.logs import say
from fhir_um.usecases.find_token import find_token
from fhir_um.usecases.issue_token import issue_token
from fhir_um.usecases.revoke_token import revoke_token

TOKEN, INTROSPECT, REVOKE = "/oauth/token", "/oauth/introspect", "/oauth/revoke"
GRANT_TYPE = "client_credentials"


def token(asked: Asked) -> Answer:
    """An access token for a client that proves who it is, by a signed assertion."""
    form = read_form(asked.http, asked.house.settings)
    _demand_grant_type(form)
    written = _scopes_asked(form)
    client = _proven(asked, form)
    scopes = granted(written or " ".join(client.scopes), client.scopes)
    if not scopes:
        raise OAuthRefusal(OAuthError.INVALID_SCOPE, "None of the scopes asked for is granted to this client.")
    seconds = asked.house.settings.token_seconds
    issued = issue_token(asked.deps, client, scopes, asked.certificate, seconds)
    told = {"access_token": issued.token, "token_type": "Bearer", "expires_in": seconds, "scope": compact(scopes)}
    return plain(told, headers=dict(NEVER_KEPT))


def introspect(asked: Asked) -> Answer:
    """What an access token stands for; only that it is not active, when it is good for nothing."""
    form = read_form(asked.http, asked.house.settings)
    grant = find_token(asked.deps, _field(form, "token"))
    return plain(_told(grant, asked.house.settings.base_url) if grant else {"active": False}, headers=dict(NEVER_KEPT))


def revoke(asked: Asked) -> Answer:
    """The end of a client's own token; the same answer for a token nobody knows."""
    form = read_form(asked.http, asked.house.settings)
    text = _field(form, "token")
    revoke_token(asked.deps, _proven(asked, form), text)
    return plain({}, headers=dict(NEVER_KEPT))


def _demand_grant_type(form: Mapping[str, str]) -> None:
    if _field(form, "grant_type") != GRANT_TYPE:
        raise OAuthRefusal(OAuthError.UNSUPPORTED_GRANT_TYPE, f"The grant type offered here is {GRANT_TYPE}.")


def _scopes_asked(form: Mapping[str, str]) -> str:
    """A member of a trust community may leave them out, and means all of its own. Source: UDAP Security 2.0.0, 7.3."""
    return form.get("scope", "") if form.get("udap") == UDAP_VERSION else _field(form, "scope")


def _field(form: Mapping[str, str], name: str) -> str:
    if name not in form:
        raise OAuthRefusal(OAuthError.INVALID_REQUEST, f"The field {name} is missing.")
    return form[name]


def _proven(asked: Asked, form: Mapping[str, str]) -> Client:
    """The client behind the form. Whoever is not known hears that and no more; our log hears why."""
    trail = current_trail()
    try:
        client = asked.house.prove(form, asked.certificate)
    except Unproven as unproven:
        trail.client_id, trail.detail = unproven.client_id, unproven.fault.value
        reason, client_id = unproven.fault.value, unproven.client_id or None
        say(logging.INFO, "client-refused", request_id=trail.request_id, reason=reason, client_id=client_id)
        raise unknown_caller() from unproven
    trail.client_id, trail.is_noted = client.id, True
    return client


def _told(grant: Grant, base_url: str) -> dict[str, object]:
    told: dict[str, object] = {
        "active": True,
        "client_id": grant.client.id,
        "scope": compact(grant.scopes),
        "token_type": "Bearer",
        "iat": int(grant.issued_at.timestamp()),
        "exp": int(grant.expires_at.timestamp()),
        "sub": grant.client.id,
        "iss": base_url,
    }
    return told | ({"cnf": {"x5t#S256": grant.certificate}} if grant.certificate else {})

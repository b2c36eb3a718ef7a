"""`/.well-known/smart-configuration`: where a client gets tokens, and for what. Must not know any client.

Source: SMART App Launch 2.2, conformance (`code_challenge_methods_supported` must be there, though nobody is sent to a
login page for an app here); RFC 8414 for the other endpoints; RFC 8705 3.3.
"""

from typing import Any

from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.oauth import GRANT_TYPE, INTROSPECT, REVOKE, TOKEN
from fhir_um.auth.scopes import ALL
from fhir_um.auth.signed_tokens import ALGORITHMS
from fhir_um.auth.smart_scopes import compact

PATH = "/.well-known/smart-configuration"
CAPABILITIES = ("client-confidential-asymmetric", "permission-v2", "permission-v1")


def show(asked: Asked) -> Answer:
    """Where a client gets tokens, how it proves who it is, and what it may ask for."""
    settings = asked.house.settings
    is_bound = bool(settings.certificate_header and settings.proxies)
    told = configuration(settings.base_url) | {"tls_client_certificate_bound_access_tokens": is_bound}
    return plain(told, headers={"Cache-Control": "public, max-age=300"})


def configuration(base_url: str) -> dict[str, Any]:
    """The document of a server at that address."""
    methods, algorithms = ["private_key_jwt"], list(ALGORITHMS)
    return {
        "token_endpoint": base_url + TOKEN,
        "introspection_endpoint": base_url + INTROSPECT,
        "revocation_endpoint": base_url + REVOKE,
        "grant_types_supported": [GRANT_TYPE],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": compact(ALL).split(),
        "capabilities": list(CAPABILITIES),
    }

"""What is published about tokens: where they are had, and for what; no more than there is."""

import pytest

from fhir_um.api.smart import CAPABILITIES
from fhir_um.auth.scopes import ALL
from fhir_um.auth.smart_scopes import meant
from tests.fhir_um.trusting import URL, trusting

PATHS = [f"{base}/.well-known/smart-configuration" for base in ("", "/fhir", "/2.0.1/fhir")]


def test_every_base_says_the_same(sqlite_url: str) -> None:
    with trusting(sqlite_url) as trust:
        answers = [trust.http.get(path) for path in PATHS]

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content_type for answer in answers} == {"application/json; charset=utf-8"}
    told, *rest = (answer.get_json() for answer in answers)
    assert rest == [told, told]
    assert told["token_endpoint"] == f"{URL}/oauth/token"
    assert told["introspection_endpoint"] == f"{URL}/oauth/introspect"
    assert told["revocation_endpoint"] == f"{URL}/oauth/revoke"
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["ES384", "RS384"]
    assert told["capabilities"] == list(CAPABILITIES)
    assert meant(told["scopes_supported"]) == ALL
    assert "authorization_endpoint" not in told


@pytest.mark.spec("hrex:sec-13", "hrex:sec-16")
@pytest.mark.parametrize(
    ("settings", "is_bound"),
    [
        ({}, False),
        ({"proxies": ("10.0.0.5",)}, False),
        ({"certificate_header": "X-Client-Cert", "proxies": ("10.0.0.5",)}, True),
    ],
)
def test_tokens_are_bound_where_a_proxy_hands_certificates_on(
    sqlite_url: str, settings: dict[str, object], is_bound: bool
) -> None:
    with trusting(sqlite_url, **settings) as trust:
        assert trust.http.get(PATHS[0]).get_json()["tls_client_certificate_bound_access_tokens"] is is_bound


def test_the_capability_statement_says_how_to_come_in(sqlite_url: str) -> None:
    with trusting(sqlite_url) as trust:
        for base in ("/fhir", "/2.0.1/fhir"):
            (rest,) = trust.http.get(f"{base}/metadata").get_json()["rest"]
            assert rest["security"]["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"

"""Tokens of the stand-ins: signed as any library verifies them, and spoiled so that none does."""

import base64
import json
from datetime import UTC, datetime

import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet, RSAKey

from fhir_um.simulators.signing import (
    ES384,
    RS384,
    SigningFault,
    SigningKey,
    client_claims,
    hook_claims,
    spoiled,
    unsigned,
)

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
CLAIMS = hook_claims("https://ehr.example.org", "https://payer.example.org/cds-services/order-sign", AT, "jti-1")
KEYS = {algorithm: SigningKey.new(algorithm) for algorithm in (ES384, RS384)}


def verified(token: str, key: SigningKey) -> jws.CompactSignature:
    public = KeySet.import_key_set(key.public_jwks())  # type: ignore[arg-type]  # a plain dict does
    return jws.deserialize_compact(token, public, algorithms=[ES384, RS384])


@pytest.mark.parametrize("algorithm", [ES384, RS384])
def test_a_token_is_verified_with_what_is_published(algorithm: str) -> None:
    key = KEYS[algorithm]

    seen = verified(key.token(CLAIMS), key)

    assert seen.headers() == {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
    assert json.loads(seen.payload) == {
        "iss": "https://ehr.example.org",
        "aud": "https://payer.example.org/cds-services/order-sign",
        "jti": "jti-1",
        "iat": int(AT.timestamp()),
        "exp": int(AT.timestamp()) + 240,
    }


@pytest.mark.parametrize("algorithm", [ES384, RS384])
def test_what_is_published_has_no_secret(algorithm: str) -> None:
    (published,) = KEYS[algorithm].public_jwks()["keys"]

    assert set(published) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} == set()
    assert (published["kid"], published["alg"], published["use"]) == (KEYS[algorithm].kid, algorithm, "sig")


def test_a_header_can_be_changed_and_left_out() -> None:
    key = KEYS[ES384]

    head = verified(key.token(CLAIMS, {"jku": "http://127.0.0.1/jwks.json", "typ": None}), key).headers()

    assert head == {"alg": ES384, "kid": key.kid, "jku": "http://127.0.0.1/jwks.json"}


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "none"])
def test_a_header_may_lie_about_the_algorithm(algorithm: str) -> None:
    assert head(KEYS[ES384].token(CLAIMS, {"alg": algorithm}))["alg"] == algorithm


@pytest.mark.parametrize("algorithm", [ES384, RS384])
def test_a_spoiled_token_is_not_verified(algorithm: str) -> None:
    token = KEYS[algorithm].token(CLAIMS)

    assert spoiled(token).split(".")[:2] == token.split(".")[:2]
    with pytest.raises(BadSignatureError):
        verified(spoiled(token), KEYS[algorithm])


def test_an_unsigned_token_has_no_signature_and_the_same_claims() -> None:
    token = unsigned(client_claims("ehr-1", "https://payer.example.org/oauth/token", AT, "jti-1"))

    assert head(token) == {"alg": "none", "typ": "JWT"}
    assert segment(token, 1)["sub"] == "ehr-1"
    assert token.endswith(".")


def test_keys_are_read_as_jwk_jwk_set_and_pem() -> None:
    key = ECKey.generate_key("P-384")
    rsa = RSAKey.generate_key(2048)
    jwk = {**key.as_dict(private=True), "kid": "mine"}

    read = [
        SigningKey.from_jwk(json.dumps(jwk).encode()),
        SigningKey.from_jwk(json.dumps({"keys": [jwk]}).encode()),
        SigningKey.from_pem(key.as_pem(private=True), "mine"),
    ]

    assert {each.kid for each in read} == {"mine"}
    assert len({json.dumps(each.public_jwks()) for each in read}) == 1
    assert SigningKey.from_pem(rsa.as_pem(private=True)).algorithm == RS384


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys": []}', b'{"kty": "EC"}', b'"x"'])
def test_what_is_no_jwk_is_refused_in_words(text: bytes) -> None:
    with pytest.raises(SigningFault, match="no private key"):
        SigningKey.from_jwk(text)


def test_a_public_key_and_another_curve_are_refused() -> None:
    with pytest.raises(SigningFault, match="public key"):
        SigningKey.from_jwk(json.dumps(KEYS[ES384].public_jwks()).encode())
    with pytest.raises(SigningFault, match="P-256"):
        SigningKey.from_pem(ECKey.generate_key("P-256").as_pem(private=True))
    with pytest.raises(SigningFault, match="no private key as PEM"):
        SigningKey.from_pem(b"-----BEGIN NOTHING-----")
    with pytest.raises(SigningFault, match="HS256"):
        SigningKey.new("HS256")


def head(token: str) -> dict[str, object]:
    return segment(token, 0)


def segment(token: str, number: int) -> dict[str, object]:
    part = token.split(".")[number]
    read: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read

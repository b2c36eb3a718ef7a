"""Signed tokens that a certificate of the community stands behind. Must not know what they are sent for.

The key comes from the certificate in the header and from nowhere else: `x5u`, `jku`, `jwk` and `kid` are not looked at.
Source: UDAP Security 2.0.0, 7.1 (headers, claims, validation); RFC 7515; RFC 7519.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from fhir_um.auth.certificates import MOST_CERTIFICATES, Certified, Certify, NotTrusted
from fhir_um.auth.signed_tokens import SKEW, Fault, SignedToken, Unproven, demand_audience, instant, token_id

ALGORITHMS = ("RS256", "ES256", "RS384", "ES384")
LONGEST_LIFE = timedelta(minutes=5)
MOST_CHARACTERS = 48_000
"""Of a whole token: five certificates, twice in base64, and the claims."""

_MOST_HEADER_CHARACTERS = 40_000
_MOST_NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a good token says, who is certified to say so, and until when its `jti` must not come again."""

    issuer: str
    jti: str
    claims: Mapping[str, Any]
    certified: Certified
    spent_until: datetime


def vouched(token: SignedToken, certify: Certify, audience: str, at: datetime) -> Vouched:
    """A token that somebody certified signed for that audience, and that is good at that time.

    Whether its issuer is whom the certificate names, and whether it was sent before, is for others to say.
    Raises: Unproven, with the fault CERTIFICATE when the community does not vouch for its certificate.
    """
    claims = token.claims
    demand_audience(claims, audience)
    issuer, jti = _issuer(claims), token_id(claims)
    if len(jti) > _MOST_NAME_CHARACTERS:
        raise Unproven(Fault.REPLAY)
    expires_at = _demand_time(claims, at)
    try:
        certified = certify(token.header["x5c"], at)
    except NotTrusted as fault:
        raise Unproven(Fault.CERTIFICATE) from fault
    _demand_signed(token, certified)
    return Vouched(issuer, jti, claims, certified, expires_at + SKEW)


def chained_token(text: str) -> SignedToken:
    """A token taken apart that brings certificates (`x5c`); nothing of it is proved. Raises: Unproven."""
    if not text or len(text) > MOST_CHARACTERS or not text.isascii():
        raise Unproven(Fault.NO_JWT)
    try:
        parts = jws.extract_compact(text.encode(), registry=_rules())
        claims = json.loads(parts.payload)
    except (JoseError, ValueError, RecursionError) as fault:
        raise Unproven(Fault.NO_JWT) from fault
    header: Any = parts.headers()
    if not isinstance(claims, dict) or not isinstance(header, dict):
        raise Unproven(Fault.NO_JWT)
    token = SignedToken(text, header, claims)
    _demand_header(token.header)
    return token


def _demand_header(header: Mapping[str, Any]) -> None:
    if header.get("alg") not in ALGORITHMS or str(header.get("typ", "JWT")).upper() != "JWT":
        raise Unproven(Fault.ALGORITHM)
    if "crit" in header:  # names what must be understood; nothing that may be named is
        raise Unproven(Fault.CRITICAL)
    x5c = header.get("x5c")
    if not isinstance(x5c, list) or not 1 <= len(x5c) <= MOST_CERTIFICATES or not all(isinstance(c, str) for c in x5c):
        raise Unproven(Fault.KEY)


def _issuer(claims: Mapping[str, Any]) -> str:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not 0 < len(issuer) <= _MOST_NAME_CHARACTERS or not issuer.isprintable():
        raise Unproven(Fault.ISSUER)
    if claims.get("sub") != issuer:
        raise Unproven(Fault.SUBJECT)
    return issuer


def _demand_time(claims: Mapping[str, Any], at: datetime) -> datetime:
    issued_at, expires_at = instant(claims.get("iat")), instant(claims.get("exp"))
    if issued_at is None or expires_at is None:
        raise Unproven(Fault.TIME)
    not_before = issued_at if claims.get("nbf") is None else instant(claims["nbf"])
    is_now = issued_at - SKEW <= at < expires_at + SKEW and not_before is not None and not_before - SKEW <= at
    if not is_now or expires_at - issued_at > LONGEST_LIFE:
        raise Unproven(Fault.TIME)
    return expires_at


def _demand_signed(token: SignedToken, certified: Certified) -> None:
    algorithm = token.header["alg"]
    if algorithm not in certified.algorithms:
        raise Unproven(Fault.ALGORITHM)
    kind = RSAKey if algorithm.startswith("RS") else ECKey
    try:
        jws.deserialize_compact(token.text, kind.import_key(certified.public_key), registry=_rules())
    except (JoseError, ValueError) as fault:
        raise Unproven(Fault.SIGNATURE) from fault


def _rules() -> jws.JWSRegistry:
    rules = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    rules.max_header_length = _MOST_HEADER_CHARACTERS
    return rules

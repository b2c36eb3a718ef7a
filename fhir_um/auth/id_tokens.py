"""Verifies the ID token of a provider: signed by it, for us, now, and for this very sign-in. Must not know roles.

Source: OpenID Connect Core 1.0, 3.1.3.7 (ID token), 3.1.3.6 and 3.1.3.8 (`at_hash`); RFC 7515; RFC 8725 (algorithms).
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from fhir_um.auth.hook_keys import OPENID, Key, KeyRing
from fhir_um.auth.not_signed_in import NotSignedIn, SignInFault
from fhir_um.auth.signed_tokens import SKEW, instant

Claims = Mapping[str, Any]

_ALGORITHMS = frozenset(name for names in OPENID.values() for name in names)
_MOST_CHARACTERS = 32_768
_LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say: who issued it, for which client, answering which sign-in, begun when."""

    issuer: str
    client_id: str
    nonce: str
    started_at: datetime


def read_id_token(text: str, keys: KeyRing, expected: Expected, access_token: str, at: datetime) -> Claims:
    """Its claims, all of them proved.

    Raises: NotSignedIn with the first thing that is wrong.
    """
    alg, claims = _signed(text, keys)
    if claims.get("iss") != expected.issuer:
        raise NotSignedIn(SignInFault.ISSUER)
    _demand_audience(claims, expected.client_id)
    _demand_now(claims, expected.started_at, at)
    if not _is_same(claims.get("nonce"), expected.nonce):
        raise NotSignedIn(SignInFault.NONCE)
    if "at_hash" in claims and not _is_same(claims["at_hash"], _left_half(access_token, alg)):
        raise NotSignedIn(SignInFault.ACCESS_TOKEN)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise NotSignedIn(SignInFault.SUBJECT)
    return claims


def _signed(text: str, keys: KeyRing) -> tuple[str, Claims]:
    """Algorithm and claims of a token that one of the provider's keys signed."""
    if not text.isascii() or len(text) > _MOST_CHARACTERS:
        raise NotSignedIn(SignInFault.NO_JWT)
    rules = jws.JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    try:
        parts = jws.extract_compact(text.encode(), registry=rules)
        header: Any = parts.headers()
        claims = json.loads(parts.payload)
    except (JoseError, ValueError, RecursionError) as fault:
        raise NotSignedIn(SignInFault.NO_JWT) from fault
    if not isinstance(claims, dict) or not isinstance(header, dict):
        raise NotSignedIn(SignInFault.NO_JWT)
    key = _key(header, keys)
    try:
        jws.deserialize_compact(text, key, registry=rules)
    except (JoseError, ValueError) as fault:
        raise NotSignedIn(SignInFault.SIGNATURE) from fault
    return header["alg"], claims


def _key(header: Mapping[str, Any], keys: KeyRing) -> Key:
    alg, kid = header.get("alg"), header.get("kid")
    if alg not in _ALGORITHMS or "crit" in header:  # `crit` names what must be understood; nothing that may be named is
        raise NotSignedIn(SignInFault.ALGORITHM)
    key = keys.key(kid, alg) if isinstance(kid, str) else None
    if key is None:
        raise NotSignedIn(SignInFault.KEY)
    return key


def _demand_audience(claims: Claims, client_id: str) -> None:
    """For us; and when it is for others too, or names who may use it, made out to us."""
    named = claims.get("aud")
    audiences = named if isinstance(named, list) else [named]
    party = claims.get("azp")
    if client_id not in audiences or (party is None and len(audiences) > 1) or party not in (None, client_id):
        raise NotSignedIn(SignInFault.AUDIENCE)


def _demand_now(claims: Claims, started_at: datetime, at: datetime) -> None:
    """Issued after this sign-in began, and not over."""
    issued_at, expires_at = instant(claims.get("iat")), instant(claims.get("exp"))
    if issued_at is None or expires_at is None:
        raise NotSignedIn(SignInFault.TIME)
    if not started_at - SKEW <= issued_at <= at + SKEW or at >= expires_at + SKEW:
        raise NotSignedIn(SignInFault.TIME)


def _left_half(token: str, alg: str) -> str:
    digest = hashlib.new(f"sha{alg[-3:]}", token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def _is_same(given: Any, expected: str) -> bool:
    return isinstance(given, str) and compare_digest(given.encode(errors="replace"), expected.encode())

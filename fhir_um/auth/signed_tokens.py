"""A signed token (RFC 7515, compact) taken apart, and what every kind of them must keep to. Must not know whose it is.

Nothing of a token is proved before its signature is. Source: SMART App Launch 2.2, asymmetric authentication
(algorithms, header); RFC 7519; RFC 7515 4.1.11 (`crit`).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from cds_hooks.addresses import taken_apart as url_taken_apart
from fhir_um.auth.hook_keys import Key, KeyRing

ALGORITHMS = ("ES384", "RS384")
Spend = Callable[[str, str, datetime], bool]
"""Uses up a token by issuer and `jti` until it expires; False when it was used before."""

SKEW = timedelta(seconds=60)
"""How far the clocks of two parties may be apart."""

_FAR_AWAY = 1e11
_MOST_CHARACTERS = 8_192
_MOST_HEADER_BYTES = 2_048


class Fault(StrEnum):
    """What is wrong with a token: for our own log, never for the caller."""

    NO_TOKEN = "no-token"  # noqa: S105 the name of a fault
    NO_JWT = "no-jwt"
    ALGORITHM = "algorithm"
    CRITICAL = "critical"
    ISSUER = "issuer"
    SUBJECT = "subject"
    DISABLED = "disabled"
    CERTIFICATE = "certificate"
    KEY_ADDRESS = "key-address"
    KEY = "key"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    TIME = "time"
    TENANT = "tenant"
    EXTENSION = "extension"
    REPLAY = "replay"


class Unproven(Exception):
    """A token that proves nothing. `client_id` is the known client it claims to be from, or nothing."""

    def __init__(self, fault: Fault, client_id: str = "") -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.client_id = client_id


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token taken apart."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def taken_apart(text: str) -> SignedToken:
    """Raises: Unproven when it is no signed token at all."""
    if not text or len(text) > _MOST_CHARACTERS or not text.isascii():
        raise Unproven(Fault.NO_JWT)
    try:
        parts = jws.extract_compact(text.encode(), registry=_rules())
        claims = json.loads(parts.payload)
    except (JoseError, ValueError, RecursionError) as fault:
        raise Unproven(Fault.NO_JWT) from fault
    header: Any = parts.headers()
    if not isinstance(claims, dict) or not isinstance(header, dict):  # a text that holds "alg" passes for a header
        raise Unproven(Fault.NO_JWT)
    return SignedToken(text, header, claims)


def demand_signed(token: SignedToken, keys: KeyRing, key_addresses: Iterable[str]) -> None:
    """Passes when one of the keys signed it, by an algorithm of the list, and no header changes the rules.

    A `jku` is one of the addresses that were registered, if it is there; it is compared and never fetched.
    Raises: Unproven.
    """
    alg, kid = token.header.get("alg"), token.header.get("kid")
    if alg not in ALGORITHMS or str(token.header.get("typ", "JWT")).upper() != "JWT":
        raise Unproven(Fault.ALGORITHM)
    if "crit" in token.header:  # names what must be understood; nothing that may be named is
        raise Unproven(Fault.CRITICAL)
    if "jku" in token.header and token.header["jku"] not in tuple(key_addresses):
        raise Unproven(Fault.KEY_ADDRESS)
    key = keys.key(kid, alg) if isinstance(kid, str) else None
    if key is None:
        raise Unproven(Fault.KEY)
    _demand_signature(token, key)


def _demand_signature(token: SignedToken, key: Key) -> None:
    try:
        jws.deserialize_compact(token.text, key, registry=_rules())
    except (JoseError, ValueError) as fault:
        raise Unproven(Fault.SIGNATURE) from fault


def demand_audience(claims: Mapping[str, Any], url: str) -> None:
    """Passes when the token is for that address, whether or not it names the port that its scheme has anyway.

    Raises: Unproven.
    """
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(each, str) and _is_same(each, url) for each in named):
        raise Unproven(Fault.AUDIENCE)


def token_id(claims: Mapping[str, Any]) -> str:
    """Its `jti`. Raises: Unproven when it has none that can be kept."""
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti or not jti.isprintable():
        raise Unproven(Fault.REPLAY)
    return jti


def instant(seconds: Any) -> datetime | None:
    """A NumericDate (RFC 7519 2) of this age; None for anything else."""
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < _FAR_AWAY:
        return datetime.fromtimestamp(seconds, UTC)
    return None


def _rules() -> jws.JWSRegistry:
    """Two algorithms and no other; a header may be as long as its `jku`, and say more than we know (RFC 7515 4.2)."""
    rules = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    rules.max_header_length = _MOST_HEADER_BYTES
    return rules


def _is_same(audience: str, url: str) -> bool:
    meant, ours = url_taken_apart(audience), url_taken_apart(url)
    return audience == url or (meant is not None and meant == ours)

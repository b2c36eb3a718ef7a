"""Which client a signed assertion proves at the token endpoint. Must not know what it asks for, or say what is wrong.

Source: SMART App Launch 2.2, asymmetric authentication (`private_key_jwt`); RFC 7523 3; RFC 7521 4.2; RFC 8705 3 (a
client that is registered with certificates comes with one of them).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fhir_um.auth.hook_keys import Fetch, KeyRing
from fhir_um.auth.signed_tokens import (
    SKEW,
    Fault,
    SignedToken,
    Spend,
    Unproven,
    demand_audience,
    demand_signed,
    instant,
    taken_apart,
    token_id,
)
from fhir_um.cases.client import Client, ClientKind

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE = timedelta(minutes=5)

Prove = Callable[[Mapping[str, str], str], Client]
"""The client that a form of the token endpoint proves, sent over a connection with the certificate of that thumbprint.

Raises: Unproven.
"""

_MOST_RINGS = 1_000


class ClientAssertions:
    """Proves registered clients. `audience`: address of the token endpoint; `spend` is shared by all processes."""

    def __init__(
        self,
        audience: str,
        find: Callable[[str], Client | None],
        spend: Spend,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        fetch: Fetch,
        is_sandbox: bool = False,
    ) -> None:
        self._audience = audience
        self._find = find
        self._spend = spend
        self._now = now
        self._new_ring: Callable[[Client], KeyRing] = lambda client: KeyRing(
            client.keys, client.jwks_url, fetch, monotonic, is_sandbox
        )
        self._rings: dict[str, tuple[int, KeyRing]] = {}

    def prove(self, form: Mapping[str, str], certificate: str) -> Client:
        """See `Prove`. Raises: Unproven; Refusal BUSY when the store cannot be reached."""
        if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
            raise Unproven(Fault.NO_TOKEN)
        token = taken_apart(form["client_assertion"])
        client = self._client_of(token.claims, form.get("client_id"))
        try:
            self._demand_good(token, client, certificate)
        except Unproven as unproven:
            raise Unproven(unproven.fault, client.id) from unproven
        return client

    def _client_of(self, claims: Mapping[str, Any], named: str | None) -> Client:
        """Issuer, subject and, if there is one, the parameter `client_id` all name the same client (RFC 7521 4.2)."""
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or claims.get("sub") != issuer or named not in (None, issuer):
            raise Unproven(Fault.SUBJECT)
        client = self._find(issuer)
        if client is None or client.kind is not ClientKind.SMART:
            raise Unproven(Fault.ISSUER)
        return client

    def _demand_good(self, token: SignedToken, client: Client, certificate: str) -> None:
        if not client.is_active:
            raise Unproven(Fault.DISABLED)
        if client.certificates and certificate not in client.certificates:
            raise Unproven(Fault.CERTIFICATE)
        if "typ" not in token.header:
            raise Unproven(Fault.ALGORITHM)
        demand_signed(token, self._ring(client), (client.jwks_url,) if client.jwks_url else ())
        demand_audience(token.claims, self._audience)
        jti = token_id(token.claims)
        expires_at = _demand_time(token.claims, self._now())
        if not self._spend(f"client:{client.id}", jti, expires_at + SKEW):
            raise Unproven(Fault.REPLAY)

    def _ring(self, client: Client) -> KeyRing:
        """The keys of the client as it is at its version."""
        kept = self._rings.get(client.id)
        if kept is not None and kept[0] == client.version:
            return kept[1]
        if len(self._rings) >= _MOST_RINGS:
            self._rings.clear()
        ring = self._new_ring(client)
        self._rings[client.id] = client.version, ring
        return ring


def _demand_time(claims: Mapping[str, Any], at: datetime) -> datetime:
    """When the token expires; it does so within five minutes, and need not say since when it is good.

    Raises: Unproven.
    """
    expires_at = instant(claims.get("exp"))
    if expires_at is None or not at - SKEW < expires_at <= at + LONGEST_LIFE + SKEW:
        raise Unproven(Fault.TIME)
    for name in ("iat", "nbf"):
        if name in claims:
            since = instant(claims[name])
            if since is None or since - SKEW > at or since > expires_at:
                raise Unproven(Fault.TIME)
    return expires_at

"""The door of the hook counter: whose token is good for this call. Must not know hooks, or say why a token is not good.

The one place that verifies JSON Web Tokens of CDS clients. Source: CDS Hooks 3.0.0-ballot, trusting CDS clients; SMART
App Launch 2.2, asymmetric authentication (algorithms, at most five minutes); RFC 7519.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from cds_hooks.addresses import taken_apart
from cds_hooks.door import HookClient, NotAdmitted
from fhir_um.auth.hook_keys import Fetch, KeyRing, fetch_json, usable_keys
from fhir_um.auth.hook_registry import Registered, read_registry
from fhir_um.settings import Mode, Settings, SettingsFault

Spend = Callable[[str, str, datetime], bool]
"""Uses up a token by issuer and `jti` until it expires; False when it was used before."""

ALGORITHMS = ("ES384", "RS384")
SKEW = timedelta(seconds=60)
LONGEST_LIFE = timedelta(hours=1)
_FAR_AWAY = 1e11
_MOST_CHARACTERS = 8_192
_MOST_HEADER_BYTES = 2_048
_SANDBOX = HookClient("sandbox", "Sandbox caller")


class Fault(StrEnum):
    """What is wrong with a token: for our own log, never for the caller."""

    NO_TOKEN = "no-token"  # noqa: S105 the name of a fault
    NO_JWT = "no-jwt"
    ALGORITHM = "algorithm"
    CRITICAL = "critical"
    ISSUER = "issuer"
    KEY_ADDRESS = "key-address"
    KEY = "key"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    TIME = "time"
    TENANT = "tenant"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class _Token:
    """A token taken apart; nothing of it is proved before its signature is."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


class RegisteredDoor:
    """Admits callers whose token a registered issuer signed for this address, once.

    `is_sandbox`: who calls from this machine needs no token, and one of an issuer that is not registered counts as
    none. `spend` is shared by all processes.
    """

    def __init__(
        self,
        clients: tuple[Registered, ...],
        spend: Spend,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        fetch: Fetch,
        is_sandbox: bool = False,
    ) -> None:
        self._clients = {client.issuer: client for client in clients}
        self._keys = {
            client.issuer: KeyRing(client.keys, client.jwks_url, fetch, monotonic, is_sandbox) for client in clients
        }
        self._spend = spend
        self._now = now
        self._is_sandbox = is_sandbox

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        """See `cds_hooks.door.Door.admit`. Raises: NotAdmitted; Refusal BUSY when the store cannot be reached."""
        try:
            token = _taken_apart(header)
            client = self._issuer_of(token)
        except NotAdmitted:
            if self._is_sandbox and is_loopback:
                return _SANDBOX
            raise
        try:
            self._demand_good(token, client, url)
        except NotAdmitted as refusal:
            raise NotAdmitted(refusal.reason, client.id) from refusal
        return HookClient(client.id, client.name, client.dialect, client.strict)

    def _demand_good(self, token: _Token, client: Registered, url: str) -> None:
        self._demand_signed(token, client)
        expires_at = _demand_claims(token.claims, client, url, self._now())
        if not self._spend(client.issuer, token.claims["jti"], expires_at + SKEW):
            raise NotAdmitted(Fault.REPLAY)

    def _issuer_of(self, token: _Token) -> Registered:
        issuer = token.claims.get("iss")
        client = self._clients.get(issuer) if isinstance(issuer, str) else None
        if client is None:
            raise NotAdmitted(Fault.ISSUER)
        return client

    def _demand_signed(self, token: _Token, client: Registered) -> None:
        """Source: CDS Hooks: `alg`, `kid` and `typ` are required; a `jku` is one that was registered."""
        alg, kid = token.header.get("alg"), token.header.get("kid")
        if alg not in ALGORITHMS or str(token.header.get("typ", "JWT")).upper() != "JWT":
            raise NotAdmitted(Fault.ALGORITHM)
        if "crit" in token.header:  # names what must be understood; nothing that may be named is (RFC 7515 4.1.11)
            raise NotAdmitted(Fault.CRITICAL)
        if "jku" in token.header and str(token.header["jku"]) not in client.key_addresses:
            raise NotAdmitted(Fault.KEY_ADDRESS)
        key = self._keys[client.issuer].key(kid, alg) if isinstance(kid, str) else None
        if key is None:
            raise NotAdmitted(Fault.KEY)
        try:
            jws.deserialize_compact(token.text, key, registry=_rules())
        except (JoseError, ValueError) as fault:
            raise NotAdmitted(Fault.SIGNATURE) from fault


def make_hook_door(
    settings: Settings, spend: Spend, now: Callable[[], datetime], monotonic: Callable[[], float]
) -> RegisteredDoor:
    """The door those settings ask for.

    Raises: SettingsFault when the file of clients cannot be used.
    """
    is_sandbox = settings.mode is Mode.SANDBOX
    clients = read_registry(settings.hook_clients)
    for client in clients:
        if client.jwks_url.startswith("http:") and not is_sandbox:
            raise SettingsFault(f"FHIR_UM_HOOK_CLIENTS: the client {client.id} has a jwks_url without TLS")
        if len(usable_keys(client.keys, is_sandbox)) != len(client.keys):
            raise SettingsFault(
                f"FHIR_UM_HOOK_CLIENTS: the client {client.id} has a key that cannot be used; each needs a kid of its "
                "own and is EC P-384 or RSA of 2048 bits or more. Keys whose secret is public serve the sandbox only."
            )
    return RegisteredDoor(clients, spend, now, monotonic, fetch_json(monotonic, is_sandbox), is_sandbox)


def _rules() -> jws.JWSRegistry:
    """Two algorithms and no other; a header may be as long as its `jku`, and say more than we know (RFC 7515 4.2)."""
    rules = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    rules.max_header_length = _MOST_HEADER_BYTES
    return rules


def _taken_apart(header: str | None) -> _Token:
    if not header:
        raise NotAdmitted(Fault.NO_TOKEN)
    scheme, _, text = header.partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text or len(text) > _MOST_CHARACTERS or not text.isascii():
        raise NotAdmitted(Fault.NO_JWT)
    try:
        parts = jws.extract_compact(text.encode(), registry=_rules())
        claims = json.loads(parts.payload)
    except (JoseError, ValueError, RecursionError) as fault:
        raise NotAdmitted(Fault.NO_JWT) from fault
    if not isinstance(claims, dict):
        raise NotAdmitted(Fault.NO_JWT)
    return _Token(text, parts.headers(), claims)


def _demand_claims(claims: Mapping[str, Any], client: Registered, url: str, at: datetime) -> datetime:
    """When the token expires. Raises: NotAdmitted when it is not for this call, at this time, for a known tenant."""
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(each, str) and _is_same(each, url) for each in named):
        raise NotAdmitted(Fault.AUDIENCE)
    tenant = claims.get("tenant")
    if tenant is not None and tenant not in client.tenants:
        raise NotAdmitted(Fault.TENANT)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti or not jti.isprintable():
        raise NotAdmitted(Fault.REPLAY)
    return _demand_time(claims, at)


def _demand_time(claims: Mapping[str, Any], at: datetime) -> datetime:
    issued_at, expires_at = _instant(claims.get("iat")), _instant(claims.get("exp"))
    if issued_at is None or expires_at is None:
        raise NotAdmitted(Fault.TIME)
    not_before = issued_at if claims.get("nbf") is None else _instant(claims["nbf"])
    is_now = issued_at - SKEW <= at < expires_at + SKEW and not_before is not None and not_before - SKEW <= at
    if not is_now or expires_at - issued_at > LONGEST_LIFE:
        raise NotAdmitted(Fault.TIME)
    return expires_at


def _instant(seconds: Any) -> datetime | None:
    """A NumericDate (RFC 7519 2) of this age; None for anything else."""
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < _FAR_AWAY:
        return datetime.fromtimestamp(seconds, UTC)
    return None


def _is_same(audience: str, url: str) -> bool:
    """The same address, whether or not it names the port that its scheme has anyway."""
    return audience == url or (taken_apart(audience) == taken_apart(url) and taken_apart(url) is not None)

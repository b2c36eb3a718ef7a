"""The door of the hook counter: whose token is good for this call. Must not know hooks, or say why a token is not good.

Source: CDS Hooks 3.0.0-ballot, trusting CDS clients; SMART App Launch 2.2, asymmetric authentication; RFC 7519.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cds_hooks.addresses import Origin
from cds_hooks.addresses import taken_apart as url_taken_apart
from cds_hooks.door import HookClient, NotAdmitted
from fhir_um.auth.hook_keys import Fetch, KeyRing, fetch_json, usable_keys
from fhir_um.auth.hook_registry import Registered, read_registry
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
from fhir_um.settings import Mode, Settings, SettingsFault, is_loopback

LONGEST_LIFE = timedelta(hours=1)
_SANDBOX = HookClient("sandbox", "Sandbox caller")
_MOST_TEST_KITS = 100


class RegisteredDoor:
    """Admits callers whose token a registered issuer signed for this address, once. `spend` is shared by all processes.

    `is_sandbox`: who calls from this machine needs no token; one that is sent is checked as anywhere, that of a test
    kit on this machine with the keys it publishes there.
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
        self._rings: dict[tuple[str, str], KeyRing] = {}
        self._new_ring: Callable[[Registered], KeyRing] = lambda client: KeyRing(
            client.keys, client.jwks_url, fetch, monotonic, is_sandbox
        )
        self._spend = spend
        self._now = now
        self._is_sandbox = is_sandbox

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        """See `cds_hooks.door.Door.admit`. Raises: NotAdmitted; Refusal BUSY when the store cannot be reached."""
        is_tester = self._is_sandbox and is_loopback
        if header is None and is_tester:
            return _SANDBOX
        try:
            token = taken_apart(_bearer(header))
            client = self._issuer_of(token, is_tester)
        except Unproven as unproven:
            raise NotAdmitted(unproven.fault) from unproven
        try:
            self._demand_good(token, client, url)
        except Unproven as unproven:
            raise NotAdmitted(unproven.fault, client.id) from unproven
        return HookClient(client.id, client.name, client.dialect, client.strict)

    def _issuer_of(self, token: SignedToken, is_tester: bool) -> Registered:
        issuer = token.claims.get("iss")
        client = self._clients.get(issuer) if isinstance(issuer, str) else None
        if client is None and is_tester:
            client = _test_kit(issuer, token.header.get("jku"))
        if client is None:
            raise Unproven(Fault.ISSUER)
        return client

    def _demand_good(self, token: SignedToken, client: Registered, url: str) -> None:
        """Raises: Unproven when it is not signed by the issuer, for this call, at this time, for a known tenant."""
        demand_signed(token, self._ring(client), client.key_addresses)
        demand_audience(token.claims, url)
        tenant = token.claims.get("tenant")
        if tenant is not None and tenant not in client.tenants:
            raise Unproven(Fault.TENANT)
        jti = token_id(token.claims)
        expires_at = _demand_time(token.claims, self._now())
        if not self._spend(client.issuer, jti, expires_at + SKEW):
            raise Unproven(Fault.REPLAY)

    def _ring(self, client: Registered) -> KeyRing:
        place = (client.issuer, client.jwks_url)
        ring = self._rings.get(place)
        if ring is None:
            if len(self._rings) >= len(self._clients) + _MOST_TEST_KITS:
                self._rings.clear()
            ring = self._rings[place] = self._new_ring(client)
        return ring


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


def _test_kit(issuer: Any, jku: Any) -> Registered | None:
    """An issuer on this machine that publishes its keys where it is itself; None for any other.

    In the sandbox only: the one place where an address in a token is followed, and no further than to this machine.
    """
    origins = [_loopback_origin(url) for url in (issuer, jku)]
    if origins[0] is None or origins[0] != origins[1]:
        return None
    return Registered(id="test-kit", name="Test kit on this machine", issuer=issuer, jwks_url=jku)


def _loopback_origin(url: Any) -> Origin | None:
    parts = url_taken_apart(url) if isinstance(url, str) else None
    return parts[0] if parts and is_loopback(parts[0].host.strip("[]")) else None


def _bearer(header: str | None) -> str:
    if not header:
        raise Unproven(Fault.NO_TOKEN)
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unproven(Fault.NO_JWT)
    return text.strip()


def _demand_time(claims: Mapping[str, Any], at: datetime) -> datetime:
    """When the token expires. Raises: Unproven when it is of another time."""
    issued_at, expires_at = instant(claims.get("iat")), instant(claims.get("exp"))
    if issued_at is None or expires_at is None:
        raise Unproven(Fault.TIME)
    not_before = issued_at if claims.get("nbf") is None else instant(claims["nbf"])
    is_now = issued_at - SKEW <= at < expires_at + SKEW and not_before is not None and not_before - SKEW <= at
    if not is_now or expires_at - issued_at > LONGEST_LIFE:
        raise Unproven(Fault.TIME)
    return expires_at

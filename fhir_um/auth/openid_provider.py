"""The OpenID provider of the operator: what it says of itself, its keys, and its token endpoint.

Must not know people or sessions. All of it is on the host of the issuer, which the operator named; outside the sandbox
over https only. Source: OpenID Connect Discovery 1.0, 3 and 4; RFC 8414.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from cds_hooks.addresses import Reach, taken_apart
from cds_hooks.budget import Budget
from cds_hooks.outbound import Reply, exchange
from fhir_um.auth.hook_keys import AGAIN_AFTER_SECONDS, FRESH_SECONDS, OPENID, KeyRing, fetch_json
from fhir_um.auth.not_signed_in import NotSignedIn, SignInFault

_WELL_KNOWN = "/.well-known/openid-configuration"
_MOST_BYTES = 200_000
_SECONDS = 5.0


class ProviderFacts(msgspec.Struct, frozen=True):
    """What we need of its discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class TokenAnswer(msgspec.Struct, frozen=True):
    """What we need of the answer of its token endpoint."""

    id_token: str
    access_token: str = ""


class Provider:
    """The provider at that issuer, read when first needed and again every hour; `may_be_plain` allows http."""

    def __init__(self, issuer: str, may_be_plain: bool, monotonic: Callable[[], float]) -> None:
        self._issuer = issuer
        self._may_be_plain = may_be_plain
        self._monotonic = monotonic
        self._fetch = fetch_json(monotonic, allow_private=True)
        self._facts: ProviderFacts | None = None
        self._keys: KeyRing | None = None
        self._read_at = self._tried_at = float("-inf")
        self._lock = Lock()

    def facts(self) -> ProviderFacts:
        """What it says of itself; what it said last while it cannot be reached.

        Raises: NotSignedIn.
        """
        with self._lock:
            now = self._monotonic()
            if now - self._read_at >= FRESH_SECONDS and now - self._tried_at >= AGAIN_AFTER_SECONDS:
                self._tried_at = now
                self._read(now)
        if self._facts is None:
            raise NotSignedIn(SignInFault.UNREACHABLE)
        return self._facts

    def keys(self) -> KeyRing:
        """The keys it signs with. Raises: NotSignedIn."""
        self.facts()
        if self._keys is None:
            raise NotSignedIn(SignInFault.UNREACHABLE)
        return self._keys

    def tokens_for(self, form: Mapping[str, str], client_id: str, secret: str) -> TokenAnswer:
        """What it gives for a code. Raises: NotSignedIn."""
        facts = self.facts()
        headers, fields = _authenticated(facts, form, client_id, secret)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        reply = exchange(
            facts.token_endpoint, self._reach(), headers, urlencode(fields).encode(), Budget(_SECONDS, self._monotonic)
        )
        if not isinstance(reply, Reply):
            raise NotSignedIn(SignInFault.UNREACHABLE)
        try:
            if reply.status == 200:
                return msgspec.json.decode(reply.body, type=TokenAnswer)
        except msgspec.MsgspecError:
            pass
        raise NotSignedIn(SignInFault.CODE)

    def _read(self, now: float) -> None:
        found = self._fetch(self._issuer + _WELL_KNOWN)
        facts = self._usable(found.value) if found else None
        if facts is None:
            return
        if self._facts is None or facts.jwks_uri != self._facts.jwks_uri:
            self._keys = KeyRing((), facts.jwks_uri, self._fetch, self._monotonic, self._may_be_plain, OPENID)
        self._facts, self._read_at = facts, now

    def _usable(self, written: Any) -> ProviderFacts | None:
        """What the document says, if it is about this issuer and sends nobody anywhere else."""
        try:
            facts = msgspec.convert(written, ProviderFacts)
        except msgspec.ValidationError:
            return None
        addresses = (facts.authorization_endpoint, facts.token_endpoint, facts.jwks_uri)
        is_ours = facts.issuer.rstrip("/") == self._issuer and all(map(self._is_here, addresses))
        return facts if is_ours else None

    def _is_here(self, url: str) -> bool:
        parts, home = taken_apart(url), taken_apart(self._issuer)
        return parts is not None and home is not None and parts[0] == home[0] and self._may_be_asked(parts[0].scheme)

    def _may_be_asked(self, scheme: str) -> bool:
        return scheme == "https" or self._may_be_plain

    def _reach(self) -> Reach:
        parts = taken_apart(self._issuer)
        hosts = frozenset({f"{parts[0].host}:{parts[0].port}"}) if parts else frozenset[str]()
        return Reach(hosts, True, _MOST_BYTES, _SECONDS)


def _authenticated(
    facts: ProviderFacts, form: Mapping[str, str], client_id: str, secret: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and form fields with our secret, in the first of the ways the provider offers; without one, our id.

    Source: RFC 6749 2.3.1 (both parts are form-encoded before they are joined).
    """
    if not secret:
        return {}, {**form, "client_id": client_id}
    if "client_secret_basic" in facts.token_endpoint_auth_methods_supported:
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}, dict(form)
    return {}, {**form, "client_id": client_id, "client_secret": secret}

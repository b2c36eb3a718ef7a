"""What a request brings to show who asks: access tokens for FHIR, signed tokens for hooks. Must not keep exchanges.

Source: SMART App Launch 2.2, backend services; CDS Hooks 3.0.0-ballot, trusting CDS clients.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import msgspec

from fhir_um import clock
from fhir_um.conformance.stage import BrokenOff
from fhir_um.conformance.tester import NOBODY, Client, FhirAuth, FhirCredentials, HookAuth, HookCredentials, Tester
from fhir_um.conformance.wire import Got, Sending, Transport
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

CONFIGURATION = "/.well-known/smart-configuration"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_OK = 200
_EARLY = timedelta(seconds=30)
"""A new token is asked for so long before the old one ends."""
_USUAL_LIFE_SECONDS = 300
_LONGEST_LIFE_SECONDS = 86_400
_ERROR_CODE = re.compile(r"[a-z_]{1,40}")
"""Source: RFC 6749 5.2."""
_HEADER = frozenset({"alg", "kid", "jku", "typ"})
"""What `changes` put into the header of a token; all others are claims."""


class Credentials:
    """The credentials of a profile. `keys_url`: where this run publishes its own key; `environ`: where secrets are."""

    def __init__(self, tester: Tester, transport: Transport, environ: Mapping[str, str], keys_url: str = "") -> None:
        self._tester = tester
        self._transport = transport
        self._environ = environ
        self._keys: dict[HookCredentials, SigningKey] = {}
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self.keys_url = keys_url

    @cached_property
    def _own(self) -> Mapping[str, SigningKey]:
        """The keys of this run, by what they sign with."""
        return {algorithm: SigningKey.new(algorithm) for algorithm in (ES384, RS384)}

    def published_keys(self) -> Mapping[str, Any]:
        """The public keys of this run, as a JWK Set."""
        return {"keys": [public for key in self._own.values() for public in key.public_jwks()["keys"]]}

    def fhir(self, name: str, base: str) -> str:
        """The Authorization value of a client for that base; nothing when it shows none. Raises: BrokenOff."""
        if name == NOBODY:
            return ""
        credentials = self._client(name).fhir
        return _BY_KIND[credentials.kind](self, name, credentials, base)

    def hook(self, name: str, url: str) -> str:
        """The Authorization value of a client for a call to that URL; nothing when it shows none. Raises: BrokenOff."""
        if name == NOBODY or self._client(name).hooks.kind is HookAuth.NONE:
            return ""
        return self.signed(url, name)

    def signed(self, url: str, name: str = "", **changes: object) -> str:
        """A signed Authorization value for that URL. Raises: BrokenOff.

        `changes` go into claims and header, None takes one out. `alg` ES384 and RS384 are really signed with, `none`
        is signed by nobody, any other is a lie. `signature` is `none`, `other` (of a key nobody knows) or anything
        else for one that does not fit.
        """
        hooks = self._client(name).hooks
        algorithm, signature = str(changes.get("alg", "")), str(changes.pop("signature", ""))
        key, header = self._signer(hooks, algorithm)
        claims = hook_claims(hooks.issuer or self.keys_url.rpartition("/")[0], url, clock.now(), clock.new_id())
        claims |= {key: _claim(value) for key, value in changes.items() if key not in _HEADER}
        claims = {key: value for key, value in claims.items() if value is not None}
        if "none" in (algorithm, signature):
            return f"Bearer {unsigned(claims)}"
        header |= {"kid": key.kid} | {key: value for key, value in changes.items() if key in _HEADER}
        if signature == "other":
            return f"Bearer {SigningKey.new(key.algorithm).token(claims, header)}"
        token = key.token(claims, header)
        return f"Bearer {spoiled(token) if signature else token}"

    def _signer(self, hooks: HookCredentials, algorithm: str) -> tuple[SigningKey, dict[str, Any]]:
        """The key to sign with, and where the token says it is published."""
        if hooks.kind is not HookAuth.JWT:
            return self._own.get(algorithm, self._own[ES384]), {"jku": self.keys_url}
        key = self._keys.get(hooks)
        if key is None:
            key = self._keys[hooks] = _key(hooks)
        if algorithm in {ES384, RS384} and algorithm != key.algorithm:
            raise BrokenOff(f"the key of the profile signs with {key.algorithm}, not with {algorithm}")
        return key, {"jku": hooks.jku} if hooks.jku else {}

    def _client(self, name: str) -> Client:
        if not name:
            return self._tester.authentication
        if name not in self._tester.clients:
            raise BrokenOff(f"it takes a further client, `{name}`, under `clients` of the profile, which has none")
        return self._tester.clients[name]

    # --- FHIR ---------------------------------------------------------------------------------------------------------

    def _nothing(self, _name: str, _credentials: FhirCredentials, _base: str) -> str:
        return ""

    def _bearer(self, _name: str, credentials: FhirCredentials, _base: str) -> str:
        token = self._environ.get(credentials.token_env, "") if credentials.token_env else ""
        if credentials.token_file:
            token = _read(credentials.token_file).decode(errors="replace")
        if not token.strip():
            raise BrokenOff(f"there is no token in {credentials.token_env or credentials.token_file}")
        return f"Bearer {token.strip()}"

    def _backend_services(self, name: str, credentials: FhirCredentials, base: str) -> str:
        token, until = self._tokens.get(name, ("", clock.now()))
        if not token or clock.now() >= until:
            token, until = self._tokens[name] = self._ask(credentials, base)
        return f"Bearer {token}"

    def _ask(self, credentials: FhirCredentials, base: str) -> tuple[str, datetime]:
        published = {} if credentials.token_endpoint and credentials.scope else self._configuration(base)
        endpoint = credentials.token_endpoint or str(published.get("token_endpoint", ""))
        if not endpoint:
            raise BrokenOff(f"{base}{CONFIGURATION} names no token_endpoint")
        scope = credentials.scope or " ".join(map(str, published.get("scopes_supported") or ("system/*.rs",)))
        key = _signing_key(credentials.key_file)
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": key.token(
                client_claims(credentials.client_id, endpoint, clock.now(), clock.new_id()), {}
            ),
        }
        got = self._transport(
            Sending("POST", endpoint, {"Content-Type": _FORM, "Accept": "application/json"}, urlencode(form).encode())
        )
        answer = _content(got)
        if got.status != _OK or not isinstance(answer.get("access_token"), str):
            told = " ".join(filter(None, (str(got.status or ""), _reason(answer) or got.why)))
            raise BrokenOff(f"{endpoint} gives no token: {told}")
        seconds = answer.get("expires_in", _USUAL_LIFE_SECONDS)
        is_life = isinstance(seconds, int) and 0 < seconds <= _LONGEST_LIFE_SECONDS
        life = timedelta(seconds=seconds if is_life else _USUAL_LIFE_SECONDS)
        return str(answer["access_token"]), clock.now() + life - min(_EARLY, life / 2)

    def _configuration(self, base: str) -> dict[str, Any]:
        """What the server publishes below its FHIR base, or below its root."""
        for place in (base, self._tester.server.rstrip("/")):
            got = self._transport(Sending("GET", place + CONFIGURATION, {"Accept": "application/json"}))
            if got.status == _OK and _content(got):
                return _content(got)
        raise BrokenOff(f"neither {base} nor {self._tester.server} says at {CONFIGURATION} where to get a token")


def _claim(value: object) -> object:
    """A time may be given as one."""
    return int(value.timestamp()) if isinstance(value, datetime) else value


_ByKind = Callable[[Credentials, str, FhirCredentials, str], str]
_BY_KIND: Mapping[FhirAuth, _ByKind] = {
    FhirAuth.NONE: Credentials._nothing,
    FhirAuth.BEARER: Credentials._bearer,
    FhirAuth.BACKEND_SERVICES: Credentials._backend_services,
}


def _key(hooks: HookCredentials) -> SigningKey:
    key = _signing_key(hooks.key_file)
    if hooks.kid:
        key.kid = hooks.kid
    return key


def _signing_key(path: Any) -> SigningKey:
    if path is None:
        raise BrokenOff("the profile names no key_file to sign with")
    text = _read(path)
    try:
        return SigningKey.from_pem(text) if text.lstrip().startswith(b"-----") else SigningKey.from_jwk(text)
    except SigningFault as fault:
        raise BrokenOff(f"{path}: {fault}") from fault


def _read(path: Any) -> bytes:
    try:
        read: bytes = path.read_bytes()
    except OSError as fault:
        raise BrokenOff(f"{path}: {fault.strerror}") from fault
    return read


def _reason(answer: Mapping[str, Any]) -> str:
    """The code of an error; nothing else that is said, which may repeat what was sent."""
    code = str(answer.get("error", ""))
    return code if _ERROR_CODE.fullmatch(code) else ""


def _content(got: Got) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(got.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}

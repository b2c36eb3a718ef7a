"""An OpenID provider on loopback in a thread of the test: it signs in whoever asks, as `claims` say.

It keeps to its part (PKCE, one use of a code, client secret, redirect address) unless a test has it misbehave:
`provider.changed` replaces claims of the ID token, `provider.sign` makes another token of them, `provider.instead`
answers an address in its own way. Keys change with `rotate()`.
"""

import hashlib
import hmac
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

Json = dict[str, Any]
Key = ECKey | RSAKey
CLIENT_ID = "fhir-um"
SECRET = "s3cret & more:"
KEYS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048),
    "ES256": ECKey.generate_key("P-256"),
    "ES384": ECKey.generate_key("P-384"),
}
KEYS["RS384"] = KEYS["RS256"]
"""Made once: an RSA key takes its time."""


class OpenIdProvider:
    """What the provider says, and how it misbehaves."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.url = ""
        self.alg = "RS256"
        self.claims: Json = {
            "sub": "u-1",
            "name": "Nora Nurse",
            "roles": ["nurse"],
            "payers": ["harbor"],
            "amr": ["pwd", "otp"],
        }
        self.changed: Json = {}
        self.facts: Json = {}
        self.sign: Callable[[OpenIdProvider, Json], str] | None = None
        self.instead: dict[str, tuple[int, Json]] = {}
        self.asked: list[str] = []
        self.answers: list[Json] = []
        self.codes: dict[str, Json] = {}
        self.may_repeat_codes = False
        self._numbers = count(1)
        self.rotate()

    def rotate(self) -> None:
        """From now on another key id, and nothing else published."""
        self.kid = f"key-{next(self._numbers)}"

    @property
    def key(self) -> Key:
        return KEYS[self.alg]

    def discovery(self) -> Json:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.facts,
        }

    def jwks(self) -> Json:
        public = self.key.as_dict(private=False)
        return {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": self.alg}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes next: back, with a code."""
        code = f"code-{next(self._numbers)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Json]:
        known = self.codes.get(form.get("code", ""))
        if not self.may_repeat_codes:
            self.codes.pop(form.get("code", ""), None)
        pair = b64decode(authorization.removeprefix("Basic ")).decode() if authorization else ""
        if known is None or [unquote(part) for part in pair.split(":")] != [CLIENT_ID, SECRET]:
            return 400, {"error": "invalid_grant"}
        challenge = _text(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge != known["code_challenge"] or form["redirect_uri"] != known["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "at-1", "token_type": "Bearer", "id_token": self.id_token(known["nonce"])}

    def id_token(self, nonce: str) -> str:
        at = self.now()
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": int(at.timestamp()),
            "exp": int((at + timedelta(minutes=5)).timestamp()),
            "nonce": nonce,
            "at_hash": at_hash("at-1", self.alg),
            **self.claims,
            **self.changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.sign(self, claims) if self.sign else signed(claims, self.alg, self.kid, self.key)


def signed(claims: Json, alg: str, kid: str, key: Key) -> str:
    header = {"alg": alg, "kid": kid, "typ": "JWT"}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=[alg])


def unsigned(claims: Json, kid: str) -> str:
    return f"{_written({'alg': 'none', 'kid': kid})}.{_written(claims)}."


def signed_with_secret(claims: Json, kid: str, secret: bytes) -> str:
    """HS256 by hand: the library would not take a public key for a secret, and attackers have other libraries."""
    text = f"{_written({'alg': 'HS256', 'kid': kid})}.{_written(claims)}"
    return f"{text}.{_text(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def at_hash(token: str, alg: str) -> str:
    digest = hashlib.new(f"sha{alg[-3:]}", token.encode()).digest()
    return _text(digest[: len(digest) // 2])


def _written(value: Json) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


class Handler(BaseHTTPRequestHandler):
    """The addresses of a provider."""

    provider: OpenIdProvider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.provider.asked.append(parts.path)
        if parts.path in self.provider.instead:
            self._send(*self.provider.instead[parts.path])
        elif parts.path == "/.well-known/openid-configuration":
            self._send(200, self.provider.discovery())
        elif parts.path == "/jwks":
            self._send(200, self.provider.jwks())
        elif parts.path == "/authorize":
            where = self.provider.authorize({name: values[0] for name, values in parse_qs(parts.query).items()})
            self._send(302, {}, {"Location": where})
        else:
            self._send(404, {})

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path in self.provider.instead:
            self._send(*self.provider.instead[self.path])
            return
        form = {name: values[0] for name, values in parse_qs(body).items()}
        status, answer = self.provider.token(form, self.headers.get("Authorization", ""))
        self.provider.answers.append(answer)
        self._send(status, answer)

    def _send(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def providing(now: Callable[[], datetime]) -> Iterator[OpenIdProvider]:
    """A provider that answers until the end of the block."""
    provider = OpenIdProvider(now)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"provider": provider}))
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

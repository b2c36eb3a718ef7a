"""Gets access tokens from a server over HTTP, as any client would. Must not know the house behind it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from fhir_um import clock
from fhir_um.auth.client_assertions import ASSERTION_TYPE
from fhir_um.auth.client_keys import KeyFault, SigningKey

TIMEOUT_SECONDS = 30
CONFIGURATION = "/.well-known/smart-configuration"
TOKEN = "/oauth/token"  # noqa: S105 an address
_OK = 200
_REASON_IN_LOG = {401: " Why stands in the server's log, in a line client-refused (docs/clients.md)."}
_EARLY = timedelta(seconds=30)
"""A new token is asked for so long before the old one ends."""


class TokenFault(Exception):
    """The server gives no token; the text tells what it said."""


def signing_key(path: Path) -> SigningKey:
    """The private key in that file. Raises: KeyFault."""
    try:
        return SigningKey(path.read_bytes())
    except OSError as fault:
        raise KeyFault(f"{path}: {fault.strerror}.") from fault
    except KeyFault as fault:
        raise KeyFault(f"{path}: This is no private key; `fhir-um client key --out FILE` makes one.") from fault


class TokenSource:
    """The access tokens of one client at one server; a new one when the old one is about to end.

    `server` is where the server is reached from here. The address it publishes, which assertions and hook tokens are
    made out to, may be another one: that of the proxy in front.
    """

    def __init__(
        self, session: requests.Session, server: str, client_id: str, key: SigningKey, scope: str = ""
    ) -> None:
        self._session = session
        self._server = server
        self._client_id = client_id
        self._key = key
        self._scope = scope
        self._configuration: dict[str, Any] = {}
        self._token = ""
        self._until = datetime.min.replace(tzinfo=UTC)

    def authorization(self) -> str:
        """The Authorization header for requests of this client. Raises: TokenFault; requests.RequestException."""
        if clock.now() >= self._until:
            answer = self.ask()
            self._token = str(answer["access_token"])
            self._until = clock.now() + timedelta(seconds=int(answer["expires_in"])) - _EARLY
        return f"Bearer {self._token}"

    def hook_authorization(self, issuer: str, path: str) -> str:
        """The Authorization header for one call of a hook at that path. Raises: as `authorization`."""
        url = self._published("token_endpoint").removesuffix(TOKEN) + path
        return f"Bearer {self._key.hook_token(issuer, url, clock.now(), clock.new_id())}"

    def ask(self) -> dict[str, Any]:
        """The server's answer to one request for a token. Raises: as `authorization`."""
        audience = self._published("token_endpoint")
        form = {
            "grant_type": "client_credentials",
            "scope": self._scope or " ".join(self._published("scopes_supported")),
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._key.assertion(self._client_id, audience, clock.now(), clock.new_id()),
        }
        answer = self._session.post(self._server + TOKEN, data=form, timeout=TIMEOUT_SECONDS)
        if answer.status_code != _OK:
            raise TokenFault(
                f"{self._server} gives no token: {_said(answer)}{_REASON_IN_LOG.get(answer.status_code, '')}"
            )
        read: dict[str, Any] = answer.json()
        return read

    def _published(self, name: str) -> Any:
        if not self._configuration:
            answer = self._session.get(self._server + CONFIGURATION, timeout=TIMEOUT_SECONDS)
            if answer.status_code != _OK:
                raise TokenFault(f"{self._server} does not say where to get tokens: {_said(answer)}")
            self._configuration = answer.json()
        return self._configuration[name]


def _said(answer: requests.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        told = {}
    words = [str(told[name]) for name in ("error", "error_description") if isinstance(told, dict) and name in told]
    return f"{answer.status_code} {': '.join(words)}".strip()

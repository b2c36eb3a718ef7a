"""People sign in with the operator's OpenID provider: we are its relying party. Must not know cookies or the store.

Authorization code with PKCE. What must not be guessed or brought from elsewhere (nonce, code verifier) follows from the
secret that only the browser holds, so that nothing of it is kept here.
Source: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE, S256); RFC 9207 (`iss` of the answer); RFC 9700.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fhir_um.auth.id_tokens import Claims, Expected, read_id_token
from fhir_um.auth.not_signed_in import NotSignedIn, SignInFault
from fhir_um.auth.openid_provider import Provider
from fhir_um.settings import Mode, Settings, SettingsFault

CALLBACK = "/sign-in/callback"


@dataclass(frozen=True, slots=True)
class Ways:
    """Sign-ins on their way. `start` gives a new one's state and the secret of its browser; `take` says once when that
    one began, and None for any other."""

    start: Callable[[], tuple[str, str]]
    take: Callable[[str, str], datetime | None]


class RelyingParty:
    """Sends people to the provider and reads what they bring back. `ways` is shared by all processes."""

    def __init__(self, provider: Provider, client_id: str, secret: str, redirect_uri: str, ways: Ways) -> None:
        self._provider = provider
        self._client_id = client_id
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._ways = ways

    def begin(self) -> tuple[str, str]:
        """Where to send a browser that wants to sign in, and the secret it keeps to itself. Raises: NotSignedIn."""
        endpoint = self._provider.facts().authorization_endpoint
        state, browser = self._ways.start()
        challenge = _text(hashlib.sha256(_derived(browser, state, "verifier").encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": _derived(browser, state, "nonce"),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", browser

    def finish(self, brought: Mapping[str, str], browser: str, at: datetime) -> Claims:
        """The proved claims behind what the provider handed back by way of that browser. Raises: NotSignedIn."""
        state = brought.get("state", "")
        started_at = self._ways.take(state, browser) if state and browser else None
        if started_at is None:
            raise NotSignedIn(SignInFault.STATE)
        facts = self._provider.facts()
        named = brought.get("iss")
        if named != facts.issuer and (named is not None or facts.authorization_response_iss_parameter_supported):
            raise NotSignedIn(SignInFault.ISSUER)
        if not brought.get("code"):
            raise NotSignedIn(SignInFault.REFUSED)
        form = {
            "grant_type": "authorization_code",
            "code": brought["code"],
            "redirect_uri": self._redirect_uri,
            "code_verifier": _derived(browser, state, "verifier"),
        }
        answer = self._provider.tokens_for(form, self._client_id, self._secret)
        expected = Expected(facts.issuer, self._client_id, _derived(browser, state, "nonce"), started_at)
        return read_id_token(answer.id_token, self._provider.keys(), expected, answer.access_token, at)


def make_relying_party(settings: Settings, ways: Ways, monotonic: Callable[[], float]) -> RelyingParty | None:
    """The relying party those settings ask for; none when they name no provider.

    Raises: SettingsFault when they name one that cannot be used.
    """
    if not settings.oidc_issuer:
        return None
    is_sandbox = settings.mode is Mode.SANDBOX
    _demand_usable(settings, is_sandbox)
    provider = Provider(settings.oidc_issuer, is_sandbox, monotonic)
    redirect_uri = settings.base_url + CALLBACK
    return RelyingParty(provider, settings.oidc_client_id, settings.oidc_client_secret, redirect_uri, ways)


def _demand_usable(settings: Settings, may_be_plain: bool) -> None:
    if not settings.oidc_client_id:
        raise SettingsFault("FHIR_UM_OIDC_CLIENT_ID: the OpenID provider needs our client id")
    if not settings.oidc_issuer.startswith("https:") and not may_be_plain:
        raise SettingsFault("FHIR_UM_OIDC_ISSUER: outside the sandbox the OpenID provider is at an https address")


def _derived(browser: str, state: str, use: str) -> str:
    return _text(hmac.new(browser.encode(), f"{use}\n{state}".encode(), hashlib.sha256).digest())


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")

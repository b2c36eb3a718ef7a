"""The door for people: their session, and proof that our own page asked. Must not know cookies or the store.

Source: OWASP, cross-site request forgery prevention (origin headers); RFC 6265bis 4.1.3 (`__Host-`).
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from fhir_um.auth.guard import unknown_caller
from fhir_um.auth.people_roles import EMERGENCY, scopes_of
from fhir_um.auth.presented import Presented
from fhir_um.cases.caller import Caller
from fhir_um.cases.people import Session
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Mode, Settings

FindSession = Callable[[str], Session | None]
"""The session behind what a browser holds; None when there is none, or it is over."""

SESSION_COOKIE = "fhir-um-session"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SessionDoor:
    """Knows a person by their session."""

    def __init__(self, find: FindSession, origins: "Origins") -> None:
        self._find = find
        self._origins = origins

    def admit(self, presented: Presented) -> Caller:
        """The person, with what their roles let them ask for. Raises: Refusal UNKNOWN_CALLER, NOT_ALLOWED."""
        self._origins.demand_own(presented)
        session = self._find(presented.session)
        if session is None:
            raise unknown_caller()
        scopes = scopes_of(session.roles) | (EMERGENCY if session.emergency else frozenset())
        return Caller(
            client_id=session.person_id,
            name="",
            payer_ids=session.payer_ids,
            scopes=frozenset(scope.value for scope in scopes),
            roles=frozenset(role.value for role in session.roles),
            is_person=True,
            emergency=session.emergency,
        )


class Origins:
    """What a browser calls our own pages: the public address, and in a sandbox the local name that was used."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.base_url)
        self._own = f"{parts.scheme}://{parts.netloc}".lower()
        self._is_sandbox = settings.mode is Mode.SANDBOX

    def demand_own(self, presented: Presented) -> None:
        """Passes for what only reads, and for a change that one of our own pages asks for.

        Raises: Refusal NOT_ALLOWED.
        """
        if presented.method not in _SAFE and not self._is_own(presented):
            text = "A change by somebody signed in must come from a page of this server; this one says no such origin."
            raise Refusal.of(Kind.NOT_ALLOWED, "forbidden", text)

    def _is_own(self, presented: Presented) -> bool:
        if not presented.origin:
            return presented.fetch_site == "same-origin"
        is_local = self._is_sandbox and presented.origin == f"http://{presented.host}"
        return is_local or presented.origin.lower() == self._own


def cookie_name(base_url: str, name: str = SESSION_COOKIE) -> str:
    """What a cookie of that name is called here: over TLS no other host, and no page without TLS, can set it."""
    return f"__Host-{name}" if is_secure(base_url) else name


def is_secure(base_url: str) -> bool:
    """True when browsers reach us over TLS."""
    return base_url.startswith("https:")

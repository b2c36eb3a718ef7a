"""The whole application with a browser in front of it and a provider behind it, and a clock that is moved by hand."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fhir_um.app import make_app
from fhir_um.commands.seed import seed
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.see_directory import payers_on_file
from tests.fhir_um.auth.openid_provider import CLIENT_ID, SECRET, OpenIdProvider
from tests.people import people

OURS = "http://127.0.0.1:8080"
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Hands:
    """A clock moved by hand."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Browser:
    """Keeps cookies, and says where a form comes from, as browsers do."""

    client: FlaskClient
    home: str = OURS
    origin: str = OURS

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.client.get(path, base_url=self.home, **given)

    def post(self, path: str, **given: Any) -> TestResponse:
        headers = {"Origin": self.origin} if self.origin else {}
        return self.client.post(path, base_url=self.home, headers=headers | given.pop("headers", {}), **given)

    def session(self) -> str:
        host = urlsplit(self.home).hostname or ""
        for name in ("fhir-um-session", "__Host-fhir-um-session"):
            if cookie := self.client.get_cookie(name, domain=host):
                return cookie.value
        return ""

    def to_provider(self) -> str:
        """As far as the provider; where it sends the browser back to."""
        there = self.get("/sign-in")
        assert there.status_code == 303, there.text
        parts = urlsplit(there.headers["Location"])
        line = http.client.HTTPConnection(parts.netloc, timeout=10)
        line.request("GET", f"{parts.path}?{parts.query}")
        back = line.getresponse()
        back.read()
        line.close()
        assert back.headers["Location"].startswith(f"{OURS}/sign-in/callback?")
        return back.headers["Location"].removeprefix(OURS)

    def sign_in(self) -> TestResponse:
        """All the way through the provider."""
        return self.get(self.to_provider())

    def choose(self, *roles: str, name: str = "Local reviewer") -> TestResponse:
        """In by the sandbox's own form."""
        return self.post("/sign-in/local", data={"name": name} | {f"role.{role}": "on" for role in roles})


@dataclass
class Premises:
    """One house, and as many browsers as are wanted."""

    deps: Deps
    settings: Settings
    clock: Hands
    apps: list[Any] = field(default_factory=list)

    def browser(self, home: str = OURS) -> Browser:
        if not self.apps:
            self.apps.append(make_app(self.deps, self.settings))
        return Browser(self.apps[0].test_client(), home, home)


@contextmanager
def premises(
    database_url: str, provider: OpenIdProvider | None = None, clock: Hands | None = None
) -> Iterator[Premises]:
    """A sandbox; with a provider, when there is one."""
    openid = (
        {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": SECRET} if provider else {}
    )
    yield from _opened(Settings(database_url=database_url, mode=Mode.SANDBOX, **openid), clock or Hands())  # type: ignore[arg-type]


@contextmanager
def guarded_premises(database_url: str) -> Iterator[Premises]:
    """A house that is no sandbox, behind TLS."""
    settings = Settings(database_url=database_url, public_url="https://um.example.org", secret_keys=(KEY,))
    yield from _opened(settings, Hands())


def _opened(settings: Settings, clock: Hands) -> Iterator[Premises]:
    deps = make_deps(settings, clock=clock)
    if not payers_on_file(deps):
        seed(people(), deps)
    yield Premises(deps, settings, clock)
    deps.store.close()

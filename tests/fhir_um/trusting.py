"""The application outside the sandbox, in process, with clients that sign; its clock is moved by hand."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

from fhir_um.app import make_app
from fhir_um.auth.client_assertions import ASSERTION_TYPE
from fhir_um.auth.scopes import ALL
from fhir_um.cases.client import Client, ClientKind, ClientStanding
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import SANDBOX_KEY, Mode, Settings
from fhir_um.usecases.register_client import register_client
from fhir_um.usecases.see_directory import payers_on_file
from tests.conftest import NOW
from tests.people import people

URL = "https://um.example.org"
TOKEN_URL = f"{URL}/oauth/token"
EC = ECKey.generate_key("P-384", {"kid": "ec-1"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
OTHER = ECKey.generate_key("P-384", {"kid": "ec-1"})
ALGORITHM = {"EC": "ES384", "RSA": "RS384"}
JTI = count(1)


class Careless(jws.JWSRegistry):
    """Signs whatever header it is given."""

    def check_header(self, header: Any) -> None:
        """Nothing is wrong."""


def signed(claims: dict[str, Any], key: Any = EC, **header: Any) -> str:
    """A token; a header or claim given as `...` is left out."""
    head = {"alg": ALGORITHM[key.key_type], "kid": key.kid, "typ": "JWT"} | header
    head = {name: value for name, value in head.items() if value is not ...}
    body = {name: value for name, value in claims.items() if value is not ...}
    return jws.serialize_compact(head, json.dumps(body).encode(), key, registry=Careless(algorithms=[head["alg"]]))


class Trust:
    """A server with its clock and its clients."""

    def __init__(self, settings: Settings) -> None:
        self.at = NOW
        self.settings = settings
        self.deps = make_deps(settings, clock=lambda: self.at)
        self.http: FlaskClient = make_app(self.deps, settings).test_client()
        self.headers: dict[str, str] = {}

    def register(self, id: str = "ehr-1", **changed: Any) -> Client:
        """A client that may do everything with every payer, but for what is changed."""
        usual = Client(
            id=ClientId(id),
            kind=ClientKind.SMART,
            name="General Hospital",
            payer_ids=payers_on_file(self.deps) or (PayerId("payer-1"),),
            scopes=tuple(sorted(ALL)),
            created_at=self.at,
            changed_at=self.at,
            keys=(EC.as_dict(private=False), RSA.as_dict(private=False)),
        )
        new = replace(usual, **changed)
        register_client(self.deps, new)
        return new

    def claims(self, id: str = "ehr-1", **changed: Any) -> dict[str, Any]:
        expires_at = int((self.at + timedelta(minutes=5)).timestamp())
        return {"iss": id, "sub": id, "aud": TOKEN_URL, "exp": expires_at, "jti": f"jti-{next(JTI)}"} | changed

    def form(self, assertion: str | None = None, **changed: Any) -> dict[str, str]:
        usual = {
            "grant_type": "client_credentials",
            "scope": "system/*.cruds um/cases.read",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or signed(self.claims()),
        }
        return {name: value for name, value in (usual | changed).items() if value is not ...}

    def ask(self, assertion: str | None = None, headers: dict[str, str] | None = None, **changed: Any) -> TestResponse:
        """One request for a token."""
        return self.http.post("/oauth/token", data=self.form(assertion, **changed), headers=headers or {})

    def token(self, id: str = "ehr-1", headers: dict[str, str] | None = None, **changed: Any) -> str:
        """A token for that client."""
        answer = self.ask(signed(self.claims(id)), headers, **changed)
        assert answer.status_code == 200, answer.get_data()
        return str(answer.get_json()["access_token"])

    def get(self, token: str, path: str = "/um/v1/cases", headers: dict[str, str] | None = None) -> TestResponse:
        """A request with a token."""
        return self.http.get(path, headers={"Authorization": f"Bearer {token}", **(headers or {})})

    def introspected(self, token: str) -> dict[str, Any]:
        """What an operator hears about a token."""
        asking = {"Authorization": f"Bearer {self.token(scope='um/tokens.read')}"}
        told: dict[str, Any] = self.http.post("/oauth/introspect", data={"token": token}, headers=asking).get_json()
        return told


def with_standing(client: Client, standing: ClientStanding) -> Client:
    """The client, let in or kept out."""
    return replace(client, standing=standing)


def seed_payers(deps: Deps) -> None:
    """The payers of the invented people, and nobody else."""
    with deps.open_work() as work:
        work.save_payers(people().payers)


@contextmanager
def trusting(database_url: str, load: Callable[[Deps], None] = seed_payers, **settings: Any) -> Iterator[Trust]:
    """A server outside the sandbox on that database, with what `load` puts there; closed afterwards."""
    usual = {"mode": Mode.PRODUCTION, "public_url": URL, "secret_keys": (SANDBOX_KEY,), "requests_per_minute": 0}
    trust = Trust(Settings(database_url=database_url, **(usual | settings)))
    load(trust.deps)
    yield trust
    trust.deps.store.close()

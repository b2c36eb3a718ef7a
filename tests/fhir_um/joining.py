"""A server that is a member of the tests' trust community, and what other members send it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fhir_um.auth.client_assertions import ASSERTION_TYPE
from tests.fhir_um.community import EHR, EHR_URI, SERVER, Holder, files
from tests.fhir_um.trusting import Trust, trusting

REGISTER_URL, TOKEN_URL = f"{SERVER}/oauth/register", f"{SERVER}/oauth/token"
B2B = {
    "version": "1",
    "organization_id": "https://clinic.example",
    "organization_name": "Clinic",
    "purpose_of_use": ["urn:oid:2.16.840.1.113883.5.8#COVAUTH"],
}
_JTI = count(1)


class Joining:
    """The server, and a member that wants to be its client."""

    def __init__(self, trust: Trust) -> None:
        self.trust = trust
        self.http: FlaskClient = trust.http

    def lasting(self, **changed: Any) -> dict[str, Any]:
        """The claims of every token; one that is changed to `...` is left out."""
        at = self.trust.at
        usual = {
            "iat": int(at.timestamp()),
            "exp": int((at + timedelta(minutes=5)).timestamp()),
            "jti": f"one-{next(_JTI)}",
        }
        return {name: value for name, value in (usual | changed).items() if value is not ...}

    def statement(self, by: Holder = EHR, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A software statement."""
        usual = {
            "iss": EHR_URI,
            "sub": EHR_URI,
            "aud": REGISTER_URL,
            "client_name": "Clinic Prior Authorization",
            "contacts": ["mailto:operations@clinic.example"],
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": "system/Claim.crs system/ClaimResponse.rs",
        }
        return by.sign(self.lasting(**(usual | changed)), **(header or {}))

    def post(self, statement: Any, **body: Any) -> TestResponse:
        """A registration request."""
        return self.http.post("/oauth/register", json={"software_statement": statement, "udap": "1"} | body)

    def register(self, by: Holder = EHR, **changed: Any) -> TestResponse:
        """A registration of that member."""
        return self.post(self.statement(by, **changed))

    def registered(self, by: Holder = EHR, **changed: Any) -> str:
        """The id of the client it has become."""
        answer = self.register(by, **changed)
        assert answer.status_code in {200, 201}, answer.get_data()
        return str(answer.get_json()["client_id"])

    def assertion(self, client_id: str, by: Holder = EHR, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """What a member proves itself with at the token endpoint."""
        usual = {"iss": client_id, "sub": client_id, "aud": TOKEN_URL, "extensions": {"hl7-b2b": B2B}}
        return by.sign(self.lasting(**(usual | changed)), **(header or {}))

    def ask(self, assertion: str, **changed: Any) -> TestResponse:
        """One request for a token."""
        usual = {
            "grant_type": "client_credentials",
            "scope": "system/Claim.crs",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "udap": "1",
        }
        return self.http.post(
            "/oauth/token", data={name: value for name, value in (usual | changed).items() if value is not ...}
        )


@contextmanager
def joining(database_url: str, folder: Path, **settings: Any) -> Iterator[Joining]:
    """A server outside the sandbox that is a member; closed afterwards."""
    usual = {"public_url": SERVER, **files(folder)}
    with trusting(database_url, **(usual | settings)) as trust:
        yield Joining(trust)

"""The tester's own values: where the server is, who asks, about whom. Must not read files or know YAML.

`fhir_um.conformance.client_profile` makes one from a client profile; `Tester(server)` alone is one for the sandbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

BASES: Mapping[str, str] = {
    "pas-2.2.1": "/fhir",
    "pas-2.0.1": "/2.0.1/fhir",
    "crd-2.2.1": "/cds-services",
    "crd-2.0.1": "/2.0.1/cds-services",
}
"""Where each suite finds its base below the server, when the profile says nothing else."""

ANYBODY = "*"
"""The key of a table's row for whatever has no row of its own."""

NOBODY = "nobody"
"""The client that shows no credentials."""

REVIEWER = "reviewer"
"""The client, if there is one, with whose credentials decisions are made."""


class FhirAuth(StrEnum):
    """How requests to the FHIR base show who asks."""

    NONE = "none"
    BEARER = "bearer"
    BACKEND_SERVICES = "backend-services"


class HookAuth(StrEnum):
    """How hook calls show who asks. `published`: signed with a key of this run, which the runner publishes itself."""

    NONE = "none"
    JWT = "jwt"
    PUBLISHED = "published"


class Decisions(StrEnum):
    """Who decides what was pended: we do by `/um/v1`, the server does after a while, or nobody does."""

    UM = "um"
    WAIT = "wait"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FhirCredentials:
    """Credentials for FHIR. Secrets stand in files, or in variables of the environment: here are only their names."""

    kind: FhirAuth = FhirAuth.NONE
    token_env: str = ""
    token_file: Path | None = None
    client_id: str = ""
    key_file: Path | None = None
    scope: str = ""
    token_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class HookCredentials:
    """Credentials for hooks. `jku` goes into the header of the token when it is given."""

    kind: HookAuth = HookAuth.PUBLISHED
    issuer: str = ""
    key_file: Path | None = None
    kid: str = ""
    jku: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """One system that asks: its credentials for FHIR and for hooks."""

    fhir: FhirCredentials = field(default_factory=FhirCredentials)
    hooks: HookCredentials = field(default_factory=HookCredentials)


@dataclass(frozen=True, slots=True)
class Member:
    """A member the server knows, in place of an invented one; what is empty stays as the story has it."""

    value: str
    system: str = ""
    family: str = ""
    given: str = ""
    birth_date: str = ""
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A provider or payer the server knows, in place of an invented one; what is empty stays as the story has it."""

    value: str
    system: str = ""
    name: str = ""
    family: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A code the server has a rule for, in place of the story's own."""

    code: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the runner listens; port 0 is any free one. `public_url`: where the server reaches it, if elsewhere."""

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long answers may take, in seconds. Source: PAS 15; CRD 5, and 10 for appointment-book."""

    submit_seconds: float = 15
    hook_seconds: float = 5
    appointment_book_seconds: float = 10


@dataclass(frozen=True, slots=True)
class Tester:
    """A client profile. Tables are keyed by the value the stories write; `skip` is check or area -> the reason."""

    __test__ = False  # pytest takes a class of this name for tests

    server: str
    bases: Mapping[str, str] = field(default_factory=lambda: dict(BASES))
    um: str = "/um/v1"
    authentication: Client = field(default_factory=Client)
    clients: Mapping[str, Client] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    providers: Mapping[str, Party] = field(default_factory=dict)
    payers: Mapping[str, Party] = field(default_factory=dict)
    codes: Mapping[str, Code] = field(default_factory=dict)
    decisions: Decisions = Decisions.UM
    patience_seconds: float = 20
    listen: Listen = field(default_factory=Listen)
    limits: Limits = field(default_factory=Limits)
    timeout_seconds: float = 30
    ca_file: Path | None = None
    proxy: str = ""
    skip: Mapping[str, str] = field(default_factory=dict)

    def base(self, suite: str) -> str:
        """The address of a suite's base; one that is a whole URL in the profile stands alone."""
        return address(self.server, self.bases.get(suite, BASES.get(suite, "")))


def address(server: str, path: str) -> str:
    """A path below the server, or a whole URL as it is; without a slash at the end."""
    whole = path if path.startswith(("http://", "https://")) else f"{server.rstrip('/')}/{path.lstrip('/')}"
    return whole.rstrip("/")

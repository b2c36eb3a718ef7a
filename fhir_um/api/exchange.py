"""What a handler is given and what it gives back. Must not know any single route."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from flask import Request

from fhir_um.api.checkers import Checkers
from fhir_um.auth.client_assertions import Prove
from fhir_um.auth.guard import Guard
from fhir_um.auth.openid import RelyingParty
from fhir_um.auth.scopes import Scope
from fhir_um.auth.udap import Udap
from fhir_um.cases.auditing import Subject
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import Case
from fhir_um.deps import Deps
from fhir_um.settings import Settings
from profiles.reading import FHIR_JSON, Limits
from profiles.strictness import Strictness
from profiles.validating.validator import Validator

JSON = "application/json"
HTML = "text/html"
CSV = "text/csv"

ID = r"[A-Za-z0-9\-.]{1,64}"
"""An id in an address, so that the name of an operation is none. Source: FHIR R4 2.24.0.1 (id)."""

EVERY_TYPE = "*"
"""Stands for each type that a base has."""


@dataclass(frozen=True, slots=True)
class Offer:
    """How a FHIR route stands in the CapabilityStatement: an interaction, or an operation with its definition.

    `resource` is a type, `EVERY_TYPE`, or empty for the whole system. `profiles` are those a resource may have, `topic`
    what one may subscribe to; `note` is for people, and may name `{max_body_bytes}`.
    """

    resource: str
    interaction: str = ""
    operation: str = ""
    definition: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    profiles: tuple[str, ...] = ()
    topic: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table. `guide` is the PAS version the path belongs to, empty for our own API.

    `success` is the status of an answer that is no refusal.
    """

    method: str
    path: str
    scope: Scope
    handler: "Handler"
    guide: str = ""
    offer: Offer | None = None
    success: int = 200


@dataclass(frozen=True, slots=True)
class House:
    """What every handler may use: dependencies, settings, guard, route table and checkers, made once per process."""

    deps: Deps
    settings: Settings
    guard: Guard
    routes: tuple[Route, ...]
    checkers: Checkers
    prove: Prove
    udap: Udap | None = None
    relying: RelyingParty | None = None

    @property
    def limits(self) -> Limits:
        """How big, deep and long a message may be."""
        return Limits(self.settings.max_body_bytes, self.settings.max_json_depth, self.settings.max_entries)

    def validator(self, guide: str) -> Validator:
        """The profile checker of a PAS version."""
        return self.checkers.validator(guide)

    def strictness(self, caller: Caller, guide: str) -> Strictness:
        """How strict to be with that caller at the base of that PAS version."""
        return self.checkers.strictness(caller, guide)


@dataclass(frozen=True, slots=True)
class Asked:
    """One admitted request. `guide` is the PAS version of the base path (empty outside), `base_url` that base.

    `certificate` is the thumbprint of the client certificate that came along, empty when none did.
    """

    house: House
    http: Request
    caller: Caller
    guide: str
    base_url: str
    certificate: str = ""

    @property
    def deps(self) -> Deps:
        """The dependencies, for the one use case a handler calls."""
        return self.house.deps


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `body`, or a `stream` of pieces in its place.

    `case` is for the log line and, with those it is `about`, for the audit log: everybody of whom the answer tells.
    """

    body: bytes
    media: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    case: Case | None = None
    stream: Iterable[bytes] | None = None
    about: tuple[Subject, ...] = ()
    cookies: tuple[str, ...] = ()


Handler = Callable[..., Answer]
"""Takes what was asked, and the ids of the path by name."""

BASES = {"2.2.1": "/fhir", "2.0.1": "/2.0.1/fhir"}
"""One base path per PAS version, newest first. Source: PAS 2.2.1 conf-1 (one endpoint per version)."""


OWN_API = "/um/v1"
"""Below it nothing speaks FHIR."""


def is_own_api(path: str) -> bool:
    """True for an address of our own API, also one where there is nothing.

    >>> is_own_api("/um/v1/cases"), is_own_api("/um/v1x"), is_own_api("/um/v1")
    (True, False, True)
    """
    return path == OWN_API or path.startswith(f"{OWN_API}/")


def request_urn(request_id: str) -> str:
    """What names one occurrence of a problem: the id that is in the log and in the audit log too.

    >>> request_urn("c0ffee00-0000-4000-8000-000000000001")
    'urn:fhir-um:request:c0ffee00-0000-4000-8000-000000000001'
    """
    return f"urn:fhir-um:request:{request_id}"


def fhir(
    body: bytes, case: Case | None = None, headers: dict[str, str] | None = None, about: Iterable[Subject] = ()
) -> Answer:
    """A FHIR answer, about them."""
    return Answer(body, FHIR_JSON, headers=headers or {}, case=case, about=tuple(about))


def plain(
    value: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    case: Case | None = None,
    about: Iterable[Subject] = (),
) -> Answer:
    """A JSON answer of our own API, about them."""
    return Answer(msgspec.json.encode(value), JSON, status, headers or {}, case, about=tuple(about))


def version_headers(case: Case) -> dict[str, str]:
    """ETag and Last-Modified of anything told from a case: both change exactly when the case does."""
    at: datetime = case.changed_at
    return {"ETag": etag_of(case.version), "Last-Modified": format_datetime(at, usegmt=True)}


def etag_of(version: int) -> str:
    """The weak tag of a version, as FHIR writes it.

    >>> etag_of(3)
    'W/"3"'
    """
    return f'W/"{version}"'

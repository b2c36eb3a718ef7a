"""A fake EHR: a FHIR server with an invented chart, keys that sign its hook calls, and a place for notifications.

Must not know the payer it talks to. As kind as a good EHR unless told otherwise: `instead["/fhir/Patient/1"] = answer`
puts an answer in the place of the honest one (`fhir_um.simulators.misbehaving` has some).
"""

from collections.abc import Callable, Iterable
from hmac import compare_digest
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from fhir_um.simulators.chart import Chart, Json, Page
from fhir_um.simulators.listening import JSON, LOOPBACK, Answer, Asked, Listener, Told, json_told
from fhir_um.simulators.receiver import PATH as NOTIFICATIONS
from fhir_um.simulators.receiver import Letterbox, Notification
from fhir_um.simulators.signing import SigningKey

BASE = "/fhir"
JWKS = "/jwks.json"
SMART = "/.well-known/smart-configuration"

Heard = Callable[[Asked, Told], None]
"""Told of every request and its answer, after the answer was made; from the thread of the request."""


def _nobody(_asked: Asked, _told: Told) -> None:
    """Nobody listens."""


class FakeEhr:
    """An EHR on this machine, as long as the block.

    `token`: the bearer token its FHIR reads demand; empty for none. `key`: what its hook calls are signed with, made
    when none is given. `was_asked` keeps every request, without tokens. `ignores`: search parameters it does not know.
    `public_url`: how others reach it, when that is not the address it listens at.
    """

    def __init__(
        self,
        resources: Iterable[Json] = (),
        *,
        port: int = 0,
        host: str = LOOPBACK,
        base: str = BASE,
        token: str = "",
        key: SigningKey | None = None,
        public_url: str = "",
        heard: Heard = _nobody,
        tls: Any = None,
    ) -> None:
        self.chart = Chart(resources)
        self.key = key or SigningKey.new()
        self.token = token
        self.instead: dict[str, Answer] = {}
        self.was_asked: list[Asked] = []
        self.ignores: frozenset[str] = frozenset()
        self.page_size = 1000
        self.letterbox = Letterbox()
        self._base = base
        self._heard = heard
        self._listener = Listener(self._answer, port, host, tls)
        self.stopped = self._listener.stopped
        self.root = public_url.rstrip("/") or self._listener.url

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(self, *fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.__exit__(*fault)

    @property
    def url(self) -> str:
        """The base of its FHIR server."""
        return f"{self.root}{self._base}"

    @property
    def issuer(self) -> str:
        """Who signs its hook calls."""
        return self.root

    @property
    def jwks_url(self) -> str:
        """Where its public keys are."""
        return f"{self.root}{JWKS}"

    @property
    def endpoint(self) -> str:
        """Where it takes notifications."""
        return f"{self.root}{NOTIFICATIONS}"

    def has(self, *resources: Json) -> Self:
        """Put resources in the chart."""
        self.chart.add(*resources)
        return self

    def hear(self, kind: str, seconds: float) -> bytes | None:
        """The next notification of that kind; see `Receiver.hear`."""
        found = self.letterbox.next(kind, seconds)
        return found.body if found else None

    def next(self, kind: str, seconds: float) -> Notification | None:
        """The next notification of that kind with its headers; see `Letterbox.next`."""
        return self.letterbox.next(kind, seconds)

    # --- answering ----------------------------------------------------------------------------------------------------

    def _answer(self, asked: Asked) -> Told:
        self.keep(asked)
        instead = self.instead.get(asked.target) or self.instead.get(asked.path)
        told = instead(asked) if instead else self.honest(asked)
        self._heard(asked.without_secrets(), told)
        return told

    def keep(self, asked: Asked) -> None:
        """Remembers what was asked, without what is secret."""
        self.was_asked.append(asked.without_secrets())

    def honest(self, asked: Asked) -> Told:
        """What a good EHR answers."""
        if asked.path == NOTIFICATIONS and asked.method == "POST":
            return self.letterbox.take(asked)
        if asked.path == JWKS:
            return json_told(self.key.public_jwks(), content_type=JSON)
        if asked.path == f"{self._base}{SMART}":
            return json_told({"jwks_uri": self.jwks_url, "capabilities": []}, content_type=JSON)
        if asked.path.startswith(f"{self._base}/"):
            return self._fhir(asked, asked.steps[self._base.count("/") :])
        return _refused(HTTPStatus.NOT_FOUND, "not-found", "There is nothing at this address.")

    def _fhir(self, asked: Asked, steps: list[str]) -> Told:
        if steps == ["metadata"]:
            return json_told(self._metadata())
        if not self._is_let_in(asked):
            refusal = _refused(HTTPStatus.UNAUTHORIZED, "login", "Bring the access token that came with the hook call.")
            return Told(refusal.status, refusal.body, headers={"WWW-Authenticate": "Bearer"})
        match asked.method, steps:
            case "GET", [kind, id]:
                return self._read(kind, id)
            case ("GET", [kind]) | ("POST", [kind, "_search"]):
                page = self.chart.search(kind, asked.parameters, self.page_size, self.ignores)
                return json_told(self._searchset(kind, page))
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "not-supported", "Here things are read and searched only.")

    def _is_let_in(self, asked: Asked) -> bool:
        brought = asked.headers.get("authorization", "").encode()
        return not self.token or compare_digest(brought, f"Bearer {self.token}".encode())

    def _read(self, kind: str, id: str) -> Told:
        resource = self.chart.read(kind, id)
        if resource is None:
            return _refused(HTTPStatus.NOT_FOUND, "not-found", f"There is no {kind}/{id} in this chart.")
        return json_told(resource)

    def _searchset(self, kind: str, page: Page) -> Json:
        queries = {"self": page.own, "next": page.next} if page.next else {"self": page.own}
        rows = [(row, "match") for row in page.matches] + [(row, "include") for row in page.included]
        return {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": page.total,
            "link": [{"relation": name, "url": f"{self.url}/{kind}?{query}"} for name, query in queries.items()],
            "entry": [
                {
                    "fullUrl": f"{self.url}/{row['resourceType']}/{row['id']}",
                    "resource": row,
                    "search": {"mode": mode},
                }
                for row, mode in rows
            ],
        }

    def _metadata(self) -> Json:
        kinds = sorted({ref.partition("/")[0] for ref in self.chart.resources})
        interactions = [{"code": "read"}, {"code": "search-type"}]
        return {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-11-01",
            "kind": "instance",
            "software": {"name": "fhir-um fake EHR"},
            "implementation": {"description": "A fake EHR with an invented chart", "url": self.url},
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "rest": [{"mode": "server", "resource": [{"type": kind, "interaction": interactions} for kind in kinds]}],
        }

    @property
    def host(self) -> str:
        """Host and port, as an operator writes them in a list of allowed EHRs."""
        return urlsplit(self.root).netloc


def _refused(status: int, code: str, text: str) -> Told:
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return json_told({"resourceType": "OperationOutcome", "issue": [issue]}, status)

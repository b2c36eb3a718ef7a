"""Who may be at the door, with real tokens and sessions, and what each of them has here: for tests of whose is what.

The application runs outside the sandbox, in process. `statements` are those one request has the database run, with
every value left out.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from fhir_um.auth.scopes import ALL, Scope
from fhir_um.auth.sessions import cookie_name
from fhir_um.cases.model import PayerId
from fhir_um.cases.people import Person, Standing
from fhir_um.cases.roles import REVIEWERS, Role
from fhir_um.commands.seed import seed
from fhir_um.usecases.issue_token import issue_token
from fhir_um.usecases.keep_session import open_session
from tests.fhir_um.doors import NOW
from tests.fhir_um.subscribing import written
from tests.fhir_um.trusting import Trust, people, trusting

STORIES = Path(__file__).resolve().parents[2] / "fixtures" / "stories"
FHIR = {"Content-Type": "application/fhir+json"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HARBOR, PRAIRIE = PayerId("harbor"), PayerId("prairie")
CLINIC, STRANGER = "1910010010", "1910040041"
ADLER = "1910020027"

CLIENTS: dict[str, tuple[str, tuple[PayerId, ...]]] = {
    "own": ("lakeside", (HARBOR,)),
    "same-organisation": ("lakeside", (HARBOR,)),
    "other-organisation": ("riverbend", (HARBOR,)),
    "other-payer": ("plains", (PRAIRIE,)),
}
"""Organisation and payers of each client that holds every scope."""

_LITERAL = re.compile(r"x?'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b", re.IGNORECASE)
_VALUE = r"(?:\?|NULL|%\(\w+\)s(?:::\w+(?: WITH TIME ZONE)?)?)"
_LIST = re.compile(rf"\({_VALUE}(?:, {_VALUE})*\)")
_MADE_HERE = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[AR][0-9A-Z]{10}\b")


def story(name: str, step: str, **words: str) -> str:
    """A request of a story, with some words in place of others."""
    (file,) = (path for path in (STORIES / name).glob(f"{step}*.request.json") if ".2.0.1." not in path.name)
    text = file.read_text()
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def replaced(text: str, **words: str) -> str:
    """A text with some words in place of others."""
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def sent_as(path: str, body: Any) -> tuple[str | bytes | None, dict[str, str]]:
    """A body as it is sent to that address, and the header that says so."""
    if body is None:
        return None, {}
    if path.partition("?")[0].endswith(("/_search", "/disclosures")):
        return urlencode(body), FORM
    media = JSON if path.startswith("/um/") else FHIR
    return (body if isinstance(body, str | bytes) else json.dumps(body)), media


@dataclass
class Parties:
    """The application, its clients, and a way to ask as each of them."""

    trust: Trust
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def let_in(self, name: str, organisation: str, payers: tuple[PayerId, ...], scopes: frozenset[str] = ALL) -> None:
        """Registers a client, and keeps a token for it."""
        client = self.trust.register(
            name,
            organisation=organisation,
            payer_ids=payers,
            roles=frozenset(role.value for role in REVIEWERS),
            scopes=tuple(sorted(scopes)),
        )
        issued = issue_token(self.trust.deps, client, client.scopes, "", 3600)
        self.tokens[name] = issued.token

    def ask(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """One request as that client; an empty name is nobody."""
        data, media = sent_as(path, body)
        given = media | headers
        if name:
            given["Authorization"] = f"Bearer {self.tokens[name]}"
        return self.trust.http.open(path, method=method, data=data, headers=given)

    def sign_in(self, name: str, role: Role, payer: PayerId, issuer: str = "https://id.example.org") -> None:
        """Opens the session of somebody with that one role at that payer, who showed a second factor."""
        person = Person(issuer, name, name)
        standing = Standing(person, frozenset({role}), (payer,), has_second_factor=True)
        self.sessions[name] = open_session(self.trust.deps, standing, 3600)

    def ask_as(self, name: str, method: str, path: str, body: Any = None) -> TestResponse:
        """One request of somebody who is signed in, from a page of the server's own."""
        data, media = sent_as(path, body)
        given = media | {
            "Cookie": f"{cookie_name(self.trust.settings.base_url)}={self.sessions[name]}",
            "Origin": self.trust.settings.base_url,
        }
        browser = self.trust.http.application.test_client(use_cookies=False)
        return browser.open(path, method=method, data=data, headers=given)

    def submit(self, name: str, body: str, base: str = "/fhir") -> dict[str, Any]:
        """The ClaimResponse to a submission."""
        answer = self.ask(name, "POST", f"{base}/Claim/$submit", body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()["entry"][0]["resource"]
        return told

    def subscribe(self, name: str, base: str = "/fhir", guide: str = "2.2.1", *filters: str) -> str:
        """The id of a new subscription."""
        answer = self.ask(name, "POST", f"{base}/Subscription", written(guide, *filters))
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["id"])

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """What the database is asked to do meanwhile."""
        engine, asked = self.trust.deps.store.engine, list[str]()
        with _traced(engine, asked):
            yield asked

    def watched(self, name: str, method: str, path: str, body: Any = None) -> tuple[int, bytes, list[str]]:
        """Status and body of an answer, without what is made anew for each, and the statements behind it."""
        with self.statements() as asked:
            answer = self.ask(name, method, path, body)
        return answer.status_code, _MADE_HERE.sub(b"-", answer.get_data()), asked


@contextmanager
def _traced(engine: Engine, asked: list[str]) -> Iterator[None]:
    def note(text: str) -> None:
        asked.append(_LIST.sub("(...)", _LITERAL.sub("?", text)))

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        note(statement)

    def taken(driver: sqlite3.Connection, *_: Any) -> None:
        driver.set_trace_callback(note)

    def given_back(driver: sqlite3.Connection, *_: Any) -> None:
        if driver is not None:
            driver.set_trace_callback(None)

    hooks: tuple[tuple[str, Any], ...] = (("before_cursor_execute", executed),)
    if engine.dialect.name == "sqlite":
        hooks = (("checkout", taken), ("checkin", given_back))
    for name, listener in hooks:
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in hooks:
            event.remove(engine, name, listener)


@contextmanager
def parties(database_url: str, **settings: Any) -> Iterator[Parties]:
    """The application with the invented people of both payers, and every client at its door."""
    usual = {"delivery_hosts": ("ehr.example.org",)} | settings
    with trusting(database_url, lambda deps: seed(people(), deps), **usual) as trust:
        trust.at = NOW
        opened = Parties(trust)
        for name, (organisation, payers) in CLIENTS.items():
            opened.let_in(name, organisation, payers)
        opened.let_in("token-reader", "lakeside", (HARBOR,), frozenset({Scope.READ_TOKENS.value}))
        opened.let_in("no-scope", "lakeside", (HARBOR,), frozenset({Scope.VALIDATE.value}))
        yield opened

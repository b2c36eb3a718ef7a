"""The whole application in process, what people say to it in the stories, and what must never come back.

Must not know how messages are damaged.
"""

import json
import logging
import re
import signal
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from fhir_um.api.exchange import JSON
from fhir_um.app import make_app
from fhir_um.commands.seed import PEOPLE, seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import make_deps
from fhir_um.logs import HOUSE
from fhir_um.settings import Mode, Settings
from fhir_um.stories.playing import Step, load_stories
from profiles.outcome import PROBLEM_JSON
from profiles.reading import FHIR_JSON
from profiles.strictness import Strictness

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FORM = "application/x-www-form-urlencoded"
ISSUER = "https://ehr.example.org"
UNCHECKED = "2.0.1"
"""The version whose profiles are not looked at, so that more comes through."""

LONGEST_SECONDS = 60
"""Of one try; a watchdog, far above what any takes, also where many other programs run."""

_OURS = 500
_REFUSED = 400
_FROM_AFAR = {"X-Forwarded-For": "203.0.113.9"}
_TEMPLATE = re.compile(r"\$\{[^}]*?(?:\.service\.([a-z-]+))?\}")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that can be asked: where, in which media type, and the document that is sent when all is well."""

    name: str
    method: str
    path: str
    media: str
    document: Any


class Application:
    """A sandbox over a database of its own, with the invented people and one case."""

    def __init__(self, application: Flask, case_id: str) -> None:
        self._application = application
        self.case_id = case_id
        self.heard: list[dict[str, Any]] = []

    def ask(self, question: Question, body: bytes, headers: dict[str, str] | None = None) -> TestResponse:
        """What comes back."""
        self.heard.clear()
        usual = {"Content-Type": question.media, "Accept": "*/*"}
        return self._application.test_client().open(
            question.path, method=question.method, data=body, headers=usual | (headers or {})
        )

    def faults(self, answer: TestResponse) -> Iterator[str]:
        """What must not have come back, and what must not have been written down."""
        if answer.status_code >= _OURS:
            yield f"status {answer.status_code}"
        elif answer.status_code >= _REFUSED and not _is_told(answer):
            yield f"status {answer.status_code} without an OperationOutcome, a problem or an OAuth error"
        for line in self.heard:
            yield json.dumps({name: line[name] for name in ("error_type", "frames") if name in line})


def _is_told(answer: TestResponse) -> bool:
    told = answer.get_json(silent=True)
    if not isinstance(told, dict):
        return False
    return told.get("resourceType") == "OperationOutcome" or "error" in told or answer.mimetype == PROBLEM_JSON


@contextmanager
def application(database: Path) -> Iterator[Application]:
    """An application over a new database in that file; of PAS 2.0.1 it takes what no profile was looked at for."""
    clients = database.with_suffix(".json")
    clients.write_text(json.dumps({"clients": [_client()]}))
    settings = Settings(
        database_url=f"sqlite:///{database}",
        mode=Mode.SANDBOX,
        hook_clients=clients,
        requests_per_minute=0,
        validation_by_version=((UNCHECKED, Strictness.OFF),),
    )
    deps = make_deps(settings)
    deps.store.migrate()
    seed(load_people(PEOPLE), deps)
    flask = make_app(deps, settings)
    good = (FIXTURES / "broken" / "good.request.json").read_bytes()
    answer = flask.test_client().post("/fhir/Claim/$submit", data=good, content_type=FHIR_JSON)
    made = Application(flask, answer.get_json()["entry"][0]["resource"]["id"])
    with _heard(made.heard):
        yield made
    deps.store.close()


def _client() -> dict[str, Any]:
    """An EHR that is registered, whose signature nobody here can make."""
    key = ECKey.generate_key("P-384", {"kid": "ec-1"}, private=True).as_dict(private=False)
    return {"id": "ehr-1", "name": "General Hospital", "issuer": ISSUER, "keys": [key]}


@contextmanager
def _heard(lines: list[dict[str, Any]]) -> Iterator[None]:
    """Lines about faults of ours."""
    listener = logging.Handler(logging.ERROR)
    listener.emit = lambda row: lines.append(row.given) if hasattr(row, "given") else None  # type: ignore[method-assign]
    before = HOUSE.level, HOUSE.disabled, HOUSE.manager.disable
    HOUSE.setLevel(logging.INFO)
    HOUSE.disabled, HOUSE.manager.disable = False, logging.NOTSET
    HOUSE.addHandler(listener)
    try:
        yield
    finally:
        HOUSE.removeHandler(listener)
        level, HOUSE.disabled, HOUSE.manager.disable = before
        HOUSE.setLevel(level)


@contextmanager
def in_time(seconds: int) -> Iterator[None]:
    """Raises: TimeoutError in the block when it takes longer."""

    def broken_off(*_: object) -> None:
        raise TimeoutError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, broken_off)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def questions(case_id: str) -> tuple[Question, ...]:
    """Everything that is sent in the stories, with a known case where an answer's is meant; no two the same."""
    found: dict[tuple[str, str], Question] = {}
    for story in load_stories(FIXTURES / "stories"):
        for step in story.steps:
            question = _question(step, story.folder, case_id)
            if question is not None:
                found.setdefault((story.name, step.name), question)
    return tuple(found.values())


def _question(step: Step, folder: Path, case_id: str) -> Question | None:
    path = _TEMPLATE.sub(lambda found: found[1] or case_id, step.path)
    file = step.request or step.hook
    if file:
        document = json.loads((folder / file).read_text("utf-8"))
        return Question(step.name, step.method, path, JSON if step.hook else FHIR_JSON, document)
    if step.body is None:
        return None
    return Question(step.name, step.method, path, JSON, _filled(step.body, case_id))


def _filled(value: Any, case_id: str) -> Any:
    """A value that is nothing but a template is a version more often than not."""
    if isinstance(value, dict):
        return {key: _filled(one, case_id) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, case_id) for one in value]
    if isinstance(value, str) and _TEMPLATE.search(value):
        return 1 if "version" in value else _TEMPLATE.sub(case_id, value)
    return value


def token_headers(header: bytes, claims: bytes) -> dict[str, str]:
    """A token of those parts whose signature is good for nothing, sent from another machine."""
    parts = (urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, claims, b"\0" * 96))
    return {"Authorization": f"Bearer {'.'.join(parts)}"} | _FROM_AFAR

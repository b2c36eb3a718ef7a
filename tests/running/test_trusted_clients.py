"""Clients that sign, against a real server outside the sandbox: the stories go as told with tokens, and only with them.

The story `pended` is not among them: it listens on this machine, and outside the sandbox nothing is delivered to an
address of this machine or without TLS, whatever the settings say. It is played in test_pended_demo.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import yaml

from bench.servers import free_port
from fhir_um.__main__ import main
from fhir_um.commands.demo import FIXTURES, HOOKS, authorization, sender
from fhir_um.commands.tokens import TokenSource, signing_key
from fhir_um.stories.playing import Request, Story, load_story, play
from tests.running.processes import command

URL = "https://um.example.org"
ISSUER = "https://ehr.example.org"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PAYERS = [payer["id"] for payer in yaml.safe_load((FIXTURES / "people" / "payers.yaml").read_text("utf-8"))]
TOLD = (
    "attachments-refused",
    "crd",
    "crd-wheelchair",
    "denied-by-physician",
    "inquiry-ways",
    "lines-of-business",
    "modified-approval",
    "prior-authorization",
    "renewed",
    "sent-twice",
    "unreadable",
    "update-chain",
)
"""Stories that take every scope and go through every door; the others take no other."""
STORIES = tuple(load_story(FIXTURES / "stories" / name) for name in TOLD)
FEW = ("crd", "prior-authorization", "update-chain")
EHR = "system/*.cruds um/validate"
DESK = "um/cases.read um/cases.decide um/crd.read"


@dataclass
class Office:
    """A server, the operator at its command line, and the folder where clients keep their keys."""

    settings: dict[str, str]
    folder: Path
    port: int
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, *words: str) -> tuple[int, str, str]:
        """`fhir-um` with those words, in this process: its code, what it prints and what it complains of."""
        self.capsys.readouterr()
        with self.monkeypatch.context() as changed:
            for name, value in self.settings.items():
                changed.setenv(name, value)
            code = main(words)
        return code, *self.capsys.readouterr()

    def told(self, *words: str) -> str:
        code, printed, complaint = self.says(*words)
        assert code == 0, printed + complaint
        return printed

    def key_pair(self, id: str, alg: str) -> dict[str, object]:
        """A new pair; the public part."""
        found: dict[str, object] = json.loads(
            self.told("client", "key", "--out", str(self.folder / f"{id}.key"), "--alg", alg)
        )
        (self.folder / f"{id}.jwks.json").write_text(json.dumps(found))
        return found

    def register(self, id: str, alg: str, scope: str, *more: str) -> None:
        self.key_pair(id, alg)
        payers = [word for payer in PAYERS for word in ("--payer", payer)]
        keys = ("--keys", str(self.folder / f"{id}.jwks.json"))
        self.told("client", "add", "--id", id, "--name", id, *payers, *keys, "--scope", scope, *more)

    def tokens(self, session: requests.Session, id: str) -> TokenSource:
        return TokenSource(session, self.url, id, signing_key(self.folder / f"{id}.key"))


@pytest.fixture
def office(
    seeded_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Office]:
    port = free_port()
    settings = {
        "FHIR_UM_DATABASE_URL": seeded_url,
        "FHIR_UM_PUBLIC_URL": URL,
        "FHIR_UM_SECRET_KEYS": KEY,
        "FHIR_UM_PORT": str(port),
        "FHIR_UM_WORKERS": "2",
        "FHIR_UM_HOOK_CLIENTS": str(tmp_path / "hooks.yaml"),
        "FHIR_UM_DELIVERY_WORKERS": "0",
    }
    monkeypatch.delenv("FHIR_UM_MODE", raising=False)
    opened = Office(settings, tmp_path, port, monkeypatch, capsys)
    for alg in ("ES384", "RS384"):
        opened.register(f"ehr-{alg}", alg, EHR, "--organisation", f"valley-{alg}")
        opened.register(f"desk-{alg}", alg, DESK, "--role", "nurse", "--role", "physician", "--role", "intake")
    ehrs = [
        {"id": id, "name": id, "issuer": f"{ISSUER}/{id}", **json.loads((tmp_path / f"{id}.jwks.json").read_text())}
        for id in ("ehr-ES384", "ehr-RS384")
    ]
    (tmp_path / "hooks.yaml").write_text(yaml.safe_dump({"clients": ehrs}))
    server = command(settings, tmp_path / "server.log", "serve")
    server.start()
    try:
        server.wait_for(port)
        yield opened
    finally:
        server.stop()


def by_tokens(office: Office, session: requests.Session, alg: str) -> Callable[[Request], dict[str, str]]:
    """What each request of a story brings: the EHR's token or that of the payer's own desk, as befits its address."""
    ehr, desk = (office.tokens(session, f"{who}-{alg}") for who in ("ehr", "desk"))

    def authorize(request: Request) -> dict[str, str]:
        who = desk if request.path.startswith("/um/") else ehr
        return {"Authorization": authorization(who, request, f"{ISSUER}/ehr-{alg}")}

    return authorize


def faults(office: Office, story: Story, alg: str) -> list[str]:
    with requests.Session() as session:
        send = sender(session, office.url, by_tokens(office, session, alg))
        steps = play(story, send, alg.lower(), datetime.now(UTC).date())
        return [f"{story.name}/{played.step.name}: {fault}" for played in steps for fault in played.faults]


def test_every_story_goes_as_told_with_tokens_and_none_without(office: Office) -> None:
    few = [story for story in STORIES if story.name in FEW]
    stories = STORIES if "sqlite" in office.settings["FHIR_UM_DATABASE_URL"] else few
    assert [fault for story in stories for fault in faults(office, story, "ES384")] == []
    assert len(few) == len(FEW)
    assert [fault for story in few for fault in faults(office, story, "RS384")] == []

    with requests.Session() as session:
        anonymous = sender(session, office.url)
        for story in few:
            first = next(play(story, anonymous, "none", datetime.now(UTC).date()))
            assert first.reply is not None
            assert first.reply.status == 401
            assert b"OperationOutcome" in first.reply.body
    _the_demo_plays_as_a_client_who_is_out_as_soon_as_it_is_disabled(office)
    assert "Traceback" not in (office.folder / "server.log").read_text("utf-8")


def _the_demo_plays_as_a_client_who_is_out_as_soon_as_it_is_disabled(office: Office) -> None:
    office.register("all", "ES384", f"{EHR} {DESK}", "--role", "physician")
    signing = ("--server", office.url, "--key", str(office.folder / "all.key"))
    assert "As expected, every step." in office.told("demo", "prior-authorization", "--client", "all", *signing)

    ask = ("client", "token", "--id", "all", *signing)
    headers = {"Authorization": f"Bearer {office.told(*ask).strip()}"}
    assert requests.get(f"{office.url}/um/v1/cases", headers=headers, timeout=30).status_code == 200
    office.told("client", "disable", "all")
    for _ in range(4):
        assert requests.get(f"{office.url}/um/v1/cases", headers=headers, timeout=30).status_code == 401
    code, _, complaint = office.says(*ask)
    assert (code, "invalid_client" in complaint) == (1, True)


def test_hooks_are_among_what_is_played() -> None:
    """Or the tests above would show less than they say."""
    assert any(HOOKS in step.path for story in STORIES if story.name in FEW for step in story.steps)

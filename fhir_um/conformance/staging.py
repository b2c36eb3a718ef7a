"""The stage as it is: sends for scenes, plays stories with the tester's values, and keeps all that was said.

Must not judge anything. One stage is one run of one suite; scenes come on it one after the other.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from fhir_um import clock
from fhir_um.conformance import marks as words
from fhir_um.conformance.addressing import marks_of
from fhir_um.conformance.credentials import Credentials
from fhir_um.conformance.hiding import Secrets
from fhir_um.conformance.listening import Came, Ear
from fhir_um.conformance.model import Exchange
from fhir_um.conformance.stage import BrokenOff
from fhir_um.conformance.storytelling import Teller
from fhir_um.conformance.substituting import adapted
from fhir_um.conformance.tester import REVIEWER, Decisions, Tester, address
from fhir_um.conformance.wire import Got, Sending, Transport
from fhir_um.stories.playing import NEWER, Story, StoryFault, load_story, play, prepare

FHIR_JSON = "application/fhir+json"
JSON = "application/json"
OK = 200
_KINDS = {"handshake": words.HANDSHAKE, "event-notification": words.EVENT}
"""Kind of notification -> mark. A server says the kind, so none of its words becomes a mark."""
_POST = "post"
"""Whatever else came."""


@dataclass(frozen=True, slots=True)
class House:
    """What every scene of a run uses: how to send, who asks, where is listened, where the stories lie."""

    transport: Transport
    credentials: Credentials
    ear: Ear
    secrets: Secrets
    stories: Path
    pause: Callable[[float], None] = time.sleep


class Staging:
    """A `fhir_um.conformance.stage.Stage`. `fhir` and `hooks` are the bases of the version, without slash."""

    def __init__(self, tester: Tester, version: str, house: House) -> None:
        self.tester = tester
        self.version = version
        self.base = tester.base(f"pas-{version}")
        self.hooks = tester.base(f"crd-{version}")
        self.um = address(tester.server, tester.um)
        self.exchanges: list[Exchange] = []
        self.on_kept: Callable[[Exchange], None] = lambda _exchange: None
        self._house = house
        self._scene = ""
        self._box = ""
        self._used: set[str] = set()

    # --- scenes -------------------------------------------------------------------------------------------------------

    def begin(self, scene: str) -> None:
        """What is said from now on belongs to that scene; notifications go to a box of its own."""
        self._scene, self._box = scene, f"{scene}-{_mark()}"

    def end(self) -> None:
        """Keeps the notifications of the scene that nobody waited for."""
        for came in self._house.ear.letterbox.rest(self._box):
            self._keep_came(f"unasked-{_KINDS.get(came.kind, _POST)}", came, (), 0)

    # --- speaking -----------------------------------------------------------------------------------------------------

    def send(
        self,
        step: str,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        marks: Iterable[str] = (),
        as_client: str = "",
    ) -> Exchange:
        """See `Stage.send`; a `url` that begins with a slash is below the server.

        An exchange that got no answer is kept with status 0. Raises: BrokenOff when nothing came back.
        """
        exchange, got = self._exchanged(step, method, url, body, headers or {}, marks, as_client)
        if not exchange.status:
            raise BrokenOff(f"{method} {exchange.url}: {got.why}")
        return exchange

    def _exchanged(
        self,
        step: str,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        marks: Iterable[str],
        as_client: str,
    ) -> tuple[Exchange, Got]:
        whole = address(self.tester.server, url) if url.startswith("/") else url
        sent = self._headers(method, whole, body, headers, as_client)
        got = self._house.transport(Sending(method, whole, sent, body))
        return self._keep(step, method, whole, (sent, body), got, marks), got

    def _headers(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str | None], as_client: str
    ) -> dict[str, str]:
        kind = FHIR_JSON if _is_below(url, self.base) else JSON
        usual: dict[str, str | None] = {"Accept": kind, "User-Agent": "fhir-um-conformance"}
        if body:
            usual["Content-Type"] = kind
        given = {name.lower() for name in headers}
        if "authorization" not in given and method != "OPTIONS":
            usual["Authorization"] = self._authorization(url, as_client)
        put = {name: value for name, value in usual.items() if name.lower() not in given} | dict(headers)
        return {name: value for name, value in put.items() if value}

    def _authorization(self, url: str, as_client: str) -> str:
        if _is_below(url, self.hooks):
            return self._house.credentials.hook(as_client, url.partition("?")[0])
        if _is_below(url, self.um) and not as_client and REVIEWER in self.tester.clients:
            as_client = REVIEWER
        return self._house.credentials.fhir(as_client, self.base)

    def _keep(
        self,
        step: str,
        method: str,
        url: str,
        sent: tuple[Mapping[str, str], bytes],
        got: Got,
        marks: Iterable[str],
    ) -> Exchange:
        secrets = self._house.secrets
        headers, body = secrets.headers(sent[0]), sent[1]
        answered = secrets.headers(got.headers)
        exchange = Exchange(
            scene=self._scene,
            step=self._own_name(step),
            marks=frozenset(),
            version=self.version,
            method=method,
            url=url,
            sent_headers=headers,
            sent=secrets.body(body, headers),
            status=got.status,
            headers=answered,
            body=secrets.body(got.body, answered),
            milliseconds=got.milliseconds,
        )
        by_address = marks_of(method, url, exchange.asked, self.base, self.hooks)
        return self._add(replace(exchange, marks=by_address | frozenset(marks)))

    def _add(self, exchange: Exchange) -> Exchange:
        self.exchanges.append(exchange)
        self.on_kept(exchange)
        return exchange

    def _own_name(self, step: str) -> str:
        """A step's name, with a number behind it when the scene has said it before."""
        name, number = step, 1
        while f"{self._scene}/{name}" in self._used:
            number += 1
            name = f"{step}-{number}"
        self._used.add(f"{self._scene}/{name}")
        return name

    # --- stories ------------------------------------------------------------------------------------------------------

    def play(self, story: str, marks: Iterable[str] = ()) -> Mapping[str, Exchange]:
        """See `Stage.play`. After a step that cannot be told, only those that tidy up are still played.

        A notification that a step waits for and that does not come is kept too, marked `unheard`.
        """
        told = self._story(story)
        teller = Teller(told, self, tuple(marks))
        steps = play(
            told, teller.send, _mark(), clock.now().date(), teller.hear, self.endpoint, self.version, self._adapt
        )
        return teller.through(steps)

    def asked(self, story: str, step: str, changes: Mapping[str, str] | None = None) -> bytes:
        """See `Stage.asked`. `changes` are strings and what stands in their place. Raises: BrokenOff."""
        told = self._story(story)
        found = next((each for each in told.steps if each.name == step), None)
        if found is None:
            raise BrokenOff(f"the story {story} has no step {step}")
        # Without its address, which may hang on an earlier answer: what is sent there is the same.
        changed = replace(found, path="", replace={**found.replace, **(changes or {})})
        try:
            return prepare(told, changed, {}, _mark(), clock.now().date(), self.version, self._adapt).body
        except StoryFault as fault:
            raise BrokenOff(f"story {story}, step {step}: {fault}") from fault

    def _story(self, name: str) -> Story:
        folder = self._house.stories / name
        try:
            changed = (folder / "story.yaml").stat().st_mtime_ns
        except OSError:
            changed = 0
        try:
            return _read(folder, changed)
        except StoryFault as fault:
            raise BrokenOff(str(fault)) from fault

    def _adapt(self, content: Any) -> Any:
        return adapted(content, self.tester)

    def url_of(self, path: str) -> str:
        """Where a path of a story is on the server under test."""
        older = "" if self.version == NEWER else f"/{self.version}"
        for root, place in ((f"{older}/fhir", self.base), (f"{older}/cds-services", self.hooks), ("/um/v1", self.um)):
            if path == root or path.startswith((f"{root}/", f"{root}?")):
                return place + path.removeprefix(root)
        return address(self.tester.server, path)

    # --- listening ----------------------------------------------------------------------------------------------------

    @property
    def endpoint(self) -> str:
        """Where notifications of this scene are taken."""
        return self._house.ear.endpoint(self._box)

    def hear(self, step: str, kind: str, marks: Iterable[str] = (), seconds: float | None = None) -> Exchange | None:
        """See `Stage.hear`; it waits as long as the profile's patience unless told otherwise."""
        wait = self.tester.patience_seconds if seconds is None else seconds
        start = time.perf_counter()
        came = self._house.ear.letterbox.next(self._box, kind, wait)
        return self._keep_came(step, came, marks, (time.perf_counter() - start) * 1000) if came else None

    def not_heard(self, step: str, kind: str, marks: Iterable[str]) -> None:
        """Keeps that a notification did not come."""
        missed = frozenset({words.UNHEARD, _KINDS.get(kind, kind), *marks})
        name = self._own_name(step)
        self._add(
            Exchange(self._scene, name, missed, self.version, "POST", self.endpoint, {}, b"", 0, {}, b"", 0, True)
        )

    def _keep_came(self, step: str, came: Came, marks: Iterable[str], milliseconds: float) -> Exchange:
        headers = self._house.secrets.headers(came.headers)
        return self._add(
            Exchange(
                scene=self._scene,
                step=self._own_name(step),
                marks=frozenset({words.NOTIFICATION, _KINDS.get(came.kind, _POST), *marks}),
                version=self.version,
                method="POST",
                url=came.url,
                sent_headers=headers,
                sent=self._house.secrets.body(came.body, headers),
                status=OK,
                headers={},
                body=b"",
                milliseconds=milliseconds,
                came_in=True,
            )
        )

    # --- hooks and decisions ------------------------------------------------------------------------------------------

    def signed(self, url: str, **changes: object) -> str:
        """See `Stage.signed`, and `Credentials.signed` for what may be spoiled."""
        return self._house.credentials.signed(url, "", **changes)

    def decide(self, case_id: str, step: str, body: Mapping[str, object]) -> Exchange:
        """See `Stage.decide`. Where the server decides by itself, it is the last look at its ClaimResponse."""
        if self.tester.decisions is Decisions.UM:
            return self.send(step, "POST", f"{self.um}/cases/{case_id}/decisions", msgspec.json.encode(body))
        self._await_decision()
        return self.send(step, "GET", f"{self.base}/ClaimResponse/{case_id}")

    def _await_decision(self) -> None:
        """Waits as long as the profile's patience where the server decides by itself. Raises: BrokenOff."""
        if self.tester.decisions is Decisions.NONE:
            raise BrokenOff("it takes a decision by a person of the payer, and the profile says `decisions: none`")
        self._house.pause(self.tester.patience_seconds)


@lru_cache(maxsize=256)
def _read(folder: Path, _changed: int) -> Story:
    """A story, read again only when its file has changed: reading takes longer than playing it."""
    return load_story(folder)


def _is_below(url: str, base: str) -> bool:
    return url == base or url.startswith((f"{base}/", f"{base}?"))


def _mark() -> str:
    return clock.new_id()[:8]

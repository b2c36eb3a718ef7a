"""The stage a scene is played on: how a scene speaks to the server under test, and what is kept of it.

Must not judge anything. Scenes are plain functions of a stage; `marks` on what they send are all that checks see.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fhir_um.conformance.model import Check, Exchange
from fhir_um.conformance.tester import Tester


class BrokenOff(Exception):
    """A scene cannot go on; the text says why, for the report."""


class Stage(Protocol):
    """What a scene may use. `base` is the FHIR base of the version under test, `hooks` its CDS base, without slash."""

    tester: Tester
    version: str
    base: str
    hooks: str

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
        """Sends one request and keeps it. `headers` go over those every request has; None as a value leaves one out.

        `as_client`: with whose credentials; empty for the tester's own, `nobody` for none, else a name under
        `clients` of the profile. Raises: BrokenOff when there is no such client.
        """
        ...

    def play(self, story: str, marks: Iterable[str] = ()) -> Mapping[str, Exchange]:
        """Plays a story of the fixtures with the tester's values, and keeps every step; step name -> exchange.

        Raises: BrokenOff when a step lacks an earlier answer.
        """
        ...

    def asked(self, story: str, step: str, changes: Mapping[str, str] | None = None) -> bytes:
        """The body a step of a story would send, with the tester's values and identifiers of its own; not sent."""
        ...

    def hear(self, step: str, kind: str, marks: Iterable[str] = (), seconds: float | None = None) -> Exchange | None:
        """Waits for the next notification of a kind and keeps it; None when none came in time."""
        ...

    @property
    def endpoint(self) -> str:
        """Where notifications are taken, for a Subscription's channel."""
        ...

    def signed(self, url: str, **changes: object) -> str:
        """An Authorization value for a hook call to that URL, by the runner's own key; `changes` spoil claims and
        header on purpose (`aud`, `exp`, `iat`, `jti`, `iss`, `kid`, `alg`, `signature`)."""
        ...

    def decide(self, case_id: str, step: str, body: Mapping[str, object]) -> Exchange:
        """Has a person of the payer decide, in the way the profile says. Raises: BrokenOff when nobody can."""
        ...


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that is played: a story, or what goes beyond stories. One that breaks off leaves the others alone."""

    name: str
    title: str
    play: Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Suite:
    """Scenes, and the checks over what was said in them."""

    name: str
    title: str
    version: str
    scenes: tuple[Scene, ...]
    checks: tuple[Check, ...]

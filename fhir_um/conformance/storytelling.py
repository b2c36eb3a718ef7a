"""Leads a story over a stage: sends and hears for it, and sees to it that one that breaks off still tidies up.

Must not know addresses or secrets: the stage does.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from fhir_um.conformance import marks as words
from fhir_um.conformance.guarding import UNREADABLE, told
from fhir_um.conformance.model import Exchange
from fhir_um.conformance.stage import BrokenOff
from fhir_um.conformance.tester import Decisions, Tester
from fhir_um.stories.playing import Played, Reply, Request, Step, Story

_OK = 200
_ELSEWHERE = 300
_OF_THE_PAYER = "/um/v1/"
_CASE = re.compile(r"/um/v1/cases/([^/?]+)(/decisions)?")
_UNSENT = Reply(0, b"", 0)
_NOT_THERE = frozenset({401, 403, 404, 405, 501})
_NO_DESK = "a payer whose people decide elsewhere takes `decisions: wait` in the profile"


class Speaker(Protocol):
    """What is asked of a stage."""

    tester: Tester

    def url_of(self, path: str) -> str:
        """Where a path of a story is."""
        ...

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
        """Sends and keeps."""
        ...

    def hear(self, step: str, kind: str, marks: Iterable[str] = (), seconds: float | None = None) -> Exchange | None:
        """Waits and keeps."""
        ...

    def not_heard(self, step: str, kind: str, marks: Iterable[str]) -> None:
        """Keeps that nothing came."""
        ...

    def decide(self, case_id: str, step: str, body: Mapping[str, object]) -> Exchange:
        """Has somebody decide."""
        ...


class Teller:
    """One story on its way over a stage."""

    def __init__(self, story: Story, stage: Speaker, marks: tuple[str, ...]) -> None:
        self._story = story
        self._stage = stage
        self._marks = marks
        self._at = 0
        self._said: dict[str, Exchange] = {}
        self._asked: list[bytes] = []
        self._broken = ""
        self._is_stopped = False

    def through(self, steps: Iterator[Played]) -> Mapping[str, Exchange]:
        """Plays to the end; stopped by the tester, it still undoes what it asked for.

        Raises: BrokenOff when a step could not be told; KeyboardInterrupt, afterwards.
        """
        while True:
            try:
                played = next(steps, None)
            except UNREADABLE as fault:
                self._break(told(fault))
                break
            if played is None:
                break
            if played.request is None and not played.step.hears:
                self._break("; ".join(played.faults))
            self._at += 1
        if self._is_stopped:
            raise KeyboardInterrupt
        if self._broken:
            raise BrokenOff(self._broken)
        return self._said

    @property
    def _step(self) -> Step:
        return self._story.steps[self._at]

    def _break(self, why: str) -> None:
        if not self._step.after:
            self._broken = self._broken or f"at {self._step.name}: {why}"

    def _stop(self) -> None:
        self._is_stopped = True
        self._broken = self._broken or f"at {self._step.name}: stopped"

    def _marks_of(self, step: Step) -> tuple[str, ...]:
        return (*self._marks, *step.marks, *((words.TIDYING,) if step.after else ()))

    def send(self, request: Request) -> Reply:
        """Sends the step the story is at, unless it is over or nobody may do it."""
        step = self._step
        if self._broken and not (_undoes(step) and self._has_to_be_undone(request)):
            return _UNSENT
        try:
            self._asked.append(request.body)
            is_ours = not request.path.startswith(_OF_THE_PAYER) or self._stage.tester.decisions is Decisions.UM
            said = self._sent(step, request) if is_ours else self._done_by_others(step, request)
        except BrokenOff as broken:
            self._break(str(broken))
            return _UNSENT
        except KeyboardInterrupt:
            self._stop()
            return _UNSENT
        if isinstance(said, Reply):
            return said
        self._said[step.name] = said
        if request.path.startswith(_OF_THE_PAYER) and said.status in _NOT_THERE:
            self._break(f"{request.path} was answered with {said.status}; {_NO_DESK}")
        return Reply(said.status, said.body, said.milliseconds)

    def _has_to_be_undone(self, request: Request) -> bool:
        """False for a cancellation of what was never asked for: a payer may take it as a new request."""
        earlier = earlier_claims(request.body)
        return not earlier or any(value.encode() in asked for asked in self._asked for value in earlier)

    def _sent(self, step: Step, request: Request) -> Exchange:
        kinds = {"Accept": request.content_type} | ({"Content-Type": request.content_type} if request.body else {})
        url = self._stage.url_of(request.path)
        return self._stage.send(step.name, request.method, url, request.body, kinds, self._marks_of(step))

    def _done_by_others(self, step: Step, request: Request) -> Exchange | Reply:
        """What the people of the payer do where they do it themselves: a look at a case is not needed, its version is
        made up; a decision is waited for. Raises: BrokenOff when nobody decides."""
        found = _CASE.match(request.path)
        if not found:
            return _UNSENT
        if not found[2]:
            looked_at: dict[str, Any] = {"id": found[1], "version": 1, "status": "", "lines": []}
            return Reply(_OK, msgspec.json.encode(looked_at), 0)
        return self._stage.decide(found[1], step.name, {})

    def hear(self, kind: str) -> Reply:
        """Waits for what the step the story is at waits for."""
        step = self._step
        if self._broken:
            return _UNSENT
        if self._is_not_subscribed():
            self._break("nothing is waited for: the subscription was not taken")
            return _UNSENT
        try:
            said = self._stage.hear(step.name, kind, self._marks_of(step))
        except KeyboardInterrupt:
            self._stop()
            return _UNSENT
        if said is None:
            self._stage.not_heard(step.name, kind, self._marks_of(step))
            self._break(f"no {kind} came within {self._stage.tester.patience_seconds:g} seconds")
            return _UNSENT
        self._said[step.name] = said
        return Reply(_OK, said.sent, said.milliseconds)

    def _is_not_subscribed(self) -> bool:
        """True when the story asked to be notified and was refused."""
        asked = [said for said in self._said.values() if words.SUBSCRIPTION in said.marks and said.method == "POST"]
        return bool(asked) and not any(_OK <= said.status < _ELSEWHERE for said in asked)


def _undoes(step: Step) -> bool:
    """Whether a step is played in any case: it leaves nothing behind that later runs would meet."""
    return step.after or words.CANCELLED in step.marks


def earlier_claims(body: bytes) -> frozenset[str]:
    """The identifiers of the claims that a submission of a story builds on: named by it, or brought along."""
    bundle = msgspec.json.decode(body) if body else {}
    claims = [entry["resource"] for entry in bundle.get("entry", ()) if entry["resource"]["resourceType"] == "Claim"]
    named = [one["claim"].get("identifier") for claim in claims[:1] for one in claim.get("related", ())]
    brought = [identifier for claim in claims[1:] for identifier in claim.get("identifier", ())]
    return frozenset(identifier["value"] for identifier in (*named, *brought) if identifier)

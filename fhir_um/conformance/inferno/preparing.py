"""Plays the must-support stories against a server up to their last step, and keeps what they sent.

A public suite sends its requests one after the other and nobody decides in between, while much of what an answer can
hold is there only after somebody decided. So the stories are played first. What the preset then holds are the same
requests, with the numbers that were given: a server that knows a request again answers it with what holds now.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from fhir_um.conformance.inferno.payloads import Script
from fhir_um.conformance.marks import MUST_SUPPORT
from fhir_um.stories.playing import Played, Sender, Story, play, prepare

SUBMIT, INQUIRE = "$submit", "$inquire"


class NotPrepared(Exception):
    """A story did not go as told; the text says where and how."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """What must be known to withdraw what an earlier preparation left open."""

    server: str
    run: str
    today: date


@dataclass(frozen=True, slots=True)
class Prepared:
    """The bodies of must-support requests, as they were sent, by operation."""

    bodies: Mapping[str, tuple[bytes, ...]]

    def payload(self, operation: str) -> str:
        """All of them, as one JSON list."""
        return f"[{','.join(body.decode() for body in self.bodies[operation])}]"


def prepared(script: Script, send: Sender) -> Prepared:
    """Plays them, without what tidies up; what does not go as told is withdrawn. Raises: NotPrepared; StoryFault."""
    bodies: dict[str, tuple[bytes, ...]] = {SUBMIT: (), INQUIRE: ()}
    begun: list[Story] = []
    try:
        for story in _stories(script):
            begun.append(story)
            for played in _played(replace(story, steps=tuple(s for s in story.steps if not s.after)), script, send):
                if MUST_SUPPORT in played.step.marks and played.request:
                    operation = SUBMIT if played.step.path.endswith(SUBMIT) else INQUIRE
                    bodies[operation] += (played.request.body,)
    except NotPrepared:
        _tidy(begun, script, send)
        raise
    return Prepared(bodies)


def withdraw(script: Script, send: Sender) -> None:
    """Sends what tidies up after the run of that script. Nothing is said of it: the server may be another by now."""
    _tidy(_stories(script), script, send)


def _tidy(stories: Iterable[Story], script: Script, send: Sender) -> None:
    for story in stories:
        for step in story.steps:
            if step.after:
                send(prepare(story, step, {}, script.run, script.today, script.version, script.adapt))


def _stories(script: Script) -> Iterator[Story]:
    for story in script.stories.values():
        if script.version in story.versions and any(MUST_SUPPORT in step.marks for step in story.steps):
            yield story


def _played(story: Story, script: Script, send: Sender) -> Iterator[Played]:
    for played in play(story, send, script.run, script.today, version=script.version, adapt=script.adapt):
        if played.faults:
            raise NotPrepared(
                f"The story {story.name} did not go as told at {played.step.name}: {'; '.join(played.faults)}. An open "
                "request of the same people may be in the way: a run from another folder, or one broken off. A new "
                "database starts clean."
            )
        yield played


def written(last: LastRun) -> bytes:
    """As it is kept beside the presets."""
    return msgspec.json.encode(last)


def read_last_run(text: bytes) -> LastRun:
    """Raises: NotPrepared when it is none."""
    try:
        return msgspec.json.decode(text, type=LastRun)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise NotPrepared(f"it does not say what the last run left open ({fault})") from fault

"""What the runner speaks of: exchanges, checks, and what became of each check. Plain data, no server, no I/O."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

from fhir_um.conformance.tester import Tester

Json = dict[str, Any]


class Strength(StrEnum):
    """How much a guide asks for something. `EXPECTED`: no guide says it, and users rely on it."""

    SHALL = "SHALL"
    SHALL_NOT = "SHALL NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"
    EXPECTED = "expected"


INSISTED = frozenset({Strength.SHALL, Strength.SHALL_NOT, Strength.EXPECTED})
"""What is not kept of these fails a run; what is not kept of the others is a warning."""


class Verdict(StrEnum):
    """How a check ended. Skipped: there was nothing to judge. Omitted: it does not concern this server."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"
    OMITTED = "omitted"


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. Header names are in lower case; secrets are out of them.

    `came_in`: the server was the one who asked, as with a notification; `sent` is then what it sent, and `status` what
    it was answered. `status` 0: nothing came back. `marks` say what it is an example of (`fhir_um.conformance.marks`).
    """

    scene: str
    step: str
    marks: frozenset[str]
    version: str
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float
    came_in: bool = False

    @property
    def key(self) -> str:
        """What reports and checks call it by: `update-chain/submitted`."""
        return f"{self.scene}/{self.step}"

    @cached_property
    def asked(self) -> Any:
        """What was sent, as JSON; None when it is none."""
        return _as_json(self.sent)

    @cached_property
    def answer(self) -> Any:
        """What came back, as JSON; None when it is none."""
        return _as_json(self.body)


def _as_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


@dataclass(frozen=True)
class Session:
    """Everything that was said in one run of a suite. `broken_off`: scene -> why it was not played to its end."""

    suite: str
    version: str
    tester: Tester
    exchanges: tuple[Exchange, ...]
    broken_off: Mapping[str, str] = field(default_factory=dict)

    def marked(self, *marks: str) -> tuple[Exchange, ...]:
        """The exchanges that carry all of these marks, in the order they took place."""
        return tuple(each for each in self.exchanges if each.marks.issuperset(marks))

    def without(self, keys: frozenset[str]) -> "Session":
        """The same session with some exchanges left out."""
        return replace(self, exchanges=tuple(each for each in self.exchanges if each.key not in keys))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, as a sentence, and where in the answer, if anywhere (`Bundle.entry[0].resource.outcome`)."""

    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Each:
    """Judges exchanges one by one: all that carry these marks and, when given, for which `of` holds."""

    marks: tuple[str, ...]
    faults: Callable[[Exchange], Iterable[Fault]]
    of: Callable[[Exchange], bool] = lambda _exchange: True


@dataclass(frozen=True, slots=True)
class Whole:
    """Judges several exchanges together. Yields nothing when all is well, None in place of faults to be skipped."""

    marks: tuple[str, ...]
    faults: Callable[[Session], Iterable[Fault] | None]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a server must do, that can be judged from what it said.

    `requirements` are ids of the guides (`pas:spec-33`), `public` the tests of the public suites that look at the same
    (`pas-v221:2.1.1.02`). `rests_on` names checks without which this one makes no sense: an exchange in which one of
    them found a fault is not judged again here, so that one fault is told once, by the check meant for it. `omitted`
    says why the check does not concern a server, or nothing.
    """

    id: str
    title: str
    strength: Strength
    judge: Each | Whole
    requirements: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    omitted: Callable[[Tester], str] = lambda _tester: ""


@dataclass(frozen=True, slots=True)
class Found:
    """The faults of one exchange; of the session as a whole when `key` is empty."""

    key: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a check: the exchanges it looked at, what it found, and why it was skipped or omitted."""

    check: Check
    verdict: Verdict
    looked_at: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    why: str = ""

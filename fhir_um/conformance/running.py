"""Runs suites: plays their scenes, holds what was said against their checks, and tells how far it is.

Must not know how a run is shown or reported.
"""

import fnmatch
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um import clock
from fhir_um.conformance.guarding import UNREADABLE, guarded, told
from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import INSISTED, Check, Exchange, Outcome, Session, Verdict
from fhir_um.conformance.reasons import reasoned
from fhir_um.conformance.stage import BrokenOff, Scene, Suite
from fhir_um.conformance.staging import House, Staging
from fhir_um.conformance.tester import Tester
from fhir_um.conformance.timing import Timing, timings


@dataclass(frozen=True, slots=True)
class Event:
    """How far a run is. `what`: `suite` and `scene` begin, `said` tells an exchange, `judged` ends a suite."""

    what: str
    suite: str
    number: int = 0
    of: int = 0
    scene: str = ""
    why: str = ""
    exchange: Exchange | None = None
    outcomes: tuple[Outcome, ...] = ()


Progress = Callable[[Event], None]


def silent(_event: Event) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class SceneRun:
    """One scene as it went: how many exchanges, how long, and why it was broken off, if it was."""

    scene: Scene
    exchanges: int
    seconds: float
    broken: str = ""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """One suite as it went."""

    suite: Suite
    session: Session
    scenes: tuple[SceneRun, ...]
    outcomes: tuple[Outcome, ...]
    timings: tuple[Timing, ...]
    seconds: float

    def count(self, verdict: Verdict) -> int:
        """How many checks ended so."""
        return sum(outcome.verdict is verdict for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run; `at` is when it began."""

    tester: Tester
    at: datetime
    seconds: float
    suites: tuple[SuiteRun, ...]

    @property
    def passed(self) -> bool:
        """Whether every check that is insisted on was passed, or does not concern this server."""
        return not any(missed(outcome) for suite in self.suites for outcome in suite.outcomes)


def missed(outcome: Outcome) -> bool:
    """Whether a check that is insisted on was not passed: it failed, or there was nothing to judge."""
    is_open = outcome.verdict in {Verdict.FAILED, Verdict.SKIPPED}
    return is_open and outcome.check.strength in INSISTED


def run_suites(
    suites: Iterable[Suite], tester: Tester, house: House, progress: Progress = silent, only: str = ""
) -> Run:
    """Runs them one after the other. `only`: the check, or area, whose outcomes are kept."""
    at, start = clock.now(), time.perf_counter()
    runs = tuple(run_suite(suite, tester, house, progress, only) for suite in suites)
    return Run(tester, at, time.perf_counter() - start, runs)


def run_suite(suite: Suite, tester: Tester, house: House, progress: Progress = silent, only: str = "") -> SuiteRun:
    """Plays every scene, each of which may break off alone, and judges."""
    start = time.perf_counter()
    progress(Event("suite", suite.name, of=len(suite.scenes)))
    stage = Staging(tester, suite.version, house)
    stage.on_kept = lambda exchange: progress(Event("said", suite.name, scene=exchange.scene, exchange=exchange))
    scenes = tuple(_scenes(stage, suite, progress))
    broken = {scene.scene.name: scene.broken for scene in scenes if scene.broken}
    session = Session(suite.name, suite.version, tester, tuple(stage.exchanges), broken)
    judged = reasoned(judge([guarded(_with_skip(check, tester.skip)) for check in suite.checks], session), session)
    outcomes = tuple(outcome for outcome in judged if concerns(outcome.check.id, only))
    progress(Event("judged", suite.name, outcomes=outcomes))
    times = timings(session.exchanges, tester.limits)
    return SuiteRun(suite, session, scenes, outcomes, times, time.perf_counter() - start)


_MOST_SILENT = 3
_GIVEN_UP = f"not played: {_MOST_SILENT} scenes in a row ended without an answer"


def _scenes(stage: Staging, suite: Suite, progress: Progress) -> Iterator[SceneRun]:
    """One after the other; a server that has stopped answering is not waited for to the end."""
    silent = 0
    for number, scene in enumerate(suite.scenes):
        if silent == _MOST_SILENT:
            yield SceneRun(scene, 0, 0, _GIVEN_UP)
            continue
        played = _played(stage, suite, number, progress)
        silent = silent + 1 if played.broken and _got_nothing(stage) else 0
        yield played


def _got_nothing(stage: Staging) -> bool:
    """Whether the last thing that was sent had no answer at all."""
    sent = [exchange for exchange in stage.exchanges[-1:] if not exchange.came_in]
    return any(not exchange.status for exchange in sent)


def _played(stage: Staging, suite: Suite, number: int, progress: Progress) -> SceneRun:
    scene, before, start = suite.scenes[number], len(stage.exchanges), time.perf_counter()
    progress(Event("scene", suite.name, number + 1, len(suite.scenes), scene.name))
    stage.begin(scene.name)
    why = ""
    try:
        scene.play(stage)
    except BrokenOff as broken:
        why = str(broken)
    except UNREADABLE as fault:
        why = told(fault)
    if why:
        progress(Event("broken", suite.name, number + 1, len(suite.scenes), scene.name, why))
    stage.end()
    return SceneRun(scene, len(stage.exchanges) - before, time.perf_counter() - start, why)


def concerns(check_id: str, pattern: str) -> bool:
    """Whether a check is the one named, or of the area named (`pas.submit`), or fits a pattern (`*.valid`)."""
    return (
        not pattern or check_id == pattern or check_id.startswith(f"{pattern}.") or fnmatch.fnmatch(check_id, pattern)
    )


def _with_skip(check: Check, skip: Mapping[str, str]) -> Check:
    """A check the tester leaves out is omitted, with their reason."""
    reason = next((why for pattern, why in skip.items() if concerns(check.id, pattern)), "")
    return replace(check, omitted=lambda _tester: f"left out by the tester: {reason}") if reason else check

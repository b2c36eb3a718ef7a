"""A conformance run told at a terminal: how far it is, and what it came to. Must not know how it is run."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from fhir_um.commands.plainly import on_one_line
from fhir_um.commands.telling import wrapped, wrapped_under
from fhir_um.conformance.model import Outcome, Verdict
from fhir_um.conformance.report_html import anchor_of
from fhir_um.conformance.reporting import REPORT
from fhir_um.conformance.running import Event, Run, SuiteRun, concerns, missed
from fhir_um.conformance.stage import Suite

_BAR = 24
_MOST_FAULTS = 3
"""Of one check, at the terminal; the report has all."""


class Teller:
    """Tells a run: on a terminal a line that moves, elsewhere a line for each scene."""

    def __init__(self, out: TextIO, is_quiet: bool = False) -> None:
        self._out = out
        self._is_quiet = is_quiet
        self._moves = out.isatty()
        self._said = 0

    def tell(self, event: Event) -> None:
        """One step further."""
        if not self._is_quiet:
            _TOLD.get(event.what, Teller._nothing)(self, event)

    def _nothing(self, event: Event) -> None:
        pass

    def _suite(self, event: Event) -> None:
        self._said = 0
        self._line(f"{event.suite}: {counted(event.of, 'scene')}")

    def _scene(self, event: Event) -> None:
        if self._moves:
            self._move(event)
        else:
            self._line(f"  scene {event.number} of {event.of}: {event.scene}")

    def _exchange(self, event: Event) -> None:
        self._said += 1

    def _broken(self, event: Event) -> None:
        self._line(f"  {event.scene} broke off: {event.why}")

    def _judged(self, event: Event) -> None:
        self._line(f"  {counted(self._said, 'exchange')}; {counts_of(event.outcomes)}")

    def _move(self, event: Event) -> None:
        done = _BAR * event.number // max(event.of, 1)
        bar = "█" * done + "░" * (_BAR - done)
        self._out.write(f"\r\033[K  {bar} {event.number}/{event.of} {event.scene}")
        self._out.flush()

    def _line(self, text: str) -> None:
        lead = "\r\033[K" if self._moves else ""
        self._out.write(f"{lead}{on_one_line(text)}\n")
        self._out.flush()

    def summary(self, run: Run, folder: Path) -> None:
        """What it came to: every check that was not passed, with its fault, and where to read on."""
        for line in _summary(run, folder):
            self._out.write(f"{on_one_line(line)}\n")
        self._out.flush()


_TOLD = {
    "suite": Teller._suite,
    "scene": Teller._scene,
    "said": Teller._exchange,
    "broken": Teller._broken,
    "judged": Teller._judged,
}


def counted(number: int, what: str) -> str:
    """`1 scene`, `2 scenes`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def counts_of(outcomes: Iterable[Outcome]) -> str:
    """How many checks ended how: `41 passed, 2 failed`."""
    ended = [outcome.verdict for outcome in outcomes]
    return (
        ", ".join(f"{ended.count(verdict)} {verdict.value}" for verdict in Verdict if verdict in ended) or "no checks"
    )


def _summary(run: Run, folder: Path) -> Iterator[str]:
    for verdict in (Verdict.WARNED, Verdict.FAILED):
        for suite in run.suites:
            for outcome in suite.outcomes:
                if outcome.verdict is verdict:
                    yield ""
                    yield from _told_outcome(outcome, suite, folder)
    for suite in run.suites:
        yield from _told_unjudged(suite)
    yield ""
    for suite in run.suites:
        yield f"{suite.suite.name:10} {counts_of(suite.outcomes)} in {suite.seconds:.0f} s"
    yield f"{'passed' if run.passed else 'NOT PASSED'} in {run.seconds:.0f} s at {run.tester.server}"


def _told_unjudged(suite: SuiteRun) -> Iterator[str]:
    """Checks that are insisted on and could not be judged, together where the reason is the same."""
    reasons: dict[str, list[str]] = {}
    for outcome in suite.outcomes:
        if missed(outcome) and outcome.verdict is Verdict.SKIPPED:
            reasons.setdefault(outcome.why, []).append(outcome.check.id)
    for why, ids in reasons.items():
        yield ""
        yield from wrapped_under(f"NOT JUDGED {suite.suite.name} {', '.join(ids)}", 0, 2)
        yield from wrapped(why, 4)


def _told_outcome(outcome: Outcome, suite: SuiteRun, folder: Path) -> Iterator[str]:
    check = outcome.check
    ids = f" [{', '.join(check.requirements)}]" if check.requirements else ""
    head = f"{outcome.verdict.value.upper()} {suite.suite.name} {check.id} ({check.strength}): {check.title}{ids}"
    yield from wrapped_under(head, 0, 2)
    if outcome.why:
        yield from wrapped(outcome.why, 4)
    yield from _told_faults(outcome)
    yield f"    {folder / REPORT}#{anchor_of(suite.suite.name, check.id)}"


def _told_faults(outcome: Outcome) -> Iterator[str]:
    """Every fault once, with the first exchange it was found in and how many more."""
    places: dict[tuple[str, str], list[str]] = {}
    for found in outcome.found:
        for fault in found.faults:
            places.setdefault((fault.path, fault.text), []).append(found.key)
    for (path, text), keys in list(places.items())[:_MOST_FAULTS]:
        place = " at ".join(filter(None, (keys[0], path)))
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        yield from wrapped_under(f"{text} ({place}{more})" if place else text, 4, 6)
    if len(places) > _MOST_FAULTS:
        yield f"    and {len(places) - _MOST_FAULTS} more faults"


def told(suites: Iterable[Suite], only: str = "") -> Iterator[str]:
    """The checks of suites, a line each, with requirements and the public tests that look at the same."""
    for suite in suites:
        checks = [check for check in suite.checks if concerns(check.id, only)]
        yield f"{suite.name}: {suite.title}, {counted(len(suite.scenes), 'scene')}, {counted(len(checks), 'check')}"
        for check in checks:
            ids = ", ".join((*check.requirements, *check.public))
            yield from wrapped_under(
                f"  {check.id} ({check.strength}): {check.title}{f' [{ids}]' if ids else ''}", 2, 6
            )

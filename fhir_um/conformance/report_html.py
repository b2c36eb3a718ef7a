"""A run as one page to read: no script, nothing from elsewhere. Must not send or judge; the template says how it looks.

What came from the server is only ever text here: the template escapes everything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from fhir_um.conformance.excerpts import cut, excerpt
from fhir_um.conformance.kept import file_name, set_out
from fhir_um.conformance.model import Exchange, Fault, Outcome, Verdict
from fhir_um.conformance.running import Run, SuiteRun, missed

_MOST_SHOWN = 5
"""Exchanges of one check that are set out; the others are named."""
_MOST_NAMED = 12
_NOT_IN_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ORDER = (Verdict.FAILED, Verdict.SKIPPED, Verdict.WARNED, Verdict.OMITTED, Verdict.PASSED)
"""Of what a reader looks for first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One exchange with what is wrong with it. `around`: the path whose surroundings are shown of what is judged."""

    key: str
    faults: tuple[Fault, ...]
    exchange: Exchange | None = None
    file: str = ""
    sent: str = ""
    answered: str = ""
    around: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One check as it is shown. `verdict` is the word for the reader: a missed one that was skipped is `not judged`."""

    outcome: Outcome
    anchor: str
    verdict: str
    is_missed: bool
    shown: tuple[Shown, ...]
    more: int
    looked_at: tuple[tuple[str, str], ...]
    looked_at_more: int


@dataclass(frozen=True, slots=True)
class Area:
    """The checks of one area."""

    name: str
    rows: tuple[Row, ...]
    counts: tuple[tuple[str, int], ...]
    is_open: bool


def write_html(run: Run, path: Path) -> None:
    """Writes that file."""
    path.write_text(as_html(run), encoding="utf-8")


def as_html(run: Run) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("fhir_um.conformance", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("fhir_um.conformance").joinpath("templates", "report.css").read_text("utf-8")
    page = environment.get_template("report.html").render(
        run=run, suites=[_suite(suite) for suite in run.suites], style=style, verdicts=_ORDER
    )
    return _NOT_IN_HTML.sub("\ufffd", page)


def anchor_of(suite: str, check_id: str) -> str:
    """Where a check stands in the page."""
    return f"{suite}--{check_id}"


def _suite(suite: SuiteRun) -> dict[str, Any]:
    rows = tuple(_row(outcome, suite) for outcome in suite.outcomes)
    return {
        "run": suite,
        "base": suite.session.tester.base(suite.suite.name),
        "counts": _counts(rows),
        "areas": tuple(_areas(rows)),
        "problems": [row for row in rows if row.outcome.verdict in {Verdict.FAILED, Verdict.WARNED}],
        "unjudged": sum(row.is_missed and row.outcome.verdict is Verdict.SKIPPED for row in rows),
        "broken": [scene for scene in suite.scenes if scene.broken],
        "left_out": [row for row in rows if row.outcome.verdict in {Verdict.SKIPPED, Verdict.OMITTED}],
        "scenes": [(scene, _files_of(scene.scene.name, suite)) for scene in suite.scenes],
    }


def _counts(rows: tuple[Row, ...]) -> tuple[tuple[str, int], ...]:
    found = [(verdict.value, sum(row.outcome.verdict is verdict for row in rows)) for verdict in _ORDER]
    return tuple((name, number) for name, number in found if number)


def _areas(rows: tuple[Row, ...]) -> Iterator[Area]:
    """By the middle of their ids: `pas.submit.status` is of `submit`."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        parts = row.outcome.check.id.split(".")
        grouped.setdefault(parts[1] if len(parts) > 2 else parts[0], []).append(row)
    for name, own in grouped.items():
        is_open = any(row.outcome.verdict in {Verdict.FAILED, Verdict.WARNED} for row in own)
        in_order = sorted(own, key=lambda row: _ORDER.index(row.outcome.verdict))
        yield Area(name, tuple(in_order), _counts(tuple(own)), is_open)


def _row(outcome: Outcome, suite: SuiteRun) -> Row:
    by_key = {exchange.key: exchange for exchange in suite.session.exchanges}
    named = tuple((key, file_name(suite.suite.name, by_key[key])) for key in outcome.looked_at if key in by_key)
    return Row(
        outcome=outcome,
        anchor=anchor_of(suite.suite.name, outcome.check.id),
        verdict=outcome.verdict.value,
        is_missed=missed(outcome),
        shown=tuple(_shown(found.key, found.faults, by_key, suite) for found in outcome.found[:_MOST_SHOWN]),
        more=max(0, len(outcome.found) - _MOST_SHOWN),
        looked_at=named[:_MOST_NAMED],
        looked_at_more=max(0, len(named) - _MOST_NAMED),
    )


def _shown(key: str, faults: tuple[Fault, ...], by_key: dict[str, Exchange], suite: SuiteRun) -> Shown:
    exchange = by_key.get(key)
    if exchange is None:
        return Shown(key, faults)
    path = next((fault.path for fault in faults if fault.path), "")
    told, other = (exchange.sent, exchange.body) if exchange.came_in else (exchange.body, exchange.sent)
    looked_at, beside = excerpt(told, path), cut(set_out(other))
    sent, answered = (looked_at, beside) if exchange.came_in else (beside, looked_at)
    around = path if path and looked_at != excerpt(told) else ""
    return Shown(key, faults, exchange, file_name(suite.suite.name, exchange), sent, answered, around)


def _files_of(scene: str, suite: SuiteRun) -> list[tuple[Exchange, str]]:
    own = (exchange for exchange in suite.session.exchanges if exchange.scene == scene)
    return [(exchange, file_name(suite.suite.name, exchange)) for exchange in own]

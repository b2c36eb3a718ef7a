"""A run as JSON, for programs. Must not send or judge; secrets are out of what it is given."""

from pathlib import Path
from typing import Any

import msgspec

from fhir_um.conformance.kept import file_name
from fhir_um.conformance.model import Check, Exchange, Outcome, Verdict
from fhir_um.conformance.running import Run, SceneRun, SuiteRun, missed

FORMAT = "fhir-um conformance 1"
"""The form of the file; another number when something is taken away or means something else."""


def write_json(run: Run, path: Path) -> None:
    """Writes that file."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(as_plain(run)), indent=2) + b"\n")


def as_plain(run: Run) -> dict[str, Any]:
    """The run in plain values."""
    return {
        "format": FORMAT,
        "server": run.tester.server,
        "at": run.at.isoformat(timespec="seconds"),
        "seconds": round(run.seconds, 3),
        "passed": run.passed,
        "suites": [_suite(suite) for suite in run.suites],
    }


def _suite(suite: SuiteRun) -> dict[str, Any]:
    return {
        "name": suite.suite.name,
        "title": suite.suite.title,
        "version": suite.suite.version,
        "base": suite.session.tester.base(suite.suite.name),
        "seconds": round(suite.seconds, 3),
        "counts": {verdict.value: suite.count(verdict) for verdict in Verdict},
        "checks": [_outcome(outcome) for outcome in suite.outcomes],
        "scenes": [_scene(scene) for scene in suite.scenes],
        "exchanges": [_exchange(exchange, suite.suite.name) for exchange in suite.session.exchanges],
        "timings": [msgspec.to_builtins(timing) for timing in suite.timings],
    }


def check_as_plain(check: Check) -> dict[str, Any]:
    """A check without its outcome."""
    return {
        "id": check.id,
        "title": check.title,
        "strength": check.strength.value,
        "requirements": list(check.requirements),
        "public": list(check.public),
        "restsOn": list(check.rests_on),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return check_as_plain(outcome.check) | {
        "verdict": outcome.verdict.value,
        "missed": missed(outcome),
        "why": outcome.why,
        "lookedAt": list(outcome.looked_at),
        "found": [
            {"exchange": found.key, "faults": [{"text": fault.text, "path": fault.path} for fault in found.faults]}
            for found in outcome.found
        ],
    }


def _scene(scene: SceneRun) -> dict[str, Any]:
    return {
        "name": scene.scene.name,
        "title": scene.scene.title,
        "exchanges": scene.exchanges,
        "seconds": round(scene.seconds, 3),
        "brokenOff": scene.broken,
    }


def _exchange(exchange: Exchange, suite: str) -> dict[str, Any]:
    return {
        "key": exchange.key,
        "marks": sorted(exchange.marks),
        "method": exchange.method,
        "url": exchange.url,
        "cameIn": exchange.came_in,
        "status": exchange.status,
        "milliseconds": round(exchange.milliseconds, 1),
        "file": file_name(suite, exchange),
    }

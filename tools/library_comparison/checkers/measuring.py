"""Asks one library about every message and reports what it said and what it cost. Knows no library and no table.

Standard library only, so that any interpreter that has the library measured can run it.
"""

import argparse
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

Ask = Callable[[dict[str, Any]], list[str]]
"""A resource -> the errors found, each as a text with its place."""


_MEMORY = re.compile(r"^Vm(HWM|RSS):\s+(\d+) kB", re.MULTILINE)


class Given(NamedTuple):
    """What a library may be set up with: package files, and a file with the definitions in them."""

    packages: list[str]
    definitions_file: Path

    def definitions(self) -> list[dict[str, Any]]:
        """Every StructureDefinition of the packages."""
        found: list[dict[str, Any]] = json.loads(self.definitions_file.read_text("utf-8"))
        return found


def measure(version: str, prepare: Callable[[Given], Ask]) -> None:
    """Reads the cases from the first file named on the command line and writes the report to the second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=Path)
    parser.add_argument("report", type=Path)
    asked = parser.parse_args()
    before = _megabytes("RSS")
    cases = json.loads(asked.cases.read_text("utf-8"))
    messages = _megabytes("RSS") - before
    began = time.perf_counter()
    ask = prepare(Given(cases["packages"], Path(cases["definitions"])))
    errors = {name: _errors(ask, bundle) for name, bundle in cases["bundles"].items()}
    ready = time.perf_counter() - began
    before_fault = {name: _errors(ask, intact) for name, intact in cases["intact"].items()}
    report = {
        "version": version,
        "ready_seconds": ready,
        "errors": errors,
        "milliseconds": {name: _fastest(ask, bundle, cases["times"]) for name, bundle in cases["bundles"].items()},
        "before": {name: before_fault[source] for name, source in cases["made_from"].items()},
        "after": {name: _errors(ask, mutant) for name, mutant in cases["mutants"].items()},
        "megabytes": _megabytes("HWM") - messages,
    }
    asked.report.write_text(json.dumps(report), "utf-8")


def _megabytes(what: str) -> float:
    """Memory of this process: now (RSS), or the most it ever had (HWM)."""
    found = dict(_MEMORY.findall(Path("/proc/self/status").read_text("utf-8")))
    return int(found[what]) / 1024


def _errors(ask: Ask, message: dict[str, Any]) -> list[str] | None:
    """The errors found; None when the library broke."""
    try:
        return ask(message)
    except Exception:
        return None


def _fastest(ask: Ask, message: dict[str, Any], times: int) -> float:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        _errors(ask, message)
        spent.append((time.perf_counter() - began) * 1000)
    return min(spent)


def resources_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """A resource and, if it is a Bundle, those in its entries: for libraries that look at one at a time."""
    entries = message.get("entry") if message.get("resourceType") == "Bundle" else None
    inner = [row.get("resource") for row in entries if isinstance(row, dict)] if isinstance(entries, list) else []
    return [message, *(row for row in inner if isinstance(row, dict))]


def claimed(resource: dict[str, Any]) -> list[str]:
    """The URLs of the profiles a resource claims, without versions."""
    meta = resource.get("meta")
    told = meta.get("profile") if isinstance(meta, dict) else None
    return [url.partition("|")[0] for url in told if isinstance(url, str)] if isinstance(told, list) else []

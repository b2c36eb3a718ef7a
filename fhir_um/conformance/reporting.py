"""Writes the report of a run into a folder: for people, for programs, for CI, and every message as it was."""

from pathlib import Path

from fhir_um.conformance.kept import write_exchanges
from fhir_um.conformance.report_html import write_html
from fhir_um.conformance.report_json import write_json
from fhir_um.conformance.report_junit import write_junit
from fhir_um.conformance.running import Run

REPORT = "report.html"


def write_report(run: Run, folder: Path) -> None:
    """Writes it; what another run left in the folder under the same names is written over."""
    folder.mkdir(parents=True, exist_ok=True)
    write_exchanges(run, folder)
    write_json(run, folder / "report.json")
    write_junit(run, folder / "junit.xml")
    write_html(run, folder / REPORT)

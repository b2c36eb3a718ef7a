"""The documents tell the truth: README commands and addresses exist, the settings table is the program's own."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from fhir_um.__main__ import VERBS, make_parser
from fhir_um.api.routes import ROUTES
from fhir_um.settings import Settings, settings_table, variable_of
from tools.settings_table import PAGE, with_table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
HOUSE = (ROOT / "docs/house.md").read_text("utf-8")


def test_settings_table_is_current() -> None:
    page = PAGE.read_text("utf-8")

    assert with_table(page) == page, "run: python -m tools.settings_table"


def test_settings_table_has_every_setting() -> None:
    table = settings_table()

    assert all(f"`{variable_of(field.name)}`" in table for field in fields(Settings))


def test_readme_names_every_verb_and_no_other() -> None:
    named = set(re.findall(r"^\| `fhir-um ([a-z]+)`", README, re.MULTILINE))

    assert named == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        make_parser().parse_args([verb, "--help"])

    assert stop.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_readme_make_targets_exist() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", README))
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert named <= {line.split()[0] for line in shown.splitlines()} | {"help"}
    assert {"run", "test", "check", "bench", "help"} <= {line.split()[0] for line in shown.splitlines()}


def test_readme_addresses_are_routes() -> None:
    named = set(re.findall(r"`(GET|POST) (/[^`]*)`", README))
    served = {(route.method, re.sub(r"<case_id>", "{id}", route.path)) for route in ROUTES}

    assert named <= served


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_house_names_every_room() -> None:
    rooms = {p.stem for p in (ROOT / "fhir_um").iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    rooms |= {p.stem for p in (ROOT / "fhir_um").glob("*.py")} - {"__init__"}

    assert [room for room in sorted(rooms) if f"`{room}`" not in HOUSE] == []


def test_ci_runs_what_a_developer_runs() -> None:
    assert "make check" in (ROOT / ".ci/run").read_text("utf-8")


def test_command_module_runs() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "fhir_um", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert all(verb in shown for verb in VERBS)

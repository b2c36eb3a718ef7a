"""The documents tell the truth: README commands and addresses exist, the settings table is the program's own."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from cds_hooks.http import BASES
from fhir_um.__main__ import VERBS, make_parser
from fhir_um.api.routes import ROUTES
from fhir_um.settings import Settings, settings_table, variable_of
from tools.module_map import PACKAGES, with_map
from tools.settings_table import PAGE, with_table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
HOUSE = (ROOT / "docs/house.md").read_text("utf-8")
LONGEST_PAGE = 60


def test_settings_table_is_current() -> None:
    page = PAGE.read_text("utf-8")

    assert with_table(page) == page, "run: python -m tools.settings_table"


def test_settings_table_has_every_setting() -> None:
    table = settings_table()

    assert all(f"`{variable_of(field.name)}`" in table for field in fields(Settings))


def test_readme_names_every_verb_and_no_other() -> None:
    named = set(re.findall(r"^\| `fhir-um ([a-z-]+)`", README, re.MULTILINE))

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
    names = {"<type_name>": "{type}", "<name>": "{name}"}
    served = {(r.method, re.sub(r"<\w+>", lambda found: names.get(found[0], "{id}"), r.path)) for r in ROUTES}
    hooks = (("GET", ""), ("POST", "/{id}"), ("POST", "/{id}/feedback"))
    served |= {(method, f"{base}{tail}") for base in BASES for method, tail in hooks}

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


def test_house_lists_every_module_as_it_describes_itself() -> None:
    assert with_map(HOUSE) == HOUSE, "run: make docs"


def test_house_names_every_package_beside_the_program() -> None:
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")}

    assert packages == set(PACKAGES)


def _shell(page: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


OF_TESTERS = (
    "conformance run --server http://127.0.0.1:8080",
    "conformance inferno-presets --server http://127.0.0.1:8080 --to presets",
    "fake-ehr fire --server http://127.0.0.1:8080 --hook order-sign",
    "fake-payer --port 9090",
    "replay captured.har --server http://127.0.0.1:8080",
)
SERVED = {
    "make run",
    "make test",
    *(f".venv/bin/fhir-um demo{story}" for story in ("", " crd", " pended")),
    *(f".venv/bin/fhir-um {words}" for words in OF_TESTERS),
}
"""README commands that serve, need a server, or would run this test: shown to exist below, run by other tests."""


PROGRAMS = {".venv/bin/fhir-um ": "fhir_um", ".venv/bin/python -m profiles ": "profiles"}
"""How a command of the README begins, and the module that is behind it."""


def test_readme_commands_are_known_or_run_below() -> None:
    assert set(_shell(README)) >= SERVED
    assert [line for line in _shell(README) if line not in SERVED and not line.startswith(tuple(PROGRAMS))] == []


@pytest.mark.parametrize("line", [line for line in _shell(README) if line not in SERVED])
def test_readme_command_runs_as_written(line: str, tmp_path: Path) -> None:
    beginning = next(program for program in PROGRAMS if line.startswith(program))
    command = [sys.executable, "-m", PROGRAMS[beginning], *shlex.split(line.removeprefix(beginning))]
    environment = {"FHIR_UM_DATABASE_URL": f"sqlite:///{tmp_path}/readme.db"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout


@pytest.mark.parametrize("line", sorted(SERVED))
def test_readme_command_exists(line: str) -> None:
    if line.startswith("make"):
        subprocess.run(["make", "--dry-run", *line.split()[1:]], cwd=ROOT, capture_output=True, check=True)
    else:
        make_parser().parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_commands_in_the_documents_are_understood(page: Path) -> None:
    lines = [line for line in _shell(page.read_text("utf-8")) if ".venv/bin/fhir-um" in line]

    for line in lines:
        words = shlex.split(line.partition(".venv/bin/fhir-um")[2])
        assert callable(make_parser().parse_args(words).func), line


ADR_PARTS = ["Context", "Decision", "Status", "Consequences"]


@pytest.mark.parametrize("page", sorted((ROOT / "docs/adr").glob("*.md")), ids=lambda p: p.name)
def test_decision_record_has_its_parts_on_one_page(page: Path) -> None:
    text = page.read_text("utf-8")

    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ADR_PARTS
    assert len(text.splitlines()) <= LONGEST_PAGE
    assert re.match(rf"# 0*{int(page.name[:4])}\.? \S", text)


def test_decision_records_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs/adr").glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_adr_named_anywhere_exists() -> None:
    numbers = {page.name[:4] for page in (ROOT / "docs/adr").glob("*.md")}
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "fhir_um").rglob("*.py")]

    assert {n for path in texts for n in re.findall(r"ADR (\d{4})", path.read_text("utf-8"))} <= numbers


def test_ci_runs_what_a_developer_runs() -> None:
    assert "make check" in (ROOT / ".ci/run").read_text("utf-8")


def test_command_module_runs() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "fhir_um", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert all(verb in shown for verb in VERBS)

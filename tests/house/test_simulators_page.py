"""The pages of the stand-ins and of replaying tell the truth: commands parse, the rules and the capture can be read."""

import json
import re
import shlex
from pathlib import Path

import pytest

from fhir_um.__main__ import make_parser
from fhir_um.replaying.captures import read_captures
from fhir_um.replaying.comparing import _KEYS
from fhir_um.replaying.sending import _KEPT_HEADERS
from fhir_um.simulators import chart
from fhir_um.simulators.payer_rules import read_rules

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {name: (DOCS / f"{name}.md").read_text("utf-8") for name in ("simulators", "replay")}
VERBS = ("fake-ehr", "fake-payer", "replay")
COMMANDS = [line for page in PAGES.values() for line in re.findall(r"^\.venv/bin/fhir-um .*$", page, re.MULTILINE)]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_can_be_typed_as_written(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0])[1:]

    assert words[0] in VERBS
    assert make_parser(VERBS).parse_args(words).func


def test_every_option_on_the_pages_is_one() -> None:
    named = {option for page in PAGES.values() for option in re.findall(r"`(--[a-z-]+)", page)}
    sources = [path.read_text("utf-8") for path in (DOCS.parent / "fhir_um" / "commands").glob("*.py")]

    assert {option for option in named if not any(f'"{option}"' in source for source in sources)} == set()


def test_the_rules_on_the_page_are_read(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(block("simulators", "yaml"))

    rules = read_rules(tmp_path / "rules.yaml")

    assert (len(rules.claims), len(rules.hooks)) == (4, 2)


def test_the_capture_on_the_page_is_read(tmp_path: Path) -> None:
    written = block("replay", "json")
    (tmp_path / "calls.json").write_text(written)

    (capture,) = read_captures(tmp_path / "calls.json")

    assert json.loads(written)["request"]["path"] == capture.path


def test_the_pages_name_what_there_is() -> None:
    named = PAGES["replay"].lower()

    assert {header for header in _KEPT_HEADERS if f"`{header}`" not in named} == set()
    assert {"extension", "entry", "coding", "cards"} <= set(_KEYS)
    for parameter in ("patient", "subject", "beneficiary", "encounter", "requester", "performer"):
        assert f"`{parameter}`" in PAGES["simulators"] and parameter in chart._REFERENCES


def block(page: str, kind: str) -> str:
    """The first block of that kind on a page."""
    found = re.search(rf"```{kind}\n(.*?)```", PAGES[page], re.DOTALL)
    assert found is not None
    return found[1]

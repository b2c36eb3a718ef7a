"""`docs/conformance-crd.md` is what the marks say now: every line of the checklist has its tests, or says why not."""

import json
import os
from pathlib import Path

import pytest

from tools.conformance_crd import CHECK, PAGE, checklist, page
from tools.traceability.proofs import proofs

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("FHIR_UM_REQUIREMENTS", ROOT.parent / "shared" / "requirements")) / "crd.json"
LINES = 126


def test_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make docs"


def test_every_line_is_listed_once() -> None:
    assert [line.number for line in checklist()] == list(range(1, LINES + 1))


def test_every_line_has_a_test_or_says_why_not() -> None:
    tested = proofs(CHECK)

    assert [line.number for line in checklist() if str(line.number) not in tested and not line.standing] == []
    assert set(tested) <= {str(line.number) for line in checklist()}


def test_requirements_are_those_of_the_guide() -> None:
    if not SHARED.exists():
        pytest.skip("no list of requirements beside the checkout")
    known = {statement["key"] for statement in json.loads(SHARED.read_text("utf-8"))["statement"]}
    named = {each for line in checklist() for each in line.requirements if each.startswith("crd:")}

    assert {each.removeprefix("crd:") for each in named} <= known
    assert set(proofs("crd:")) <= known

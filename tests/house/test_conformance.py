"""`docs/conformance.md` is what the marks say now, over the guide's own list of requirements."""

import json
import os
from pathlib import Path

import pytest

from tools.conformance import PAGE, page, proofs, requirements

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("FHIR_UM_REQUIREMENTS", ROOT.parent / "shared" / "requirements")) / "pas.json"
STRENGTHS = {"SHALL", "SHALL NOT"}


def test_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make docs"


def test_requirements_are_listed_once_with_words_of_their_own() -> None:
    listed = requirements()

    assert len({r.id for r in listed}) == len(listed) > 60
    assert {r.strength for r in listed} == STRENGTHS
    assert [r.id for r in listed if not 3 <= len(r.words.split()) <= 14] == []


def test_what_has_a_test_is_not_called_another_ones() -> None:
    """A requirement with tests needs no excuse; one with an excuse and tests has outlived it."""
    shown = proofs()

    assert [r.id for r in requirements() if r.standing and r.id in shown] == []


@pytest.fixture
def statements() -> list[dict]:
    if not SHARED.exists():
        pytest.skip("no list of requirements beside the checkout")
    found: list[dict] = json.loads(SHARED.read_text("utf-8"))["statement"]
    return found


def test_every_duty_of_the_payer_is_listed(statements: list[dict]) -> None:
    duties = {s["key"]: s["requirement"] for s in statements if "payer" in actors(s) and is_duty(s)}

    assert {r.id for r in requirements()} == set(duties)


def test_marks_name_requirements_of_the_guide(statements: list[dict]) -> None:
    assert set(proofs()) <= {s["key"] for s in statements}


def actors(statement: dict) -> set[str]:
    return {e.get("valueId", "") for e in statement.get("extension", ()) if e["url"].endswith("statementactor")}


def is_duty(statement: dict) -> bool:
    return "SHALL" in statement.get("conformance", ()) or "**SHALL NOT**" in statement["requirement"]

"""Which statements of a guide's own list are a payer's duty, and how strong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.traceability import published
from tools.traceability.guides import GUIDES

PAS = GUIDES[0]
ACTOR = "http://hl7.org/fhir/tools/StructureDefinition/requirements-statementactor"


def statement(key: str, *actors: str, tagged: tuple[str, ...] = ("SHALL",)) -> dict[str, Any]:
    tags = [{"url": ACTOR, "valueId": actor} for actor in actors]
    return {"key": key, "extension": tags, "conformance": list(tagged), "requirement": "-"}


def duties(folder: Path, *given: dict[str, Any]) -> dict[str, tuple[str, str]]:
    (folder / PAS.published).write_text(json.dumps({"statement": given}))
    return published.duties(folder, PAS)


@pytest.mark.parametrize(
    ("tagged", "strength"),
    [
        (("SHALL",), "SHALL"),
        (("SHALL", "MAY"), "SHALL"),
        (("SHOULD", "MAY"), "SHOULD"),
        (("SHOULD-NOT",), "SHOULD NOT"),
        ((), "SHALL NOT"),
    ],
)
def test_a_duty_is_as_strong_as_its_strongest_tag(tmp_path: Path, tagged: tuple[str, ...], strength: str) -> None:
    assert duties(tmp_path, statement("a-1", "payer", tagged=tagged)) == {"a-1": (strength, "payer")}


def test_what_is_free_or_somebody_elses_is_no_duty(tmp_path: Path) -> None:
    given = (statement("a-1", "payer", tagged=("MAY",)), statement("a-2", "client"), statement("a-3"))

    assert duties(tmp_path, *given) == {}


def test_what_several_actors_share_is_ours_too(tmp_path: Path) -> None:
    assert duties(tmp_path, statement("a-1", "payer", "client")) == {"a-1": ("SHALL", "client payer")}


def test_our_readings_count(tmp_path: Path) -> None:
    given = (statement("spec-35", "client"), statement("spec-52"), statement("conf-16", "payer", tagged=("MAY",)))

    assert duties(tmp_path, *given) == {
        "spec-35": ("SHALL", "client"),
        "spec-52": ("SHALL", "none"),
        "conf-16": ("SHALL NOT", "payer"),
    }

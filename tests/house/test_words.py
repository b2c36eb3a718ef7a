"""Nothing left lying about, nothing copied from outside, nothing that ties the code to one machine."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("fhir_um", "profiles", "cds_hooks", "tools", "bench", "docs", "fixtures", "tests")
TEXTS = sorted(
    p
    for part in KEPT
    for p in (ROOT / part).rglob("*")
    if p.suffix in {".py", ".md", ".yaml", ".csv", ".html", ".css", ".json"} and "__pycache__" not in p.parts
) + [
    ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", ".ci/run", "requirements.lock")
]
LEFT_OVER = re.compile(r"\b(TODO|FIXME|XXX)\b")
OF_A_MACHINE = re.compile(r"(?<![\w.$])/(?:work|root|home|Users)/[\w.]")
OF_THE_WORKSHOP = re.compile(
    r"\b(chatgpt|copilot|language model|ai[- ]generated|sub-?agents?|pypi\.org|artifactory|index-url)\b",
    re.IGNORECASE,
)
BARRED_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|manager|base|misc)(_|$)")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("barred", [LEFT_OVER, OF_A_MACHINE, OF_THE_WORKSHOP], ids=["left", "machine", "workshop"])
def test_texts_are_clean(barred: re.Pattern[str]) -> None:
    others = [path for path in TEXTS if path != Path(__file__).resolve()]

    assert [name(path) for path in others if barred.search(path.read_text("utf-8"))] == []


def test_files_are_named_after_the_business() -> None:
    assert [name(path) for path in TEXTS if path.suffix == ".py" and BARRED_NAMES.search(path.stem)] == []

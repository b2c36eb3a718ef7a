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


@pytest.mark.parametrize("path", [p for p in TEXTS if p != Path(__file__).resolve()], ids=name)
def test_text_is_clean(path: Path) -> None:
    text = path.read_text("utf-8")

    assert not LEFT_OVER.search(text)
    assert not OF_A_MACHINE.search(text)
    assert not OF_THE_WORKSHOP.search(text)


@pytest.mark.parametrize("path", [p for p in TEXTS if p.suffix == ".py"], ids=name)
def test_file_is_named_after_the_business(path: Path) -> None:
    assert not BARRED_NAMES.search(path.stem)

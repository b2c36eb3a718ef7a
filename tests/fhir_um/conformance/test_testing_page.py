"""What `docs/testing.md` shows: the program works as written, and names what there is."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from fhir_um.conformance.suites import SUITES
from fhir_um.conformance.tester import BASES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "testing.md").read_text("utf-8")


def test_the_page_names_every_suite_and_its_base() -> None:
    rows = dict(re.findall(r"^\| `((?:pas|crd)-[\d.]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE))

    assert rows == dict(BASES)
    assert set(rows) == set(SUITES)


def test_the_program_on_the_page_tests_an_application(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("404 NOT FOUND", [("Content-Type", "text/plain")])
        return [b"nothing is here"]

    monkeypatch.chdir(ROOT)
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 it is our own page

    assert names["conforms"](nobody) is False

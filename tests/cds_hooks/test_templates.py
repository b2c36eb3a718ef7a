"""Prefetch templates are the guide's own, in an order in which each can be resolved."""

import re
from pathlib import Path

import pytest

from cds_hooks.templates import PREFETCH

_PRIMITIVE = re.compile(r"[^{]*(?:\{\{context\.\w+\}\}[^{]*)*")


def _guide() -> dict[str, list[tuple[str, str]]]:
    """The templates of CRD 2.2.1, hook by hook, as printed there."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in (Path(__file__).parent / "prefetch-2.2.1.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            rows = found.setdefault(line[2:], [])
        else:
            key, _, template = line.partition(" = ")
            rows.append((key, template))
    return found


@pytest.mark.spec("crd:found-27")
@pytest.mark.spec("crd:found-24", "crd:found-29", "hooks:prefetch", "crd-check:11")
@pytest.mark.parametrize("hook", PREFETCH["2.2"])
def test_templates_of_2_2_are_the_guides_own(hook: str) -> None:
    assert list(PREFETCH["2.2"][hook]) == _guide()[hook]


@pytest.mark.spec("crd-check:11")
def test_hooks_are_the_same_in_every_version() -> None:
    assert set(PREFETCH["2.2"]) == set(PREFETCH["2.0"]) == set(_guide())


@pytest.mark.spec("hooks:prefetch", "crd-check:12")
@pytest.mark.parametrize("version", PREFETCH)
@pytest.mark.parametrize("hook", PREFETCH["2.2"])
def test_key_stands_before_the_templates_that_use_it(version: str, hook: str) -> None:
    seen: set[str] = set()
    for key, template in PREFETCH[version][hook]:
        assert set(re.findall(r"%(\w+)", template)) <= seen
        seen.add(key)


@pytest.mark.parametrize("version", PREFETCH)
@pytest.mark.parametrize("hook", PREFETCH["2.2"])
def test_patient_and_coverage_are_plain_enough_for_simple_clients(version: str, hook: str) -> None:
    plain = {key for key, template in PREFETCH[version][hook] if _PRIMITIVE.fullmatch(template)}

    assert {"patient", "coverage"} <= plain

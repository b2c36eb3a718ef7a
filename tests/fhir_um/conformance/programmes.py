"""Short programmes of a suite: few scenes, and every check that few scenes can satisfy."""

import os
from dataclasses import replace
from typing import TypeVar

from fhir_um.conformance.stage import Suite
from fhir_um.conformance.suites import SUITES

TAKES_ALL_SCENES = ("pas.must-support.", "crd.cards.seen-", "crd.outcomes.card-")


_IS_WHOLE = os.environ.get("PLANTED") == "all"
F = TypeVar("F")


def planted(faults: tuple[F, ...]) -> tuple[F, ...]:
    """Every second of them in a usual run; all of them when PLANTED=all."""
    return faults if _IS_WHOLE else faults[::2]


def programme(suite: str, scenes: tuple[str, ...]) -> Suite:
    whole = SUITES[suite]
    if _IS_WHOLE:
        return whole
    return replace(
        whole,
        scenes=tuple(scene for scene in whole.scenes if scene.name in scenes),
        checks=tuple(check for check in whole.checks if not check.id.startswith(TAKES_ALL_SCENES)),
    )

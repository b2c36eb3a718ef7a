"""Short programmes of a suite: few scenes, and every check that few scenes can satisfy."""

import os
from dataclasses import replace

from fhir_um.conformance.stage import Suite
from fhir_um.conformance.suites import SUITES

TAKES_ALL_SCENES = ("pas.must-support.", "crd.cards.seen-", "crd.outcomes.card-")


def programme(suite: str, scenes: tuple[str, ...]) -> Suite:
    whole = SUITES[suite]
    if os.environ.get("PLANTED") == "all":
        return whole
    return replace(
        whole,
        scenes=tuple(scene for scene in whole.scenes if scene.name in scenes),
        checks=tuple(check for check in whole.checks if not check.id.startswith(TAKES_ALL_SCENES)),
    )

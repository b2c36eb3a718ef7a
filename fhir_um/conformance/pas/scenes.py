"""Which scenes are played for a server of PAS: the stories of the fixtures, and probes beyond stories."""

from collections.abc import Callable

from fhir_um.conformance.pas.probes import PROBES
from fhir_um.conformance.stage import Scene, Stage

STORIES = (
    "public-suite",
    "prior-authorization",
    "prior-authorization-2.0.1",
    "gold-card",
    "no-authorization",
    "another-administrator",
    "lines-of-business",
    "urgent",
    "denied-benefit",
    "excluded-in-medicaid",
    "denied-by-physician",
    "modified-approval",
    "several-lines",
    "answered-in-part",
    "pended",
    "pended-and-cancelled",
    "pended-for-documents",
    "asked-for-notes",
    "attachments-refused",
    "update-chain",
    "update-faults",
    "line-left-out",
    "renewed",
    "inquiry-ways",
    "inquiry-by-content",
    "sent-twice",
    "asked-twice",
    "refused",
    "unreadable",
    "unknown-member",
    "unknown-request",
    "wrong-days",
    "wrong-people",
    "subscriptions",
    "must-support",
    "must-support-nameless",
    "must-support-withdrawn",
)
"""Every story about requests, without those about hooks."""

ONE_VERSION_ONLY = {"prior-authorization-2.0.1": "2.0.1", "line-left-out": "2.2.1"}
"""Stories that are written for one base alone."""


def _plays(story: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.play(story)

    return play


def scenes(version: str) -> tuple[Scene, ...]:
    """What is played for a base of that version, in order."""
    stories = [name for name in STORIES if ONE_VERSION_ONLY.get(name, version) == version]
    return (*(Scene(name, f"The story {name}", _plays(name)) for name in stories), *PROBES)

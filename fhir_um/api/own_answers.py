"""Holds what the server itself says against the profiles of its base. Must not know any route or what is answered.

An answer is sent even when it is faulty. The case was saved before it was written: an error instead would tell the
sender that nothing was decided, and sent again the same request would meet the same fault. So the sender gets the
decision, and the operator a log line that says where we are wrong.

Resources an answer repeats are the sender's own bytes, and are looked at too: where the operator lets faulty requests
pass, their faults come back here.
"""

import logging
from typing import Any

from flask import Response

from fhir_um.api.exchange import BASES, House
from fhir_um.api.trail import Trail
from fhir_um.logs import frames_of, say
from fhir_um.settings import OwnAnswers
from profiles.issues import Issue
from profiles.outcome import place_of
from profiles.reading import FHIR_JSON, Limits, read_json

_LIMITS = Limits(max_bytes=1_000_000_000, max_depth=190, max_entries=1_000_000)
"""An answer is ours, however long."""

_MOST_TOLD = 20
_NEWEST = next(iter(BASES))
"""Whose profiles an answer meets that belongs to no base: it is an OperationOutcome, the same in every version."""


def report_faults(house: House, trail: Trail, response: Response) -> None:
    """One log line about a FHIR answer, not yet compressed, that has errors; the answer stays as it is.

    Warnings are not told: in an answer they are about codes that no list here has, most of them the sender's.
    """
    is_ours = house.settings.check_responses is OwnAnswers.REPORT and not response.is_streamed
    body = response.get_data() if is_ours else b""
    if not body or response.mimetype != FHIR_JSON:
        return
    about: dict[str, Any] = {"request_id": trail.request_id, "route": trail.route, "guide": trail.guide or _NEWEST}
    try:
        errors = _errors(house, about["guide"], body)
    except Exception as fault:
        say(logging.ERROR, "answer-unchecked", **about, error_type=type(fault).__name__, frames=frames_of(fault))
        return
    if errors:
        told = [told_of(error) for error in errors[:_MOST_TOLD]]
        say(logging.ERROR, "answer-with-faults", **about, fault_count=len(errors), faults=told)


def told_of(error: Issue) -> str:
    """Rule, profile and place of a fault, and nothing that stands there.

    >>> told_of(Issue("required", "", "ClaimResponse.item[0].adjudication", rule="min", profile="http://a/b|1"))
    'min of b|1 at ClaimResponse.item[0].adjudication'
    >>> told_of(Issue("structure", "", "ClaimResponse.item[0].`Ann Lee, born 1.1.`", rule="unknown-element"))
    'unknown-element at ClaimResponse.item[0]'
    """
    profile = error.profile.rpartition("/")[2]
    return f"{error.rule or error.code}{f' of {profile}' if profile else ''} at {place_of(error)}"


def _errors(house: House, guide: str, body: bytes) -> list[Issue]:
    found = house.validator(guide).check(read_json(body, _LIMITS), now=house.deps.clock())
    return [issue for issue in found if issue.severity == "error"]

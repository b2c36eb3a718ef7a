"""Put the end of the audit log on record once a day (UTC), and say it aloud, so that it can be kept elsewhere.

A log that is written anew fits no anchor that somebody else holds. Source: um-domain SEC10.
"""

import logging

from fhir_um.cases.auditing import Act, DayAnchor, Purpose, engine_entry
from fhir_um.deps import Deps
from fhir_um.logs import say

_ACTION = "audit-anchor"


def anchor_daily(deps: Deps) -> int:
    """Make the anchor of today unless there is one; how many were made.

    The day's first call makes it: what came before midnight is under it. The row it writes into the log comes after.
    """
    at = deps.clock()
    with deps.open_reading() as reading:
        if reading.audit.is_anchored(at.date()) or not reading.audit.end().sequence:
            return 0
    with deps.open_work(alone=True) as work:
        end = work.audit.end()
        made = DayAnchor(at.date(), end.sequence, end.hash, at)
        if not work.audit.keep_anchor(made):
            return 0
        detail = f"{end.sequence}:{end.hash}"
        work.audit.add(engine_entry(at, _ACTION, Act.CREATE, Purpose.ADMINISTRATION, detail=detail))
    say(logging.INFO, _ACTION, anchor=detail)
    return 1


def see_anchors(deps: Deps) -> tuple[DayAnchor, ...]:
    """Every anchor on record, oldest first."""
    with deps.open_reading() as reading:
        return reading.audit.anchors()

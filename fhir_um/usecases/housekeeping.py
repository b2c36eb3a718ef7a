"""What the house looks after by itself: waits that are over, clocks that run out, what follows the feed.

Each chore is one verb that does what is due now and can be done again at any time. Must not know who calls it, or how
often. It decides nothing: what is over goes to people.
"""

from collections.abc import Callable
from functools import partial

from fhir_um.deps import Deps
from fhir_um.usecases.anchor_audit import anchor_daily
from fhir_um.usecases.end_calls import end_calls
from fhir_um.usecases.end_waits import end_waits
from fhir_um.usecases.give_notices import give_notices
from fhir_um.usecases.keep_facts import keep_facts
from fhir_um.usecases.one_by_one import run_each
from fhir_um.usecases.raise_alarms import raise_alarms

CHORES: tuple[Callable[[Deps], int], ...] = (end_waits, end_calls, raise_alarms, give_notices, keep_facts, anchor_daily)
"""In this order: what goes on by itself need not be told about, and what follows the feed sees all of it."""


def tend(deps: Deps) -> int:
    """How much there was to do. Every chore has its turn, whatever became of the others."""
    return run_each([partial(chore, deps) for chore in CHORES])

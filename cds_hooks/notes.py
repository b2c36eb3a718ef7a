"""Cards of the counter's own: why nothing is said about an order, where nothing else can say it.

Must not know desks or dialects. Source: CRD 2.2.1 found-34; without a Coverage there can be no coverage information.
"""

from collections.abc import Iterator

from cds_hooks.desk import Advice, AdviceKind, Indicator, Topic
from cds_hooks.orders import Asked


def notes(found: Asked, has_coverage: bool) -> Iterator[Advice]:
    """What a clinician should know of orders that get no answer; nothing when all of them get one."""
    if not has_coverage and (found.orders or found.unread):
        yield _note(
            "No coverage information: no insurance on record that we can answer for.",
            "No Coverage of a payer that is answered for here came along, and none could be read from the record. "
            "Check the insurance on record, then ask again.",
        )
    if found.unread:
        yield _note(
            "Some orders could not be read, so nothing is said about them.",
            f"{len(found.unread)} of the orders named in the call did not come along and could not be read from the "
            "record.",
        )
    for reason, count in found.unanswerable:
        yield _note("Some orders could not be answered.", f"{count} of the orders in the call: each {reason}.")


def _note(summary: str, detail: str) -> Advice:
    return Advice(AdviceKind.INSTRUCTIONS, Topic.INSURANCE, Indicator.INFO, summary, detail)

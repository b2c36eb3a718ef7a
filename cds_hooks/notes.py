"""Cards of the counter's own: why nothing is said about an order, where nothing else can say it.

Must not know desks or dialects. Source: CRD 2.2.1 found-34; without a Coverage there can be no coverage information.
"""

from collections.abc import Iterator

from cds_hooks.desk import Advice, AdviceKind, Indicator, Topic
from cds_hooks.markdown import escaped
from cds_hooks.orders import Asked

_MOST_NAMED = 5
"""With more than that, a list of what could not be read is cut."""


def notes(found: Asked, has_coverage: bool) -> Iterator[Advice]:
    """What a clinician should know of orders that get no answer; nothing when all of them get one."""
    if not has_coverage and (found.orders or found.unread):
        yield _note(
            "No coverage information: no insurance on record that we can answer for.",
            "No Coverage of a payer that is answered for here came along, and none could be read from the record. "
            "Check the insurance on record, then ask again.",
        )
    encounters = tuple(ref for ref in found.unread if ref.startswith("Encounter/"))
    if encounters:
        yield _note(
            "The encounter could not be read, so nothing is said about it.",
            f"It did not come along and could not be read from the record: {_named(encounters)}.",
            encounters,
        )
    orders = tuple(ref for ref in found.unread if ref not in encounters)
    if orders:
        yield _note(
            "Some orders could not be read, so nothing is said about them.",
            f"{len(orders)} of the orders named in the call did not come along and could not be read from the record: "
            f"{_named(orders)}.",
            orders,
        )
    for reason, refs in found.unanswerable:
        known = tuple(ref for ref in refs if _has_a_name(ref))
        named = f" ({_named(known)})" if known else ""
        detail = f"{len(refs)} of the orders in the call{named}: each {reason}."
        yield _note("Some orders could not be answered.", detail, known)


def _has_a_name(ref: str) -> bool:
    """False for what stands for an order without an id."""
    return "#" not in ref and ref.isprintable()


def _named(refs: tuple[str, ...]) -> str:
    """In the call's own words for them: nobody here knows more of what could not be read. Source: CRD 2.2.1 dev-24."""
    more = len(refs) - _MOST_NAMED
    named = ", ".join(map(escaped, refs[:_MOST_NAMED]))
    return f"{named} and {more} more" if more > 0 else named


def _note(summary: str, detail: str, about: tuple[str, ...] = ()) -> Advice:
    return Advice(AdviceKind.INSTRUCTIONS, Topic.INSURANCE, Indicator.INFO, summary, detail, about)

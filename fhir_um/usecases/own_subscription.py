"""A sender's own subscription inside a transaction: found, at the version they think it has, changed by nobody else.

Sender, payers and PAS version are part of the query: somebody else's, and one of the other base, are not there.
That the identifiers of a filter are the sender's own is not checked: a subscription only ever tells of its sender's
requests.
Source: PAS 2.2.1 spec-59.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fhir_um.cases.caller import Caller
from fhir_um.deps import Reading
from fhir_um.errors import Kind, Refusal, VersionConflict
from fhir_um.subscribers.model import Subscription

HANDSHAKE_AFTER = timedelta(seconds=1)
"""So that the answer with the id is there before the handshake that names it."""

Versions = frozenset[str] | None
"""Versions a change may be made on (`If-Match`); None for any."""


def own_subscription(work: Reading, caller: Caller, guide: str, id: str) -> Subscription:
    """The caller's subscription at the base of that PAS version. Raises: Refusal NOT_FOUND."""
    found = work.subscribers.find(caller.sender, caller.payer_ids, guide, id)
    if found is None or not may_hear(caller, found):
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such subscription here.")
    return found


def may_hear(caller: Caller, found: Subscription) -> bool:
    """True when the subscription tells of no payer but the caller's: clients of one sender may differ in theirs."""
    return set(found.payers) <= set(caller.payer_ids)


def demand_version(found: Subscription, versions: Versions) -> None:
    """Passes when a change may be made on what is there. Raises: Refusal OUTDATED. Source: FHIR R4 3.1.0.5."""
    if versions is not None and str(found.version) not in versions:
        text = f"The subscription is at version {found.version}; read it again before you change it."
        raise Refusal.of(Kind.OUTDATED, "conflict", text)


@contextmanager
def told_when_overtaken() -> Iterator[None]:
    """Tells a change that came between in words that fit. Raises: Refusal CONFLICT."""
    try:
        yield
    except VersionConflict as fault:
        text = "The subscription was changed at the same moment; read it again."
        raise Refusal.of(Kind.CONFLICT, "conflict", text) from fault

"""Remember one hook call: who asked, when, what came along and what was told. One transaction.

Must not know FHIR. Nothing of the patient's record is kept. Source: CRD 2.2.1 found-11, found-37, sec-6.
"""

from dataclasses import replace
from datetime import timedelta

import msgspec

from cds_hooks.desk import Assertion, Told
from fhir_um.cases.guidance import CardTold, Guidance, Invocation
from fhir_um.cases.model import PayerId
from fhir_um.deps import Deps
from fhir_um.usecases.guiding import content_hash, told_document
from fhir_um.words import Code

_WRITER = msgspec.json.Encoder(decimal_format="string")


def keep_hook(deps: Deps, told: Told, keep_days: int) -> None:
    """Keeps the call; assertions that were kept before they were told stay as they are."""
    with deps.open_work(alone=True) as work:
        home = PayerId(next((payer.id for payer in work.directory().payers), ""))
        rows = _guidance(told, home, keep_days)
        call = _invocation(deps, told, next((row.payer_id for row in rows), home), keep_days)
        end = call.keep_until
        cards = tuple(CardTold(uuid, call.payer_id, call.id, topic, policy, end) for uuid, topic, policy in told.cards)
        work.add_guidance(rows)
        work.add_invocation(call, cards)


def _guidance(told: Told, home_payer: PayerId, keep_days: int) -> tuple[Guidance, ...]:
    """The row of each assertion: the desk's own, or one for what the counter said by itself."""
    return tuple(
        each.basis if isinstance(each.basis, Guidance) else _of_nobody(told, order_ref, each, home_payer, keep_days)
        for order_ref, assertions in told.assertions.items()
        for each in assertions
    )


def _of_nobody(told: Told, order_ref: str, assertion: Assertion, payer_id: PayerId, keep_days: int) -> Guidance:
    """What the counter said by itself, when the desk could not answer."""
    bare = replace(assertion, basis=None)
    return Guidance(
        id=assertion.id,
        payer_id=payer_id,
        instance=told.instance,
        hook=told.hook,
        order_ref=order_ref,
        codes=(),
        member_id="",
        coverage_ref="",
        policy_id="",
        policy_version="",
        policy_hash="",
        told_at=told.answered_at,
        on=assertion.on,
        expires=assertion.expires,
        content_hash=content_hash(bare),
        number=assertion.satisfied_pa_id,
        document=told_document(bare, None),
        keep_until=told.answered_at + timedelta(days=keep_days),
    )


def _invocation(deps: Deps, told: Told, payer_id: PayerId, keep_days: int) -> Invocation:
    document = {
        "service": told.service,
        "version": told.version,
        "issues": told.issues,
        "tokenUse": told.token_use,
        "resources": [{"type": t, "prefetched": p, "count": n} for t, p, n in told.resources],
        "orders": [{"type": t, "codes": [Code(c.system, c.code) for c in codes]} for t, codes in told.orders],
        "told": {ref: [a.id for a in assertions] for ref, assertions in told.assertions.items()},
    }
    return Invocation(
        id=deps.new_id(),
        payer_id=payer_id,
        instance=told.instance,
        hook=told.hook,
        client=told.client,
        received_at=told.received_at,
        answered_at=told.answered_at,
        status=told.http_status,
        document=_WRITER.encode(document).decode(),
        keep_until=told.answered_at + timedelta(days=keep_days),
    )

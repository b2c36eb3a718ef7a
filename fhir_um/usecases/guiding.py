"""What is kept of an assertion: its content, the rule behind it, and no clinical value. Must not know the store."""

from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec

from cds_hooks.desk import Assertion
from fhir_um.cases.guidance import Guidance
from fhir_um.cases.model import Determination, PayerId
from fhir_um.cases.ordered import CoverageAsked, OrderAsked
from fhir_um.coverage.model import Payer

_NO_DAY = date.min
_WRITER = msgspec.json.Encoder(decimal_format="string", order="deterministic")


def content_hash(told: Assertion) -> str:
    """The same for the same answer, whenever and under whatever id it is given; it has no basis yet."""
    bare = replace(told, id="-", on=_NO_DAY, expires=None)
    return sha256(_WRITER.encode(bare)).hexdigest()


def guidance_of(
    told: Assertion,
    *,
    asked: CoverageAsked,
    order: OrderAsked,
    payer: Payer,
    member_id: str,
    determination: Determination | None,
    keep_until: datetime,
) -> Guidance:
    """The row of an assertion."""
    finding = determination.finding if determination else None
    return Guidance(
        id=told.id,
        payer_id=PayerId(payer.id),
        instance=asked.instance,
        hook=asked.hook,
        order_ref=order.ref,
        codes=order.line.service.codes,
        member_id=member_id,
        coverage_ref=asked.coverage_ref,
        policy_id=finding.policy_id if finding else "",
        policy_version=finding.policy_version if finding else "",
        policy_hash=finding.policy_hash if finding else "",
        told_at=asked.received_at,
        on=told.on,
        expires=told.expires,
        content_hash=content_hash(told),
        number=told.satisfied_pa_id,
        document=told_document(told, determination),
        keep_until=keep_until,
    )


def told_document(told: Assertion, determination: Determination | None) -> str:
    """An assertion that has no basis yet and what led to it, as JSON."""
    document: dict[str, Any] = {"assertion": told, "determination": determination}
    return _WRITER.encode(document).decode()


class _ToldIds(msgspec.Struct):
    told: dict[str, list[str]] = {}


_told_ids = msgspec.json.Decoder(_ToldIds).decode


def told_ids(invocation: str) -> tuple[str, ...]:
    """The ids of every assertion an invocation was told, from its document."""
    return tuple(each for ids in _told_ids(invocation).told.values() for each in ids)

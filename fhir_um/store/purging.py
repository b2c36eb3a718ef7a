"""Cases and documents that may be due to go, and how they go with all their rows. Must not decide which.

A case leaves a tombstone and its numbers behind: what still names it can be explained, and no number comes twice.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal_column,
    select,
    tuple_,
)

from fhir_um.cases.attachments import Attachment
from fhir_um.cases.model import Case
from fhir_um.cases.retention import Candidate, Going, Kept, Purge, RecordKind, day_in, kept_case
from fhir_um.store.attachment_tables import attachment_pieces, attachments
from fhir_um.store.attachments import content_key
from fhir_um.store.cases import PENDED_STATUS
from fhir_um.store.coverage import find_members
from fhir_um.store.documents import case_of
from fhir_um.store.engine import lock_key
from fhir_um.store.prepared import Prepared
from fhir_um.store.retention_tables import purged_cases, purged_numbers
from fhir_um.store.subscriber_tables import deliveries, subscriptions
from fhir_um.store.tables import case_events, cases, issued_numbers, metadata
from fhir_um.subscribers.model import OWED

Key = tuple[str, ...]
ZoneOf = Callable[[str], str]
"""The time zone of a payer."""

_attachment_of = msgspec.json.Decoder(Attachment).decode
_MOST: BindParameter[int] = bindparam("most")
_AFTER = tuple_(bindparam("after_id"), bindparam("after_payer"))
_CASE: BindParameter[str] = bindparam("of_case")
_PAYER: BindParameter[str] = bindparam("of_payer")
_CHANGED = bindparam("until", type_=cases.c.changed_at.type)

_CASES = (
    select(cases.c.document)
    .where(
        tuple_(cases.c.id, cases.c.payer_id) > _AFTER, cases.c.changed_at < _CHANGED, cases.c.status != PENDED_STATUS
    )
    .order_by(cases.c.id, cases.c.payer_id)
    .limit(_MOST)
)
_OWED_TO_SOMEBODY = (
    select(deliveries.c.case_id)
    .join(
        subscriptions,
        and_(subscriptions.c.id == deliveries.c.subscription_id, subscriptions.c.payer_id == deliveries.c.payer_id),
    )
    .where(
        deliveries.c.case_id.in_(bindparam("ids", expanding=True)),
        literal_column("deliveries.state <> 'delivered'"),
        subscriptions.c.removed_at.is_(None),
        subscriptions.c.standing.in_([standing.value for standing in sorted(OWED)]),
    )
)
_HELD = (
    select(attachments.c.document)
    .where(
        attachments.c.case_id.is_(None),
        tuple_(attachments.c.id, attachments.c.payer_id) > _AFTER,
        attachments.c.received_at < _CHANGED,
    )
    .order_by(attachments.c.id, attachments.c.payer_id)
    .limit(_MOST)
)
_LAST_STEP = Prepared(
    select(case_events.c.sequence, case_events.c.hash)
    .where(case_events.c.case_id == _CASE, case_events.c.payer_id == _PAYER)
    .order_by(case_events.c.sequence.desc())
    .limit(_MOST)
)
_NUMBERS = Prepared(
    select(issued_numbers.c.number).where(issued_numbers.c.case_id == _CASE, issued_numbers.c.payer_id == _PAYER)
)
_CONTENTS = select(attachments.c.content_hash).distinct().where(attachments.c.payer_id == _PAYER)
_CONTENTS_OF_CASE = Prepared(_CONTENTS.where(attachments.c.case_id == _CASE))
_CONTENT_OF_DOCUMENT = Prepared(_CONTENTS.where(attachments.c.id == bindparam("of_id")))
_DROP_DOCUMENT = delete(attachments).where(attachments.c.id == bindparam("of_id"), attachments.c.payer_id == _PAYER)
_DROP_PIECES = delete(attachment_pieces).where(
    attachment_pieces.c.payer_id == _PAYER,
    attachment_pieces.c.content_hash == bindparam("content"),
    ~exists().where(
        and_(attachments.c.content_hash == bindparam("content"), attachments.c.payer_id == bindparam("of_payer"))
    ),
)
_DROP_CASE = delete(cases).where(cases.c.id == _CASE, cases.c.payer_id == _PAYER)


def _of_a_case() -> tuple[Table, ...]:
    """Every table whose rows belong to a case, as its foreign keys say."""
    return tuple(
        table
        for table in metadata.sorted_tables
        if any(key.referred_table is cases for key in table.foreign_key_constraints)
    )


# --- what may be due ------------------------------------------------------------------------------------------------


def case_candidates(
    connection: Connection, zone_of: ZoneOf, until: datetime, after: Key, most: int, to_change: bool
) -> tuple[Candidate, ...]:
    """The next cases last changed before then, that wait for nobody; kept from others when `to_change`."""
    named = {"until": until, "most": most} | _beginning(after)
    statement = _CASES.with_for_update() if to_change else _CASES
    found = [case_of(row.document) for row in connection.execute(statement, named)]
    owed = set(connection.scalars(_OWED_TO_SOMEBODY, {"ids": [case.id for case in found]})) if found else set()
    return tuple(_case(case, zone_of, case.id in owed) for case in found)


def _beginning(after: Key) -> dict[str, str]:
    id, payer_id = after or ("", "")
    return {"after_id": id, "after_payer": payer_id}


def _case(case: Case, zone_of: ZoneOf, is_owed: bool) -> Candidate:
    zone = zone_of(case.payer_id)
    return Candidate((case.id, case.payer_id), kept_case(case, zone, is_owed), zone)


def document_candidates(
    connection: Connection, zone_of: ZoneOf, until: datetime, after: Key, most: int, to_change: bool
) -> tuple[Candidate, ...]:
    """The next documents that came before then and that nobody ever matched to a case."""
    named = {"until": until, "most": most} | _beginning(after)
    statement = _HELD.with_for_update() if to_change else _HELD
    rows = [_attachment_of(row.document) for row in connection.execute(statement, named)]
    return tuple(_document(connection, row, zone_of) for row in rows)


def _document(connection: Connection, row: Attachment, zone_of: ZoneOf) -> Candidate:
    zone = zone_of(row.payer_id)
    known = find_members(connection, row.payer_id, (row.member,))
    kept = Kept(
        RecordKind.DOCUMENT,
        row.payer_id,
        day_in(row.received_at, zone),
        members=frozenset(member.id for member in known),
    )
    return Candidate((row.id, row.payer_id), kept, zone)


# --- going ----------------------------------------------------------------------------------------------------------


def purge_cases(connection: Connection, going: Sequence[Going], purge: Purge) -> None:
    """Remove the cases with all that belongs to them; their tombstones and numbers stay."""
    keys = [{"of_case": each.candidate.key[0], "of_payer": each.candidate.key[1]} for each in going]
    if not keys:
        return
    contents = {(key["of_payer"], row[0]) for key in keys for row in _CONTENTS_OF_CASE.rows(connection, key)}
    _leave_tombstones(connection, going, keys, purge)
    for table in _of_a_case():
        connection.execute(delete(table).where(table.c.case_id == _CASE, table.c.payer_id == _PAYER), keys)
    connection.execute(_DROP_CASE, keys)
    _drop_contents(connection, contents)


def _leave_tombstones(
    connection: Connection, going: Sequence[Going], keys: Sequence[dict[str, str]], purge: Purge
) -> None:
    numbers = [
        {"payer_id": key["of_payer"], "number": row[0], "case_id": key["of_case"]}
        for key in keys
        for row in _NUMBERS.rows(connection, key)
    ]
    tombstones = [_tombstone(connection, each, key, purge) for each, key in zip(going, keys, strict=True)]
    connection.execute(insert(purged_cases), tombstones)
    if numbers:
        connection.execute(insert(purged_numbers), numbers)


def _tombstone(connection: Connection, going: Going, key: dict[str, str], purge: Purge) -> dict[str, Any]:
    count, last_hash = next(iter(_LAST_STEP.rows(connection, {**key, "most": 1})), (0, ""))
    return {
        "payer_id": key["of_payer"],
        "id": key["of_case"],
        "event_count": count,
        "last_hash": last_hash,
        "line_of_business": going.candidate.record.line_of_business,
        "rule_id": going.rule_id,
        "report_id": purge.report_id,
        "purged_at": purge.at,
    }


def purge_documents(connection: Connection, going: Sequence[Going]) -> None:
    """Remove documents that belong to no case."""
    for each in going:
        named = {"of_id": each.candidate.key[0], "of_payer": each.candidate.key[1]}
        contents = {(named["of_payer"], row[0]) for row in _CONTENT_OF_DOCUMENT.rows(connection, named)}
        connection.execute(_DROP_DOCUMENT, named)
        _drop_contents(connection, contents)


def _drop_contents(connection: Connection, contents: Iterable[tuple[str, str]]) -> None:
    """Remove contents that no document has any more; one that another document shares stays."""
    for payer_id, content in sorted(contents):
        lock_key(connection, content_key(payer_id, content))
        connection.execute(_DROP_PIECES, {"of_payer": payer_id, "content": content})

"""The canonical form of a row of the audit log, and its hash. Must not know SQL.

The hash covers everything a row says, its place and the hash before it: a row that was changed, lost, moved or put in
between does not fit any more, nor does any row after it.
"""

from collections.abc import Iterable
from datetime import UTC
from hashlib import sha256
from typing import Any

import msgspec

from fhir_um.cases.auditing import AuditEntry, Subject

Record = dict[str, Any]
"""A row as its table has it, without `hash`."""

FORM = 1
"""Which canonical form this is: a later program that says more in a row counts up, and still reads this one."""

_CANONICAL = msgspec.json.Encoder(order="sorted")


def record_of(entry: AuditEntry, sequence: int, previous: str) -> Record:
    """The row of an entry at that place, after the row with that hash; empty for the first."""
    return {
        "sequence": sequence,
        "at": entry.at,
        "payer_id": entry.payer_id,
        "client_id": entry.client_id,
        "person": entry.person,
        "role": entry.role,
        "on_behalf_of": entry.on_behalf_of,
        "action": entry.action,
        "act": entry.act.value,
        "outcome": entry.outcome,
        "status": entry.status,
        "detail": entry.detail,
        "request_id": entry.request_id,
        "remote": entry.remote,
        "purpose": entry.purpose,
        "emergency": entry.emergency,
        "body_hash": entry.body_hash,
        "subjects": written(entry.subjects),
        "prev_hash": previous,
    }


def written(subjects: Iterable[Subject]) -> str:
    """The subjects as a row has them: each once, in order, as `[payer, member, case, version]`."""
    rows = [[one.payer_id, one.member_id, one.case_id, one.version] for one in sorted(set(subjects))]
    return msgspec.json.encode(rows).decode()


def canonical(record: Record) -> bytes:
    """The row as JSON: every property, in the order of names, no white space, instants in UTC to the microsecond."""
    at = record["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return _CANONICAL.encode({**record, "at": at, "form": FORM})


def hash_of(record: Record) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return sha256(canonical(record)).hexdigest()

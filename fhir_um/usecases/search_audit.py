"""Look into the audit log: search it, be told what is unusual, account for what was told of a member. Changes nothing.

That somebody looked is noted by whoever lets them. "Not yours" and "not there" are the same answer.
Source: um-domain SEC11, SEC21; 45 CFR 164.528.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.audit_alerts import Alert, alerts_in
from fhir_um.cases.auditing import ANSWERED, Anchor, AuditRow, AuditSearch
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import MemberId, PayerId
from fhir_um.deps import Deps, Reading

_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One row that tells of a member; `is_outside` when it went to another organisation and not to our own people."""

    row: AuditRow
    recipient: str
    is_outside: bool


def search_audit(deps: Deps, caller: Caller, wanted: AuditSearch) -> tuple[AuditRow, ...]:
    """Rows of the caller's payers, latest first; of those about several payers only what is about the caller's."""
    with deps.open_reading() as work:
        found = work.audit.search(caller.payer_ids, wanted)
    return tuple(_shown(row, caller) for row in found)


def audit_alerts(deps: Deps, caller: Caller, since: datetime) -> tuple[Alert, ...]:
    """What happened since then that somebody should look at."""
    with deps.open_reading() as work:
        zones = {PayerId(payer.id): payer.time_zone for payer in work.directory().payers}
        home = next((zones[payer] for payer in caller.payer_ids if payer in zones), _UTC)
        rows = (_shown(row, caller) for row in work.audit.since(caller.payer_ids, since))
        reviewed = _reviewed(work, work.audit.emergencies_since(since))
        return alerts_in(rows, lambda payer: zones.get(payer, home) if payer else home, reviewed)


def account_disclosures(
    deps: Deps, caller: Caller, payer_id: PayerId, member_id: MemberId, since: datetime | None = None
) -> tuple[Disclosed, ...]:
    """Everything that was told of a member, oldest first; refusals told nothing."""
    if payer_id not in caller.payer_ids:
        return ()
    with deps.open_reading() as work:
        found = work.audit.about_member(payer_id, member_id)
        names = {str(client.id): client.name for client in work.clients.all()}
    return tuple(
        _disclosed(_about(row, payer_id, member_id), names)
        for row in found
        if row.entry.outcome == ANSWERED and (since is None or row.entry.at >= since)
    )


def knows_member(deps: Deps, payer_id: PayerId, member_id: MemberId) -> bool:
    """True when the payer has that member, or a case of theirs."""
    with deps.open_reading() as work:
        return work.retention.knows_member(payer_id, member_id)


def end_of_audit(deps: Deps) -> Anchor:
    """The last row of the log."""
    with deps.open_reading() as work:
        return work.audit.end()


def _shown(row: AuditRow, caller: Caller) -> AuditRow:
    own = tuple(one for one in row.entry.subjects if one.payer_id in caller.payer_ids)
    return replace(row, entry=replace(row.entry, subjects=own))


def _about(row: AuditRow, payer_id: PayerId, member_id: MemberId) -> AuditRow:
    """The row without the others it names; a case whose member was not known then is the member's."""
    own = tuple(one for one in row.entry.subjects if one.payer_id == payer_id and one.member_id in ("", member_id))
    return replace(row, entry=replace(row.entry, subjects=own))


def _disclosed(row: AuditRow, names: dict[str, str]) -> Disclosed:
    entry = row.entry
    is_outside = not entry.person
    recipient = entry.on_behalf_of or names.get(entry.client_id, "") or entry.person or entry.client_id
    return Disclosed(row, recipient, is_outside)


def _reviewed(work: Reading, grants: frozenset[str]) -> frozenset[str]:
    found = {grant: work.people.emergency(grant) for grant in grants}
    return frozenset(grant for grant, access in found.items() if access is not None and access.reviewed_at is not None)

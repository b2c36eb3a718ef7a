"""Register a member of a trust community as a client, at its own request. One transaction. Must not read tokens.

One name, one client: who asks again is given the same one. Source: UDAP Security 2.0.0, 3.2.3 and 3.4.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from fhir_um.cases.client import Client, ClientKind, ClientStanding
from fhir_um.cases.enrolment import Enrolled, Enrolment
from fhir_um.cases.model import PayerId
from fhir_um.deps import Deps
from fhir_um.errors import VersionConflict
from fhir_um.usecases.change_client import shut_out_if_last

_TRIES = 4


def enrol_client(deps: Deps, wish: Enrolment) -> Enrolled | None:
    """The client of that name as it is from now on, for the payers on file.

    None when an operator keeps it out, which no wish of its own changes, when who was never here wants to leave, and
    when the name is that of somebody an operator has registered.
    Raises: VersionConflict when the same member asks for very many things at once.
    """
    for _ in range(_TRIES - 1):
        with suppress(VersionConflict):
            return _enrolled(deps, wish)
    return _enrolled(deps, wish)


def _enrolled(deps: Deps, wish: Enrolment) -> Enrolled | None:
    at = deps.clock()
    with deps.open_work() as work:
        new = _new(wish, tuple(PayerId(payer.id) for payer in work.directory().payers), at)
        known = work.clients.find_named(ClientKind.UDAP, wish.uri)
        if known is None and (wish.is_leaving or _is_taken(wish.uri, work.clients.all())):
            return None
        if known is None and work.clients.add(new):
            return Enrolled(new, is_new=True)
        known = known or work.clients.find_named(ClientKind.UDAP, wish.uri)
        if known is None or known.standing is ClientStanding.DISABLED:
            return None
        wanted = _wanted(known, new, wish)
        if wanted != known:
            wanted = replace(wanted, changed_at=at, version=known.version + 1)
            work.clients.change(wanted, known.version)
            shut_out_if_last(work, wanted)
    return Enrolled(wanted, is_new=not known.is_active and wanted.is_active)


def _is_taken(uri: str, others: tuple[Client, ...]) -> bool:
    """True when a client that an operator has registered owns its requests by that name: nobody joins it unasked."""
    return any(uri in (other.id, other.organisation) for other in others if other.kind is not ClientKind.UDAP)


def _new(wish: Enrolment, payers: tuple[PayerId, ...], at: datetime) -> Client:
    return Client(
        id=wish.client_id,
        kind=ClientKind.UDAP,
        name=wish.name,
        payer_ids=payers,
        scopes=wish.scopes,
        created_at=at,
        changed_at=at,
        organisation=wish.uri,
        uri=wish.uri,
        contacts=wish.contacts,
    )


def _wanted(known: Client, new: Client, wish: Enrolment) -> Client:
    if wish.is_leaving:
        return replace(known, standing=ClientStanding.CANCELLED)
    return replace(
        known,
        name=new.name,
        payer_ids=new.payer_ids,
        scopes=new.scopes,
        contacts=new.contacts,
        standing=ClientStanding.ACTIVE,
    )

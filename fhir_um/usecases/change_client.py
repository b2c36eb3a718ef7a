"""An operator changes a client, which ends all its tokens at once. One transaction. Must not know what is changed.

When the last client of a sender is kept out, nobody is told about that sender's requests any more.
"""

from collections.abc import Callable
from dataclasses import replace

from fhir_um.cases.client import Client
from fhir_um.deps import Deps, Work
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.register_client import demand_payers


def change_client(deps: Deps, id: str, change: Callable[[Client], Client]) -> Client:
    """The client as it is after the change. Raises: Refusal NOT_FOUND, INVALID when a payer is not on file."""
    at = deps.clock()
    with deps.open_work(alone=True) as work:
        found = work.clients.find(id)
        if found is None:
            raise Refusal.of(Kind.NOT_FOUND, "not-found", f"There is no client {id}; see `fhir-um client list`.")
        changed = replace(change(found), changed_at=at, version=found.version + 1)
        if changed.payer_ids != found.payer_ids:
            demand_payers(work, changed)
        work.clients.change(changed, found.version)
        shut_out_if_last(work, changed)
    return changed


_NOBODY_LEFT = "The client this subscription belongs to may not call any more."


def shut_out_if_last(work: Work, changed: Client) -> None:
    """Stops notifying a sender none of whose clients may call any more; what is owed is held, not lost.

    When a client may call again, it requests its subscriptions anew and is told what it missed.
    """
    others = (each for each in work.clients.all() if each.sender == changed.sender)
    if not changed.is_active and not any(each.is_active for each in others):
        work.subscribers.shut_out(changed.sender, _NOBODY_LEFT)

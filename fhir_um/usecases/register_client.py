"""An operator registers a client. One transaction. Must not know where its keys were read from."""

from fhir_um.cases.client import Client
from fhir_um.deps import Deps, Reading
from fhir_um.errors import Kind, Refusal


def register_client(deps: Deps, new: Client) -> None:
    """Keep a new client.

    Raises: Refusal CONFLICT when its id is taken, or when it would own what another client sends without being of its
    organisation; INVALID when a payer is not on file.
    """
    with deps.open_work(alone=True) as work:
        demand_payers(work, new)
        _demand_own_name(new, work.clients.all())
        if not work.clients.add(new):
            raise Refusal.of(Kind.CONFLICT, "duplicate", f"There is a client {new.id} already; choose another --id.")


def demand_payers(work: Reading, client: Client) -> None:
    """Passes when all payers of a client are on file. Raises: Refusal INVALID."""
    known = {payer.id for payer in work.directory().payers}
    unknown = [payer for payer in client.payer_ids if payer not in known]
    if unknown:
        text = (
            f"No such payer: {', '.join(unknown)}. On file: {', '.join(sorted(known)) or 'none; run `fhir-um seed`'}."
        )
        raise Refusal.of(Kind.INVALID, "not-found", text)


def _demand_own_name(new: Client, others: tuple[Client, ...]) -> None:
    """A client without an organisation owns by its id, which must not be what another one owns by."""
    for other in others:
        if other.id == new.id:
            continue
        if new.organisation == other.id != other.organisation or other.organisation == new.id != new.organisation:
            text = (
                f"{new.id} and {other.id} would see each other's requests: one is named like the organisation of the "
                "other. Give both the same --organisation, or names of their own."
            )
            raise Refusal.of(Kind.CONFLICT, "conflict", text)

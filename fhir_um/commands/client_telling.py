"""How clients are told to people and to programs. Must not know where they are kept."""

from collections.abc import Iterator

import msgspec

from fhir_um.auth.smart_scopes import compact, meant
from fhir_um.cases.client import Client
from fhir_um.commands.telling import instant, wrapped_under

_WIDTHS = (24, 9, 6, 20)


def rows(clients: tuple[Client, ...]) -> str:
    """A table with a line for each."""
    if not clients:
        return "No client is registered. `fhir-um client add --help` tells how."
    head = ("client", "standing", "kind", "changed", "name")
    lines = [head, *((c.id, c.standing.value, c.kind.value, instant(c.changed_at), c.name) for c in clients)]
    return "\n".join(_row(line) for line in lines)


def told(client: Client) -> str:
    """Everything about one client, line by line; of its keys the ids."""
    return "\n".join(_told(client))


def as_json(value: object) -> str:
    """As JSON; keys are public ones."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _row(cells: tuple[str, ...]) -> str:
    padded = (f"{cell:{width}}" for cell, width in zip(cells, _WIDTHS, strict=False))
    return " ".join((*padded, *cells[len(_WIDTHS) :]))


def _told(client: Client) -> Iterator[str]:
    parts = {
        "client": client.id,
        "name": client.name,
        "standing": client.standing.value,
        "kind": client.kind.value,
        "organisation": client.organisation or f"{client.id} (its own)",
        "payers": ", ".join(client.payer_ids),
        "scopes": compact(meant(client.scopes)),
        "roles": ", ".join(sorted(client.roles)) or "none",
        "keys": client.jwks_url or ", ".join(str(key.get("kid")) for key in client.keys) or "none",
        "certificates": ", ".join(client.certificates) or "any or none",
        "registered": instant(client.created_at),
        "changed": f"{instant(client.changed_at)} (version {client.version})",
    }
    if client.uri:
        parts["certified as"] = client.uri
        parts["contacts"] = ", ".join(client.contacts)
    for name, value in parts.items():
        yield from wrapped_under(f"{name:14} {value}", 0, 15)

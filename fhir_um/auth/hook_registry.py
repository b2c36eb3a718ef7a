"""The EHRs that may call hooks, read from a file of the operator. Must not know tokens or connections.

One entry is one issuer: the keys it signs with, or the one address they are fetched from. Nothing a token says ever
adds an address. Source: CDS Hooks 3.0.0-ballot, trusting CDS clients (allow-list of `iss` and `jku`).
"""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from cds_hooks.addresses import taken_apart
from cds_hooks.offered import VERSIONS
from fhir_um.settings import SettingsFault


class Registered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One EHR.

    `keys` are public keys as JWKs; `jwks_url` where they are published. `jku`: what its tokens may say instead of
    `jwks_url`; it is compared and never fetched. `tenants`: the tenants it may call for. `dialect` and `strict`
    settle what its calls leave open.
    """

    id: str
    name: str
    issuer: str
    keys: tuple[dict[str, Any], ...] = ()
    jwks_url: str = ""
    jku: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    dialect: str | None = None
    strict: bool | None = None

    @property
    def key_addresses(self) -> frozenset[str]:
        """What the header `jku` of a token may say, if it says anything."""
        return frozenset((*self.jku, self.jwks_url)) - {""}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    clients: tuple[Registered, ...]


def read_registry(path: Path | None) -> tuple[Registered, ...]:
    """The EHRs in that file; none when there is no file.

    Raises: SettingsFault naming what is wrong in it.
    """
    if path is None:
        return ()
    try:
        clients = msgspec.convert(yaml.safe_load(path.read_bytes()), _File).clients
    except OSError as fault:
        raise SettingsFault(f"FHIR_UM_HOOK_CLIENTS: {path} cannot be read: {fault.strerror}") from fault
    except (yaml.YAMLError, msgspec.ValidationError) as fault:
        raise SettingsFault(f"FHIR_UM_HOOK_CLIENTS: {path} cannot be used: {fault}") from fault
    for client in clients:
        _demand_usable(client)
    for field in ("id", "issuer"):
        _demand_once([str(getattr(client, field)) for client in clients], field)
    return clients


def _demand_usable(client: Registered) -> None:
    if not client.id or not client.issuer:
        raise _fault(client, "needs an id and an issuer")
    if bool(client.keys) == bool(client.jwks_url):
        raise _fault(client, "needs either keys or a jwks_url")
    if client.jwks_url and taken_apart(client.jwks_url) is None:
        raise _fault(client, "has a jwks_url that is no http or https address")
    if client.dialect not in (None, *VERSIONS):
        raise _fault(client, f"has another dialect than {' or '.join(VERSIONS)} (in quotes)")
    if any("d" in key or key.get("kty") == "oct" for key in client.keys):
        raise _fault(client, "has a secret key; write the public one")


def _demand_once(values: list[str], field: str) -> None:
    doubled = sorted({value for value in values if values.count(value) > 1})
    if doubled:
        raise SettingsFault(f"FHIR_UM_HOOK_CLIENTS: the {field} {doubled[0]} is given twice")


def _fault(client: Registered, text: str) -> SettingsFault:
    return SettingsFault(f"FHIR_UM_HOOK_CLIENTS: the client {client.id or client.issuer or client.name!r} {text}")

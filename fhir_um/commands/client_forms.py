"""What an operator writes about a client -> the client. Must not know the store."""

import argparse
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cds_hooks.addresses import taken_apart
from fhir_um.auth.client_keys import KeyFault, public_keys
from fhir_um.auth.scopes import ALL
from fhir_um.auth.smart_scopes import compact, meant
from fhir_um.auth.thumbprints import thumbprints
from fhir_um.cases.client import Client, ClientKind
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.roles import REVIEWERS
from fhir_um.settings import Mode, Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,63}", re.ASCII)
_TAKEN = frozenset({"anonymous", "sandbox", "command-line", "test-kit"})


class FormFault(Exception):
    """Something that cannot be registered; the text says what to write instead."""


def new_client(args: argparse.Namespace, settings: Settings, at: datetime) -> Client:
    """The client that `client add` was told of. Raises: FormFault, KeyFault."""
    for flag, name in (("--id", args.id), ("--organisation", args.organisation or args.id)):
        if not _NAME.fullmatch(name) or name in _TAKEN:
            raise FormFault(
                f"{flag} cannot be {name!r}: write up to 64 letters, digits, dots and dashes, such as ehr-1."
            )
    return Client(
        id=ClientId(args.id),
        kind=ClientKind.SMART,
        name=args.name,
        payer_ids=_payers(args.payer),
        scopes=_scopes(args.scope),
        created_at=at,
        changed_at=at,
        organisation=args.organisation,
        roles=_roles(args.role),
        **proofs(args, settings),
    )


def allowed(args: argparse.Namespace) -> dict[str, Any]:
    """What a client may from now on, as far as anything was said of it. Raises: FormFault."""
    said: dict[str, Any] = {}
    if args.name:
        said["name"] = args.name
    if args.payer:
        said["payer_ids"] = _payers(args.payer)
    if args.scope:
        said["scopes"] = _scopes(args.scope)
    if args.role is not None:
        said["roles"] = _roles(args.role)
    if not said:
        raise FormFault("Nothing to change: give --name, --payer, --scope, --role or --no-role.")
    return said


def with_allowed(client: Client, said: dict[str, Any]) -> Client:
    """The client with what it may now. Raises: FormFault for one that says so itself whenever it registers."""
    if client.kind is not ClientKind.SMART:
        raise FormFault(f"{client.id} registers itself, and would undo this; `fhir-um client disable` keeps it out.")
    return replace(client, **said)


def proofs(args: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """How a client proves itself, as far as anything was said of it. Raises: FormFault, KeyFault."""
    is_sandbox = settings.mode is Mode.SANDBOX
    said: dict[str, Any] = {}
    if args.jwks_url:
        _demand_address(args.jwks_url, is_sandbox)
        said |= {"jwks_url": args.jwks_url, "keys": ()}
    if args.keys:
        said |= {"keys": _keys(args.keys, is_sandbox), "jwks_url": ""}
    if args.certificate:
        said["certificates"] = _certificates(args.certificate)
    if not said:
        raise FormFault("Nothing to change: give --keys, --jwks-url or --certificate.")
    return said


def rotated(client: Client, change: dict[str, Any]) -> Client:
    """The client with new proofs. Raises: FormFault for one that proves itself by the certificate of a community."""
    if client.kind is not ClientKind.SMART:
        raise FormFault(f"{client.id} proves itself by a certificate of its community, and changes that there.")
    return replace(client, **change)


def _payers(written: list[str]) -> tuple[PayerId, ...]:
    return tuple(dict.fromkeys(map(PayerId, written)))


def _scopes(written: list[str]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word for text in written for word in text.split()))
    unknown = [word for word in words if not meant((word,))]
    if unknown or not words:
        raise FormFault(f"There is no scope {' '.join(unknown) or '(none)'} here. There are: {compact(ALL)}")
    return words


def _roles(written: list[str]) -> frozenset[str]:
    known = {role.value for role in REVIEWERS}
    unknown = [role for role in written if role not in known]
    if unknown:
        raise FormFault(f"There is no role {', '.join(unknown)}. There are: {', '.join(sorted(known))}.")
    return frozenset(written)


def _demand_address(url: str, is_sandbox: bool) -> None:
    parts = taken_apart(url)
    if parts is None:
        raise FormFault(f"--jwks-url cannot be {url!r}: write an address such as https://ehr.example.org/jwks.json.")
    if parts[0].scheme != "https" and not is_sandbox:
        raise FormFault("Outside the sandbox keys are fetched over TLS: --jwks-url must begin with https://.")


def _keys(path: Path, is_sandbox: bool) -> tuple[dict[str, Any], ...]:
    try:
        return public_keys(_read(path), is_sandbox)
    except KeyFault as fault:
        raise KeyFault(f"{path}: {fault}") from fault


def _certificates(path: Path) -> tuple[str, ...]:
    found = thumbprints(_read(path).decode("ascii", "replace"))
    if not found:
        raise FormFault(f"{path}: there is no certificate in it; give a PEM file (-----BEGIN CERTIFICATE-----).")
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise FormFault(f"{path}: {fault.strerror}.") from fault

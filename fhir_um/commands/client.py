"""`fhir-um client`: registers the systems that may call, and changes what they may. Must not know how tokens work.

Secret keys never come in: a client keeps its own, and hands over the public one.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import requests

from fhir_um import clock
from fhir_um.auth.client_keys import KeyFault, new_key, public_set
from fhir_um.auth.signed_tokens import ALGORITHMS
from fhir_um.cases.client import ClientStanding
from fhir_um.commands.client_forms import FormFault, allowed, new_client, proofs, rotated, with_allowed
from fhir_um.commands.client_telling import as_json, rows, told
from fhir_um.commands.opening import open_house
from fhir_um.commands.tokens import TokenFault, TokenSource, signing_key
from fhir_um.deps import Deps
from fhir_um.settings import Settings
from fhir_um.usecases.change_client import change_client
from fhir_um.usecases.find_client import find_client
from fhir_um.usecases.register_client import register_client
from fhir_um.usecases.see_clients import see_clients

_OWNER_ONLY = 0o600
_EPILOG = """examples:
  fhir-um client key --out ehr.key > ehr.jwks.json
  fhir-um client add --id ehr-1 --name "General Hospital" --payer harbor --keys ehr.jwks.json \\
      --scope "system/Claim.cruds system/ClaimResponse.rs system/Subscription.cruds system/DocumentReference.c"
  fhir-um client add --id desk --name "Review desk" --payer harbor --jwks-url https://desk.example.org/jwks.json \\
      --scope "um/cases.read um/cases.decide" --role nurse --role physician
  fhir-um client token --key ehr.key --id ehr-1 --server http://127.0.0.1:8080
  fhir-um client change ehr-1 --scope "system/Claim.crs system/ClaimResponse.rs"
  fhir-um client rotate ehr-1 --keys new.jwks.json
  fhir-um client disable ehr-1

Every change ends the client's tokens at once, in every process. docs/clients.md tells more."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `client` and its verbs to the command line."""
    parser = subparsers.add_parser(
        "client",
        help="register the systems that may call",
        description="Registers the systems that may call, and shows and changes them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add_add(verbs)
    _add_looks(verbs)
    _add_changes(verbs)
    _add_key(verbs)
    _add_token(verbs)


def _add_add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = verbs.add_parser("add", help="register a client", description="Registers a client (SMART Backend Services).")
    add.add_argument("--id", required=True, help="its client_id: letters, digits, dots and dashes")
    add.add_argument("--name", required=True, help="its name, for people")
    add.add_argument("--organisation", metavar="KEY", default="", help="clients of one organisation share its requests")
    add.add_argument("--payer", metavar="ID", action="append", required=True, help="payer it may speak to; home first")
    add.add_argument("--scope", metavar="SCOPES", action="append", required=True, help="the most it may be granted")
    add.add_argument("--role", metavar="ROLE", action="append", default=[], help="reviewer role its people may act in")
    _add_proofs(add, required=True)
    add.set_defaults(func=run_add)


def _add_proofs(parser: argparse.ArgumentParser, required: bool) -> None:
    keys = parser.add_mutually_exclusive_group(required=required)
    keys.add_argument("--jwks-url", metavar="URL", default="", help="where it publishes its public keys")
    keys.add_argument("--keys", metavar="FILE", type=Path, help="its public keys, as a JWK Set")
    parser.add_argument(
        "--certificate", metavar="FILE", type=Path, help="PEM: it comes with one of these client certificates, always"
    )


def _add_looks(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    seen = verbs.add_parser("list", help="every client", description="Lists every client, by id.")
    seen.add_argument("--json", action="store_true", help="everything there is to know of them, as JSON")
    seen.set_defaults(func=run_list)
    show = verbs.add_parser("show", help="one client", description="Shows one client.")
    show.add_argument("id", metavar="ID")
    show.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(func=run_show)


def _add_changes(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for verb, standing, about in (
        ("disable", ClientStanding.DISABLED, "keep a client out; its tokens end at once"),
        ("enable", ClientStanding.ACTIVE, "let a client in again; it asks for new tokens"),
    ):
        parser = verbs.add_parser(verb, help=about, description=f"{about[0].upper()}{about[1:]}.")
        parser.add_argument("id", metavar="ID")
        parser.set_defaults(func=run_stand, standing=standing, verb=verb)
    _add_change(verbs)
    _add_rotate(verbs)


def _add_change(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    change = verbs.add_parser(
        "change",
        help="change what a client may; its tokens end at once",
        description="Changes what a client may. What is given takes the place of what was registered; the rest stays. "
        "Whose requests are its own cannot be changed.",
    )
    change.add_argument("id", metavar="ID")
    change.add_argument("--name", help="its name, for people")
    change.add_argument("--payer", metavar="ID", action="append", help="payers it may speak to; home first")
    change.add_argument("--scope", metavar="SCOPES", action="append", help="the most it may be granted")
    roles = change.add_mutually_exclusive_group()
    roles.add_argument("--role", metavar="ROLE", action="append", help="reviewer roles its people may act in")
    roles.add_argument("--no-role", dest="role", action="store_const", const=[], help="none")
    change.set_defaults(func=run_change)


def _add_rotate(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    rotate = verbs.add_parser(
        "rotate",
        help="replace a client's keys; its tokens end at once",
        description="Replaces a client's keys or certificates. What was signed with the old ones is good no longer. A "
        "client that publishes its keys (--jwks-url) changes them there, without this.",
    )
    rotate.add_argument("id", metavar="ID")
    _add_proofs(rotate, required=False)
    rotate.set_defaults(func=run_rotate)


def _add_key(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    key = verbs.add_parser(
        "key",
        help="make a key pair for a client",
        description="Makes a key pair: the private key goes into a file that only its owner may read, the public one "
        "is printed as a JWK Set.",
    )
    key.add_argument("--out", metavar="FILE", type=Path, required=True, help="where the private key goes; must be new")
    key.add_argument("--alg", choices=ALGORITHMS, default=ALGORITHMS[0], help="what it signs with (ES384)")
    key.set_defaults(func=run_key)


def _add_token(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    token = verbs.add_parser(
        "token",
        help="get an access token from a server, as the client would",
        description="Asks a server for an access token, as the client would, and prints it.",
    )
    token.add_argument("--key", metavar="FILE", type=Path, required=True, help="the client's private key")
    token.add_argument("--id", required=True, help="its client_id")
    token.add_argument("--server", metavar="URL", help="the server (default: as the settings say, on this machine)")
    token.add_argument("--scope", metavar="SCOPES", default="", help="what to ask for (default: everything there is)")
    token.add_argument("--json", action="store_true", help="the whole answer")
    token.set_defaults(func=run_token)


# --- the verbs --------------------------------------------------------------------------------------------------------


def run_add(args: argparse.Namespace, settings: Settings) -> int:
    """Register; 0 when done. Raises: Refusal when the store does not agree."""

    def add() -> int:
        new = new_client(args, settings, clock.now())
        with _house(settings, "command client add", new.id) as deps:
            register_client(deps, new)
        print(f"Registered.\n\n{told(new)}")
        return 0

    return _or_fault(add)


def run_list(args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: no clients are no fault."""
    with _house(settings) as deps:
        clients = see_clients(deps)
    print(as_json([*clients]) if args.json else rows(clients))
    return 0


def run_show(args: argparse.Namespace, settings: Settings) -> int:
    """Show it; 1 when there is none."""
    with _house(settings) as deps:
        client = find_client(deps, args.id)
    if client is None:
        print(f"There is no client {args.id}; see `fhir-um client list`.", file=sys.stderr)
        return 1
    print(as_json(client) if args.json else told(client))
    return 0


def run_stand(args: argparse.Namespace, settings: Settings) -> int:
    """Let it in or keep it out; 0 when done. Raises: Refusal when there is no such client."""
    with _house(settings, f"command client {args.verb}", args.id) as deps:
        changed = change_client(deps, args.id, lambda client: replace(client, standing=args.standing))
    print(f"{changed.id} is {changed.standing.value}. Its tokens are over.")
    return 0


def run_change(args: argparse.Namespace, settings: Settings) -> int:
    """Change it; 0 when done. Raises: Refusal when there is no such client, or no such payer."""

    def change() -> int:
        said = allowed(args)
        with _house(settings, "command client change", args.id) as deps:
            changed = change_client(deps, args.id, lambda client: with_allowed(client, said))
        print(f"{changed.id} is changed. Its tokens are over.\n\n{told(changed)}")
        return 0

    return _or_fault(change)


def run_rotate(args: argparse.Namespace, settings: Settings) -> int:
    """Replace its keys; 0 when done. Raises: Refusal when there is no such client."""

    def rotate() -> int:
        change = proofs(args, settings)
        with _house(settings, "command client rotate", args.id) as deps:
            changed = change_client(deps, args.id, lambda client: rotated(client, change))
        print(f"{changed.id} proves itself in a new way. Its tokens are over.\n\n{told(changed)}")
        return 0

    return _or_fault(rotate)


def run_key(args: argparse.Namespace, _settings: Settings) -> int:
    """Make it; 1 when the file is there already, or cannot be written."""
    key = new_key(args.alg)
    try:
        args.out.touch(_OWNER_ONLY, exist_ok=False)
        args.out.write_text(json.dumps(key) + "\n", "utf-8")
    except OSError as fault:
        print(f"{args.out}: {fault.strerror}. Name a new file for the private key.", file=sys.stderr)
        return 1
    print(json.dumps(public_set(key), indent=2))
    return 0


def run_token(args: argparse.Namespace, settings: Settings) -> int:
    """Get one and print it; 1 when the server gives none."""

    def ask() -> int:
        server = (args.server or settings.base_url).rstrip("/")
        with requests.Session() as session:
            answer = TokenSource(session, server, args.id, signing_key(args.key), args.scope).ask()
        print(json.dumps(answer, indent=2) if args.json else answer["access_token"])
        return 0

    return _or_fault(ask)


@contextmanager
def _house(settings: Settings, noted: str = "", on: str = "") -> Iterator[Deps]:
    deps = open_house(settings, noted=noted, on=on)
    try:
        yield deps
    finally:
        deps.store.close()


def _or_fault(work: Callable[[], int]) -> int:
    try:
        return work()
    except (KeyFault, FormFault, TokenFault) as fault:
        print(fault, file=sys.stderr)
    except requests.RequestException as fault:
        print(f"Nobody answers there ({type(fault).__name__}); is --server right?", file=sys.stderr)
    return 1

"""`fhir-um fake-ehr`: an EHR to test a payer with: serves an invented chart, fires hooks, subscribes and listens.

Must not know the payer: it speaks HTTP and nothing else.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from fhir_um import clock
from fhir_um.commands import ehr_firing, ehr_subscribing
from fhir_um.commands.demo import FIXTURES
from fhir_um.commands.plainly import on_one_line, plainly
from fhir_um.commands.typed import port_number, seconds
from fhir_um.replaying.guarding import readable
from fhir_um.settings import Settings
from fhir_um.simulators.calling import CallFault
from fhir_um.simulators.chart import Json, read_folder
from fhir_um.simulators.ehr import JWKS, FakeEhr, Heard
from fhir_um.simulators.listening import LOOPBACK, Asked, Told
from fhir_um.simulators.receiver import PATH as NOTIFICATIONS
from fhir_um.simulators.receiver import kind_of
from fhir_um.simulators.signing import SigningFault, SigningKey

_EPILOG = """Examples, against the sandbox of `make run`:
  fhir-um fake-ehr fire --server http://127.0.0.1:8080 --hook order-sign --step oxygen
  fhir-um fake-ehr fire --server http://127.0.0.1:8080 --hook order-sign --step oxygen --no-prefetch
  fhir-um fake-ehr fire --server http://127.0.0.1:8080 --hook order-sign --file call.json --dialect 2.0.1
  fhir-um fake-ehr subscribe --server http://127.0.0.1:8080/fhir --organization 1910010010
  fhir-um fake-ehr serve --port 9000 --chart my-resources/

Everything is kept in memory. Chart and calls come from the stories in fixtures/ unless told otherwise: nobody in them
exists. docs/simulators.md tells more."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `fake-ehr` to the command line."""
    parser = subparsers.add_parser(
        "fake-ehr",
        help="play an EHR, to test a payer's server",
        description="Plays an EHR: serves FHIR reads from an invented chart, fires hooks with signed tokens, and takes "
        "notifications.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    serving = actions.add_parser(
        "serve", help="serve the chart, the keys and a place for notifications, and tell what comes"
    )
    add_place(serving)
    serving.add_argument("--token", metavar="TEXT", default="", help="the bearer token that FHIR reads must bring")
    serving.add_argument("--for", dest="stop_after", metavar="SECONDS", type=seconds, help="stop after as long")
    serving.set_defaults(func=_safely(serve))
    firing = actions.add_parser("fire", help="call a hook once, as an EHR does, and tell what is answered")
    add_place(firing)
    ehr_firing.add_options(firing)
    firing.set_defaults(func=_safely(lambda args: ehr_firing.fire(args, open_ehr)))
    subscribing = actions.add_parser("subscribe", help="subscribe at a server and tell what is heard")
    add_place(subscribing)
    ehr_subscribing.add_options(subscribing)
    subscribing.set_defaults(func=_safely(lambda args: ehr_subscribing.subscribe(args, open_ehr)))


def add_place(parser: argparse.ArgumentParser) -> None:
    """The options of every action: where the EHR listens, what is in its chart, with which key it signs."""
    parser.add_argument("--port", type=port_number, default=0, help="where it listens (a free port)")
    parser.add_argument("--host", default=LOOPBACK, help=f"the address it listens at ({LOOPBACK})")
    parser.add_argument("--public-url", metavar="URL", default="", help="how the payer reaches it, if otherwise")
    parser.add_argument(
        "--chart", metavar="PATH", type=Path, action="append", help="resources, Bundles or hook calls: a file, a folder"
    )
    parser.add_argument(
        "--key", metavar="FILE", type=Path, help="the private key it signs with, JWK or PEM (a new one)"
    )
    parser.add_argument("--verbose", action="store_true", help="tell whole requests and answers, health data and all")


def _safely(act: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace, Settings], int]:
    """Faults of what was given are told in a sentence; 2 for what cannot be read, 1 when nobody answers."""

    def run(args: argparse.Namespace, _settings: Settings) -> int:
        try:
            return act(args)
        except CallFault as fault:
            print(fault, file=sys.stderr)
            return 1
        except (SigningFault, ValueError) as fault:
            print(fault, file=sys.stderr)
        except OSError as fault:
            print(f"{fault.filename or 'This address'}: {fault.strerror}.", file=sys.stderr)
        return 2

    return run


def serve(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    with open_ehr(args, args.token) as ehr:
        print(f"An EHR that nobody works with, kept in memory: {len(ehr.chart.resources)} resources in its chart.")
        print(f"  FHIR server     {ehr.url}\n  notifications   {ehr.endpoint}\n  public keys     {ehr.jwks_url}")
        print("Stop with Ctrl-C.", flush=True)
        Event().wait(args.stop_after)
    return 0


def open_ehr(args: argparse.Namespace, token: str = "", also: tuple[Json, ...] = ()) -> FakeEhr:
    """The EHR those options ask for; `also` is in its chart. Raises: SigningFault, ValueError, OSError."""
    charts = args.chart or sorted((FIXTURES / "stories").glob("crd*"))
    resources = [resource for chart in charts for resource in read_folder(chart)]
    return FakeEhr(
        [*resources, *also],
        port=args.port,
        host=args.host,
        token=token,
        key=_key(args.key),
        public_url=args.public_url,
        heard=_teller(args.verbose),
    )


def _key(file: Path | None) -> SigningKey | None:
    if file is None:
        return None
    text = file.read_bytes()
    return SigningKey.from_pem(text) if text.lstrip().startswith(b"-----") else SigningKey.from_jwk(text)


def _teller(verbose: bool) -> Heard:
    """Tells each thing that comes, with the time."""

    def tell(asked: Asked, told: Told) -> None:
        print(f"{clock.now():%H:%M:%S} {on_one_line(_what(asked))}: {told.status}\n", end="", flush=True)
        if verbose:
            print(plainly("\n".join(_as_it_went(asked, told))), flush=True)

    return tell


def _what(asked: Asked) -> str:
    """What was asked for, without saying of whom."""
    if asked.path == NOTIFICATIONS:
        return f"took a notification ({kind_of(asked.body) or 'of no kind'})"
    if asked.path == JWKS:
        return "showed its public keys"
    match asked.steps[1:]:
        case ["metadata"]:
            return "showed its statement"
        case [kind, "_search"]:
            return _searched(kind, asked)
        case [kind, _]:
            return f"read one {kind}"
        case [kind]:
            return _searched(kind, asked)
    return f"{asked.method} {asked.path}"


def _searched(kind: str, asked: Asked) -> str:
    by = ", ".join(dict.fromkeys(name for name, _ in asked.parameters))
    return f"searched {kind}" + (f" by {by}" if by else "")


def _as_it_went(asked: Asked, told: Told) -> Iterator[str]:
    yield f"  > {asked.method} {asked.target}"
    if asked.body:
        yield f"  > {readable(asked.body)}"
    yield f"  < {readable(told.body)}"

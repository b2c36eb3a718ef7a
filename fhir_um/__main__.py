"""The `fhir-um` command: reads the environment once, finds the verb, runs it. Must not know what a verb does."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module

from fhir_um.errors import NotMigrated, Refusal
from fhir_um.settings import Settings, SettingsFault

VERBS = (
    "serve",
    "migrate",
    "seed",
    "decide",
    "work",
    "clocks",
    "demo",
    "policy",
    "hooks",
    "deliver",
    "deliveries",
    "simulate-reviewer",
    "fake-ehr",
    "fake-payer",
    "replay",
    "secret-key",
    "client",
    "people",
    "reviewers",
    "authorizations",
    "audit",
    "events",
    "notices",
    "retention",
    "measures",
    "verify",
    "conformance",
)
"""Each is a module of `fhir_um.commands`, loaded only when it is asked for, so that the server starts at once."""

_NO_READER = 141
"""128 and the number of SIGPIPE, as a shell tells it."""

_EPILOG = """First steps:
  make run                                 install, migrate, load invented people, serve the sandbox
  fhir-um demo                             play a whole story against it, from another shell
  fhir-um decide                           see what waits for a person
  fhir-um policy explain --bundle FILE     why a request is decided as it is
  fhir-um conformance run                  hold a server against the guides
  fhir-um VERB --help                      more about one verb

Settings are environment variables that begin with FHIR_UM_; docs/running.md lists them."""


def make_parser(verbs: Iterable[str] = VERBS) -> argparse.ArgumentParser:
    """The parser of those verbs."""
    parser = argparse.ArgumentParser(
        prog="fhir-um",
        description="The payer's side of electronic prior authorization (Da Vinci PAS).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in verbs:
        import_module(f"fhir_um.commands.{verb.replace('-', '_')}").add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb; returns its exit code: 1 when it could not do its work, 2 when asked wrongly.

    When nobody reads on (`fhir-um decide | head -1`) it ends quietly, with the code of a command ended by that.
    """
    try:
        try:
            return _run(argv)
        finally:
            print(end="", flush=True)
    except BrokenPipeError:
        _discard_output()
        return _NO_READER


def _run(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if not words:
        make_parser().print_help()
        return 2
    asked = words[:1] if words[0] in VERBS else VERBS
    args = make_parser(asked).parse_args(words)
    try:
        code: int = args.func(args, Settings.from_env(os.environ))
    except SettingsFault as fault:
        return _stopped(str(fault), 2)
    except NotMigrated as fault:
        return _stopped(str(fault), 1)
    except Refusal as refusal:
        return _stopped(" ".join(issue.text for issue in refusal.issues), 1)
    except KeyboardInterrupt:
        return _stopped("stopped", 130)
    return code


def _stopped(reason: str, code: int) -> int:
    print(f"fhir-um: {reason}", file=sys.stderr)
    return code


def _discard_output() -> None:
    """Python writes what it still holds when it ends, which must not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())

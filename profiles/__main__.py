"""`python -m profiles VERB`: the profile checker as a command, without a server."""

import argparse
import os
import sys
from collections.abc import Sequence

from profiles.commands import check, guides
from profiles.distil import command as compiling

_NO_READER = 141
"""128 and the number of SIGPIPE, as a shell tells it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; its exit code."""
    options = _parser().parse_args(arguments)
    try:
        try:
            code: int = options.run(options)
            return code
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return _NO_READER
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m profiles", description="Checks FHIR R4 against its profiles.")
    commands = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    for verb in (check, guides, compiling):
        verb.add_parser(commands)
    return parser


def _discard_output() -> None:
    """Python writes what it still holds when it ends, which must not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())

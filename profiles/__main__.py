"""`python -m profiles check FILE...`: is this a PAS request? Says what the server would say, without a server."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from profiles.checking import check_request
from profiles.issues import Issue, Refusal
from profiles.models import parse
from profiles.reading import Limits, read_bundle
from profiles.rules import VERSIONS

LIMITS = Limits(max_bytes=20_000_000, max_depth=64, max_entries=1000)
"""Wide enough for any real request; the server's own are settings."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every file would be taken, 1 when one is refused, 2 when one cannot be opened."""
    options = _parser().parse_args(arguments)
    return max(_check(file, options.version_of_guide, options.inquiry, options.base_model) for file in options.files)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m profiles", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="check PAS request Bundles",
        description="Check PAS request Bundles and print every issue with its FHIRPath. Errors are what the server "
        "refuses; warnings, and what the R4 base model finds besides, it lets pass. "
        "Exit code: 0 taken, 1 refused, 2 a file could not be opened.",
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a Bundle in JSON")
    check.add_argument(
        "--version-of-guide", choices=VERSIONS, default=VERSIONS[-1], help="the PAS version (default: %(default)s)"
    )
    check.add_argument("--inquiry", action="store_true", help="the files are for $inquire, not for $submit")
    check.add_argument(
        "--no-base-model", dest="base_model", action="store_false", help="leave out the R4 base model (starts faster)"
    )
    return parser


def _check(file: Path, version: str, inquiry: bool, base_model: bool) -> int:
    try:
        body = file.read_bytes()
    except OSError as fault:
        print(f"{file}: cannot be opened: {fault.strerror}", file=sys.stderr)
        return 2
    try:
        bundle = read_bundle(body, LIMITS)
        issues = check_request(bundle, version, inquiry)
        issues += _besides(bundle.resource) if base_model else ()
        verdict = f"taken as a PAS {version} {'inquiry' if inquiry else 'request'}"
    except Refusal as refusal:
        issues, verdict = refusal.issues, f"refused ({refusal.kind.value})"
    print(f"{file}: {verdict}")
    for issue in issues:
        print(f"  {issue.severity:<8} {issue.code:<16} {issue.path or '-'}\n{'':11}{issue.text}")
    return 1 if verdict.startswith("refused") else 0


def _besides(resource: dict[str, object]) -> tuple[Issue, ...]:
    """What the base model finds: to know about, not to refuse for; it is stricter than FHIR in places."""
    try:
        parse("Bundle", resource)
    except Refusal as refusal:
        return tuple(Issue(i.code, f"R4 base model: {i.text}", i.path, "warning") for i in refusal.issues)
    return ()


if __name__ == "__main__":
    sys.exit(main())

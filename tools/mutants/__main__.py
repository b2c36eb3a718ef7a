"""`python -m tools.mutants`: what mutants there are, and what one of them is."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from profiles.reading import write_json
from tools.mutants.changes import Gone, Mutant, path_of
from tools.mutants.making import KINDS, mutants
from tools.mutants.sources import PACKAGES


def main() -> int:
    """0, or 2 when a mutant is asked for that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description="Messages with one known fault each.")
    parser.add_argument("--packages", type=Path, default=PACKAGES, help="folder of the official packages")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="one line per mutant")
    what.add_argument("--summary", action="store_true", help="how many of each kind, by where they are from")
    what.add_argument("--show", metavar="ID", help="what is changed, what is expected, and the message")
    asked = parser.parse_args()
    made = mutants(asked.packages)
    if asked.list:
        return _say("\n".join(_line(mutant) for mutant in made))
    if asked.summary:
        return _say(_summary(made))
    found = [mutant for mutant in made if mutant.id.startswith(asked.show)]
    if not found:
        sys.stderr.write(f"There is no mutant {asked.show}; --list has them all.\n")
        return 2
    return _say("\n\n".join(_shown(mutant) for mutant in found))


def _say(text: str) -> int:
    sys.stdout.write(text + "\n")
    return 0


def _line(mutant: Mutant) -> str:
    return f"{mutant.id}\t{mutant.origin}\t{mutant.source}\t{mutant.change.expected[0].path}"


def _summary(made: tuple[Mutant, ...]) -> str:
    by_kind = Counter(mutant.kind for mutant in made)
    by_origin = Counter(mutant.origin for mutant in made)
    lines = [f"{by_kind[kind]:5} {kind}" for kind in KINDS]
    lines += ["", *(f"{number:5} {origin}" for origin, number in sorted(by_origin.items()))]
    return "\n".join([*lines, "", f"{len(made):5} mutants of {len(by_kind)} kinds"])


def _shown(mutant: Mutant) -> str:
    change, root = mutant.change, str(mutant.intact["resourceType"])
    lines = [mutant.id, f"in {mutant.source} of {mutant.origin}, checked for {mutant.guide}"]
    for steps, value in change.edits:
        now = "taken out" if isinstance(value, Gone) else write_json(value).decode()
        lines.append(f"  {path_of(root, steps)}: {now}")
    lines += [f"must be told: {told.path} {told.code} {told.rule}".rstrip() for told in change.expected]
    lines += [f"may be told: {told.path} {told.code} {told.rule}".rstrip() for told in change.companions]
    return "\n".join([*lines, write_json(mutant.resource()).decode()])


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tools.fuzz --seconds 60 --seed 1`: a long run that tells each new fault once, and how to find it again."""

import argparse
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tools.fuzz.asking import application
from tools.fuzz.targets import Target, targets


def main() -> int:
    """Runs until the time is over; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name begins so")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder, application(Path(folder) / "fuzz.sqlite") as house:
        chosen = [target for target in targets(house) if target.name.startswith(asked.only)]
        return 1 if _run(chosen, asked.seed, time.monotonic() + asked.seconds) else 0


def _run(chosen: list[Target], seed: int, until: float) -> set[str]:
    found: set[str] = set()
    tries = 0
    while time.monotonic() < until:
        target = chosen[tries % len(chosen)]
        fault = target.fault(Random(f"{seed}/{tries}"))
        if fault and fault not in found:
            found.add(fault)
            print(f"{target.name}, try {tries} of seed {seed}: {fault}", flush=True)
        tries += 1
    print(f"{tries} tries with {len(chosen)} targets, seed {seed}: {len(found)} faults.")
    return found


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tools.supply`: the bill of materials with its licences, and the audit of known vulnerabilities."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.supply.audit import audit
from tools.supply.bill import write_bill
from tools.supply.lock import ROOT


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one of the two with the programs of another environment."""
    parser = argparse.ArgumentParser(prog="python -m tools.supply", description=__doc__)
    parser.add_argument("what", choices=("sbom", "audit"))
    parser.add_argument("--programs", type=Path, required=True, help="folder with cyclonedx-py and pip-audit")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "sbom.json", help="where the bill is written")
    args = parser.parse_args(argv)
    return write_bill(args.programs, args.out) if args.what == "sbom" else audit(args.programs)


if __name__ == "__main__":
    sys.exit(main())

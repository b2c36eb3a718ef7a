"""`python -m tools.library_comparison`: measures our checker beside other libraries and writes the page about it."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tools.compile_profiles import core_package
from tools.library_comparison.cases import write_cases
from tools.library_comparison.page import found, page, write
from tools.library_comparison.running import CANDIDATES, ROOT, ask
from tools.mutants.sources import PACKAGES

PAGE = ROOT / "docs" / "profiles-comparison.md"
COMMAND = "make compare PACKAGES=FOLDER ARGS=--write"


def main() -> int:
    """0, or 2 when the packages are not there."""
    asked = _asked()
    missing = [file for file in (asked.packages, *([asked.core] if asked.core else ())) if not file.exists()]
    if missing:
        sys.stderr.write(f"There is no {missing[0]}.\n")
        return 2
    with tempfile.TemporaryDirectory() as folder, core_package(asked.core) as core:
        cases = write_cases(Path(folder), asked.packages.resolve(), core, asked.times)
        answers = []
        for candidate in CANDIDATES:
            answer = ask(candidate, cases, asked.python, asked.limit)
            answers.append(answer)
            sys.stderr.write(f"{candidate.name}: {answer.why_not or f'{len(found(answer))} found'}\n")
    text = page(answers, COMMAND, time.strftime("%Y-%m-%d"), asked.times)
    sys.stdout.write(text)
    if asked.write:
        write(text, PAGE)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.library_comparison", description=__doc__)
    parser.add_argument("--packages", type=Path, default=PACKAGES, help="folder of the official packages")
    parser.add_argument("--core", type=Path, help="the package of FHIR R4 itself (else it is fetched)")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the libraries (else this one)")
    parser.add_argument("--times", type=int, default=7, help="how often each Bundle is checked")
    parser.add_argument("--limit", type=int, default=600, help="seconds a library may take")
    parser.add_argument("--write", action="store_true", help="write the page into the documentation too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

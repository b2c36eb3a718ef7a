"""The packages pinned in `requirements.lock`, and which of them the program needs to run. Must not know licences."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package at one version, with the SHA-256 of every file it may be installed from."""

    name: str
    version: str
    hashes: tuple[str, ...]

    def line(self) -> str:
        """As a requirement that pip takes with `--require-hashes`."""
        return " \\\n    ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{each}" for each in self.hashes)])


def pinned(text: str) -> dict[str, Pinned]:
    """The packages of a lock file by their canonical names."""
    found: dict[str, Pinned] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        if match := _PINNED.match(entry):
            name = canonicalize_name(match[1])
            found[name] = Pinned(name, match[2], tuple(_HASH.findall(entry)))
    return found


def needed_to_run() -> tuple[str, ...]:
    """The canonical names of all packages that the installed program needs to run here, by what they declare."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, None] = {}
    waiting = [Requirement(text) for text in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        found[name] = None
        for extra in ("", *wanted.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _required_by(name, extra)
    return tuple(sorted(found))


def _required_by(name: str, extra: str) -> Iterator[Requirement]:
    for text in distribution(name).requires or ():
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            yield wanted

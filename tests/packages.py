"""The official guide packages, read from beside the checkout; tests that need them skip where they are absent."""

import json
import os
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(os.environ.get("FHIR_UM_IG_PACKAGES", Path(__file__).parents[2] / "shared" / "igs"))


def _archive(package: str) -> Path:
    archive = _FOLDER / f"{package}.tgz"
    if not archive.exists():
        pytest.skip("no packages: set FHIR_UM_IG_PACKAGES to the folder of the official guide packages")
    return archive


@cache
def member(package: str, path: str) -> bytes | None:
    """One file of a package, or None where it has none; skips the test without packages."""
    with tarfile.open(_archive(package)) as packed:
        try:
            return packed.extractfile(path).read()  # type: ignore[union-attr]
        except KeyError:
            return None


@cache
def examples(package: str) -> dict[str, bytes]:
    """Example file name -> bytes of a package such as `davinci_pas_2.2.1`; skips the test without packages."""
    with tarfile.open(_archive(package)) as packed:
        members = [m for m in packed.getmembers() if m.name.startswith("package/example/") and m.name.endswith(".json")]
        return {Path(m.name).name: packed.extractfile(m).read() for m in members}  # type: ignore[union-attr]


def bundles_with(package: str, first: str) -> dict[str, tuple[bytes, dict[str, Any]]]:
    """Example Bundles whose first entry is of that type: name -> (bytes, first resource)."""
    found = {}
    for name, raw in sorted(examples(package).items()):
        bundle = json.loads(raw)
        entries = bundle.get("entry") or [{}]
        resource = entries[0].get("resource", {})
        if bundle["resourceType"] == "Bundle" and resource.get("resourceType") == first:
            found[name] = (raw, resource)
    return found

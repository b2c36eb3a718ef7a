"""What every library is asked: the official example Bundles, and a fixed sample of messages with one fault each."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from profiles.reading import write_json
from tools.mutants.changes import Mutant
from tools.mutants.making import KINDS, mutants
from tools.mutants.sources import Source, sources

PACKAGE = "davinci_pas_2.2.1"
BESIDE = ("us_core_3.1.1", "us_core_6.1.0", "us_core_7.0.0")
"""Packages the guide builds on, the newest last."""


def write_cases(folder: Path, packages: Path, core: Path | None, times: int) -> Path:
    """Writes the cases and the definitions as JSON into a folder; the file of the cases."""
    files = [*([core] if core else []), *(packages / f"{name}.tgz" for name in (*BESIDE, PACKAGE))]
    definitions = folder / "definitions.json"
    definitions.write_text(json.dumps([row for file in files for row in _definitions(file)]), "utf-8")
    rows = sample(packages)
    cases = {
        "packages": [str(file) for file in files],
        "definitions": str(definitions),
        "times": times,
        "bundles": {source.name: source.resource for source in bundles(packages)},
        "intact": {mutant.source: mutant.intact for mutant in rows},
        "mutants": {mutant.id: mutant.resource() for mutant in rows},
        "made_from": {mutant.id: mutant.source for mutant in rows},
    }
    file = folder / "cases.json"
    file.write_bytes(write_json(cases))
    return file


def bundles(packages: Path) -> list[Source]:
    """The example Bundles of the guide."""
    return [row for row in sources(packages) if row.origin == PACKAGE and row.resource["resourceType"] == "Bundle"]


def sample(packages: Path) -> list[Mutant]:
    """One mutant of each kind that the guide's examples have, in the order of the kinds."""
    found: dict[str, Mutant] = {}
    for mutant in mutants(packages):
        if mutant.origin == PACKAGE:
            found.setdefault(mutant.kind, mutant)
    return [found[kind] for kind in KINDS if kind in found]


def _definitions(file: Path) -> Iterator[dict[str, Any]]:
    """The StructureDefinitions of a package."""
    with tarfile.open(file) as packed:
        for member in packed:
            if Path(member.name).parent.as_posix() == "package" and member.name.endswith(".json"):
                held = packed.extractfile(member)
                value = json.loads(held.read()) if held else None
                if isinstance(value, dict) and value.get("resourceType") == "StructureDefinition":
                    yield value

"""`python -m bench.validation`: the profile checker on the official examples, beside the base model of fhir.resources.

Everything in one run on one core: medians per Bundle in turns, growth with the number of entries, hostile messages,
and what loading costs a fresh process. Reads the packages from `../shared/igs` or FHIR_UM_IG_PACKAGES.
"""

import copy
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from profiles.models import parse
from profiles.reading import Limits, read_json
from profiles.validating.validator import Validator, shipped_library

GUIDES = {
    "davinci_pas_2.2.1": "hl7.fhir.us.davinci-pas#2.2.1",
    "davinci_pas_2.0.1": "hl7.fhir.us.davinci-pas#2.0.1",
    "davinci_crd_2.2.0-build-20260304": "hl7.fhir.us.davinci-crd#2.2.0",
    "davinci_crd_2.0.1": "hl7.fhir.us.davinci-crd#2.0.1",
    "davinci_dtr_2.0.1": "hl7.fhir.us.davinci-dtr#2.0.1",
    "us_core_7.0.0": "hl7.fhir.us.core#7.0.0",
    "us_core_6.1.0": "hl7.fhir.us.core#6.1.0",
    "us_core_3.1.1": "hl7.fhir.us.core#3.1.1",
}
_FOLDER = Path(os.environ.get("FHIR_UM_IG_PACKAGES", Path(__file__).parents[2] / "shared" / "igs"))
_LIMITS = Limits(max_bytes=50_000_000, max_depth=64, max_entries=10_000)
_TURNS = 40
_ENTRIES = (125, 500, 2000)
_EXTENSIONS = 100_000
_LOAD = """
import resource, sys, time
start = time.perf_counter()
from profiles.validating.validator import Validator, shipped_library
Validator(shipped_library(), "hl7.fhir.us.davinci-pas#2.2.1")
print((time.perf_counter() - start) * 1000)
"""
_MEMORY = """
import gc
from pathlib import Path
from bench.validation import examples, GUIDES
from profiles.validating.validator import Validator, shipped_library
validators = {package: Validator(shipped_library(), guide) for package, guide in GUIDES.items()}
for package, validator in validators.items():
    for resource in examples(package):
        validator.check(resource)
gc.collect()
status = Path("/proc/self/status").read_text().splitlines()
print(int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024)
"""


def main() -> int:
    """Prints the tables; 0, or 1 without packages."""
    if not all((_FOLDER / f"{package}.tgz").exists() for package in GUIDES):
        print(f"no packages in {_FOLDER}: the profile checker is not measured", file=sys.stderr)
        return 1
    validator = Validator(shipped_library(), GUIDES["davinci_pas_2.2.1"])
    bundles = [row for row in examples("davinci_pas_2.2.1") if row["resourceType"] == "Bundle"]
    _beside(validator, bundles)
    _growth(validator, bundles)
    print(f"\nloading in a fresh process: {_fresh(_LOAD):.0f} ms; all eight guides compiled: {_fresh(_MEMORY):.0f} MB")
    return 0


def examples(package: str) -> Iterator[dict[str, Any]]:
    """The example resources of a package."""
    with tarfile.open(_FOLDER / f"{package}.tgz") as archive:
        for member in archive:
            if member.name.startswith("package/example/") and member.name.endswith(".json"):
                stream = archive.extractfile(member)
                value = read_json(stream.read(), _LIMITS) if stream else None
                if isinstance(value, dict) and "resourceType" in value:
                    yield value


def _beside(validator: Validator, bundles: list[dict[str, Any]]) -> None:
    """Median over the Bundles of the median of many turns, ours and theirs alternating."""
    ours, theirs = [], []
    for bundle in bundles:
        mine, base = [], []
        for _ in range(_TURNS):
            mine.append(_ms(lambda bundle=bundle: validator.check(bundle)))
            base.append(_ms(lambda bundle=bundle: parse("Bundle", bundle)))
        ours.append(median(mine))
        theirs.append(median(base))
    print(f"{len(bundles)} official PAS 2.2.1 example Bundles, ms per Bundle")
    print("| | median | least | most |")
    print("|---|---:|---:|---:|")
    for name, values in (
        ("profiles, slices, bindings, invariants, references", ours),
        ("fhir.resources, base model", theirs),
    ):
        print(f"| {name} | {median(values):.2f} | {min(values):.2f} | {max(values):.2f} |")
    print(f"ratio of the medians: {median(ours) / median(theirs):.2f}")


def _growth(validator: Validator, bundles: list[dict[str, Any]]) -> None:
    print("\n| message | ms | ms per entry |")
    print("|---|---:|---:|")
    for entries in _ENTRIES:
        bundle = _grown(bundles[-1], entries)
        took = min(_ms(lambda bundle=bundle: validator.check(bundle)) for _ in range(3))
        print(f"| {entries:,} entries | {took:,.0f} | {took / entries:.3f} |")
    hostile = copy.deepcopy(bundles[-1])
    hostile["entry"][0]["resource"]["extension"] = [
        {"url": f"urn:x:{n}", "valueBoolean": True} for n in range(_EXTENSIONS)
    ]
    print(f"| {_EXTENSIONS:,} extensions on one Claim | {_ms(lambda: validator.check(hostile)):,.0f} | |")


def _grown(bundle: dict[str, Any], entries: int) -> dict[str, Any]:
    """The Bundle with copies of its entries under other addresses, references renamed with them."""
    parts = []
    for number in range(entries // len(bundle["entry"]) + 1):
        text = json.dumps(bundle["entry"], default=str)
        for entry in bundle["entry"]:
            own = entry["resource"]["id"]
            text = text.replace(f'/{own}"', f'/{own}-{number}"').replace(f'"id": "{own}"', f'"id": "{own}-{number}"')
        parts += json.loads(text)
    return {**bundle, "entry": parts[:entries]}


def _fresh(program: str) -> float:
    """The least of three fresh processes."""
    runs = (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in range(3)
    )
    return min(float(run.stdout) for run in runs)


def _ms(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


if __name__ == "__main__":
    sys.exit(main())

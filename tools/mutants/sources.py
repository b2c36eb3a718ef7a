"""The intact messages that faults are made in: official examples and our own fixtures. Knows no fault.

Official packages are read where they lie and never copied.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from profiles.reading import Limits, read_json

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT.parent / "shared" / "igs"

FIXTURES = "fixtures"

GUIDES = {
    "davinci_pas_2.2.1": "hl7.fhir.us.davinci-pas#2.2.1",
    "davinci_pas_2.0.1": "hl7.fhir.us.davinci-pas#2.0.1",
    "us_core_7.0.0": "hl7.fhir.us.core#7.0.0",
    "us_core_6.1.0": "hl7.fhir.us.core#6.1.0",
    "us_core_3.1.1": "hl7.fhir.us.core#3.1.1",
    "davinci_crd_2.0.1": "hl7.fhir.us.davinci-crd#2.0.1",
    "davinci_crd_2.2.0-build-20260304": "hl7.fhir.us.davinci-crd#2.2.0",
    "davinci_dtr_2.0.1": "hl7.fhir.us.davinci-dtr#2.0.1",
}
"""Package file without its ending -> the guide its examples are checked for."""

_FIXTURE_GUIDE = "hl7.fhir.us.davinci-pas#2.2.1"
_OLDER = "2.0.1"

LEFT_OUT = {
    ("us_core_3.1.1", "DiagnosticReport-cardiology-report.json"): "a base64 text with full stops in it",
    (FIXTURES, "broken/good.request.json"): "claims no profiles: what is asked of it hangs on who refers to what",
}
"""Messages in which no fault is made, because they are not intact or one cannot see what is asked of them."""

STORIES = (
    "crd",
    "inquiry-ways",
    "modified-approval",
    "must-support",
    "pended",
    "prior-authorization",
    "prior-authorization-2.0.1",
)
"""Stories whose requests faults are made in: between them they hold all that the others do."""

_LIMITS = Limits(max_bytes=20_000_000, max_depth=64, max_entries=10_000)


@dataclass(frozen=True, slots=True)
class Source:
    """One intact message: where it is from, the guide it is checked for, and what it says."""

    origin: str
    name: str
    guide: str
    resource: dict[str, Any] = field(repr=False)


def sources(folder: Path = PACKAGES) -> Iterator[Source]:
    """Every intact message at hand; packages that are not in the folder are passed over."""
    yield from _of_fixtures()
    for package, guide in GUIDES.items():
        archive = folder / f"{package}.tgz"
        if archive.exists():
            yield from _of_package(archive, package, guide)


def _of_fixtures() -> Iterator[Source]:
    files = [
        *(path for story in STORIES for path in sorted((ROOT / FIXTURES / "stories" / story).glob("*.request.json"))),
        ROOT / FIXTURES / "broken/good.request.json",
    ]
    for file in files:
        name = file.relative_to(ROOT / FIXTURES).as_posix()
        resource = read_json(file.read_bytes(), _LIMITS)
        if isinstance(resource, dict):
            if (FIXTURES, name) in LEFT_OUT:
                continue
            guide = _FIXTURE_GUIDE if _OLDER not in name else _FIXTURE_GUIDE.replace("2.2.1", _OLDER)
            yield Source(FIXTURES, name, guide, resource)


def _of_package(archive: Path, package: str, guide: str) -> Iterator[Source]:
    with tarfile.open(archive) as packed:
        for member in packed:
            path = Path(member.name)
            is_example = member.name.startswith("package/example/") and path.suffix == ".json"
            if not is_example or (package, path.name) in LEFT_OUT:
                continue
            held = packed.extractfile(member)
            resource = read_json(held.read(), _LIMITS) if held else None
            if isinstance(resource, dict) and "resourceType" in resource:
                yield Source(package, path.name, guide, resource)

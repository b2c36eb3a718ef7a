"""The good bundle, ways to change it, and the official packages when they are there."""

import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from profiles.checking import check_request
from profiles.issues import Issue, Refusal
from profiles.reading import Limits, ReadBundle, read_bundle
from profiles.strictness import Strictness
from tests.validators import validator_for

ROOT = Path(__file__).parents[2]
LIMITS = Limits(max_bytes=1_000_000, max_depth=64, max_entries=100)
Raw = dict[str, Any]


@pytest.fixture
def limits() -> Limits:
    return LIMITS


@pytest.fixture
def good() -> Raw:
    """A fresh copy of the good request, as plain JSON."""
    value: Raw = json.loads((ROOT / "fixtures/broken/good.request.json").read_bytes())
    return value


@pytest.fixture
def read() -> Callable[[Raw], ReadBundle]:
    return lambda raw: read_bundle(json.dumps(raw).encode(), LIMITS)


@pytest.fixture
def issues_of(read: Callable[[Raw], ReadBundle]) -> Callable[..., tuple[Issue, ...]]:
    """Every error and warning about a bundle, refused or not."""

    def find(
        raw: Raw, version: str = "2.2.1", inquiry: bool = False, strictness: Strictness = Strictness.STRICT
    ) -> tuple[Issue, ...]:
        return tuple(issue for issue in told(raw, version, inquiry, strictness) if issue.severity != "information")

    def told(raw: Raw, version: str, inquiry: bool, strictness: Strictness) -> tuple[Issue, ...]:
        validator = validator_for(version)
        try:
            return check_request(read(raw), version, inquiry, validator=validator, strictness=strictness)
        except Refusal as refusal:
            return refusal.issues

    return find


@pytest.fixture(scope="session")
def official() -> Callable[[str], Iterator[tuple[str, bytes]]]:
    """The example files of a PAS version, by name, read from the official package."""
    packages = Path(os.environ.get("FHIR_UM_IG_PACKAGES", ROOT.parent / "shared/igs"))

    def examples(version: str) -> Iterator[tuple[str, bytes]]:
        package = packages / f"davinci_pas_{version}.tgz"
        if not package.exists():
            pytest.skip("no packages")
        with tarfile.open(package) as archive:
            for member in archive:
                if member.name.startswith("package/example/") and (file := archive.extractfile(member)):
                    yield member.name.rpartition("/")[2], file.read()

    return examples

"""What a good server says: both suites played once against ours, in this process."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fhir_um.conformance.crd.suite import SUITES_CRD
from fhir_um.conformance.model import Session
from fhir_um.conformance.running import SuiteRun
from tests.fhir_um.conformance.house import open_office, tried


@pytest.fixture(scope="session")
def runs(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, SuiteRun]]:
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("crd") / "fhir-um.db")
    with open_office(f"sqlite:///{file}") as office:
        yield {suite.version: tried(suite, office) for suite in SUITES_CRD}


@pytest.fixture(scope="session")
def good(runs: Mapping[str, SuiteRun]) -> Mapping[str, Session]:
    return {version: run.session for version, run in runs.items()}

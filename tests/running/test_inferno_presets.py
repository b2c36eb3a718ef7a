"""The presets we write, played as the public suites play them, against real processes, and green.

Server, delivering process and simulated reviewer run unattended; the suite listens only when it waits, so that what
comes too early is lost unless it comes again.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from bench.servers import free_port
from fhir_um import clock
from fhir_um.commands.demo import FIXTURES
from fhir_um.commands.inferno_presets import presets_for
from fhir_um.conformance.inferno.crd_rehearsal import rehearse
from fhir_um.conformance.inferno.pas_rehearsal import PasRehearsal
from fhir_um.conformance.inferno.preparing import LastRun
from fhir_um.conformance.inferno.presets import Preset, values_of
from fhir_um.conformance.inferno.rehearsal import Ran
from fhir_um.conformance.wire import Wire
from fhir_um.simulators.ehr import FakeEhr
from fhir_um.simulators.receiver import Receiver
from fhir_um.simulators.signing import hook_claims
from tests.running.conftest import faults_in, filled
from tests.running.listener import listening
from tests.running.processes import command

PATIENCE_SECONDS = 60
RUNS = (("2.0.1", "sqlite"), ("2.2.1", "postgresql"))
KEEPS_PACE_WITH_NOBODY = "1"


@pytest.fixture(params=RUNS, ids="-".join)
def presets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Preset, Preset]]:
    """The presets of one version of PAS and of CRD, and a server that they are for."""
    version, kind = request.param
    settings = {
        "FHIR_UM_DATABASE_URL": request.getfixturevalue(f"{kind}_url"),
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_PORT": str(free_port()),
        "FHIR_UM_WORKERS": KEEPS_PACE_WITH_NOBODY,
    }
    filled(settings["FHIR_UM_DATABASE_URL"])
    server = command(settings, tmp_path / "server.log", "serve")
    reviewer = command(settings, tmp_path / "reviewer.log", "simulate-reviewer", "--after", "1")
    server.start()
    try:
        server.wait_for(int(settings["FHIR_UM_PORT"]))
        reviewer.start()
        url = f"http://127.0.0.1:{settings['FHIR_UM_PORT']}"
        today = datetime.now(UTC).date()
        made = {
            each.suite: each for each in presets_for(LastRun(url, os.urandom(4).hex(), today), FIXTURES / "stories")
        }
        pas = next(each for each in made.values() if each.version == version and each.suite != "crd_server")
        yield pas, made["crd_server"]
    finally:
        reviewer.kill()
        server.stop()
    assert faults_in(settings["FHIR_UM_DATABASE_URL"]) == []


def in_the_way(tests: list[Ran]) -> dict[str, tuple[str, ...]]:
    """What keeps a run from being green."""
    return {f"{test.number} {test.title}": test.faults for test in tests if test.is_in_the_way}


@pytest.mark.spec("pas:spec-54", "pas:spec-57", "pas:spec-60", "pas:spec-61", "pas:spec-34", "pas:spec-46")
@pytest.mark.spec("pas:conf-6", "crd:resp-26", "crd-check:124")
def test_the_presets_of_a_server_drive_the_public_suites_to_green(presets: tuple[Preset, Preset]) -> None:
    of_pas, of_crd = presets

    with listening("") as listener:
        values = values_of(of_pas.as_bytes())
        listener.token = values["access_token"]
        pas = list(PasRehearsal(values, of_pas.version, Wire(), cast(Receiver, listener), PATIENCE_SECONDS).run())
        events = {one.body for one in listener.of("event-notification")}

    assert in_the_way(pas) == {}
    assert len(events) >= 1
    assert in_the_way(list(_of_crd(of_crd))) == {}


def _of_crd(preset: Preset) -> Iterator[Ran]:
    with FakeEhr() as ehr:

        def authorize(url: str) -> str:
            claims = hook_claims(ehr.issuer, url, clock.now(), clock.new_id())
            return f"Bearer {ehr.key.token(claims, {'jku': ehr.jwks_url})}"

        yield from rehearse(values_of(preset.as_bytes()), Wire(), authorize)

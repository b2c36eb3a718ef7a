"""`fhir-um demo pended` against a real server and the process that notifies beside it."""

from pathlib import Path

import pytest

from bench.servers import free_port
from tests.running.processes import command


@pytest.mark.spec("pas:spec-60")
@pytest.mark.spec("pas:spec-61")
@pytest.mark.spec("pas:ainfo-2")
def test_demo_of_the_pended_flow_goes_as_told_twice_in_a_row(postgresql_url: str, tmp_path: Path) -> None:
    port = free_port()
    settings = {"FHIR_UM_DATABASE_URL": postgresql_url, "FHIR_UM_MODE": "sandbox", "FHIR_UM_PORT": str(port)}
    log = tmp_path / "server.log"
    assert command(settings, log, "seed").run().returncode == 0
    server = command(settings | {"FHIR_UM_WORKERS": "2"}, log, "serve")
    server.start()
    try:
        server.wait_for(port)
        told = [command(settings, log, "demo", "pended").run() for _ in range(2)]
    finally:
        server.stop()

    assert [one.returncode for one in told] == [0, 0], told[0].stdout + told[1].stdout
    assert all("event-notification, number 3" in one.stdout for one in told)
    sound = command(settings, log, "verify").run()
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "Traceback" not in log.read_text("utf-8")

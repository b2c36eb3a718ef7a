"""Starts the processes being measured and their floor, each as an operator would, and ends only those."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import BadAnswer

_START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port and the process that started it."""

    port: int
    process: "subprocess.Popen[bytes]"

    def workers(self) -> tuple[int, ...]:
        """The process ids of its workers, where the kernel tells."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return tuple(int(pid) for pid in children.read_text().split()) if children.exists() else ()

    def kill(self) -> None:
        """Ends all its processes at once, without warning (SIGKILL)."""
        for pid in (self.process.pid, *self.workers()):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def resident_megabytes(self) -> float:
        """Memory of the largest of its processes that do the work (RSS), where the kernel tells."""
        return max((_resident_megabytes(pid) for pid in self.workers() or (self.process.pid,)), default=0.0)

    def worker_megabytes(self) -> tuple[float, ...]:
        """Memory of each worker process as the kernel shares it out (PSS), where it tells; largest first."""
        return tuple(sorted((_pss_megabytes(pid) for pid in self.workers()), reverse=True))

    def busy_seconds(self) -> float:
        """Processor time its workers have used, where the kernel tells; whatever else the machine does meanwhile."""
        return sum(_busy_seconds(pid) for pid in self.workers())


def _busy_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _pss_megabytes(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0) / 1024


UNHURRIED = {"FHIR_UM_LONGEST_WAIT_MS": "0", "FHIR_UM_REQUESTS_PER_MINUTE": "60000000"}
"""Callers are counted, as always, but nobody is sent away: what is measured is how long an answer takes."""


@contextmanager
def our_server(
    database_url: str, workers: int, folder: Path, delivering: int = 0, more: Mapping[str, str] = UNHURRIED
) -> Iterator[Server]:
    """`fhir-um serve` on a free port over that database, with so many delivering processes beside it."""
    port = free_port()
    settings = {
        "FHIR_UM_DATABASE_URL": database_url,
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_PORT": str(port),
        "FHIR_UM_WORKERS": str(workers),
        "FHIR_UM_DELIVERY_WORKERS": str(delivering),
        **more,
    }
    with _running([sys.executable, "-m", "fhir_um", "serve"], settings, port, folder / "server.log") as server:
        yield server


@contextmanager
def deliverers(database_url: str, workers: int, folder: Path) -> Iterator[Server]:
    """`fhir-um deliver` over that database, beside nothing."""
    settings = {"FHIR_UM_DATABASE_URL": database_url, "FHIR_UM_MODE": "sandbox"}
    command = [sys.executable, "-m", "fhir_um", "deliver", "--workers", str(workers)]
    log = folder / "deliver.log"
    with _started(command, settings, log) as process:
        try:
            yield Server(0, process)
        except BadAnswer as fault:
            raise BadAnswer(f"{fault}\n{log.read_text()[-2000:]}") from fault


@contextmanager
def floor_server(folder: Path, workers: int, answer_bytes: int) -> Iterator[Server]:
    """The floor behind the same kind of server."""
    port = free_port()
    settings = {
        "BENCH_FLOOR_DATABASE": str(folder / "floor.sqlite"),
        "BENCH_FLOOR_ANSWER_BYTES": str(answer_bytes),
    }
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(workers), "bench.floor:app"]
    with _running(command, settings, port, folder / "floor.log") as server:
        yield server


@contextmanager
def _running(command: list[str], settings: dict[str, str], port: int, log: Path) -> Iterator[Server]:
    with _started(command, settings, log) as process:
        _wait(process, port, log)
        yield Server(port, process)


@contextmanager
def _started(command: list[str], settings: dict[str, str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FHIR_UM_")}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=inherited | settings, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")


def free_port() -> int:
    """A TCP port nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

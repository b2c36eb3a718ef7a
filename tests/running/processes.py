"""Real processes of ours over one database: started, killed without warning, stopped for a while and set going again.

Each is the first of a group of its own, so that it ends with everything it started and nothing else does.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Event

_START_SECONDS = 30.0
_LOOK_SECONDS = 0.05

UNHURRIED = {"FHIR_UM_LONGEST_WAIT_MS": "0", "FHIR_UM_REQUESTS_PER_MINUTE": "0"}
"""A machine that runs tests may be busy; nobody is sent away for that unless a test asks for it."""


class Program:
    """One program; `words` is what follows `python`, `folder` where it works, if not here."""

    def __init__(self, words: Sequence[str], settings: dict[str, str], log: Path, folder: Path | None = None) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FHIR_UM_")}
        self._command = (sys.executable, *words)
        self._environment = inherited | UNHURRIED | settings
        self._log = log
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again when it ran before."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self._folder,
            )

    def kill(self) -> None:
        """End it and everything it started at once, as a crash of the machine would."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait(10)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)

    def freeze(self) -> None:
        """It does nothing until it is thawed, and does not know it."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._signal(signal.SIGCONT)

    def run(self) -> "subprocess.CompletedProcess[str]":
        """Run it to its end, on its own."""
        return subprocess.run(
            self._command,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=self._folder,
        )

    def wait_for(self, port: int) -> None:
        """Wait until somebody listens there."""
        patience = Event()
        for _ in range(int(_START_SECONDS / _LOOK_SECONDS)):
            if _listens(port):
                return
            if self._process and self._process.poll() is not None:
                break
            patience.wait(_LOOK_SECONDS)
        raise RuntimeError(f"it did not start:\n{self._log.read_text()[-2000:]}")

    def _signal(self, kind: signal.Signals) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, kind)


def command(settings: dict[str, str], log: Path, *words: str, folder: Path | None = None) -> Program:
    """`fhir-um` with those words."""
    return Program(("-m", "fhir_um", *words), settings, log, folder)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""`fhir-um serve`: answers HTTP with one process per core, until told to stop. Must not know any route.

One request at a time per process: the work is Python, and threads only make it wait for itself (ADR 0001).
"""

import argparse
import errno
import gc
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from fhir_um.app import make_app
from fhir_um.auth.guard import demand_guarded
from fhir_um.commands.crew import Crew
from fhir_um.commands.deliver import STOP_SECONDS, deliver_crew
from fhir_um.commands.opening import demand_known_zones, open_house
from fhir_um.commands.typed import port_number, whole_number
from fhir_um.logs import set_up
from fhir_um.settings import Mode, Settings, SettingsFault
from fhir_um.translate.codes import load_crosswalks

_COLLECT_AFTER = (20_000, 50, 50)
"""A request makes thousands of short-lived objects and no circles; looking for circles less often saves a twentieth."""

_BACKLOG = 1_024
"""Connections the kernel keeps until a process takes them. To send so many away takes a fifth of a second, so that who
waits at the end of the line waits hardly longer than the settings allow; nobody beyond it gets a connection."""

_EPILOG = """The settings are environment variables; the options here win over them. Put a reverse proxy in front
for TLS and slow clients. SIGTERM finishes what is being answered and stops."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `serve` to the command line."""
    about = "Answers HTTP with one process per core until it is told to stop."
    parser = subparsers.add_parser("serve", help="run the server", description=about, epilog=_EPILOG)
    parser.add_argument("--host", help="address to listen on (FHIR_UM_HOST)")
    parser.add_argument("--port", type=port_number, help="TCP port (FHIR_UM_PORT)")
    parser.add_argument("--workers", type=whole_number, help="processes (FHIR_UM_WORKERS)")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve until stopped.

    Raises: SettingsFault or NotMigrated when the settings, the port or the database do not allow it.
    """
    given = {name: getattr(args, name) for name in ("host", "port", "workers") if getattr(args, name) is not None}
    settings = replace(settings, **given)
    set_up(settings.log_level)
    demand_guarded(settings)
    load_crosswalks()
    deps = open_house(settings)
    demand_known_zones(deps)
    app = make_app(deps, settings)
    deps.store.close()
    _demand_free_port(settings)
    crew = deliver_crew(settings.delivery_workers if settings.vault_keys else 0, settings)
    _server(app, settings, welcome(settings), crew).run()
    return 0


def _demand_free_port(settings: Settings) -> None:
    """The web server would try for seconds and then say little; this says at once what is wrong."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            why = "another program uses it" if fault.errno == errno.EADDRINUSE else fault.strerror
            raise SettingsFault(
                f"Cannot listen on {settings.host} port {settings.port}: {why}. Stop the other program, or choose "
                "another port: make run PORT=9000, or fhir-um serve --port 9000."
            ) from fault


def welcome(settings: Settings) -> str:
    """What a person sees when the server is up: where it is and what to try next."""
    url = settings.base_url
    lines = [
        f"fhir-um answers at {url}",
        f"  PAS 2.2.1     {url}/fhir              (metadata: {url}/fhir/metadata)",
        f"  PAS 2.0.1     {url}/2.0.1/fhir",
        f"  Public list   {url}/um/v1/pa-list?format=html",
        f"  Open work     {url}/um/v1/cases",
    ]
    end = "Stop with Ctrl-C."
    if settings.mode is not Mode.SANDBOX:
        return "\n".join([*lines, "Every caller needs a token; fhir-um client registers those who may have one.", end])
    banner = "SANDBOX: open to this machine only, invented people only. Never enter data of real patients."
    trial = ("Try next, in another shell:", f"  .venv/bin/fhir-um demo --server {url}")
    return "\n".join([banner, *lines, *trial, end])


def _server(app: Callable[..., Any], settings: Settings, text: str, crew: Crew) -> Any:
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn ships no types
    from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]  # gunicorn ships no types

    options = _options(settings, text)

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        """gunicorn with our settings only: no configuration file, no GUNICORN_CMD_ARGS. Its workers find them here."""

        def __init__(self) -> None:
            self.settings = settings
            super().__init__()

        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Callable[..., Any]:
            return app

        def run(self) -> None:
            WithCrew(self).run()

    class WithCrew(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
        """Looks after those who notify subscribers as often as after its own workers, and ends them with itself."""

        def manage_workers(self) -> None:
            super().manage_workers()
            crew.look_after()

        def stop(self, graceful: bool = True) -> None:
            crew.dismiss()
            super().stop(graceful)
            crew.wait(STOP_SECONDS if graceful else 0)

    return Server()


def _options(settings: Settings, text: str) -> dict[str, Any]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host

    def ready(_arbiter: Any) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        print(text, flush=True)

    return {
        "bind": f"{host}:{settings.port}",
        "workers": settings.workers,
        "backlog": _BACKLOG,
        "worker_class": "fhir_um.commands.server_worker.ServerWorker",
        "preload_app": True,
        "timeout": settings.worker_timeout_seconds,
        "graceful_timeout": settings.worker_timeout_seconds,
        "logger_class": "fhir_um.commands.server_log.ServerLog",
        "control_socket_disable": True,
        "when_ready": ready,
        "forwarded_allow_ips": "",
        "proc_name": "fhir-um",
    }

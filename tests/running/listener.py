"""The notification listener of the public conformance suite, as its source has it (reference: PAS test kit 0.15.1).

It knows a session by its bearer token, takes a notification only while the suite waits for one, and answers 500 to
whatever comes at another time.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from fhir_um.simulators.receiver import Notification

JSON_TYPES = frozenset({"application/fhir+json", "application/json"})


@dataclass(frozen=True, slots=True)
class Came:
    """One request to the listener, and how it was answered."""

    at: float
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def bundle(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def parameters(self) -> dict[str, Any]:
        """The first Parameters among its entries, by name."""
        resources = [entry.get("resource", {}) for entry in self.bundle["entry"]]
        status = next(one for one in resources if one.get("resourceType") == "Parameters")
        return {row["name"]: next(value for key, value in row.items() if key != "name") for row in status["parameter"]}

    @property
    def kind(self) -> str:
        return str(self.parameters["type"])


class Listener:
    """One session of the suite: its token, and what came."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.came: list[Came] = []
        self.url = ""
        self._heard = 0
        self._waits = False
        self._changed = Condition()

    def wait_for(self, kind: str, seconds: float) -> Came:
        """As the suite: it begins to wait now, and the first one that comes ends the wait."""
        with self._changed:
            before = len(self.came)
            self._waits = True
            came = self._changed.wait_for(lambda: self._taken(before), seconds)
            self._waits = False
            assert came, f"no notification within {seconds} s"
            assert came.kind == kind
            return came

    def next(self, kind: str, seconds: float) -> Notification:
        """What the suite takes when it begins to wait after something came too early and was not taken."""
        with self._changed:
            before = self._heard
            assert self._changed.wait_for(lambda: len(self.came) > before, seconds), f"nothing within {seconds} s"
            assert self.came[before].status == 500
        taken = self.wait_for(kind, seconds)
        with self._changed:
            self._heard = len(self.came)
        return Notification(kind, taken.body, {name.lower(): value for name, value in taken.headers.items()})

    def of(self, kind: str) -> list[Came]:
        """Those of a kind, taken or not."""
        with self._changed:
            return [one for one in self.came if one.kind == kind]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status that the listener answers with."""
        with self._changed:
            known = headers.get("Authorization") == f"Bearer {self.token}"
            is_json = headers.get("Content-Type", "").partition(";")[0] in JSON_TYPES
            status = 200 if self._waits and known and is_json else 500
            self.came.append(Came(time.monotonic(), headers, body, status))
            self._changed.notify_all()
            return status

    def _taken(self, before: int) -> Came | None:
        return next((one for one in self.came[before:] if one.status == 200), None)


@contextmanager
def listening(token: str) -> Iterator[Listener]:
    """A listener on this machine, as long as the block."""
    listener = Listener(token)

    class Handler(BaseHTTPRequestHandler):
        """One notification."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status = listener.take(dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.url = f"http://127.0.0.1:{server.server_port}/custom/subscription/channel/notification_listener"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()

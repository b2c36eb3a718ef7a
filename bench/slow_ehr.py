"""An EHR that takes its time: a FHIR server on loopback that answers every read and search after the same delay."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from bench.load import HOST
from profiles.reading import FHIR_JSON

Held = dict[str, list[dict[str, Any]]]


@contextmanager
def slow_ehr(held: Held, seconds: float) -> Iterator[str]:
    """The base address of a server that holds these resources, by type; a search gets all of its type."""

    class Chart(_Chart):
        resources, delay_seconds = held, seconds

    server = ThreadingHTTPServer((HOST, 0), Chart)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/fhir"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Chart(BaseHTTPRequestHandler):
    resources: Held
    delay_seconds: float
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Wait, then answer."""
        time.sleep(self.delay_seconds)
        kind, _, id = urlsplit(self.path).path.removeprefix("/fhir/").partition("/")
        found = [r for r in self.resources.get(kind, ()) if not id or r["id"] == id]
        body = json.dumps(found[0] if id and found else _searchset(found)).encode()
        self.send_response(200 if found or not id else 404)
        self.send_header("Content-Type", FHIR_JSON)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _searchset(found: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [{"fullUrl": f"urn:{r['resourceType']}:{r['id']}", "resource": r} for r in found]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}
